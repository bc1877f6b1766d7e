/// What capture writes to its analyse worker's standard input, as the JSON header of a `WireFrame`.
package enum WorkerRequest: Sendable, Equatable, Codable {
    /// Cameras and rules to judge; replaces what was configured before. Always first.
    case configure(cameras: [AnalysedCamera])
    /// A (new) run of a camera begins: everything needed to open a decoder. Payload: codec extradata as libavcodec
    /// wants it (`avcC`/`hvcC` contents or Annex B), may be empty.
    case stream(cameraId: String, run: String, codec: String, width: Int, height: Int)
    /// One access unit. Payload: the packet's bytes as demuxed. `wanted` is false for packets that only have to be
    /// decoded so that later ones can be.
    case packet(cameraId: String, mediaTicks: Int64, at: WallTime, key: Bool, wanted: Bool)
    /// Asks for a JPEG of the camera's latest decoded picture.
    case picture(cameraId: String, requestId: String)
    /// Answered with `pong`; a worker that doesn't answer in time is killed.
    case ping(number: Int)
}

/// What the analyse worker writes to its standard output.
package enum WorkerReply: Sendable, Equatable, Codable {
    /// The worker is up.
    case ready(version: Int)
    /// Payload: a JPEG of the frame when the observation begins, else empty.
    case observation(Observation)
    /// Payload: the JPEG; empty when there is no picture to give.
    case picture(cameraId: String, requestId: String, at: WallTime?)
    case pong(number: Int)
    /// Where something moved in a camera's picture within about ten seconds.
    case activity(cameraId: String, window: ActivityWindow)
    /// Pictures that were judged, since the last such reply.
    case looked(cameraId: String, looks: [PictureLook])
    /// Counters since the start of the worker.
    case statistics(WorkerStatistics)
}

/// What one judged picture showed, for the choice of what is decoded next.
package struct PictureLook: Sendable, Equatable, Codable {
    /// Presentation time on the run, in 1/90,000 s.
    package var mediaTicks: Int64
    /// Something moved where it matters.
    package var isMoving: Bool

    package init(mediaTicks: Int64, isMoving: Bool) {
        self.mediaTicks = mediaTicks
        self.isMoving = isMoving
    }
}

/// One camera as the worker needs it.
package struct AnalysedCamera: Sendable, Equatable, Codable {
    package var id: String
    package var zones: [Zone]
    /// Whether `WorkerReply.activity` is wanted; nil is no.
    package var activity: Bool?

    package init(id: String, zones: [Zone], activity: Bool = false) {
        self.id = id
        self.zones = zones
        self.activity = activity
    }
}

/// Counters of an analyse worker.
package struct WorkerStatistics: Sendable, Equatable, Codable {
    package var packets: Int
    package var decoded: Int
    package var failed: Int
    package var observations: Int

    package init(packets: Int = 0, decoded: Int = 0, failed: Int = 0, observations: Int = 0) {
        self.packets = packets
        self.decoded = decoded
        self.failed = failed
        self.observations = observations
    }
}
