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

    /// - Parameter data: the folder whose secrets the file names; nil where only its form is checked: then every secret
    ///   counts as known.
    /// - Throws: `SiteFileError` or `BaseDataError`, which name every mistake, `SecretStore.Failure`.
    init(path: String, data: URL?) throws {
        let url = URL(filePath: path)
        var environment = ProcessInfo.processInfo.environment
        let secrets = try data.map { try SecretStore(dataDirectory: $0).all() } ?? Self.placeholders(in: url)
        for (name, secret) in secrets { environment["secret:\(name)"] = secret }
        let file = try SiteFile(contentsOf: url, environment: environment)
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

extension LoadedSite {
    /// Each `${secret:NAME}` of a file with a value that fits everywhere.
    private static func placeholders(in file: URL) -> [String: String] {
        guard let text = try? String(contentsOf: file, encoding: .utf8) else { return [:] }
        let names = text.matches(of: #/\$\{secret:([A-Za-z0-9._-]+)\}/#).map { String($0.output.1) }
        return Dictionary(names.map { ($0, "secret") }, uniquingKeysWith: { first, _ in first })
    }
}

private func unknownClasses(_ site: Site, _ base: BaseData) -> [String] {
    let named =
        site.cameras.flatMap(\.zones).flatMap(\.rules).compactMap(\.classCode)
        + (site.sensors.flatMap(\.rules) + site.groups.flatMap(\.rules)).compactMap(\.classCode) + site.cases.policy.keys
    return Set(named).filter { base.catalogue[$0] == nil }.sorted()
}
