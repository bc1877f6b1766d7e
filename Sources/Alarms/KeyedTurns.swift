import Synchronization

/// Lets one piece of work at a time run per key, in the order of arrival; different keys run beside each other.
///
/// At most `limit` pieces of work wait in all; one more is rejected.
final class KeyedTurns<Key: Hashable & Sendable>: Sendable {
    private struct Waiting {
        var byKey: [Key: [CheckedContinuation<Void, Never>]] = [:]
        var count = 0
    }

    private let limit: Int
    private let waiting = Mutex(Waiting())

    init(limit: Int) {
        self.limit = limit
    }

    /// - Throws: `AlarmError` (`busy`) when too many wait, and what `body` throws.
    func withTurn<Result>(_ key: Key, _ body: () async throws -> Result) async throws -> Result {
        let isFull = waiting.withLock { $0.count >= limit }
        if isFull {
            throw AlarmError(code: .busy, message: "\(limit) alarm signals wait already; this one was not taken")
        }
        await withCheckedContinuation { continuation in
            let goesAhead = waiting.withLock { waiting in
                guard waiting.byKey[key] != nil else {
                    waiting.byKey[key] = []
                    return true
                }
                waiting.byKey[key]?.append(continuation)
                waiting.count += 1
                return false
            }
            if goesAhead { continuation.resume() }
        }
        defer { passOn(key) }
        return try await body()
    }

    private func passOn(_ key: Key) {
        let next = waiting.withLock { waiting -> CheckedContinuation<Void, Never>? in
            guard var line = waiting.byKey[key], !line.isEmpty else {
                waiting.byKey[key] = nil
                return nil
            }
            let next = line.removeFirst()
            waiting.byKey[key] = line
            waiting.count -= 1
            return next
        }
        next?.resume()
    }
}
