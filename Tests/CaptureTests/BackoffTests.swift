import Testing

@testable import Capture

@Suite("Backoff") struct BackoffTests {
    private struct Fixed: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state
        }
    }

    @Test("waits double from a second to a minute, with jitter, and never pass a minute", arguments: 0..<20)
    func doubles(seed: UInt64) {
        var random = Fixed(state: seed)
        var backoff = Backoff()
        for failure in 0..<12 {
            let wait = backoff.wait(after: .ordinary, connectedFor: nil, using: &random).seconds
            let base = Double(1 << failure)
            #expect(wait >= min(60, 0.75 * base) - 1e-9)
            #expect(wait <= min(60, 1.25 * base) + 1e-9)
        }
    }

    @Test("a stable connection makes the next wait short again, a short one does not")
    func resets() {
        var random = Fixed(state: 1)
        var backoff = Backoff()
        for _ in 0..<6 { _ = backoff.wait(after: .ordinary, connectedFor: nil, using: &random) }
        #expect(backoff.wait(after: .ordinary, connectedFor: .seconds(3), using: &random) > .seconds(40))
        #expect(backoff.wait(after: .ordinary, connectedFor: .seconds(31), using: &random) < .seconds(2))
    }

    @Test("a wrong password is tried a few times an hour only")
    func slowWithWrongPassword() {
        var random = Fixed(state: 2)
        var backoff = Backoff()
        var total = Duration.zero
        for _ in 0..<20 { total += backoff.wait(after: .unauthorised, connectedFor: nil, using: &random) }
        #expect(total > .seconds(3600))
    }

    @Test("a file is tried again at once, then soon, but never in a tight circle")
    func files() {
        var random = Fixed(state: 3)
        var backoff = Backoff(isFile: true)
        #expect(backoff.wait(after: .ordinary, connectedFor: nil, using: &random) == .zero)
        for _ in 0..<20 {
            let wait = backoff.wait(after: .ordinary, connectedFor: nil, using: &random)
            #expect(wait > .milliseconds(300) && wait <= .seconds(10))
        }
    }
}

extension Duration {
    fileprivate var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
