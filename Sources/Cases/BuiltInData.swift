import Foundation

/// The files of base data that come with the product.
enum BuiltInData {
    /// The text of a set; empty for one that nothing comes with.
    static func text(_ set: BaseSet) -> String {
        (try? String(contentsOf: folder.appending(path: set.fileName), encoding: .utf8)) ?? ""
    }

    private static let folder: URL = {
        let installed = Bundle.main.bundleURL.appending(path: "gridwatch_Cases.resources/BuiltIn")
        if FileManager.default.fileExists(atPath: installed.path) { return installed }
        return Bundle.module.bundleURL.appending(path: "BuiltIn")
    }()
}
