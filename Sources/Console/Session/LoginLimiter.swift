/// Counts failed logins per name at an address, per address and per name; only failures count, a success forgives the
/// name at its address.
///
/// Somebody who guesses at a name from elsewhere must not keep its owner out: a name alone has a far higher limit, which
/// only many addresses together reach.
///
/// Pure: the caller hands in the time. Bounded: at most 10,000 keys, the longest quiet one makes room.
package struct LoginLimiter: Sendable {
    /// So many failures within `window` and the next attempt has to wait.
    package struct Limits: Sendable {
        /// Of one name at one address.
        package var perName: Int
        package var perAddress: Int
        /// Of one name at all addresses together.
        package var perNameAnywhere: Int
        package var window: Duration

        package init(
            perName: Int = 10,
            perAddress: Int = 30,
            perNameAnywhere: Int = 200,
            window: Duration = .seconds(300)
        ) {
            self.perName = perName
            self.perAddress = perAddress
            self.perNameAnywhere = perNameAnywhere
            self.window = window
        }
    }

    private enum Key: Hashable {
        case nameAt(String, address: String?)
        case address(String)
        case name(String)
    }

    /// For codes of reports: whoever has the ticket of one guesses at its code, whoever has none at all of them.
    package static func forCodes(window: Duration = .seconds(300)) -> LoginLimiter {
        LoginLimiter(limits: Limits(perName: 10, perAddress: 30, perNameAnywhere: 200, window: window))
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

    package mutating func succeeded(name: String, address: String?) {
        failures[.nameAt(name, address: address)] = nil
    }

    private func keys(_ name: String, _ address: String?) -> [(Key, Int)] {
        [(.nameAt(name, address: address), limits.perName), (.name(name), limits.perNameAnywhere)]
            + (address.map { [(.address($0), limits.perAddress)] } ?? [])
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
