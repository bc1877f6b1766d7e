import Alarms
import Archive
import Capture
import Cases
import Console
import Domain
import Foundation
import Logging
import Store
import Telemetry

/// The service with all its parts: built in order, run together, ended in the reverse order.
struct Centre: Sendable {
    /// Who starts the capture processes.
    enum CaptureMode: String, Sendable, CaseIterable {
        /// This service does, and ends them with itself.
        case managed
        /// systemd does; this service only follows them.
        case external
    }

    struct Address: Sendable {
        var host: String
        var port: Int
    }

    let users: UserService
    private let folder: DataFolder
    private let hub: CaptureHub
    private let supervisor: CaptureSupervisor?
    private let archive: Archive
    private let alarms: AlarmService
    private let waitingAlarms: WaitingAlarms
    private let databaseWatch: DatabaseWatch
    private let telemetry: TelemetryService
    private let duty: DutyService
    private let retention: RetentionService
    private let gapAlarms: GapAlarms
    private let database: Database
    private let console: ConsoleServer
    private let feed: ChangeFeed
    private let openAlarms: OpenAlarmIndex
    /// nil where the site comes from no file.
    private let reload: SiteReload?
    private let logger: Logger

    /// Opens the databases and writes what capture needs; starts nothing.
    ///
    /// - Parameter onListening: called once with the port that the console answers on.
    /// - Throws: when a database can't be opened, or the folder can't be written.
    init(
        loaded: LoadedSite,
        folder: DataFolder,
        address: Address,
        captureMode: CaptureMode,
        logger: Logger,
        onListening: @escaping @Sendable (_ port: Int) async -> Void
    ) async throws {
        let site = Self.site(of: loaded, captureMode)
        let book = SiteBook(site)
        let clock = SystemClock()
        self.folder = folder
        self.logger = logger

        let database = try Database(directory: folder.url)
        self.database = database
        let series = try SeriesDatabase(directory: folder.url)
        let feed = ChangeFeed()
        let known = KnownUnits(folder)
        let base = try await BaseDataBook(
            loaded.base,
            repository: BaseEditionRepository(database),
            clock: clock,
            onAdd: { base in
                do { try known.keep(base.responsibility.units.map(\.id)) } catch {
                    logger.warning("the units can't be kept for other commands", metadata: ["error": "\(error)"])
                }
            }
        )
        users = UserService(
            database: database,
            clock: clock,
            units: { Set(base.current.responsibility.units.map(\.id)) }
        )
        try known.keep(base.current.responsibility.units.map(\.id))
        let gapAlarms = GapAlarms(site: site)
        self.gapAlarms = gapAlarms
        let alarmRows = AlarmRepository(database)
        archive = Archive(
            dataDirectory: folder.url,
            database: database,
            clock: clock,
            settings: ArchiveSettings(
                renderExecutable: URL(filePath: Executable.path),
                exportFloorBytes: site.recording.freeSpaceFloorBytes,
                site: book.current,
                software: "gridwatch \(Gridwatch.version)"
            ),
            hooks: ArchiveHooks(
                onGap: { await gapAlarms.note($0) },
                onExport: { feed.publish(ExportView.change(of: $0)) },
                marks: { camera, from, to in
                    let found = (try? await alarmRows.overlapping(source: camera, from: from, to: to)) ?? []
                    return found.map { ExportMark(at: $0.openedAt, occasion: "alarm", title: $0.kind) }
                }
            )
        )
        let ownSensors = OwnSensors()
        let cases = CaseService(repository: CaseRepository(database), book: base, feed: feed, clock: clock)
        let alarms = AlarmService(
            repository: AlarmRepository(database),
            cases: cases,
            evidence: archive,
            directory: AlarmDirectory(
                cameras: book.current.cameras,
                sensors: site.sensors,
                groups: site.groups,
                plans: site.plans,
                vehicles: site.vehicles,
                ownSensor: { ownSensors[$0] },
                className: { base.current.catalogue[$0]?.name }
            ),
            feed: feed,
            clock: clock,
            isUntouched: { caseId in
                try await cases.log(caseId, for: .system).allSatisfy { $0.entry.role == nil }
            }
        )
        self.alarms = alarms
        let duty = DutyService(repository: DutyRepository(database), alarms: alarmRows, feed: feed, clock: clock)
        self.duty = duty
        // For senders that tell each change once: what the database can't take waits for it.
        let waitingAlarms = WaitingAlarms(alarms)
        self.waitingAlarms = waitingAlarms
        let databaseWatch = DatabaseWatch([database, series.database], sink: waitingAlarms, clock: clock)
        self.databaseWatch = databaseWatch
        let openAlarms = OpenAlarmIndex()
        telemetry = TelemetryService(
            site: site,
            series: series,
            alarms: alarms,
            feed: feed,
            clock: clock,
            logger: Logger(label: "gridwatch.telemetry"),
            ownSensors: ownSensors,
            openAlarmIds: { openAlarms.ids(of: $0) }
        )

        let configurations = CaptureConfiguration.shards(
            of: site,
            cores: ProcessInfo.processInfo.activeProcessorCount
        )
        let recording = try await RecordingSwitch(
            database: database,
            dataFolder: folder.url,
            configurations: configurations
        )
        let hub = CaptureHub(
            dataFolder: folder,
            site: site,
            configurations: configurations,
            alarms: waitingAlarms,
            clock: clock,
            logger: logger,
            onStatus: {
                feed.publish(CameraView.change(of: $0, in: book.current, pause: recording.present[$0.cameraId]))
            }
        )
        self.hub = hub
        let archive = archive
        await gapAlarms.deliver(
            to: GapAlarms.Surroundings(
                sink: waitingAlarms,
                clock: clock,
                logger: logger,
                offline: { hub.offlineCameras },
                recordedUntil: { try await archive.recordedUntil() },
                openGaps: { try await archive.openGaps() }
            )
        )
        let supervisor =
            captureMode == .managed
            ? CaptureSupervisor(dataFolder: folder, shards: configurations.map(\.shard), hub: hub, logger: logger) : nil
        self.supervisor = supervisor
        retention = RetentionService(
            dataDirectory: folder.url,
            database: database,
            clock: clock,
            planner: RetentionPlanner(policies: RetentionPolicies(site: book.current)),
            delete: { camera, segments in hub.send(.delete(segments: segments), forCamera: camera) },
            onExhausted: { await waitingAlarms.raiseSystem("diskHeld", $0, clock: clock, logger: logger) }
        )
        let storage = StorageService(
            dataDirectory: folder.url,
            database: database,
            policies: RetentionPolicies(site: book.current),
            clock: clock,
            facts: { hub.statistics.flatMap { $0.volumes ?? [] } }
        )
        let reload = loaded.path.map { path in
            SiteReload(
                path: path,
                data: folder.url,
                parts: SiteReload.Parts(
                    book: book,
                    recording: recording,
                    hub: hub,
                    gapAlarms: gapAlarms,
                    feed: feed,
                    alarm: { await alarms.raiseSystem("siteFile", $0, clock: clock, logger: logger) }
                ),
                logger: logger
            )
        }
        self.reload = reload
        var reloadSite: (@Sendable (_ by: String) async -> SiteReloadOutcome)?
        if let reload {
            reloadSite = { by in await reload.reload(by: by) }
        }
        let probes = ProbeDesk(command: ProbeStreamCommand.command)
        console = ConsoleServer(
            services: ConsoleServices(
                site: book.current,
                version: Gridwatch.version,
                clock: clock,
                users: users,
                feed: feed,
                archive: archive,
                alarms: alarms,
                cases: cases,
                telemetry: telemetry,
                cameraStatus: { hub.statuses },
                currentPicture: { await hub.currentPicture($0) },
                health: {
                    HealthFacts(hub: hub, supervisor: supervisor, folder: folder, database: databaseWatch.failure)
                },
                storage: { try await storage.report() },
                recordingPauses: { recording.present },
                setRecordingPause: { cameraId, pause in
                    if let shard = try await recording.set(cameraId, pause) { hub.send(.reload, to: shard) }
                },
                cameraClocks: { hub.clocks },
                reloadSite: reloadSite,
                outages: { hub.outages.open },
                probe: { try? await probes.probe($0) },
                parts: PartService(repository: PartRepository(database), book: base, clock: clock),
                duty: duty,
                fieldTracks: FieldTrackRepository(series)
            ),
            settings: ConsoleServer.Settings(host: address.host, port: address.port),
            logger: Logger(label: "gridwatch.console"),
            onListening: onListening
        )
        self.feed = feed
        self.openAlarms = openAlarms
    }

    private static func site(of loaded: LoadedSite, _ mode: CaptureMode) -> Site {
        var site = loaded.site
        // systemd starts as many capture processes as units are enabled: one, unless the site says otherwise.
        if mode == .external, site.recording.shards == 0 { site.recording.shards = 1 }
        return site
    }

    /// Runs everything until the task is cancelled, then ends the parts in order: recording is the last to stop.
    ///
    /// - Throws: when the address can't be listened on, or a database fails at the start.
    /// - Parameter hangUps: each asks for the site file to be read again.
    func run(hangUps: AsyncStream<Int32> = AsyncStream { $0.finish() }) async throws {
        let inherited = try await alarms.allOpen()
        let capture = Task {
            await withDiscardingTaskGroup { group in
                group.addTask { await hub.run(openAlarms: inherited) }
                if let supervisor { group.addTask { await supervisor.run() } }
                if let reload { group.addTask { await reload.run(signals: hangUps) } }
            }
        }
        let checking = Task { await checkDatabase(inherited) }
        defer { checking.cancel() }
        var failure: (any Error)?
        await withTaskGroup(of: (any Error)?.self) { group in
            group.addTask {
                await archive.run(); return nil
            }
            group.addTask {
                await alarms.run(); return nil
            }
            group.addTask {
                await waitingAlarms.run(); return nil
            }
            group.addTask {
                await databaseWatch.run(); return nil
            }
            group.addTask {
                await retention.run(); return nil
            }
            group.addTask {
                await duty.run(); return nil
            }
            group.addTask {
                await gapAlarms.run(openAlarms: inherited); return nil
            }
            group.addTask {
                await openAlarms.run(alarms: alarms, feed: feed); return nil
            }
            group.addTask { await Self.outcome { try await telemetry.run() } }
            group.addTask { await Self.outcome { try await console.run() } }
            for await error in group {
                if let error, failure == nil { failure = error }
                // A part that ends, ends the service: half a service is worse than one that is started again.
                group.cancelAll()
            }
        }
        // Detached from the cancelled task: stopping capture takes its few seconds.
        await Task { await supervisor?.stop() }.value
        capture.cancel()
        await capture.value
        if let failure { throw failure }
    }

    /// Reads a large database beside everything else (a small one was checked on opening). A damaged one goes on being
    /// used, since recording doesn't need it; somebody must hear of it before it fails.
    private func checkDatabase(_ inherited: [Alarm]) async {
        let kind = CaptureHub.damageKind
        let damage = await database.damage()
        guard !Task.isCancelled else { return }
        if let damage {
            logger.critical("the database is damaged", metadata: ["error": "\(damage)"])
            await alarms.raiseSystem(kind, true, clock: SystemClock(), logger: logger)
        } else if inherited.contains(where: { $0.sourceKind == .system && $0.kind == kind }) {
            await alarms.raiseSystem(kind, false, clock: SystemClock(), logger: logger)
        }
    }

    private static func outcome(_ body: () async throws -> Void) async -> (any Error)? {
        do {
            try await body()
            return nil
        } catch {
            return error is CancellationError ? nil : error
        }
    }
}

extension HealthFacts {
    /// The facts of this moment.
    init(hub: CaptureHub, supervisor: CaptureSupervisor?, folder: DataFolder, database: StoreError?) {
        let space = VolumeSpace(at: folder.url)
        let statistics = hub.statistics
        self.init(
            freeBytes: space?.freeBytes ?? 0,
            totalBytes: space?.totalBytes ?? 0,
            databaseProblem: database?.code.rawValue,
            isRecording: hub.shards.contains { $0.connected } && !statistics.contains { $0.diskFailing },
            capture: hub.shards,
            captureRestarts: supervisor?.restarts ?? 0,
            workerRestarts: statistics.reduce(0) { $0 + $1.workerRestarts },
            fragments: statistics.flatMap(\.cameras.values).reduce(0) { $0 + $1.fragments },
            droppedFragments: statistics.flatMap(\.cameras.values).reduce(0) { $0 + $1.droppedFragments },
            workerDrops: statistics.reduce(0) { $0 + $1.workerDrops },
            droppedObservations: statistics.reduce(0) { $0 + ($1.droppedObservations ?? 0) },
            reception: statistics.reduce(into: [:]) { all, shard in
                all.merge(shard.cameras.compactMapValues(\.reception)) { _, latest in latest }
            },
            droppedEvents: hub.droppedEvents,
            sampling: statistics.reduce(into: [:]) { all, shard in
                all.merge(shard.cameras.compactMapValues(\.sampling)) { _, latest in latest }
            }
        )
    }
}

extension AlarmService {
    /// Every alarm whose condition held when it was last heard of.
    func allOpen() async throws -> [Alarm] {
        var found: [Alarm] = []
        for state in [Alarm.State.open, .confirmed, .rejected] {
            var cursor: String?
            repeat {
                let page = try await list(AlarmFilter(state: state), page: PageRequest(limit: 500, cursor: cursor))
                found += page.items
                cursor = page.next
            } while cursor != nil
        }
        return found
    }

}

extension AlarmSink {
    /// Raises or clears an alarm of the service itself.
    func raiseSystem(_ kind: String, _ holds: Bool, clock: any HostClock, logger: Logger) async {
        do {
            try await receive(
                AlarmSignal(
                    source: "system",
                    sourceKind: .system,
                    kind: kind,
                    phase: holds ? .raised : .cleared,
                    severity: .critical,
                    at: clock.now()
                )
            )
        } catch {
            logger.error("alarm not stored", metadata: ["kind": "\(kind)", "error": "\(error)"])
        }
    }
}
