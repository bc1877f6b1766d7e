package import Alarms
package import Archive
package import Cases
package import Domain
package import Store
package import Telemetry

/// What the console needs of the rest of the service; wired where the service starts.
package struct ConsoleServices: Sendable {
    /// As it is declared at this moment.
    package var site: Site { siteNow() }
    private var siteNow: @Sendable () -> Site
    package var version: String
    package var clock: any HostClock
    package var users: UserService
    package var feed: ChangeFeed
    package var archive: Archive
    package var alarms: AlarmService
    package var cases: CaseService
    package var telemetry: TelemetryService
    /// The latest state of every camera, by id.
    package var cameraStatus: @Sendable () -> [String: CameraStatus]
    /// When each part of the cameras' ways last gave a sign of life, by id.
    package var cameraClocks: @Sendable () -> [String: CameraClocks]
    /// A camera's current picture as JPEG, asked of capture; nil when there is none to be had.
    package var currentPicture: @Sendable (_ cameraId: String) async -> CurrentPicture?
    /// What the processes and the disk are doing.
    package var health: @Sendable () async -> HealthFacts
    /// What the recording volumes hold, and for how long it lasts.
    package var storage: @Sendable () async throws -> StorageReport
    /// The cameras whose recording somebody has switched off, by id.
    package var recordingPauses: @Sendable () -> [String: RecordingPause]
    /// Switches a camera's recording off, or on again (nil); kept over restarts.
    package var setRecordingPause: @Sendable (_ cameraId: String, _ pause: RecordingPause?) async throws -> Void

    /// Reads the site file again and takes over its cameras and platforms; nil where the site comes from no file.
    package var reloadSite: (@Sendable (_ by: String) async -> SiteReloadOutcome)?
    /// Whose outage it is when cameras fail.
    package var outages: @Sendable () -> [OutageJudge.Outage]
    /// Tries a stream; nil while as many are being tried as may be.
    package var probe: @Sendable (_ request: ProbeRequest) async -> ProbeOutcome?
    /// The register of parts; nil where there is none.
    package var parts: PartService?
    /// The duty roster; nil where there is none.
    package var duty: DutyService?
    /// Where collectors were; nil where that isn't kept.
    package var fieldTracks: FieldTrackRepository?

    /// Who did what with recordings, users and keys.
    package var audit: AuditLog { archive.audit }

    package init(
        site: @autoclosure @escaping @Sendable () -> Site,
        version: String,
        clock: any HostClock = SystemClock(),
        users: UserService,
        feed: ChangeFeed,
        archive: Archive,
        alarms: AlarmService,
        cases: CaseService,
        telemetry: TelemetryService,
        cameraStatus: @escaping @Sendable () -> [String: CameraStatus],
        currentPicture: @escaping @Sendable (_ cameraId: String) async -> CurrentPicture?,
        health: @escaping @Sendable () async -> HealthFacts,
        storage: @escaping @Sendable () async throws -> StorageReport,
        recordingPauses: @escaping @Sendable () -> [String: RecordingPause] = { [:] },
        setRecordingPause: @escaping @Sendable (_ cameraId: String, _ pause: RecordingPause?) async throws -> Void = {
            _,
            _ in
        },
        cameraClocks: @escaping @Sendable () -> [String: CameraClocks] = { [:] },
        reloadSite: (@Sendable (_ by: String) async -> SiteReloadOutcome)? = nil,
        outages: @escaping @Sendable () -> [OutageJudge.Outage] = { [] },
        probe: @escaping @Sendable (_ request: ProbeRequest) async -> ProbeOutcome? = { _ in nil },
        parts: PartService? = nil,
        duty: DutyService? = nil,
        fieldTracks: FieldTrackRepository? = nil
    ) {
        siteNow = site
        self.version = version
        self.clock = clock
        self.users = users
        self.feed = feed
        self.archive = archive
        self.alarms = alarms
        self.cases = cases
        self.telemetry = telemetry
        self.cameraStatus = cameraStatus
        self.currentPicture = currentPicture
        self.health = health
        self.storage = storage
        self.recordingPauses = recordingPauses
        self.setRecordingPause = setRecordingPause
        self.cameraClocks = cameraClocks
        self.reloadSite = reloadSite
        self.outages = outages
        self.probe = probe
        self.parts = parts
        self.duty = duty
        self.fieldTracks = fieldTracks
    }
}

/// What the processes and the disk are doing, as the console shows it.
package struct HealthFacts: Sendable, Equatable {
    /// One capture process.
    package struct Shard: Sendable, Equatable {
        package var shard: Int
        package var connected: Bool
        package var since: WallTime

        package init(shard: Int, connected: Bool, since: WallTime) {
            self.shard = shard
            self.connected = connected
            self.since = since
        }
    }

    /// Bytes free and in all on the recording volume.
    package var freeBytes: Int64
    package var totalBytes: Int64
    /// Why a database can't be written (`diskFull`, `io`, …); nil while all can.
    package var databaseProblem: String?
    /// False while nothing can be written.
    package var isRecording: Bool
    package var capture: [Shard]
    package var captureRestarts: Int
    package var workerRestarts: Int
    /// Fragments written and left out since capture started.
    package var fragments: Int
    package var droppedFragments: Int
    /// Packets that analysis didn't get because its pipe was full.
    package var workerDrops: Int
    /// Observations that capture dropped because serve was away for too long.
    package var droppedObservations: Int
    /// What was lost on the way from each camera.
    package var reception: [String: ReceptionFacts]
    /// What capture said that serve was too slow for.
    package var droppedEvents: Int
    /// What analysis got of each camera's pictures, by camera.
    package var sampling: [String: SamplingFacts]

    package init(
        freeBytes: Int64 = 0,
        totalBytes: Int64 = 0,
        databaseProblem: String? = nil,
        isRecording: Bool = true,
        capture: [Shard] = [],
        captureRestarts: Int = 0,
        workerRestarts: Int = 0,
        fragments: Int = 0,
        droppedFragments: Int = 0,
        workerDrops: Int = 0,
        droppedObservations: Int = 0,
        reception: [String: ReceptionFacts] = [:],
        droppedEvents: Int = 0,
        sampling: [String: SamplingFacts] = [:]
    ) {
        self.reception = reception
        self.freeBytes = freeBytes
        self.totalBytes = totalBytes
        self.databaseProblem = databaseProblem
        self.isRecording = isRecording
        self.capture = capture
        self.captureRestarts = captureRestarts
        self.workerRestarts = workerRestarts
        self.fragments = fragments
        self.droppedFragments = droppedFragments
        self.workerDrops = workerDrops
        self.droppedObservations = droppedObservations
        self.droppedEvents = droppedEvents
        self.sampling = sampling
    }
}
