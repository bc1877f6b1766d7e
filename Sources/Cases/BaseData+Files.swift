package import Domain
package import Foundation

/// The sets that a site file names.
extension BaseData {
    /// Reads what a site names, and takes the built-in sets for the rest.
    ///
    /// - Parameters:
    ///   - settings: paths, relative to `folder`.
    ///   - timeZone: an IANA name.
    ///   - folder: where the site file lies.
    /// - Throws: `BaseDataError` with every mistake of every file.
    package init(settings: CaseSettings, timeZone: String, folder: URL) throws(BaseDataError) {
        var findings: [BaseDataError.Finding] = []
        let zone = TimeZone(identifier: timeZone)
        var base = BaseData(policies: settings.policy, timeZone: zone ?? .gmt)
        func load(_ path: String?, _ take: (String, String) throws(BaseDataError) -> Void) {
            guard let path else { return }
            do throws(BaseDataError) { try take(Self.text(path, in: folder), path) } catch {
                findings.append(contentsOf: error.findings)
            }
        }
        load(settings.catalogue) { text, path throws(BaseDataError) in
            base.take(catalogue: try Catalogue(csv: text, file: path), origin: .declared(file: path))
        }
        let sets: [(BaseSet, String?)] = [
            (.limits, settings.limits), (.scores, settings.scores), (.flows, settings.flows),
            (.mapping, settings.mapping),
            (.calendar, settings.calendar), (.grid, settings.grid), (.areas, settings.areas),
            (.units, settings.units), (.responsibility, settings.responsibility), (.places, settings.places),
            (.channels, settings.channels), (.policies, settings.policies),
        ]
        for (set, path) in sets {
            load(path) { text, path throws(BaseDataError) in
                try base.take(set, text, origin: .declared(file: path), file: path)
            }
        }
        if zone == nil {
            findings.append(
                .init(
                    file: "site",
                    column: "timeZone",
                    value: timeZone,
                    problem: "is no time zone",
                    remedy: "use a name like Asia/Shanghai"
                )
            )
        }
        guard findings.isEmpty else { throw BaseDataError(findings: findings) }
        base.link(day: base.deadlines.localDay(SystemClock().now()))
        self = base
    }

    static func text(_ path: String, in folder: URL) throws(BaseDataError) -> String {
        let url = path.hasPrefix("/") ? URL(filePath: path) : folder.appending(path: path)
        guard let data = FileManager.default.contents(atPath: url.path) else {
            let remedy = "check the path, relative to the site file, and that it may be read"
            throw BaseDataError(findings: [.init(file: path, problem: "can't be read", remedy: remedy)])
        }
        if let text = String(validating: data, as: UTF8.self) { return text }
        throw BaseDataError(findings: [
            .init(file: path, problem: "is not UTF-8 text", remedy: "save it as UTF-8 (in Excel: CSV UTF-8)")
        ])
    }
}
