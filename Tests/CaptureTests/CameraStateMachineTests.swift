import Domain
import Testing

@testable import Capture

@Suite("Camera state machine") struct CameraStateMachineTests {
    private enum Step: Sendable {
        case attempt
        case connected
        case packet
        case failed(StateReason)
        case tick
    }

    private struct Case: Sendable, CustomStringConvertible {
        var description: String
        /// Steps with the second at which they happen.
        var steps: [(Int, Step)]
        var state: CameraState
        var reason: StateReason
        var since: Int
    }

    private static let cases = [
        Case(description: "new", steps: [], state: .connecting, reason: .starting, since: 0),
        Case(
            description: "first packet makes it live",
            steps: [(1, .attempt), (2, .connected), (3, .packet), (4, .packet)],
            state: .live,
            reason: .ok,
            since: 3
        ),
        Case(
            description: "wrong password",
            steps: [(1, .attempt), (2, .failed(.unauthorised))],
            state: .unauthorised,
            reason: .unauthorised,
            since: 2
        ),
        Case(
            description: "stays unauthorised, since the first refusal, while it tries again",
            steps: [(1, .attempt), (2, .failed(.unauthorised)), (60, .attempt), (61, .failed(.unauthorised))],
            state: .unauthorised,
            reason: .unauthorised,
            since: 2
        ),
        Case(
            description: "offline keeps its since when the reason changes",
            steps: [(1, .attempt), (2, .failed(.refused)), (4, .attempt), (12, .failed(.timeout))],
            state: .offline,
            reason: .timeout,
            since: 2
        ),
        Case(
            description: "an attempt that hangs shows within ten seconds",
            steps: [(1, .attempt), (5, .tick), (9, .tick), (10, .tick)],
            state: .offline,
            reason: .timeout,
            since: 10
        ),
        Case(
            description: "silence stalls",
            steps: [(1, .attempt), (2, .connected), (3, .packet), (7, .tick), (8, .tick), (9, .tick)],
            state: .stalled,
            reason: .noPackets,
            since: 8
        ),
        Case(
            description: "a connection that never delivers stalls as well",
            steps: [(1, .attempt), (2, .connected), (7, .tick)],
            state: .stalled,
            reason: .noPackets,
            since: 7
        ),
        Case(
            description: "a packet ends the stall",
            steps: [(2, .connected), (3, .packet), (8, .tick), (9, .packet)],
            state: .live,
            reason: .ok,
            since: 9
        ),
        Case(
            description: "a camera that fell stays offline while it connects",
            steps: [(2, .connected), (3, .packet), (8, .failed(.closed)), (9, .attempt), (10, .connected)],
            state: .offline,
            reason: .closed,
            since: 8
        ),
        Case(
            description: "ticks leave a live camera alone",
            steps: [(2, .connected), (3, .packet), (7, .tick)],
            state: .live,
            reason: .ok,
            since: 3
        ),
    ]

    @Test("each history leads to its state, reason and since", arguments: cases)
    private func table(_ item: Case) {
        func wall(_ second: Int) -> WallTime { WallTime(microseconds: Int64(second) * 1_000_000) }
        var machine = CameraStateMachine(cameraId: "c", wall: wall(0))
        for (second, step) in item.steps {
            let now = Duration.seconds(1000 + second)
            switch step {
            case .attempt: _ = machine.attempt(now: now, wall: .epoch)
            case .connected: machine.connected(codec: "h264", width: 640, height: 480, now: now)
            case .packet: _ = machine.packet(now: now, wall: wall(second))
            case .failed(let reason): _ = machine.failed(reason: reason, detail: nil, wall: wall(second))
            case .tick: _ = machine.tick(now: now, wall: wall(second))
            }
        }
        #expect(machine.status.state == item.state)
        #expect(machine.status.reason == item.reason)
        #expect(machine.status.since == wall(item.since))
    }

    @Test("a change is told once")
    func toldOnce() {
        var machine = CameraStateMachine(cameraId: "c", wall: .epoch)
        #expect(machine.failed(reason: .refused, detail: "x", wall: .epoch) != nil)
        #expect(machine.failed(reason: .refused, detail: "x", wall: .epoch) == nil)
        #expect(machine.packet(now: .seconds(1), wall: .epoch)?.state == .live)
        #expect(machine.packet(now: .seconds(2), wall: .epoch) == nil)
    }
}
