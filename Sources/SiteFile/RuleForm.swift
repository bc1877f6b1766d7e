package import Domain

/// A rule as the site file writes it: durations with their units, hours of the week in words.
package struct RuleForm: Sendable, Encodable {
    /// Hours of the week.
    package struct Schedule: Sendable, Encodable {
        package var days: [String]?
        package var hours: [String]
    }

    private let rule: SensorRule

    /// The form that reads as this rule.
    package init(_ rule: SensorRule) {
        self.rule = rule
    }

    private enum Key: String, CodingKey {
        case id, kind, value, from, to, clearBelow, clearAbove, clearMargin, per, `for`, clearFor, field, `is`, isNot
        case atLeast, adjacent, sensor, of, schedule, severity, `class`
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encodeIfPresent(rule.id, forKey: .id)
        try container.encode(rule.kind, forKey: .kind)
        switch rule.kind {
        case .above, .below, .rate, .stuck: try container.encode(rule.value, forKey: .value)
        case .between, .outside:
            try container.encode(rule.value, forKey: .from)
            try container.encodeIfPresent(rule.upper, forKey: .to)
        default: break
        }
        try container.encodeIfPresent(rule.clearBelow, forKey: .clearBelow)
        try container.encodeIfPresent(rule.clearAbove, forKey: .clearAbove)
        try container.encodeIfPresent(rule.clearMargin, forKey: .clearMargin)
        try container.encodeIfPresent(rule.perSeconds.map(Self.duration), forKey: .per)
        if rule.forSeconds > 0 || rule.kind == .noData || rule.kind == .stuck {
            try container.encode(Self.duration(rule.forSeconds), forKey: .for)
        }
        try container.encodeIfPresent(rule.clearForSeconds.map(Self.duration), forKey: .clearFor)
        try container.encodeIfPresent(rule.field, forKey: .field)
        try container.encodeIfPresent(rule.states, forKey: rule.negated == true ? .isNot : .is)
        try container.encodeIfPresent(rule.atLeast, forKey: .atLeast)
        try container.encodeIfPresent(rule.adjacent, forKey: .adjacent)
        try container.encodeIfPresent(rule.sensor, forKey: .sensor)
        try container.encodeIfPresent(rule.of?.map(RuleForm.init), forKey: .of)
        try container.encodeIfPresent(rule.schedule.map(Self.schedule), forKey: .schedule)
        try container.encodeIfPresent(rule.severity, forKey: .severity)
        try container.encodeIfPresent(rule.classCode, forKey: .class)
    }

    /// In the largest unit in which it is a whole number.
    private static func duration(_ seconds: Double) -> String {
        let units: [(Double, String)] = [(86_400, "d"), (3600, "h"), (60, "m"), (1, "s")]
        for (size, unit) in units {
            let count = seconds / size
            if count >= 1, count == count.rounded(), count < 1e15 { return "\(Int64(count))\(unit)" }
        }
        return seconds == 0 ? "0s" : "\(seconds * 1000)ms"
    }

    private static func schedule(_ schedule: WeeklySchedule) -> Schedule {
        let days = schedule.windows.first?.days ?? []
        return Schedule(
            days: days.count == 7 ? nil : days.sorted().map { SiteFile.dayNames[$0] },
            hours: schedule.windows.map { "\(time($0.fromMinute))-\(time($0.toMinute))" }
        )
    }

    private static func time(_ minute: Int) -> String {
        let (hours, minutes) = minute.quotientAndRemainder(dividingBy: 60)
        return (hours < 10 ? "0" : "") + "\(hours):" + (minutes < 10 ? "0" : "") + "\(minutes)"
    }
}
