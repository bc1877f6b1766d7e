import GRDB
import Synchronization

/// What a writer of `series.db` needn't ask it for again: numbers of sources, and days that are marked as touched.
///
/// It holds committed rows only: it is changed right after a commit, before the next writer begins. Bounded: what grows
/// beyond `most` is forgotten and found again.
final class SeriesKnown: Sendable {
    struct TouchedDay: Hashable, Sendable {
        var source: Int64
        var day: Int64
    }

    private struct State {
        var refs: [String: Int64] = [:]
        var touched: Set<TouchedDay> = []
    }

    private static let most = 500_000

    private let state = Mutex(State())

    /// The numbers of those among `names` that are known.
    func refs(of names: some Collection<String>) -> [String: Int64] {
        state.withLock { state in
            var found: [String: Int64] = [:]
            found.reserveCapacity(names.count)
            for name in names { if let ref = state.refs[name] { found[name] = ref } }
            return found
        }
    }

    /// Those among `days` that aren't known to be marked.
    func unmarked(_ days: Set<TouchedDay>) -> Set<TouchedDay> {
        state.withLock { days.subtracting($0.touched) }
    }

    /// Takes what a transaction has written, once that is committed.
    func learn(refs: [String: Int64], touched: Set<TouchedDay>, after connection: GRDB.Database) {
        guard !refs.isEmpty || !touched.isEmpty else { return }
        connection.afterNextTransaction { [self] _ in
            state.withLock { state in
                if state.refs.count + refs.count > Self.most { state.refs = [:] }
                if state.touched.count + touched.count > Self.most { state.touched = [] }
                state.refs.merge(refs) { _, new in new }
                state.touched.formUnion(touched)
            }
        }
    }

    /// Forgets which days are marked, once a transaction that unmarks some is committed.
    func forgetDays(after connection: GRDB.Database) {
        connection.afterNextTransaction { [self] _ in state.withLock { $0.touched = [] } }
    }
}
