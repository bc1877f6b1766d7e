/// What capture tells serve over `DIR/capture/N.sock`, as the JSON header of a `WireFrame`.
package enum CaptureEvent: Sendable, Equatable, Codable {
    /// The greeting, first on every connection.
    case hello(protocolVersion: Int, shard: Int, pid: Int32, startedAt: WallTime)
    /// Sent for every camera after the greeting and then on each change.
    case state(CameraStatus)
    /// Payload: the JPEG that came with it, or empty. Kept (bounded, oldest dropped) while serve is away.
    case observation(Observation)
    /// Payload: the JPEG; empty when there is none.
    case picture(cameraId: String, requestId: String, at: WallTime?)
    /// Every few seconds.
    case statistics(CaptureStatistics)
}

/// What serve tells capture.
package enum CaptureCommand: Sendable, Equatable, Codable {
    /// The greeting, answered to capture's.
    case hello(protocolVersion: Int, pid: Int32)
    /// Read `DIR/capture/N.json` again and apply the difference.
    case reload
    /// Delete these segments (paths relative to `recordings/`) unless a hold covers them.
    case delete(segments: [String])
    case picture(cameraId: String, requestId: String)
    /// Close every segment and end.
    case stop
}

/// Counters of a capture shard since its start.
package struct CaptureStatistics: Sendable, Equatable, Codable {
    package var cameras: [String: CameraCounters]
    /// Times the analyse worker was started again.
    package var workerRestarts: Int
    /// Packets not handed to the worker because its pipe was full.
    package var workerDrops: Int
    /// Free bytes on the recording volume.
    package var freeBytes: Int64
    /// True while nothing can be written, or cameras are not recorded for want of space.
    package var diskFailing: Bool
    /// Cameras whose analysis is put aside because their packets killed the worker again and again; they are recorded.
    package var quarantined: [String]?
    /// Observations that were dropped because serve was away for too long.
    package var droppedObservations: Int?
    /// When the host's clock was last set back by more than a second while this shard recorded; nil when it never was.
    package var clockSetBackAt: WallTime?
    /// The recording volumes as this shard sees them; nil from a version that knows only one.
    package var volumes: [VolumeFacts]?

    package struct CameraCounters: Sendable, Equatable, Codable {
        package var packets: Int
        package var bytes: Int64
        package var fragments: Int
        package var droppedFragments: Int
        package var connections: Int
        /// nil from a version that doesn't tell.
        package var reception: ReceptionFacts?
        /// Microseconds by which the wall times of the run that is open are ahead of the host's clock, because that was
        /// set back: the past is never moved, the difference slews away. nil or 0 when there is none.
        package var clockOffsetMicroseconds: Int64?
        /// nil from a version that has none.
        package var clocks: CameraClocks?
        /// What analysis got of its pictures; nil when it looks at none.
        package var sampling: SamplingFacts?

        package init(
            packets: Int = 0,
            bytes: Int64 = 0,
            fragments: Int = 0,
            droppedFragments: Int = 0,
            connections: Int = 0,
            reception: ReceptionFacts? = nil,
            clockOffsetMicroseconds: Int64? = nil,
            clocks: CameraClocks? = nil,
            sampling: SamplingFacts? = nil
        ) {
            self.clocks = clocks
            self.packets = packets
            self.bytes = bytes
            self.fragments = fragments
            self.droppedFragments = droppedFragments
            self.connections = connections
            self.reception = reception
            self.clockOffsetMicroseconds = clockOffsetMicroseconds
            self.sampling = sampling
        }
    }

    package init(
        cameras: [String: CameraCounters] = [:],
        workerRestarts: Int = 0,
        workerDrops: Int = 0,
        freeBytes: Int64 = 0,
        diskFailing: Bool = false,
        quarantined: [String]? = nil,
        droppedObservations: Int? = nil,
        clockSetBackAt: WallTime? = nil,
        volumes: [VolumeFacts]? = nil
    ) {
        self.cameras = cameras
        self.workerRestarts = workerRestarts
        self.workerDrops = workerDrops
        self.freeBytes = freeBytes
        self.diskFailing = diskFailing
        self.quarantined = quarantined
        self.droppedObservations = droppedObservations
        self.clockSetBackAt = clockSetBackAt
        self.volumes = volumes
    }

    /// The largest offset of a run from the host's clock, in microseconds: more than 0 is the `clock` alarm, 0 again its
    /// end.
    package var clockOffsetMicroseconds: Int64 {
        cameras.values.reduce(0) { max($0, $1.clockOffsetMicroseconds ?? 0) }
    }
}

/// One recording volume as a capture shard sees it.
package struct VolumeFacts: Sendable, Hashable, Codable {
    package enum State: String, Sendable, Hashable, Codable, CaseIterable {
        case ok
        /// Writing or syncing fails; its cameras go on on another volume, where there is one.
        case failing
        /// Less than the floor is free and nothing more may be deleted.
        case full
        /// It isn't mounted, or isn't the one that was recorded on: nothing is written there.
        case missing
    }

    /// `main`, or the id of the site file.
    package var id: String
    package var path: String
    package var state: State
    package var totalBytes: Int64
    package var freeBytes: Int64
    package var floorBytes: Int64
    /// What is wrong, in English; nil when nothing is.
    package var detail: String?

    package init(
        id: String,
        path: String,
        state: State,
        totalBytes: Int64,
        freeBytes: Int64,
        floorBytes: Int64,
        detail: String? = nil
    ) {
        self.id = id
        self.path = path
        self.state = state
        self.totalBytes = totalBytes
        self.freeBytes = freeBytes
        self.floorBytes = floorBytes
        self.detail = detail
    }
}
