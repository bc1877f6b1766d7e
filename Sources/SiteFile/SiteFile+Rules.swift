import Domain
internal import Yams

/// Rules of sensors and groups.
extension SiteFile {
    /// Where a rule stands: what it may say depends on it.
    enum RulePlace {
        case sensor
        case group(members: Set<String>)
        /// A part of a combination; of a group's, when it names sensors.
        case part(members: Set<String>?)
    }

    private static let span = -1e12...1e12

    /// The words that the profiles of some sensors know.
    static func words(of names: [String], _ profiles: [String: PayloadProfile]) -> [String: Double] {
        names.reduce(into: [:]) { words, name in
            words.merge((profiles[name] ?? PayloadProfile.named(name)).words) { first, _ in first }
        }
    }

    /// - Parameter words: of the sensors' profiles, for states.
    static func readRule(_ reader: FieldReader, words: [String: Double], in place: RulePlace) -> SensorRule? {
        defer { reader.finish() }
        let kind: SensorRule.Kind? = reader.choice("kind", required: true)
        let value = reader.number("value", in: span)
        var rule = SensorRule(kind: kind ?? .above, value: value ?? 0)
        rule.field = reader.text("field")
        readThresholds(reader, kind, value, into: &rule)
        readStates(reader, kind, words, into: &rule)
        readParts(reader, kind, words, place, into: &rule)
        if case .part(let members) = place {
            rule.sensor = readMember(reader, members)
            if kind == .stuck { rule.forSeconds = reader.seconds("for", in: 0...2_592_000) ?? 0 }
            if kind == .noData || kind == .count {
                reader.fail("kind", kind?.rawValue, "can't be a part of another rule", "make it a rule of its own")
            }
        } else {
            readFrame(reader, kind, into: &rule)
        }
        if case .group = place, rule.isJoint, kind != .count, !rule.namesSensors {
            let remedy = "give each part its `sensor`, or none of them to judge every member on its own"
            reader.fail("of", nil, "names a sensor in some parts only", remedy)
        }
        return kind == nil ? nil : rule
    }

    /// What only a whole rule has: times, schedule, what becomes of it.
    private static func readFrame(_ reader: FieldReader, _ kind: SensorRule.Kind?, into rule: inout SensorRule) {
        if reader.node("id") != nil { rule.id = reader.slug("id") }
        let duration = reader.seconds("for", in: 0...2_592_000)
        rule.forSeconds = duration ?? 0
        rule.clearForSeconds = reader.seconds("clearFor", in: 0...2_592_000)
        rule.severity = reader.choice("severity")
        rule.classCode = reader.classCode("class")
        rule.schedule = readSchedule(reader, "schedule")
        if kind == .noData || kind == .stuck, duration == nil, reader.node("for") == nil {
            let example = kind == .noData ? "how long a silence counts, like `for: 10m`" : "how long, like `for: 2h`"
            reader.fail("for", nil, "is missing", "say \(example)")
        }
    }

    private static func readThresholds(
        _ reader: FieldReader,
        _ kind: SensorRule.Kind?,
        _ value: Double?,
        into rule: inout SensorRule
    ) {
        rule.clearBelow = reader.number("clearBelow", in: span)
        rule.clearAbove = reader.number("clearAbove", in: span)
        let falls = kind == .rate && (value ?? 0) < 0
        if let kind, ![.above, .rate, .count].contains(kind) || falls, rule.clearBelow != nil {
            let remedy = "take it out, or use clearAbove with `below`"
            reader.fail("clearBelow", nil, "belongs to `above`, a rising `rate` and `count` only", remedy)
        }
        if let kind, ![.below, .rate].contains(kind) || (kind == .rate && !falls), rule.clearAbove != nil {
            let remedy = "take it out, or use clearBelow with `above`"
            reader.fail("clearAbove", nil, "belongs to `below` and a falling `rate` only", remedy)
        }
        if let value, kind != .count, let clear = rule.clearBelow, clear > value {
            reader.fail("clearBelow", String(clear), "is over the threshold", "write at most \(value)")
        }
        if let value, let clear = rule.clearAbove, clear < value {
            reader.fail("clearAbove", String(clear), "is under the threshold", "write at least \(value)")
        }
        readRange(reader, kind, into: &rule)
        rule.perSeconds = reader.seconds("per", in: 1...604_800)
        if kind == .rate, rule.perSeconds == nil, reader.node("per") == nil {
            reader.fail("per", nil, "is missing", "say within which time, like `per: 10m`")
        }
        if kind != .rate, rule.perSeconds != nil {
            reader.fail("per", nil, "belongs to `rate` only", "take it out")
        }
        let needed: Set<SensorRule.Kind> = [.above, .below, .rate]
        if let kind, needed.contains(kind), value == nil, reader.node("value") == nil {
            reader.fail("value", nil, "is missing", "write the threshold, like `value: 150`")
        }
        if kind == .rate, value == 0 {
            reader.fail("value", "0", "is no change", "write a rise, like 20, or a fall, like -20")
        }
    }

    private static func readRange(_ reader: FieldReader, _ kind: SensorRule.Kind?, into rule: inout SensorRule) {
        let from = reader.number("from", in: span)
        let to = reader.number("to", in: span)
        rule.clearMargin = reader.number("clearMargin", in: 0...1e12)
        guard kind == .between || kind == .outside else {
            for key in ["from", "to", "clearMargin"] where reader.node(key) != nil {
                reader.fail(key, nil, "belongs to `between` and `outside` only", "take it out")
            }
            return
        }
        for key in ["from", "to"] where reader.node(key) == nil {
            reader.fail(key, nil, "is missing", "write the range, like `from: 6, to: 9`")
        }
        if let from, let to, from > to {
            reader.fail("to", String(to), "is under `from`", "write at least \(from)")
        }
        rule.value = from ?? 0
        rule.upper = to
    }

    private static func readStates(
        _ reader: FieldReader,
        _ kind: SensorRule.Kind?,
        _ words: [String: Double],
        into rule: inout SensorRule
    ) {
        for (key, negated) in [("is", false), ("isNot", true)] {
            guard let texts = reader.texts(key) else { continue }
            guard kind == .state else {
                reader.fail(key, nil, "belongs to `state` only", "take it out")
                continue
            }
            var states: [Double] = []
            for text in texts {
                if let value = Double(text) ?? words[text.lowercased()] {
                    states.append(value)
                } else {
                    let known = words.keys.sorted().joined(separator: ", ")
                    let remedy = known.isEmpty ? "write a number" : "write a number, or one of: \(known)"
                    reader.fail(key, text, "is neither a number nor a word of the profile", remedy)
                }
            }
            if rule.states != nil {
                reader.fail(key, nil, "stands beside `is`", "keep one of the two")
            }
            rule.states = states
            rule.negated = negated ? true : nil
        }
        if kind == .state, rule.states == nil, reader.node("is") == nil, reader.node("isNot") == nil {
            reader.fail("is", nil, "is missing", "write the state, like `is: off`, or `isNot: on`")
        }
    }

    private static func readParts(
        _ reader: FieldReader,
        _ kind: SensorRule.Kind?,
        _ words: [String: Double],
        _ place: RulePlace,
        into rule: inout SensorRule
    ) {
        let members: Set<String>? =
            switch place {
            case .sensor: nil
            case .group(let members): kind == .count ? nil : members
            case .part(let members): members
            }
        let parts = reader.list("of").compactMap { readRule($0, words: words, in: .part(members: members)) }
        rule.atLeast = reader.integer("atLeast", in: 1...100_000)
        rule.adjacent = reader.flag("adjacent")
        let isCount = kind == .count
        if !isCount {
            for key in ["atLeast", "adjacent"] where reader.node(key) != nil {
                reader.fail(key, nil, "belongs to `count` only", "take it out")
            }
        }
        guard let kind, [.all, .any, .not, .count].contains(kind) else {
            if reader.node("of") != nil {
                reader.fail("of", nil, "belongs to `all`, `any`, `not` and `count` only", "take it out")
            }
            return
        }
        rule.of = parts
        let least = kind == .all || kind == .any ? 2 : 1
        if reader.nodes("of").count < least || (least == 1 && reader.nodes("of").count > 1) {
            let example = "like `of: [ { kind: state, is: off } ]`"
            let problem = "needs \(least == 1 ? "one part" : "two parts or more")"
            reader.fail("of", nil, problem, "write a list, \(example)")
        }
        if isCount, reader.node("atLeast") == nil {
            reader.fail("atLeast", nil, "is missing", "say how many members, like `atLeast: 3`")
        }
        if isCount, case .sensor = place {
            reader.fail("kind", kind.rawValue, "is for groups only", "move the rule to a group of `groups`")
        }
    }

    private static func readMember(_ reader: FieldReader, _ members: Set<String>?) -> String? {
        guard let id = reader.text("sensor") else { return nil }
        guard let members else {
            reader.fail("sensor", id, "belongs to the parts of a group's rule only", "take it out")
            return nil
        }
        guard members.contains(id) else {
            reader.fail("sensor", id, "is no member of the group", "add it to the group's sensors, or correct it")
            return nil
        }
        return id
    }
}

extension SensorRule {
    /// Whether every single condition says whose readings it judges.
    fileprivate var namesSensors: Bool {
        sensor != nil || (of.map { !$0.isEmpty && $0.allSatisfy(\.namesSensors) } ?? false)
    }
}
