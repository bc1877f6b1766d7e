import Domain
import Store
import Synchronization

/// Takes batches of messages: validates, judges, stores. What it knows in memory follows what is stored, never leads it.
///
/// One lock around all of it: a sensor is judged serially whichever broker its messages come from, and the database has
/// one writer anyway. Callers are the links' threads and the timer's, never the cooperative pool.
final class TelemetryIngest: Sendable {
    /// Sources that send undeclared; when there are more, those that were heard the longest ago are forgotten.
    static let maximumUnknown = 1000
    /// Signals that the alarms haven't taken yet; beyond that nothing more is accepted, so it stays with the brokers.
    static let maximumPending = 10_000

    /// The arrival of a message.
    struct Heard {
        var monotonic: Duration
        /// The broker's index; nil when it came before this start.
        var broker: Int?
    }

    /// What a batch is judged by; locked while it is stored.
    struct Core {
        var judges: [String: SensorJudge]
        /// The groups with joint rules.
        var groups: [GroupJudge]
        /// Which of them a sensor belongs to.
        var groupsOf: [String: [Int]]
        var storms: StormJudge
        var vehicles: [String: VehicleJudge]
        var routers: [TopicRouter]
        /// How much each device may send, and what each has left; only declared ones are in it.
        var rate: DeviceRate
        var buckets: [String: RateBucket] = [:]
        var utcOffset: @Sendable (WallTime) -> Int
        /// Of many sensors, those that are looked at in the turns to come.
        var waitingTicks: [String] = []
    }

    /// Sensors that one turn of the timer looks at, at least; of more, a quarter a turn.
    static let ticksPerTurn = 4000

    /// What is known, for whoever asks; locked for moments only.
    struct State {
        var lastReadings: [String: Reading] = [:]
        var lastPositions: [String: VehiclePosition] = [:]
        /// Arrival of each sensor's last fresh message.
        var heard: [String: Heard] = [:]
        var rejected: [String: RejectionCount] = [:]
        var unknown: [String: UnknownSource] = [:]
        var rejectedByBroker: [Int]
        /// Since when each broker's link is subscribed, monotonic; nil while it isn't.
        var listeningSince: [Duration?]
        /// Rejected messages and readings that were new, for the change feed.
        var changedSensors: Set<String> = []
        var changedVehicles: Set<String> = []
        /// Sensors whose last message the broker had kept: their value may be of any age.
        var retained: Set<String> = []
        /// The last messages of each profile, newest last: what a changed profile is tried on.
        var recent: [String: [RecentMessage]] = [:]
    }

    /// Messages kept of each profile, and profiles.
    static let recentKept = 10
    static let recentProfiles = 64

    /// Too many signals wait for the alarms.
    struct AlarmsAreBehind: Error, CustomStringConvertible {
        var description: String { "more than \(maximumPending) signals wait for the alarms" }
    }

    private let series: SeriesDatabase
    private let outbox: SignalOutbox
    private let clock: any HostClock
    private let core: Mutex<Core>
    private let state: Mutex<State>

    init(site: Site, series: SeriesDatabase, outbox: SignalOutbox, clock: any HostClock) {
        self.series = series
        self.outbox = outbox
        self.clock = clock
        core = Mutex(Core(site))
        state = Mutex(
            State(
                rejectedByBroker: site.brokers.map { _ in 0 },
                listeningSince: site.brokers.map { _ in nil }
            )
        )
    }

    /// The rules, for bringing back their states before anything is taken.
    func withCore<R>(_ body: (inout sending Core) -> sending R) -> sending R {
        core.withLock(body)
    }

    /// Changes the rules. Blocks until what follows from it is stored; when it can't be, nothing is changed.
    func change(_ body: (inout Core, WallTime) -> SeriesBatch) throws {
        let now = clock.now()
        try core.withLock { core in
            var changed = core
            let batch = body(&changed, now)
            let outcome = batch.isEmpty ? SeriesOutcome() : try series.store(batch)
            core = changed
            enqueue(batch.signals, outcome)
        }
    }

    /// A look at, or a change of, what is known.
    func withState<R>(_ body: (inout sending State) -> sending R) -> sending R {
        state.withLock(body)
    }

    /// Lists a sender that the site doesn't declare.
    func noteUnknown(_ id: String, way: String) {
        let now = clock.now()
        state.withLock { state in
            let known = state.unknown[id]
            guard known != nil || state.unknown.count < Self.maximumUnknown else { return }
            var source = known ?? UnknownSource(id: id, topic: way, profile: "", count: 0, firstAt: now, lastAt: now)
            source.count += 1
            source.lastAt = now
            state.unknown[id] = source
        }
    }

    /// Takes a batch of the broker with that index. Blocks until it is stored.
    func take(_ messages: [MQTTMessage], broker: Int) throws {
        guard outbox.count < Self.maximumPending else { throw AlarmsAreBehind() }
        let now = clock.now()
        let monotonic = clock.monotonic()
        try core.withLock { core in
            var batch = TelemetryBatch(receivedAt: now)
            for message in messages { batch.add(message, broker: broker, at: monotonic, core: &core) }
            batch.close(core)
            let outcome = try series.store(batch.series)
            batch.apply(to: &core)
            state.withLock { state in
                batch.apply(to: &state, heard: Heard(monotonic: monotonic, broker: broker))
                state.rejectedByBroker[broker] += batch.series.rejected.reduce(0) { $0 + $1.times }
            }
            enqueue(batch.series.signals, outcome)
        }
    }

    /// Takes what terminals and gateways say. Blocks until it is stored.
    func take(_ parts: [IngestPart]) throws {
        guard outbox.count < Self.maximumPending else { throw AlarmsAreBehind() }
        let now = clock.now()
        let monotonic = clock.monotonic()
        try core.withLock { core in
            var batch = TelemetryBatch(receivedAt: now)
            for part in parts { batch.add(part, at: monotonic, core: &core) }
            batch.close(core)
            let outcome = try series.store(batch.series)
            batch.apply(to: &core)
            state.withLock { batch.apply(to: &$0, heard: Heard(monotonic: monotonic, broker: nil)) }
            enqueue(batch.series.signals, outcome)
        }
    }

    /// Lets time speak to all rules. Blocks until what follows is stored.
    func tick() throws {
        let now = clock.now()
        let monotonic = clock.monotonic()
        try core.withLock { core in
            var batch = TelemetryBatch(receivedAt: now)
            let ticking = core.nextTicking()
            let silences = state.withLock { state in
                ticking.mapValues { Self.silence(of: $0.sensor.id, in: state, monotonic: monotonic) }
            }
            for index in core.groups.indices where core.groups[index].needsTicks { batch.tick(group: index, core) }
            let moving = core.vehicles.filter { $0.value.needsTicks }
            let quiet = state.withLock { state in
                moving.mapValues { Self.silence(of: $0.vehicle.id, in: state, monotonic: monotonic) }
            }
            for (id, judge) in moving { batch.tick(vehicle: judge, silence: quiet[id] ?? nil) }
            for (id, judge) in ticking { batch.tick(id, judge, silence: silences[id] ?? nil, core) }
            batch.close(core)
            guard !batch.series.isEmpty else { return }
            let outcome = try series.store(batch.series)
            batch.apply(to: &core)
            state.withLock { batch.apply(to: &$0, heard: nil) }
            enqueue(batch.series.signals, outcome)
        }
    }

    /// For how long a sensor has been silent although we listened; nil while we don't.
    ///
    /// We listen to a sensor while the broker that brought its last message is connected; before the first one, while
    /// all are.
    static func silence(of id: String, in state: borrowing State, monotonic: Duration) -> Silence? {
        let heard = state.heard[id]
        let since: Duration
        if let broker = heard?.broker {
            guard let listening = state.listeningSince[broker] else { return nil }
            since = listening
        } else {
            var latest = Duration.zero
            for listening in state.listeningSince {
                guard let listening else { return nil }
                latest = max(latest, listening)
            }
            since = latest
        }
        guard let heard, heard.monotonic > since else {
            return Silence(lasted: monotonic - since, listened: monotonic - since)
        }
        return Silence(lasted: monotonic - heard.monotonic, listened: monotonic - since)
    }

    private func enqueue(_ signals: [AlarmSignal], _ outcome: SeriesOutcome) {
        outbox.add(zip(outcome.signalIds, signals).map { PendingSignal(id: $0, signal: $1) })
    }
}
