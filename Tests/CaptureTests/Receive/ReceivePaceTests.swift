import Testing

@testable import Capture

@Suite("How long a read collects") struct ReceivePaceTests {
    private func pace(_ ticks: [Int64]) -> ReceivePace {
        var pace = ReceivePace()
        for one in ticks { pace.picture(one) }
        return pace
    }

    @Test(
        "is until shortly before the next picture is due",
        arguments: [
            (3600, Duration.milliseconds(32)), (3000, .microseconds(25_333)), (1500, .milliseconds(16)),
            (6000, .milliseconds(40)), (90_000, .milliseconds(40)), (900_000, .milliseconds(40)),
        ] as [(Int64, Duration)]
    )
    func due(step: Int64, wait: Duration) {
        let pace = pace((0..<10).map { $0 * step })
        #expect(pace.wait(isBetween: true) == wait)
        #expect(pace.wait(isBetween: false) == ReceivePace.moment)
    }

    @Test("is a moment until the pictures' distance is known")
    func unknown() {
        #expect(pace((0..<6).map { $0 * 3600 }).wait(isBetween: true) == ReceivePace.moment)
        #expect(pace(Array(repeating: 5, count: 20)).wait(isBetween: true) == ReceivePace.moment)
    }

    @Test("goes by the shortest distance, whatever order the pictures come in")
    func disorder() {
        // I P B B: shown 0 3 1 2 6 4 5, 3600 ticks each.
        #expect(pace([0, 3, 1, 2, 6, 4, 5, 9, 7, 8].map { $0 * 3600 }).wait(isBetween: true) == .milliseconds(32))
        // Every second picture left out for a while.
        #expect(pace([0, 1, 2, 3, 5, 7, 9].map { $0 * 3600 }).wait(isBetween: true) == .milliseconds(32))
    }

    @Test("stands times that jump")
    func jumps() {
        let wait = pace([.max, .min, 0, .max, -1, 7, .min, .min, .max]).wait(isBetween: true)
        #expect(wait >= ReceivePace.moment && wait <= ReceivePace.longest)
    }
}
