import Domain

/// The state of a bit that no filter may hold back (`sos`, `tamper`): any reading raises it, also a late one; only one
/// that is newer than all before clears it.
struct HazardRule: Equatable, Codable {
    private(set) var isOpen = false
    private var newestAt: WallTime?

    /// - Parameter value: nil for a reading that says nothing of it; it counts as newer all the same.
    mutating func take(_ value: Double?, at time: WallTime) -> RuleEvent? {
        let isNewer = newestAt.map { time > $0 } ?? true
        if isNewer { newestAt = time }
        guard let value else { return nil }
        if value != 0 {
            guard !isOpen else { return nil }
            isOpen = true
            return .opened(at: time, value: value)
        }
        guard isOpen, isNewer else { return nil }
        isOpen = false
        return .cleared(at: time, value: value)
    }
}
