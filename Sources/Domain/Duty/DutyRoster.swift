/// Shifts that follow each other without a gap, people in turn (三班两运转, 四班三运转, …).
package struct DutyRoster: Sendable, Hashable {
    package struct Turn: Sendable, Hashable {
        package var user: String
        package var from: WallTime
        package var to: WallTime
    }

    /// In the order of their turns.
    package var users: [String]
    package var from: WallTime
    /// How long one shift lasts.
    package var shift: Duration
    /// How long the roster lasts; the last shift ends with it.
    package var total: Duration

    package init(users: [String], from: WallTime, shift: Duration, total: Duration) {
        self.users = users
        self.from = from
        self.shift = shift
        self.total = total
    }

    /// Empty when there is nobody, or no time.
    package var turns: [Turn] {
        guard !users.isEmpty, shift > .zero else { return [] }
        var found: [Turn] = []
        var begin = from
        let end = from + total
        while begin < end {
            let next = min(begin + shift, end)
            found.append(Turn(user: users[found.count % users.count], from: begin, to: next))
            begin = next
        }
        return found
    }
}
