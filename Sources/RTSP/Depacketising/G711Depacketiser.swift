/// Sound of one byte a sample (RFC 3551 §4.5.14): what a packet holds is the frame.
struct G711Depacketiser: RTPSink, Sendable {
    let channels: Int
    var units = UnitQueue()
    var unusable = 0

    private var lost = 0
    private var isRestart = false

    init(channels: Int) {
        self.channels = max(1, channels)
    }

    mutating func take(
        _ packet: RTPPacket,
        payload: Span<UInt8>,
        timestamp: Int64,
        lost: Int,
        isRestart: Bool,
        at now: Int64
    ) {
        self.lost += lost
        if isRestart { self.isRestart = true }
        guard payload.count >= channels else {
            unusable += 1
            return
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(payload.count)
        bytes.append(payload)
        units.append(
            AccessUnit(
                bytes: bytes,
                timestamp: timestamp,
                durationTicks: payload.count / channels,
                isKey: true,
                isDamaged: false,
                packetsLost: self.lost,
                arrivedAt: now,
                isRestart: self.isRestart
            )
        )
        self.lost = 0
        self.isRestart = false
    }
}
