import Foundation
import Synchronization
import Testing

@testable import Domain

@Suite("the feed of changes")
struct ChangeFeedTests {
    private final class Progress: Sendable {
        let isOver = Atomic<Bool>(false)
        let rounds = Atomic<Int>(0)
    }

    /// Waking a listener takes a lock of its task, which the task's cancellation holds while it leaves the feed: a feed
    /// that wakes under a lock of its own stands still for ever, and with it everything that publishes.
    @Test("goes on while listeners leave in the middle of changes")
    func leaving() async throws {
        let feed = ChangeFeed()
        let progress = Progress()
        // Threads of their own: if they stand still, this test must not.
        Thread.detachNewThread {
            while !progress.isOver.load(ordering: .relaxed) { feed.publish(Change(topic: .alarm, json: [])) }
        }
        Thread.detachNewThread {
            for round in 1...3000 {
                let listener = Task { for await _ in feed.listen() {} }
                usleep(UInt32(round % 60))
                listener.cancel()
                progress.rounds.store(round, ordering: .relaxed)
            }
        }
        let system = SystemClock()
        let deadline = system.monotonic() + .seconds(60)
        while progress.rounds.load(ordering: .relaxed) < 3000, system.monotonic() < deadline {
            try await Task.sleep(for: .milliseconds(20))
        }
        progress.isOver.store(true, ordering: .relaxed)
        #expect(progress.rounds.load(ordering: .relaxed) == 3000)
    }

    @Test("numbers changes without holes, in order, also of several publishers")
    func numbers() async {
        let feed = ChangeFeed()
        let changes = feed.listen()
        await withDiscardingTaskGroup { group in
            for _ in 0..<4 {
                group.addTask { for _ in 0..<50 { feed.publish(Change(topic: .sensor, json: [])) } }
            }
        }
        var iterator = changes.makeAsyncIterator()
        for expected in UInt64(1)...200 {
            let found = await iterator.next()
            #expect(found?.number == expected)
        }
        #expect(feed.lastNumber == 200)
    }
}
