package import Foundation

/// Finds the clips, sensor series and tools that tests may use but the project doesn't hold.
package enum SharedData {
    /// The folder: `GRIDWATCH_SHARED`, or `shared` beside the checkout; nil where there is none.
    package static let folder: URL? = {
        var candidates: [URL] = []
        if let path = ProcessInfo.processInfo.environment["GRIDWATCH_SHARED"] {
            candidates.append(URL(filePath: path))
        }
        let sources = URL(filePath: #filePath).resolvingSymlinksInPath()
        candidates.append(
            sources.deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent().appending(path: "shared")
        )
        return candidates.first { FileManager.default.fileExists(atPath: $0.appending(path: "data").path) }
    }()

    /// A clip of `data/video`, or nil.
    package static func video(_ name: String) -> URL? { file("data/video/\(name)") }

    /// A program of `tools`, or nil.
    package static func tool(_ name: String) -> URL? { file("tools/\(name)") }

    /// Any file below the folder, or nil.
    package static func file(_ path: String) -> URL? {
        guard let url = folder?.appending(path: path), FileManager.default.fileExists(atPath: url.path) else {
            return nil
        }
        return url
    }
}
