import Store
import Synchronization

/// The responses that go on for ever, by whose they are, so that they end with their session or with the service.
///
/// Bounded: a session has at most 24 streams open, the whole service 512; the next one is refused.
package final class StreamRegistry: Sendable {
    private struct Entry {
        var session: String
        var user: String
        var end: @Sendable () -> Void
    }

    private struct State {
        var entries: [UInt64: Entry] = [:]
        var next: UInt64 = 1
        var isDraining = false
    }

    private static let maximumPerSession = 24
    private static let maximum = 512

    private let state = Mutex(State())

    /// How many are open.
    package var count: Int { state.withLock { $0.entries.count } }

    /// Enters a stream; `end` is called at most once, from any thread. Nil when there are too many or the service is
    /// ending.
    func enter(_ session: Session, end: @escaping @Sendable () -> Void) -> UInt64? {
        state.withLock { state in
            let own = state.entries.values.count { $0.session == session.id }
            guard !state.isDraining, own < Self.maximumPerSession, state.entries.count < Self.maximum else {
                return nil
            }
            let id = state.next
            state.next += 1
            state.entries[id] = Entry(session: session.id, user: session.user.name, end: end)
            return id
        }
    }

    func leave(_ id: UInt64) {
        state.withLock { _ = $0.entries.removeValue(forKey: id) }
    }

    func end(session: String) {
        end { $0.session == session }
    }

    func end(user: String) {
        end { $0.user == user }
    }

    /// Ends every stream and lets no new one begin.
    func drain() {
        state.withLock { $0.isDraining = true }
        end { _ in true }
    }

    private func end(where matches: (Entry) -> Bool) {
        let ended = state.withLock { state in
            let matching = state.entries.filter { matches($0.value) }
            for id in matching.keys { state.entries[id] = nil }
            return matching.values.map(\.end)
        }
        for end in ended { end() }
    }
}
