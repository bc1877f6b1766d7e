/// When the analyse worker is started, asked for a sign of life, and killed; and which camera is to blame. Pure.
///
/// After a death the worker is fed carefully for a while: one packet at a time, answered before the next. So a packet
/// that kills is known, and its camera collects a strike; `strikeLimit` strikes within `strikeWindow` and its analysis
/// is put aside for `quarantineTime`, while its recording goes on.
struct WorkerSupervision: Sendable {
    enum Action: Sendable, Equatable {
        case none
        case spawn
        /// Send `ping` with this number, ahead of what waits.
        case ping(Int)
        /// Kill it: it doesn't answer.
        case kill
    }

    static let pingEvery = Duration.seconds(2)
    /// No answer and nothing read for so long: hung.
    static let hungAfter = Duration.seconds(5)
    /// No greeting for so long after the start: on a machine that is short of time the program takes seconds to load,
    /// and killing it then would begin that anew.
    static let startTime = Duration.seconds(15)
    /// No answer for so long although it reads: hung as well.
    static let lostAfter = Duration.seconds(30)
    /// A worker that lived so long is started again at once, also after several deaths.
    static let stableAfter = Duration.seconds(30)
    static let longestPause = Duration.seconds(30)
    static let carefulTime = Duration.seconds(120)
    static let strikeLimit = 3
    static let strikeWindow = Duration.seconds(600)
    static let quarantineTime = Duration.seconds(3600)

    private enum State: Sendable, Equatable {
        case down(until: Duration)
        case running(since: Duration)
    }

    private struct Outstanding: Sendable {
        var number: Int
        var since: Duration
    }

    private var state = State.down(until: .zero)
    private var deaths = 0
    private var pingNumber = 0
    private var lastPing = Duration.zero
    private var outstanding: Outstanding?
    private var consumedBytes = 0
    private var progressAt = Duration.zero
    private var carefulUntil = Duration.zero
    /// The camera whose packet was sent carefully, and the ping behind it.
    private var suspect: (camera: String, ping: Int)?
    private var strikes: [String: [Duration]] = [:]
    private var quarantined: [String: Duration] = [:]
    private(set) var restarts = 0

    /// What to do now.
    ///
    /// - Parameter consumed: bytes that the worker has read from its pipe since it was started.
    mutating func tick(now: Duration, consumed: Int) -> Action {
        switch state {
        case .down(let until):
            return now >= until ? .spawn : .none
        case .running:
            if consumed != consumedBytes {
                consumedBytes = consumed
                progressAt = now
            }
            if let outstanding {
                let waited = now - outstanding.since
                if waited >= Self.lostAfter { return .kill }
                let patience = outstanding.number == 0 ? Self.startTime : Self.hungAfter
                return waited >= patience && now - progressAt >= patience ? .kill : .none
            }
            guard now - lastPing >= Self.pingEvery else { return .none }
            return .ping(newPing(now: now))
        }
    }

    mutating func spawned(now: Duration) {
        state = .running(since: now)
        consumedBytes = 0
        progressAt = now
        suspect = nil
        // The greeting counts as the first sign of life that is waited for.
        outstanding = Outstanding(number: 0, since: now)
        lastPing = now
        if deaths > 0 { restarts += 1 }
    }

    /// It could not be started at all.
    mutating func spawnFailed(now: Duration) {
        deaths += 1
        state = .down(until: now + Self.longestPause)
    }

    /// The worker's greeting.
    mutating func ready(now: Duration) {
        pong(0, now: now)
    }

    mutating func pong(_ number: Int, now: Duration) {
        progressAt = now
        if let outstanding, number >= outstanding.number { self.outstanding = nil }
        if let suspect, number >= suspect.ping { self.suspect = nil }
    }

    /// - Returns: the camera that has just been put aside, if this death was its last.
    mutating func died(now: Duration) -> String? {
        guard case .running(let since) = state else { return nil }
        if now - since >= Self.stableAfter { deaths = 0 }
        deaths += 1
        // The first restart is immediate, then 1, 2, 4 … 30 s.
        let pause = deaths == 1 ? .zero : min(Self.longestPause, .seconds(1 << min(deaths - 2, 5)))
        state = .down(until: now + pause)
        carefulUntil = now + pause + Self.carefulTime
        outstanding = nil
        defer { suspect = nil }
        guard let camera = suspect?.camera else { return nil }
        let recent = strikes[camera, default: []].filter { now - $0 < Self.strikeWindow } + [now]
        strikes[camera] = recent
        guard recent.count >= Self.strikeLimit else { return nil }
        strikes[camera] = nil
        quarantined[camera] = now + Self.quarantineTime
        return camera
    }

    var isRunning: Bool { if case .running = state { true } else { false } }

    /// Whether the next packet has to wait until the one before has been survived.
    func mayFeed(now: Duration) -> Bool { isRunning && suspect == nil }

    /// A packet goes out.
    ///
    /// - Returns: the number of the ping to send right behind it, when it is sent carefully.
    mutating func fed(camera: String, now: Duration) -> Int? {
        guard now < carefulUntil else { return nil }
        let number = newPing(now: now)
        suspect = (camera, number)
        return number
    }

    /// Cameras whose analysis is put aside, in order.
    func quarantinedCameras(now: Duration) -> [String] {
        quarantined.filter { $0.value > now }.keys.sorted()
    }

    func isQuarantined(_ camera: String, now: Duration) -> Bool {
        quarantined[camera].map { $0 > now } ?? false
    }

    private mutating func newPing(now: Duration) -> Int {
        pingNumber += 1
        lastPing = now
        if outstanding == nil { outstanding = Outstanding(number: pingNumber, since: now) }
        return pingNumber
    }
}
