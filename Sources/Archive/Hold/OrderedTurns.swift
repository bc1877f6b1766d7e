import Synchronization

/// Lets one piece of work at a time run, in the order of arrival; each runs to its end also when its asker has gone.
///
/// Not bounded by itself: what waits are requests of people, which the server bounds.
final class OrderedTurns: Sendable {
    private let last = Mutex<Task<Void, Never>?>(nil)

    /// - Throws: what `body` throws.
    func take<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let mine = last.withLock { last in
            let before = last
            let task = Task {
                await before?.value
                return try await body()
            }
            last = Task { _ = await task.result }
            return task
        }
        return try await mine.value
    }
}
