import Dispatch
import Synchronization

/// Threads for file reads and process waits, which would otherwise hold up the cooperative pool.
///
/// Bounded: at most `queues` calls at once, the others wait in order. One that hangs on a dead disk holds up only those
/// behind it on its own queue.
final class BlockingWork: Sendable {
    static let shared = BlockingWork(queues: 8)

    private let queues: [DispatchQueue]
    private let next = Atomic<Int>(0)

    init(queues count: Int) {
        queues = (0..<count).map { DispatchQueue(label: "gridwatch.archive.blocking.\($0)") }
    }

    /// Runs `body` on one of the threads.
    func run<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
        let index = next.wrappingAdd(1, ordering: .relaxed).newValue
        let queue = queues[Int(UInt(bitPattern: index) % UInt(queues.count))]
        return try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result(catching: body)) }
        }
    }
}
