/// Counts failed logins per name and per address; only failures count, a success forgives the name.
///
/// Pure: the caller hands in the time. Bounded: at most 10,000 keys, the longest quiet one makes room.
package struct LoginLimiter: Sendable {
    /// So many failures within `window` and the next attempt has to wait.
    package struct Limits: Sendable {
        package var perName: Int
        package var perAddress: Int
        package var window: Duration

        package init(perName: Int = 10, perAddress: Int = 30, window: Duration = .seconds(300)) {
            self.perName = perName
            self.perAddress = perAddress
            self.window = window
        }
    }

    private enum Key: Hashable {
        case name(String)
        case address(String)
    }

    private static let maximumKeys = 10_000

    private let limits: Limits
    /// The times of the failures within the window, oldest first, never more than the limit.
    private var failures: [Key: [Duration]] = [:]

    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Nil when an attempt may be made, else the time until it may.
    package mutating func wait(name: String, address: String?, now: Duration) -> Duration? {
        let waits = keys(name, address).compactMap { key, limit -> Duration? in
            let recent = prune(key, now: now)
            guard recent.count >= limit, let oldest = recent.first else { return nil }
            return oldest + limits.window - now
        }
        return waits.max()
    }

    package mutating func failed(name: String, address: String?, now: Duration) {
        for (key, limit) in keys(name, address) {
            let recent = prune(key, now: now)
            makeRoom(for: key)
            failures[key] = Array((recent + [now]).suffix(limit))
        }
    }

    package mutating func succeeded(name: String) {
        failures[.name(name)] = nil
    }

    private func keys(_ name: String, _ address: String?) -> [(Key, Int)] {
        [(.name(name), limits.perName)] + (address.map { [(.address($0), limits.perAddress)] } ?? [])
    }

    private mutating func prune(_ key: Key, now: Duration) -> [Duration] {
        guard let times = failures[key] else { return [] }
        let recent = times.filter { $0 + limits.window > now }
        failures[key] = recent.isEmpty ? nil : recent
        return recent
    }

    private mutating func makeRoom(for key: Key) {
        guard failures[key] == nil, failures.count >= Self.maximumKeys else { return }
        let quietest = failures.min { ($0.value.last ?? .zero) < ($1.value.last ?? .zero) }
        if let quietest { failures[quietest.key] = nil }
    }
}
