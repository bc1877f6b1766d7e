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
    /// - Throws: `SiteFileError`, which names every mistake of both, `SecretStore.Failure`.
    init(path: String, data: URL?) throws {
        let url = URL(filePath: path)
        var environment = ProcessInfo.processInfo.environment
        let secrets = try data.map { try SecretStore(dataDirectory: $0).all() } ?? Self.placeholders(in: url)
        for (name, secret) in secrets { environment["secret:\(name)"] = secret }
        let reading = SiteFile.read(contentsOf: url, environment: environment)
        let check = SiteCheck(reading, folder: url.deletingLastPathComponent())
        guard let site = reading.site, let base = check.base, !check.hasErrors else {
            throw SiteFileError(file: url.relativePath, diagnostics: check.diagnostics)
        }
        for warning in check.diagnostics { Terminal.complain("\(path):\(warning)") }
        self.site = site
        self.base = base
        self.path = path
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
