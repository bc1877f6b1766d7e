import Domain

/// A camera's state as its connection attempts, packets and silences make it. Pure: times are handed in.
struct CameraStateMachine: Sendable {
    /// Silence on an open connection after which the camera is `stalled`.
    static let stallAfter = Duration.seconds(5)
    /// An attempt that has not ended by then is shown as failed, though it may still be under way: whatever it hangs
    /// in, people see it.
    static let answerWithin = Duration.seconds(9)

    private(set) var status: CameraStatus
    private var attemptSince: Duration?
    private var lastPacket: Duration?

    init(cameraId: String, wall: WallTime) {
        status = CameraStatus(cameraId: cameraId, state: .connecting, reason: .starting, since: wall)
    }

    /// An attempt begins. A camera that has failed before stays what it is until packets come; one that was paused is
    /// connecting again.
    ///
    /// - Returns: the status, when this changes it.
    mutating func attempt(now: Duration, wall: WallTime) -> CameraStatus? {
        attemptSince = now
        lastPacket = nil
        let wasLeftAlone = status.quarantinedUntil != nil
        status.quarantinedUntil = nil
        guard status.reason == .paused || status.reason == .hours || wasLeftAlone else { return nil }
        return change(to: .connecting, reason: .starting, detail: nil, wall: wall)
    }

    /// The connection is open and its stream known; `live` comes with the first packet.
    ///
    /// - Parameter audio: the codec of its sound; nil where it has none.
    mutating func connected(codec: String, width: Int, height: Int, audio: String? = nil, now: Duration) {
        attemptSince = nil
        lastPacket = now
        status.codec = codec
        status.width = width
        status.height = height
        status.audio = audio
    }

    /// - Returns: the status, when this changes it.
    mutating func packet(now: Duration, wall: WallTime) -> CameraStatus? {
        attemptSince = nil
        lastPacket = now
        return status.state == .live ? nil : change(to: .live, reason: .ok, detail: nil, wall: wall)
    }

    /// The attempt failed or the connection ended.
    mutating func failed(reason: StateReason, detail: String?, wall: WallTime) -> CameraStatus? {
        attemptSince = nil
        lastPacket = nil
        return change(
            to: reason == .unauthorised ? .unauthorised : .offline,
            reason: reason,
            detail: detail,
            wall: wall
        )
    }

    /// The stream has crashed its process again and again and isn't opened before `until`.
    mutating func leftAlone(until: WallTime, detail: String, wall: WallTime) -> CameraStatus? {
        let isNew = status.quarantinedUntil != until
        status.quarantinedUntil = until
        return failed(reason: .sourceError, detail: detail, wall: wall) ?? (isNew ? status : nil)
    }

    /// Time passes: called about once a second.
    mutating func tick(now: Duration, wall: WallTime) -> CameraStatus? {
        if let lastPacket, now - lastPacket >= Self.stallAfter {
            guard status.state == .live || status.state == .connecting else { return nil }
            return change(to: .stalled, reason: .noPackets, detail: "connected, but no packets come", wall: wall)
        }
        if let attemptSince, now - attemptSince >= Self.answerWithin, status.state == .connecting {
            return change(to: .offline, reason: .timeout, detail: "no answer yet", wall: wall)
        }
        return nil
    }

    /// The monotonic instant of the last packet of an open connection.
    var silentSince: Duration? { lastPacket }

    private mutating func change(
        to state: CameraState,
        reason: StateReason,
        detail: String?,
        wall: WallTime
    ) -> CameraStatus? {
        guard status.state != state || status.reason != reason || status.detail != detail else { return nil }
        if status.state != state { status.since = wall }
        status.state = state
        status.reason = reason
        status.detail = detail
        return status
    }
}
