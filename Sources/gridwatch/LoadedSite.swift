import Cases
import Domain
import Foundation
import SiteFile

#if canImport(Glibc)
    import Glibc
#endif

/// A site file with the base data it names, both checked. Warnings have gone to standard error.
struct LoadedSite {
    let site: Site
    let base: BaseData
    /// The file; nil for a site that was made otherwise.
    var path: String?

    /// - Throws: `SiteFileError` or `BaseDataError`, which name every mistake.
    init(path: String) throws {
        let url = URL(filePath: path)
        let file = try SiteFile(contentsOf: url)
        for warning in file.warnings { Terminal.complain("\(path):\(warning)") }
        site = file.site
        self.path = path
        base = try BaseData(
            settings: file.site.cases,
            timeZone: file.site.timeZone,
            folder: url.deletingLastPathComponent()
        )
        for code in unknownClasses(site, base) {
            Terminal.complain(
                "\(path): warning: class \"\(code)\" is not in the catalogue; alarms of it are only recorded"
            )
        }
    }
}

private func unknownClasses(_ site: Site, _ base: BaseData) -> [String] {
    let named =
        site.cameras.flatMap(\.zones).flatMap(\.rules).compactMap(\.classCode)
        + site.sensors.flatMap(\.rules).compactMap(\.classCode) + site.cases.policy.keys
    return Set(named).filter { base.catalogue[$0] == nil }.sorted()
}
