/// Takes AAC frames out of packets (RFC 3640 §3.2): several in one, or one in several.
struct AACDepacketiser: RTPSink, Sendable {
    /// Bytes of the largest frame that is believed.
    private static let largest = 1 << 20
    /// Frames of one packet.
    private static let mostFrames = 256

    let format: AACFormat
    var units = UnitQueue()
    var unusable = 0

    private var lost = 0
    private var isRestart = false
    /// A frame of which more is to come: its bytes so far, and how many it has.
    private var fragment: [UInt8] = []
    private var fragmentSize = 0
    private var fragmentTimestamp: Int64 = 0

    init(_ format: AACFormat) {
        self.format = format
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
        if lost > 0 || isRestart || timestamp != fragmentTimestamp { drop() }
        guard let headers = AACHeaders(payload, format, most: Self.mostFrames) else {
            unusable += 1
            return
        }
        var at = headers.end
        if headers.sizes.count == 1, headers.sizes[0] > payload.count - at || fragmentSize > 0 {
            add(payload.extracting(at..<payload.count), of: headers.sizes[0], timestamp, at: now)
            return
        }
        drop()
        for (index, size) in headers.sizes.enumerated() {
            guard size <= payload.count - at else {
                unusable += 1
                return
            }
            let frame = payload.extracting(at..<(at + size))
            at += size
            guard size > 0 else { continue }
            emit(Self.raw(frame), timestamp + Int64(headers.indices[index] * format.frameTicks), at: now)
        }
    }

    /// Part of a frame: the size in its header is that of the whole.
    private mutating func add(_ part: Span<UInt8>, of size: Int, _ timestamp: Int64, at now: Int64) {
        if fragmentSize == 0, size <= Self.largest {
            fragmentSize = size
            fragmentTimestamp = timestamp
        }
        guard size == fragmentSize, fragment.count + part.count <= size else {
            unusable += 1
            drop()
            return
        }
        fragment.append(part)
        guard fragment.count == size else { return }
        emit(Self.raw(fragment.span), timestamp, at: now)
        fragment.removeAll(keepingCapacity: true)
        fragmentSize = 0
    }

    private mutating func drop() {
        if fragmentSize > 0 { unusable += 1 }
        fragment.removeAll(keepingCapacity: true)
        fragmentSize = 0
    }

    private mutating func emit(_ bytes: [UInt8], _ timestamp: Int64, at now: Int64) {
        units.append(
            AccessUnit(
                bytes: bytes,
                timestamp: timestamp,
                durationTicks: format.frameTicks,
                isKey: true,
                isDamaged: false,
                packetsLost: lost,
                arrivedAt: now,
                isRestart: isRestart
            )
        )
        lost = 0
        isRestart = false
    }

    /// Some cameras leave the ADTS header (ISO/IEC 13818-7 §6.2) in front of frames.
    private static func raw(_ frame: Span<UInt8>) -> [UInt8] {
        var start = 0
        if frame.count > 7, frame[0] == 0xFF, frame[1] & 0xF6 == 0xF0 {
            let size = Int(frame[3] & 3) << 11 | Int(frame[4]) << 3 | Int(frame[5] >> 5)
            let header = frame[1] & 1 == 1 ? 7 : 9
            if size == frame.count, header < size { start = header }
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(frame.count - start)
        bytes.append(frame.extracting(start..<frame.count))
        return bytes
    }
}
