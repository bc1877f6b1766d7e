/// When the analyse worker is started, asked for a sign of life, and killed; and which camera is to blame. Pure.
///
/// What counts as hung: see `WorkerPatience`. After a death the worker is fed carefully for a while: one packet at a time, answered before the next. So a packet
/// that kills is known, and its camera collects a strike; `strikeLimit` strikes within `strikeWindow` and its analysis
/// is put aside for `quarantineTime`, while its recording goes on.
struct WorkerSupervision: Sendable {
    enum Action: Sendable, Equatable {
        case none
        case spawn
        /// Send `ping` with this number, ahead of what waits.
        case ping(Int)
        /// Kill it: it doesn't answer.
        case kill(Death)
    }

    /// How a worker came to its end.
    enum Death: Sendable, Equatable {
        /// By itself, or killed by somebody else.
        case ended
        /// It hung, in what it was fed with as far as one can tell.
        case hung
        /// It gave no answer, through no fault of what it was fed with.
        case stuck
    }

    static let pingEvery = Duration.seconds(2)
    /// A worker that lived, and answered, for so long is started again at once, also after several deaths.
    static let stableAfter = Duration.seconds(30)
    static let longestPause = Duration.seconds(30)
    /// The least pause after a worker that got nowhere: the machine has too much to do.
    static let stuckPause = Duration.seconds(5)
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
        var patience: WorkerPatience
    }

    private var state = State.down(until: .zero)
    private var deaths = 0
    private var pingNumber = 0
    private var lastPing = Duration.zero
    private var outstanding: Outstanding?
    private var consumedBytes = 0
    private var answeredAt = Duration.zero
    private var carefulUntil = Duration.zero
    /// The camera whose packet was sent carefully, and the ping behind it.
    private var suspect: (camera: String, ping: Int)?
    private var strikes: [String: [Duration]] = [:]
    private var quarantined: [String: Duration] = [:]
    private(set) var restarts = 0

    /// What to do now.
    ///
    /// - Parameters:
    ///   - consumed: Bytes that the worker has read from its pipe since it was started.
    ///   - vitals: What the kernel says of it; asked for only while an answer is waited for.
    mutating func tick(now: Duration, consumed: Int, vitals: () -> WorkerVitals? = { nil }) -> Action {
        switch state {
        case .down(let until):
            return now >= until ? .spawn : .none
        case .running:
            let hasRead = consumed != consumedBytes
            consumedBytes = consumed
            if outstanding != nil {
                switch outstanding?.patience.look(now: now, hasRead: hasRead, vitals()) {
                case .hung: return .kill(.hung)
                case .stuck: return .kill(.stuck)
                case .waits, nil: return .none
                }
            }
            guard now - lastPing >= Self.pingEvery else { return .none }
            return .ping(newPing(now: now))
        }
    }

    mutating func spawned(now: Duration) {
        state = .running(since: now)
        consumedBytes = 0
        answeredAt = now
        suspect = nil
        // The greeting counts as the first sign of life that is waited for.
        outstanding = Outstanding(number: 0, patience: WorkerPatience(now: now, isGreeting: true))
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
        answeredAt = now
        if let outstanding, number >= outstanding.number { self.outstanding = nil }
        if let suspect, number >= suspect.ping { self.suspect = nil }
    }

    /// - Returns: the camera that has just been put aside, if this death was its last.
    mutating func died(now: Duration, _ death: Death = .ended) -> String? {
        guard case .running(let since) = state else { return nil }
        // The time that it hung is no proof of health.
        if (death == .ended ? now : answeredAt) - since >= Self.stableAfter { deaths = 0 }
        deaths += 1
        // The first restart is immediate, then 1, 2, 4 … 30 s.
        var pause = deaths == 1 ? .zero : min(Self.longestPause, .seconds(1 << min(deaths - 2, 5)))
        if death == .stuck, deaths > 1 { pause = max(pause, Self.stuckPause) }
        state = .down(until: now + pause)
        carefulUntil = now + pause + Self.carefulTime
        outstanding = nil
        defer { suspect = nil }
        guard death != .stuck, let camera = suspect?.camera else { return nil }
        let recent = strikes[camera, default: []].filter { now - $0 < Self.strikeWindow } + [now]
        strikes[camera] = recent
        guard recent.count >= Self.strikeLimit else { return nil }
        strikes[camera] = nil
        quarantined[camera] = now + Self.quarantineTime
        return camera
    }

    var isRunning: Bool { if case .running = state { true } else { false } }

    /// Whether the worker may be fed: the next packet has to wait until it has greeted, so that what keeps it from that is
    /// not blamed on a camera, and until it has survived the one before.
    func mayFeed(now: Duration) -> Bool { isRunning && outstanding?.number != 0 && suspect == nil }

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
        if outstanding == nil {
            outstanding = Outstanding(number: pingNumber, patience: WorkerPatience(now: now))
        }
        return pingNumber
    }
}
