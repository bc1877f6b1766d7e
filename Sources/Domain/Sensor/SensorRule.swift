/// When readings mean that something is wrong, and when they no longer do.
///
/// A rule of one sensor, of every sensor of a group, or (kinds `count`, `all`, `any`, `not` of a group) of several
/// sensors together. Parts of a combination are rules as well, of which only the condition counts.
package struct SensorRule: Sendable, Hashable, Codable {
    package enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
        /// Over or under `value`.
        case above, below
        /// Within `value...upper`, or not.
        case between, outside
        /// Risen by more than `value` within `perSeconds`; fallen where `value` is negative.
        case rate
        /// Unchanged within `value` although readings arrive.
        case stuck
        /// Silence, by arrival.
        case noData
        /// One of `states`, or (`negated`) none of them.
        case state
        /// `atLeast` members of a group for which the only part holds.
        case count
        /// Parts joined by and, or, not.
        case all, any, not
    }

    /// Tells rules of one kind and field apart; a part of the alarm's source then.
    package var id: String?
    package var kind: Kind
    /// The threshold in the sensor's unit; the lower end of a range; the change of a rate; the tolerance of `stuck`.
    package var value: Double
    /// `between` and `outside`: the upper end of the range.
    package var upper: Double?
    /// `above` and rising rates: clears at or below this; nil means `value`. `count`: clears below so many.
    package var clearBelow: Double?
    /// `below` and falling rates: clears at or above this; nil means `value`.
    package var clearAbove: Double?
    /// `between` and `outside`: how far beyond (or within) the range a value has to be to clear.
    package var clearMargin: Double?
    /// `rate`: the span of time in seconds.
    package var perSeconds: Double?
    /// Seconds the condition must last, on the device's times; for `noData`, the silence.
    package var forSeconds: Double
    /// Seconds the clear condition must last.
    package var clearForSeconds: Double?
    /// The name of the value when readings carry named ones; nil for `value`.
    package var field: String?
    /// `state`: the values that count.
    package var states: [Double]?
    /// `state`: true when anything else counts.
    package var negated: Bool?
    /// `count`: of how many members at least.
    package var atLeast: Int?
    /// `count`: only neighbours in the group's order count.
    package var adjacent: Bool?
    /// A part of a group's combination: whose reading it judges.
    package var sensor: String?
    /// The parts of a combination.
    package var of: [SensorRule]?
    /// When the rule is in force; nil means always.
    package var schedule: WeeklySchedule?
    package var severity: AlarmSignal.Severity?
    package var classCode: String?

    package init(
        kind: Kind,
        value: Double = 0,
        clearBelow: Double? = nil,
        clearAbove: Double? = nil,
        forSeconds: Double = 0,
        field: String? = nil,
        classCode: String? = nil
    ) {
        self.kind = kind
        self.value = value
        self.clearBelow = clearBelow
        self.clearAbove = clearAbove
        self.forSeconds = forSeconds
        self.field = field
        self.classCode = classCode
    }

    /// What stands beside the kind in an alarm's source: the rule's id, else its field.
    package var part: String? { id ?? field }

    /// Whether several sensors are judged together.
    package var isJoint: Bool {
        switch kind {
        case .count: true
        case .all, .any, .not: (of ?? []).contains { $0.sensor != nil || $0.isJoint }
        default: false
        }
    }

    /// Whether what holds goes on holding while nothing arrives: a rate decays, and silence is not sameness.
    package var holdsWithoutReadings: Bool {
        switch kind {
        case .rate, .stuck: false
        default: (of ?? []).allSatisfy(\.holdsWithoutReadings)
        }
    }

    /// Seconds of earlier readings that the condition is judged by; 0 for most.
    package var memorySeconds: Double {
        max(kind == .rate ? perSeconds ?? 0 : 0, (of ?? []).map(\.memorySeconds).max() ?? 0)
    }
}
