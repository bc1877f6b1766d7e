package import Domain
package import Logging
package import Store
import Synchronization

/// The sensors and vehicles of a site: listens to its brokers, stores what they say, judges it by the rules.
package final class TelemetryService: Sendable {
    private let site: Site
    /// What the site declares, with the groups' rules, and what the console has added.
    let roster: Mutex<SourceRoster>
    let planStates = Mutex<[String: PlanState]>([:])
    /// Seconds that local time is ahead of UTC at an instant.
    let utcOffset: @Sendable (WallTime) -> Int
    let series: SeriesDatabase
    private let readings: ReadingRepository
    private let tracks: TrackRepository
    let quarantine: QuarantineRepository
    private let feed: ChangeFeed
    private let clock: any HostClock
    let logger: Logger
    private let openAlarmIds: @Sendable (String) -> [String]
    let ownSensors: OwnSensors
    private let outbox: SignalOutbox
    let ingest: TelemetryIngest
    private let inbox: IngestInbox
    private let links = Mutex<[MQTTLink]>([])
    private let publisher = Mutex(ChangePublisher())
    private let gateway = Mutex<TerminalGateway?>(nil)
    let gateways: [Gateway]

    /// - Parameters:
    ///   - ownSensors: is told which sensors the console has accepted.
    ///   - openAlarmIds: the ids of a sensor's open alarms, for `SensorStatus`; called on any thread.
    package init(
        site: Site,
        series: SeriesDatabase,
        alarms: any AlarmSink,
        feed: ChangeFeed,
        clock: any HostClock = SystemClock(),
        logger: Logger,
        ownSensors: OwnSensors = OwnSensors(),
        openAlarmIds: @escaping @Sendable (_ sensorId: String) -> [String] = { _ in [] }
    ) {
        self.site = site
        roster = Mutex(SourceRoster(site))
        utcOffset = site.utcOffset
        gateways = site.gateways
        self.series = series
        self.feed = feed
        self.clock = clock
        self.logger = logger
        self.openAlarmIds = openAlarmIds
        self.ownSensors = ownSensors
        readings = ReadingRepository(series)
        tracks = TrackRepository(series)
        quarantine = QuarantineRepository(series)
        outbox = SignalOutbox(alarms: alarms, series: series, logger: logger)
        ingest = TelemetryIngest(site: site, series: series, outbox: outbox, clock: clock)
        inbox = IngestInbox(ingest: ingest, logger: logger)
    }

    /// Works until the task is cancelled; then says goodbye to the brokers and returns.
    ///
    /// - Throws: `StoreError` when the stored state can't be read at the start; `MQTTError` when the process has no file
    ///   descriptors left. What goes wrong with a broker is in `brokers()` and never ends this.
    package func run() async throws {
        try await restore()
        let started = try await startLinks()
        let terminals = try await makeTerminals()
        try inbox.start()
        let timer = try TelemetryTimer(every: .milliseconds(250)) { [self] in turn() }
        let beat = try TelemetryTimer(every: Self.syncBeat) { [self] in syncToDisk() }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [outbox] in await outbox.run() }
            group.addTask { await self.compact() }
            group.addTask { await self.watchPlans() }
            if let terminals { group.addTask { await terminals.run() } }
            await group.waitForAll()
        }
        await inbox.stop()
        await timer.stop()
        await beat.stop()
        for link in started { await link.stop() }
    }

    // MARK: Start and time

    /// What a power cut may take at most.
    static let syncBeat = Duration.seconds(1)

    private func syncToDisk() {
        do {
            try series.sync()
        } catch {
            logger.error("readings can't be brought to the disk", metadata: ["error": "\(error)"])
        }
    }

    /// Brings back what the rules knew when the service ended.
    private func restore() async throws {
        try await restoreOwn()
        let last = try await readings.last()
        let positions = try await tracks.last()
        let counts = try await quarantine.counts()
        let stored = restorePlans(try await series.ruleStates())
        let pending = try await series.pendingSignals()
        let histories = try await histories(last)
        let now = clock.now()
        let monotonic = clock.monotonic()
        ingest.withState { state in
            state.lastReadings = last
            state.lastPositions = positions
            state.rejected = counts
            for (id, reading) in last where reading.receivedAt <= now {
                state.heard[id] = TelemetryIngest.Heard(monotonic: monotonic - (now - reading.receivedAt))
            }
            for (id, position) in positions where position.receivedAt <= now {
                state.heard[id] = TelemetryIngest.Heard(monotonic: monotonic - (now - position.receivedAt))
            }
        }
        let farewells = ingest.withCore { core in
            let orphans = core.restore(stored, last: last, histories: histories, positions: positions)
            var gone = SeriesBatch()
            for item in orphans {
                gone.ruleStates.append(SeriesBatch.RuleState(sensorId: item.sensorId, rule: item.rule, state: nil))
                let signal = core.farewell(item, at: now)
                if let signal { gone.signals.append(signal) }
            }
            return gone
        }
        outbox.add(pending)
        if !farewells.isEmpty { try await storeSignals(farewells) }
    }

    /// Stores signals and brings them on their way.
    func storeSignals(_ batch: SeriesBatch) async throws {
        let outcome = try await storeOffPool(batch)
        outbox.add(zip(outcome.signalIds, batch.signals).map { PendingSignal(id: $0, signal: $1) })
    }

    /// The stored readings that rates are judged by, of the sensors that have such rules; oldest first.
    private func histories(_ last: [String: Reading]) async throws -> [String: [Reading]] {
        var histories: [String: [Reading]] = [:]
        for sensor in roster.withLock({ $0.sensors }) {
            guard let newest = last[sensor.id] else { continue }
            let found = try await history(of: sensor, newest)
            if found.count > 1 { histories[sensor.id] = found }
        }
        return histories
    }

    /// The newest stored readings of a sensor, as many as its rules are judged by; oldest first.
    func history(of sensor: Sensor, _ newest: Reading? = nil) async throws -> [Reading] {
        guard let newest = newest ?? ingest.withState({ $0.lastReadings[sensor.id] }) else { return [] }
        let seconds = sensor.rules.map(\.memorySeconds).max() ?? 0
        guard seconds > 0 else { return [newest] }
        return try await readings.readings(
            sensorId: sensor.id,
            from: newest.occurredAt - .seconds(seconds),
            to: newest.occurredAt,
            page: PageRequest(limit: 1000)
        ).items
    }

    private func storeOffPool(_ batch: SeriesBatch) async throws -> SeriesOutcome {
        try await offPool { [series] in try series.store(batch) }
    }

    /// Runs what blocks on a thread of its own.
    func offPool<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
        let result = Mutex<Result<R, any Error>?>(nil)
        let thread = BlockingThread(name: "telemetry-store") {
            let outcome = Result { try body() }
            result.withLock { $0 = outcome }
        }
        await thread.finished()
        guard let outcome = result.withLock({ $0 }) else { throw CancellationError() }
        return try outcome.get()
    }

    private func startLinks() async throws -> [MQTTLink] {
        // A name of its own for each installation, kept with its data: the session at the broker outlives a restart, and
        // two installations of one site don't throw each other out.
        let fallback = "gridwatch-\(UUIDv7.make(at: clock.now()).suffix(12))"
        let name = try await series.setting("mqttClientId", otherwise: fallback)
        var started: [MQTTLink] = []
        for (index, broker) in site.brokers.enumerated() {
            let filters = broker.subscriptions.map(\.topic) + site.vehicles.compactMap(\.topic)
            let settings = MQTTSettings(
                host: broker.host,
                port: broker.port,
                tls: broker.tls,
                user: broker.user,
                password: broker.password,
                clientId: broker.clientId ?? name,
                protocolVersion: broker.protocolVersion,
                filters: Array(Set(filters)).sorted(),
                statusTopic: broker.statusTopic
            )
            let sink = BrokerSink(ingest: ingest, broker: index)
            started.append(try MQTTLink(settings: settings, sink: sink, clock: clock, logger: logger))
        }
        links.withLock { $0 = started }
        for link in started { link.start() }
        return started
    }

    private func makeTerminals() async throws -> TerminalGateway? {
        guard let settings = site.terminals else { return nil }
        let made = try await TerminalGateway(
            settings: settings,
            series: series,
            ingest: ingest,
            inbox: inbox,
            clock: clock,
            logger: logger
        )
        gateway.withLock { $0 = made }
        return made
    }

    /// Where terminals report to, and how that goes; nil where the site has none.
    package func terminals() -> TerminalStatus? { gateway.withLock { $0 }?.status }

    private struct BrokerSink: MQTTSink {
        let ingest: TelemetryIngest
        let broker: Int

        func store(_ batch: [MQTTMessage]) throws {
            try ingest.take(batch, broker: broker)
        }
    }

    /// One turn of the timer, on its own thread.
    private func turn() {
        let listening = links.withLock { $0.map { $0.status.state == .subscribed } }
        let now = clock.monotonic()
        ingest.withState { state in
            for (broker, isListening) in listening.enumerated() {
                state.listeningSince[broker] = isListening ? state.listeningSince[broker] ?? now : nil
            }
        }
        do {
            try ingest.tick()
        } catch {
            logger.error("rules that time decides could not be stored", metadata: ["error": "\(error)"])
        }
        publishChanges(now: now)
    }

    private func publishChanges(now: Duration) {
        let changed = ingest.withState { state in
            defer {
                state.changedSensors = []
                state.changedVehicles = []
            }
            return (state.changedSensors, state.changedVehicles)
        }
        let due = publisher.withLock { publisher in
            publisher.changed(changed.0.sorted(), topic: .sensor)
            publisher.changed(changed.1.sorted(), topic: .vehicle)
            return publisher.due(now: now)
        }
        for (topic, id) in due {
            let change =
                topic == .sensor
                ? sensor(id).flatMap { ChangePublisher.change(.sensor, $0) }
                : vehicle(id).flatMap { ChangePublisher.change(.vehicle, $0) }
            if let change { feed.publish(change) }
        }
    }

    // MARK: What is posted

    /// When something that arrives at this moment has arrived.
    var receptionTime: WallTime { clock.now() }

    /// How a declared sensor's payloads are read; nil for what is no sensor of the site.
    func profile(ofSensor id: String) -> PayloadProfile? {
        roster.withLock { roster in roster.byId[id].map { roster.profile($0.profile) } }
    }

    /// Waits until parts of a message are on the disk; false when they can't be.
    func stored(_ parts: [IngestPart]) async -> Bool {
        await withCheckedContinuation { continuation in
            inbox.add(parts) { continuation.resume(returning: $0) }
        }
    }

    // MARK: What is known

    /// Every sensor, in the site's order; those that the console has accepted come last.
    package func sensors() -> [SensorStatus] { roster.withLock { $0.sensors }.map(status) }

    /// One sensor, or nil when there is none by that id.
    package func sensor(_ id: String) -> SensorStatus? { roster.withLock { $0.byId[id] }.map(status) }

    private func status(_ sensor: Sensor) -> SensorStatus {
        let now = clock.monotonic()
        let id = sensor.id
        let (last, rejected, heard, isRetained) = ingest.withState { state in
            (
                state.lastReadings[id], state.rejected[id] ?? RejectionCount(), state.heard[id]?.monotonic,
                state.retained.contains(id)
            )
        }
        return SensorStatus(
            id: id,
            name: sensor.name,
            profile: sensor.profile,
            position: sensor.position,
            address: sensor.address,
            last: last.map(ReadingItem.init),
            alarmIds: openAlarmIds(id),
            rejected: rejected,
            rules: sensor.rules.map(RuleItem.init),
            stale: isRetained || heard.map { now - $0 > SensorJudge.staleAfter(sensor) } ?? true,
            own: roster.withLock { $0.own.contains(id) } ? true : nil,
            group: sensor.group
        )
    }

    /// Whether the site file gives this id to something that isn't a sensor, or to one.
    func isOfSite(_ id: String) -> Bool {
        site.sensors.contains { $0.id == id } || site.vehicles.contains { $0.id == id }
            || site.cameras.contains { $0.id == id } || site.groups.contains { $0.id == id }
            || site.areas.contains { $0.id == id } || site.routes.contains { $0.id == id }
            || site.plans.contains { $0.id == id }
    }

    /// Every declared vehicle, in the site's order.
    package func vehicles() -> [VehicleStatus] { site.vehicles.map(status) }

    package func vehicle(_ id: String) -> VehicleStatus? { site.vehicles.first { $0.id == id }.map(status) }

    private func status(_ vehicle: Vehicle) -> VehicleStatus {
        let id = vehicle.id
        let (last, rejected) = ingest.withState { ($0.lastPositions[id], $0.rejected[id] ?? RejectionCount()) }
        return VehicleStatus(
            id: id,
            name: vehicle.name,
            kind: vehicle.kind,
            last: last.map(PositionItem.init),
            rejected: rejected,
            alarmIds: openAlarmIds(id),
            rules: vehicle.rules
        )
    }

    /// Every declared broker, in the site's order; empty until `run` has started them.
    package func brokers() -> [BrokerStatus] {
        let rejected = ingest.withState { $0.rejectedByBroker }
        return links.withLock { $0 }.enumerated().map { index, link in
            let status = link.status
            return BrokerStatus(
                id: "\(link.settings.host):\(link.settings.port)",
                host: link.settings.host,
                port: link.settings.port,
                tls: link.settings.tls != nil,
                state: status.state,
                connected: status.state == .subscribed,
                since: status.since,
                reason: status.reason,
                detail: status.detail,
                received: status.received,
                rejected: rejected[index],
                lost: status.lost
            )
        }
    }

    /// Who sends without being declared, the newest first: the 1000 that were heard last.
    package func unknownSources() -> [UnknownSource] {
        ingest.withState { Array($0.unknown.values) }.sorted { ($1.lastAt, $0.id) < ($0.lastAt, $1.id) }
    }

    // MARK: What is stored

    /// A sensor's readings of `from...to`, oldest first.
    package func readings(
        sensorId: String,
        from: WallTime,
        to: WallTime,
        page: PageRequest
    ) async throws -> Page<ReadingItem> {
        try await readings.readings(sensorId: sensorId, from: from, to: to, page: page).map(ReadingItem.init)
    }

    /// A vehicle's positions of `from...to`, oldest first.
    package func track(
        vehicleId: String,
        from: WallTime,
        to: WallTime,
        page: PageRequest
    ) async throws -> Page<PositionItem> {
        try await tracks.track(vehicleId: vehicleId, from: from, to: to, page: page).map(PositionItem.init)
    }

    /// What is to be swept and collected.
    package var plans: [CoveragePlan] { site.plans }

    func positions(vehicleId: String, from: WallTime, to: WallTime, page: PageRequest) async throws
        -> Page<VehiclePosition>
    {
        try await tracks.track(vehicleId: vehicleId, from: from, to: to, page: page)
    }

    /// The last messages that were rejected for a sensor or vehicle (nil: for unknown ones), newest first.
    package func rejected(source: String?) async throws -> [RejectedItem] {
        try await quarantine.rejected(source: source).map(RejectedItem.init)
    }
}
