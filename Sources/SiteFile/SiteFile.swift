package import Domain
package import Foundation
internal import Yams

/// Reads and checks a site file (YAML). Unknown keys are errors; texts may hold `${ENV}`.
package struct SiteFile: Sendable {
    package var site: Site
    /// What doesn't stop the service but should be looked at.
    package var warnings: [SiteDiagnostic]

    /// Reads the file at `url`.
    ///
    /// - Throws: `SiteFileError` with every mistake found.
    package init(
        contentsOf url: URL,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(SiteFileError) {
        try self.init(Self.read(contentsOf: url, environment: environment), file: url.relativePath)
    }

    /// Reads a site file's text; `file` is the name used in messages.
    package init(text: String, file: String, environment: [String: String] = [:]) throws(SiteFileError) {
        try self.init(Self.read(text: text, environment: environment), file: file)
    }

    private init(_ reading: SiteReading, file: String) throws(SiteFileError) {
        guard let site = reading.site, !reading.diagnostics.contains(where: { $0.severity == .error }) else {
            throw SiteFileError(file: file, diagnostics: reading.diagnostics)
        }
        self.site = site
        warnings = reading.diagnostics
    }

    /// Reads the file at `url` as far as that goes.
    package static func read(contentsOf url: URL, environment: [String: String]) -> SiteReading {
        do {
            let data = try Data(contentsOf: url)
            guard let decoded = String(data: data, encoding: .utf8) else {
                throw CocoaError(.fileReadInapplicableStringEncoding)
            }
            return read(text: decoded, environment: environment)
        } catch {
            let isMissing = !FileManager.default.fileExists(atPath: url.path)
            let problem = SiteDiagnostic(
                severity: .error,
                line: 1,
                column: 1,
                field: "",
                value: nil,
                problem: isMissing ? "there is no such file" : "the file can't be read as UTF-8 text",
                remedy: isMissing ? "check the path" : "check its permissions, and save it as UTF-8"
            )
            return SiteReading(diagnostics: [problem], references: [])
        }
    }

    /// Reads a site file's text as far as that goes.
    package static func read(text: String, environment: [String: String]) -> SiteReading {
        let collector = DiagnosticCollector()
        let site = parse(text, collector: collector, environment: environment)
        return SiteReading(
            site: site,
            diagnostics: collector.diagnostics.sorted { ($0.line, $0.column) < ($1.line, $1.column) },
            references: collector.references
        )
    }

    private static func parse(_ text: String, collector: DiagnosticCollector, environment: [String: String]) -> Site? {
        let root: Node
        do {
            guard let node = try Yams.compose(yaml: text) else {
                collector.add(
                    .error,
                    at: nil,
                    field: "",
                    value: nil,
                    problem: "the file is empty",
                    remedy: "it needs at least `site: { name: … }`"
                )
                return nil
            }
            root = node
        } catch let error as YamlError {
            let (mark, problem) = place(of: error)
            collector.add(
                .error,
                at: mark,
                field: "",
                value: nil,
                problem: "this is not YAML (\(problem))",
                remedy: "check the indentation and quotes here"
            )
            return nil
        } catch {
            collector.add(
                .error,
                at: nil,
                field: "",
                value: nil,
                problem: "this is not YAML",
                remedy: "check the file"
            )
            return nil
        }
        guard let reader = FieldReader(root, path: "", collector: collector, environment: environment) else {
            return nil
        }
        var site = Site(name: "")
        readSite(reader, into: &site)
        readRecording(reader, into: &site)
        site.platforms = readPlatforms(reader)
        site.cameras = reader.list("cameras").compactMap {
            readCamera($0, recording: site.recording, platforms: site.platforms)
        }
        site.brokers = reader.list("mqtt").compactMap(readBroker)
        site.profiles = readProfiles(reader)
        let profiles = Dictionary(site.profiles.map { ($0.name, $0) }) { first, _ in first }
        site.sensors = reader.list("sensors").compactMap { readSensor($0, profiles) }
        site.groups = readGroups(reader, sensors: site.sensors, profiles)
        site.areas = reader.list("areas").compactMap(readArea)
        site.routes = reader.list("routes").compactMap(readRoute)
        let places = VehiclePlaces(areas: Set(site.areas.map(\.id)), routes: Set(site.routes.map(\.id)))
        site.vehicles = reader.list("vehicles").compactMap { readVehicle($0, places) }
        let vehicles = Set(site.vehicles.map(\.id))
        site.plans = reader.list("plans").compactMap { readPlan($0, vehicles: vehicles, areas: site.areas) }
        site.terminals = readTerminals(reader, vehicles: site.vehicles)
        if let section = reader.mapping("deviceRate") {
            site.deviceRate.perSecond = section.number("perSecond", in: 0.001...100_000) ?? site.deviceRate.perSecond
            site.deviceRate.burst = section.number("burst", in: 1...10_000_000) ?? site.deviceRate.burst
            section.finish()
        }
        let sources = Set(site.sensors.map(\.id) + site.vehicles.map(\.id))
        site.gateways = readGateways(reader, sources: sources)
        readCases(reader, into: &site)
        site.map = readMap(reader)
        reader.finish()
        checkIdentifiers(reader)
        return site
    }

    private static func place(of error: YamlError) -> (Mark?, String) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            (mark, problem)
        case .duplicatedKeysInMapping(let keys, let context):
            (context.mark, "the key \(keys.first ?? "?") stands in one mapping twice")
        default:
            (nil, "it can't be scanned")
        }
    }

    private static func readSite(_ reader: FieldReader, into site: inout Site) {
        guard let section = reader.mapping("site") else {
            if reader.node("site") == nil {
                reader.fail("site", nil, "is missing", "add `site: { name: …, timeZone: Asia/Shanghai }`")
            }
            return
        }
        defer { section.finish() }
        site.name = section.text("name", required: true) ?? ""
        if let zone = section.text("timeZone") {
            if TimeZone(identifier: zone) == nil {
                section.fail("timeZone", zone, "is not a time zone", "write an IANA name, like Asia/Shanghai")
            }
            site.timeZone = zone
        }
        if let language = section.text("language") {
            if !["zh-CN", "en"].contains(language) {
                section.fail("language", language, "is not available", "write zh-CN or en")
            }
            site.language = language
        }
    }

    private static func readCases(_ reader: FieldReader, into site: inout Site) {
        guard let section = reader.mapping("cases") else { return }
        defer { section.finish() }
        site.cases.catalogue = section.baseData("catalogue")
        site.cases.limits = section.baseData("limits")
        site.cases.scores = section.baseData("scores")
        site.cases.flows = section.baseData("flows")
        site.cases.mapping = section.baseData("mapping")
        site.cases.calendar = section.baseData("calendar")
        site.cases.grid = section.baseData("grid")
        site.cases.areas = section.baseData("areas")
        site.cases.units = section.baseData("units")
        site.cases.responsibility = section.baseData("responsibility")
        site.cases.places = section.baseData("places")
        site.cases.channels = section.baseData("channels")
        site.cases.policies = section.baseData("policies")
        for (key, value) in section.pairs("policy") {
            guard let code = key.string, let word = value.string else { continue }
            if case .scalar(let scalar) = key, scalar.style == .plain, code.allSatisfy(\.isNumber) {
                section.warn("policy", code, "is not quoted: YAML readers take it for a number", "write \"\(code)\"")
            }
            section.refer(.classCode, to: code, at: key.mark, field: section.join("policy"))
            guard let policy = AlarmPolicy(rawValue: word) else {
                section.fail(
                    "policy",
                    word,
                    "is not a policy (class \(code))",
                    "write one of: \(AlarmPolicy.allCases.map(\.rawValue).joined(separator: ", "))"
                )
                continue
            }
            site.cases.policy[code] = policy
        }
    }

    /// An id stands in one place only, whatever it names. Judged on the file itself, so that an entry with other
    /// mistakes counts as well.
    private static func checkIdentifiers(_ reader: FieldReader) {
        var owners: [String: String] = [:]
        for section in ["cameras", "sensors", "groups", "areas", "routes", "plans", "vehicles"] {
            guard case .sequence(let entries)? = reader.node(section) else { continue }
            for (index, entry) in entries.enumerated() {
                guard let node = entry.mapping?["id"], let id = node.string else { continue }
                let place = "\(section)[\(index)]"
                if let other = owners[id] {
                    let problem = "is the id of both \(other) and \(place)"
                    reader.fail(at: node.mark, field: "\(place).id", value: id, problem, "give each its own id")
                } else {
                    owners[id] = place
                }
            }
        }
    }
}
