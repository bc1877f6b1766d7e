import Domain

/// What a rule says when its condition begins or ends to hold.
enum RuleEvent: Equatable {
    /// - Parameters:
    ///   - at: when the condition had lasted long enough.
    ///   - value: the reading that says so; nil for `noData`.
    case opened(at: WallTime, value: Double?)
    case cleared(at: WallTime, value: Double?)
}
