package import Domain

/// A rule as it is shown: every field that the site gives it, with the defaults of the first ones filled in.
package struct RuleItem: Sendable, Hashable, Encodable {
    private let rule: SensorRule

    package init(_ rule: SensorRule) {
        self.rule = rule
    }

    private enum CodingKeys: String, CodingKey {
        case id, kind, value, upper, clearBelow, clearAbove, clearMargin, perSeconds, forSeconds, clearForSeconds
        case field, states, negated, atLeast, adjacent, sensor, of, schedule, severity
        case classCode = "class"
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(rule.id, forKey: .id)
        try container.encode(rule.kind, forKey: .kind)
        try container.encode(rule.value, forKey: .value)
        try container.encodeIfPresent(rule.upper, forKey: .upper)
        try container.encodeIfPresent(rule.clearBelow, forKey: .clearBelow)
        try container.encodeIfPresent(rule.clearAbove, forKey: .clearAbove)
        try container.encodeIfPresent(rule.clearMargin, forKey: .clearMargin)
        try container.encodeIfPresent(rule.perSeconds, forKey: .perSeconds)
        try container.encode(rule.forSeconds, forKey: .forSeconds)
        try container.encodeIfPresent(rule.clearForSeconds, forKey: .clearForSeconds)
        try container.encodeIfPresent(rule.field, forKey: .field)
        try container.encodeIfPresent(rule.states, forKey: .states)
        try container.encodeIfPresent(rule.negated, forKey: .negated)
        try container.encodeIfPresent(rule.atLeast, forKey: .atLeast)
        try container.encodeIfPresent(rule.adjacent, forKey: .adjacent)
        try container.encodeIfPresent(rule.sensor, forKey: .sensor)
        try container.encodeIfPresent(rule.of?.map(RuleItem.init), forKey: .of)
        try container.encodeIfPresent(rule.schedule, forKey: .schedule)
        try container.encodeIfPresent(rule.severity, forKey: .severity)
        try container.encodeIfPresent(rule.classCode, forKey: .classCode)
    }
}
