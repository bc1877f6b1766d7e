/// What a camera's main stream is doing.
package enum CameraState: String, Sendable, Hashable, Codable, CaseIterable {
    /// An attempt to connect is under way, none has failed yet.
    case connecting
    /// Packets arrive.
    case live
    /// Connected, but no packet has come for a while.
    case stalled
    /// The last attempt failed or the connection broke; the next attempt is scheduled.
    case offline
    /// The camera refuses the user or password.
    case unauthorised
}

/// Why a camera is in its state, or why nothing was recorded: codes that pages turn into words.
package enum StateReason: String, Sendable, Hashable, Codable, CaseIterable {
    /// The first connection has not come about yet.
    case starting
    /// Nothing is wrong.
    case ok
    case unauthorised
    /// The host's name has no address.
    case unknownHost
    /// Nobody listens there.
    case refused
    /// The server has no such stream, or it is not one.
    case notAStream
    case timeout
    /// The other side closed the connection, or the file ended.
    case closed
    /// Packets stopped coming on an open connection.
    case noPackets
    /// The codec can't be recorded.
    case unsupportedCodec
    /// Timestamps jumped or the stream's parameters changed: a new run begins.
    case discontinuity
    /// The source failed in another way; the detail says how.
    case sourceError
    /// The disk is full or fails.
    case disk
    /// Capture was stopped or restarted on purpose.
    case restart
    /// Capture ended without saying so (crash, kill -9, power).
    case crash
    /// The host lost its power or was started anew: its boot id is another one than that of the last recording.
    case power
    /// Recording of this camera is switched off or it was removed.
    case paused
    /// The platform may not be asked at this time of day.
    case hours
    /// The platform's limit of connections is reached.
    case limit
    /// It was recorded, and retention or want of space has taken it since.
    case deleted
    /// Nothing is kept of that time, and no line tells why: before the first recording, or deleted since.
    case notRecorded
}

/// A camera's state with its reason, as capture reports it.
package struct CameraStatus: Sendable, Hashable, Codable {
    package var cameraId: String
    package var state: CameraState
    package var reason: StateReason
    /// A short English text without credentials, for the log and the curious.
    package var detail: String?
    package var since: WallTime
    /// `h264`, `hevc`, … once known.
    package var codec: String?
    /// Picture size in pixels, once known.
    package var width: Int?
    package var height: Int?
    /// The audio track's codec (`alaw`, `aac`, …); nil while there is none or none is known.
    package var audio: String?
    /// True while a process of its own records it, because its stream crashed the shard's.
    package var isolated: Bool?
    /// Until when the stream is left alone, because it crashed its recording process again and again; nil when it isn't.
    package var quarantinedUntil: WallTime?

    package init(
        cameraId: String,
        state: CameraState,
        reason: StateReason,
        detail: String? = nil,
        since: WallTime,
        codec: String? = nil,
        width: Int? = nil,
        height: Int? = nil,
        audio: String? = nil,
        isolated: Bool? = nil,
        quarantinedUntil: WallTime? = nil
    ) {
        self.cameraId = cameraId
        self.state = state
        self.reason = reason
        self.detail = detail
        self.since = since
        self.codec = codec
        self.width = width
        self.height = height
        self.audio = audio
        self.isolated = isolated
        self.quarantinedUntil = quarantinedUntil
    }
}
