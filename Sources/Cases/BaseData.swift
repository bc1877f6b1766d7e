package import Domain
package import Foundation

/// What cases are judged by: classes, grid, units, calendar, policies. Read once, at the start.
package struct BaseData: Sendable {
    package var catalogue: Catalogue
    package var grid: Grid
    package var responsibility: Responsibility
    package var deadlines: DeadlineClock
    /// The site's own policies by class code; they win over the catalogue's.
    package var policies: [String: AlarmPolicy]
    package var timeZone: TimeZone

    package init(
        catalogue: Catalogue = .builtIn,
        grid: Grid = .builtIn,
        responsibility: Responsibility = .builtIn,
        calendar: WorkCalendar = .china,
        policies: [String: AlarmPolicy] = [:],
        timeZone: TimeZone
    ) {
        self.catalogue = catalogue
        self.grid = grid
        self.responsibility = responsibility
        self.policies = policies
        self.timeZone = timeZone
        deadlines = DeadlineClock(calendar: calendar) { time in
            Int64(timeZone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(time.microseconds) / 1e6)))
        }
    }

    /// Reads what a site names, and takes the built-in sets for the rest.
    ///
    /// - Parameters:
    ///   - settings: paths, relative to `folder`.
    ///   - timeZone: an IANA name.
    ///   - folder: where the site file lies.
    /// - Throws: `BaseDataError` with every mistake of every file.
    package init(settings: CaseSettings, timeZone: String, folder: URL) throws(BaseDataError) {
        var findings: [BaseDataError.Finding] = []
        func load<Value>(_ path: String?, _ read: (Data, String) throws(BaseDataError) -> Value) -> Value? {
            guard let path else { return nil }
            do throws(BaseDataError) {
                guard
                    let data = FileManager.default.contents(
                        atPath: (path.hasPrefix("/") ? URL(filePath: path) : folder.appending(path: path)).path
                    )
                else {
                    let remedy = "check the path, relative to the site file, and that it may be read"
                    throw BaseDataError(findings: [.init(file: path, problem: "can't be read", remedy: remedy)])
                }
                return try read(data, path)
            } catch {
                findings.append(contentsOf: error.findings)
                return nil
            }
        }
        func text(_ data: Data, _ path: String) throws(BaseDataError) -> String {
            if let text = String(validating: data, as: UTF8.self) { return text }
            throw BaseDataError(findings: [
                .init(file: path, problem: "is not UTF-8 text", remedy: "save it as UTF-8 (in Excel: CSV UTF-8)")
            ])
        }
        let catalogue = load(settings.catalogue) { data, path throws(BaseDataError) in
            try Catalogue(csv: try text(data, path), file: path)
        }
        let grid = load(settings.grid) { data, path throws(BaseDataError) in
            Grid.loaded(try CellIndex(geoJSON: data, file: path))
        }
        let units = load(settings.units) { data, path throws(BaseDataError) in
            try Responsibility(csv: try text(data, path), file: path)
        }
        let zone = TimeZone(identifier: timeZone)
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
        guard findings.isEmpty, let zone else { throw BaseDataError(findings: findings) }
        self.init(
            catalogue: catalogue ?? .builtIn,
            grid: grid ?? .builtIn,
            responsibility: units ?? .builtIn,
            policies: settings.policy,
            timeZone: zone
        )
    }

    /// Site over catalogue over `ask`; no class or an unknown one: `record`, for no case can come of it.
    package func policy(forClass code: String?) -> AlarmPolicy {
        guard let code, let entry = catalogue[code] else { return .record }
        return policies[code] ?? entry.policy ?? .ask
    }

    /// The day of case numbers: `20261123` in the site's zone.
    func numberDay(_ time: WallTime) -> String {
        let (year, month, day) = WallTime.civil(fromDays: deadlines.localDay(time))
        return String(year * 10_000 + Int64(month) * 100 + Int64(day))
    }
}
