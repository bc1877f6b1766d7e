package import Domain
internal import Yams

/// A sensor as people write it: the entry of a site file, as JSON, with the group that it is put into. Read by the site
/// file's own reader, so that a rule means the same and is refused for the same reasons whichever way it came.
package struct SensorForm: Sendable, Encodable {
    package var id: String
    package var name: String?
    package var profile: String
    package var position: GeoPoint?
    package var address: String?
    package var group: String?
    package var rules: [RuleForm]

    /// The form that reads as this sensor.
    package init(_ sensor: Sensor) {
        id = sensor.id
        name = sensor.name
        profile = sensor.profile
        position = sensor.position
        address = sensor.address
        group = sensor.group
        rules = sensor.rules.map(RuleForm.init)
    }

    /// What a form is judged against.
    package struct Surroundings: Sendable {
        package var profiles: [String: PayloadProfile]
        package var groups: Set<String>
        package var isClass: @Sendable (String) -> Bool

        package init(
            profiles: [String: PayloadProfile],
            groups: Set<String>,
            isClass: @escaping @Sendable (String) -> Bool
        ) {
            self.profiles = profiles
            self.groups = groups
            self.isClass = isClass
        }
    }

    private static let mostRules = 50
    private static let deepest = 12

    /// Reads a form's JSON text.
    ///
    /// - Returns: the sensor, and nothing wrong; or nil and everything that is, by field and remedy.
    package static func read(_ json: String, id: String, in surroundings: Surroundings) -> (
        sensor: Sensor?, mistakes: [SiteDiagnostic]
    ) {
        let collector = DiagnosticCollector()
        // JSON is YAML; every text in it is quoted, so that none is taken for anything else.
        guard depth(of: json) <= deepest * 2, let root = try? Yams.compose(yaml: json),
            let reader = FieldReader(root, path: "", collector: collector, environment: nil)
        else {
            guard collector.diagnostics.isEmpty else { return (nil, collector.diagnostics) }
            collector.add(
                .error,
                at: nil,
                field: "",
                value: nil,
                problem: "can't be read",
                remedy: "write one object, with parts of rules at most \(deepest) deep"
            )
            return (nil, collector.diagnostics)
        }
        let sensor = read(reader, id, surroundings)
        reader.finish()
        for reference in collector.references {
            if let mistake = judge(reference, surroundings) {
                collector.add(
                    .error,
                    at: nil,
                    field: mistake.field,
                    value: mistake.value,
                    problem: mistake.problem,
                    remedy: mistake.remedy
                )
            }
        }
        let mistakes = collector.diagnostics.filter { $0.severity == .error }
        return (mistakes.isEmpty ? sensor : nil, mistakes)
    }

    private static func read(_ reader: FieldReader, _ id: String, _ surroundings: Surroundings) -> Sensor? {
        if let given = reader.text("id"), given != id {
            reader.fail("id", given, "is not the id of this sensor", "take it out: an id stays what it is")
        }
        let name = reader.text("name")
        if let name, name.count > 64 { reader.fail("name", name, "is too long", "write at most 64 characters") }
        let profile = reader.profile("profile")
        let position = reader.position("position")
        let address = reader.text("address")
        if let address, address.count > 200 {
            reader.fail("address", address, "is too long", "write at most 200 characters")
        }
        let group = reader.text("group")
        if let group, !surroundings.groups.contains(group) {
            let known = surroundings.groups.sorted().joined(separator: ", ")
            let remedy = known.isEmpty ? "take it out: the site has no groups" : "write one of: \(known)"
            reader.fail("group", group, "is no group of the site", remedy)
        }
        if reader.nodes("rules").count > mostRules {
            reader.fail("rules", nil, "has too many rules", "write at most \(mostRules)")
            return nil
        }
        let words = SiteFile.words(of: profile.map { [$0] } ?? [], surroundings.profiles)
        var rules: [SensorRule] = []
        for (index, entry) in reader.list("rules").enumerated() {
            guard let rule = SiteFile.readRule(entry, words: words, in: .sensor) else { continue }
            if let first = rules.firstIndex(of: rule) {
                let problem = "says the same as rules[\(first)]"
                reader.fail(
                    at: nil,
                    field: "rules[\(index)]",
                    value: rule.kind.rawValue,
                    problem,
                    "keep one of the two"
                )
            }
            rules.append(rule)
        }
        guard let profile else { return nil }
        return Sensor(
            id: id,
            name: name,
            profile: profile,
            position: position,
            address: address,
            rules: rules,
            group: group
        )
    }

    private static func judge(_ reference: SiteReference, _ surroundings: Surroundings) -> SiteDiagnostic? {
        switch reference.kind {
        case .classCode where !surroundings.isClass(reference.value):
            reference.diagnostic(
                .error,
                "is not a class of the catalogue",
                remedy: "write a code of the catalogue, or add it there"
            )
        case .profile where surroundings.profiles[reference.value] == nil:
            reference.diagnostic(
                .error,
                "is not a known profile",
                remedy: "known are: \(surroundings.profiles.keys.sorted().joined(separator: ", "))"
            )
        default: nil
        }
    }

    /// How deep brackets stand within each other, quoted ones too: a bound, not a count.
    private static func depth(of json: String) -> Int {
        var depth = 0
        var deepest = 0
        for byte in json.utf8 {
            switch byte {
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                deepest = max(deepest, depth)
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            default: break
            }
        }
        return deepest
    }
}
