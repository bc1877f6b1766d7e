@testable import RTSP

/// A picture as a sender has it.
struct SentPicture: Hashable {
    var nals: [[UInt8]]
    var timestamp: UInt32
    var isKey: Bool

    /// As the receiver is to hand it out: each NAL unit behind its length.
    var unit: [UInt8] {
        var bytes: [UInt8] = []
        for nal in nals {
            bytes.append(u32: UInt32(nal.count))
            bytes += nal
        }
        return bytes
    }
}

/// How pictures go into packets.
struct Packetiser {
    enum Markers: CaseIterable {
        case onLast
        case never
        case onEveryPacket
        case onEverySlice
        /// Also where only parameter sets are.
        case onSetsToo
    }

    var isH265 = false
    var hasDecodingOrder = false
    /// Bytes of the largest payload.
    var most = 1200
    var aggregates = true
    var marksEnds = true
    var markers = Markers.onLast
    var payloadType: UInt8 = 96
    var ssrc: UInt32 = 0x1234_5678
    var sequence: UInt16 = 65_500
    private var order: UInt16 = 0

    init(isH265: Bool = false) {
        self.isH265 = isH265
    }

    mutating func packets(_ picture: SentPicture) -> [[UInt8]] {
        var payloads: [(bytes: [UInt8], endsSlice: Bool, isSets: Bool)] = []
        var waiting: [[UInt8]] = []
        let isH265 = isH265
        func isSlice(_ nal: [UInt8]) -> Bool { isH265 ? nal[0] >> 1 & 63 < 32 : (1...5).contains(nal[0] & 31) }
        func flush(_ packetiser: inout Packetiser) {
            guard !waiting.isEmpty else { return }
            let ends = waiting.contains(where: isSlice)
            payloads.append((packetiser.whole(waiting), ends, !ends))
            waiting = []
        }
        for nal in picture.nals {
            if nal.count + 8 > most {
                flush(&self)
                let parts = fragments(nal)
                for (index, part) in parts.enumerated() {
                    payloads.append((part, isSlice(nal) && index == parts.count - 1, !isSlice(nal)))
                }
            } else {
                let size = waiting.reduce(8) { $0 + $1.count + 4 } + nal.count + 4
                if !aggregates || size > most { flush(&self) }
                waiting.append(nal)
            }
        }
        flush(&self)
        return payloads.enumerated().map { index, payload in
            let isMarked =
                switch markers {
                case .onLast: index == payloads.count - 1
                case .never: false
                case .onEveryPacket: true
                case .onEverySlice: payload.endsSlice
                case .onSetsToo: payload.isSets || index == payloads.count - 1
                }
            return packet(payload.bytes, timestamp: picture.timestamp, isMarked: isMarked)
        }
    }

    mutating func packet(_ payload: [UInt8], timestamp: UInt32, isMarked: Bool) -> [UInt8] {
        defer { sequence &+= 1 }
        var bytes: [UInt8] = [0x80, payloadType | (isMarked ? 0x80 : 0)]
        bytes.append(u16: sequence)
        bytes.append(u32: timestamp)
        bytes.append(u32: ssrc)
        return bytes + payload
    }

    private mutating func nextOrder() -> [UInt8] {
        guard hasDecodingOrder else { return [] }
        order &+= 1
        return [UInt8(order >> 8), UInt8(order & 255)]
    }

    private mutating func whole(_ nals: [[UInt8]]) -> [UInt8] {
        guard nals.count > 1 else {
            let nal = nals[0]
            guard isH265 else { return nal }
            return Array(nal.prefix(2)) + nextOrder() + Array(nal.dropFirst(2))
        }
        var bytes: [UInt8] = isH265 ? [48 << 1, 1] : [0x60 | 24]
        for (index, nal) in nals.enumerated() {
            if isH265, hasDecodingOrder { bytes += index == 0 ? nextOrder() : [0] }
            bytes.append(u16: UInt16(nal.count))
            bytes += nal
        }
        return bytes
    }

    private mutating func fragments(_ nal: [UInt8]) -> [[UInt8]] {
        let header = isH265 ? 2 : 1
        let type = isH265 ? nal[0] >> 1 & 63 : nal[0] & 31
        var rest = nal.dropFirst(header)
        var found: [[UInt8]] = []
        while !rest.isEmpty {
            let part = rest.prefix(most - 5)
            rest = rest.dropFirst(part.count)
            let flags: UInt8 = (found.isEmpty ? 0x80 : 0) | (rest.isEmpty && marksEnds ? 0x40 : 0)
            var bytes: [UInt8] = []
            if isH265 {
                bytes = [nal[0] & 0x81 | 49 << 1, nal[1], flags | type]
                if found.isEmpty { bytes += nextOrder() }
            } else {
                bytes = [nal[0] & 0xE0 | 28, flags | type]
            }
            bytes += part
            found.append(bytes)
        }
        return found
    }
}

/// Pictures that look like a camera's to who only reads headers.
struct PictureMaker {
    var isH265 = false
    var random: SeededRandom
    var sliceCount = 1...4
    var sliceSize = 10...3000
    var hasDelimiters = false
    var step: UInt32 = 3600

    mutating func pictures(_ count: Int, keyEvery: Int = 10, start: UInt32 = 4_294_900_000) -> [SentPicture] {
        (0..<count).map { index in
            let isKey = index % keyEvery == 0
            return SentPicture(
                nals: nals(isKey: isKey),
                timestamp: start &+ UInt32(index) &* step,
                isKey: isKey
            )
        }
    }

    private mutating func nal(_ header: [UInt8], _ count: Int) -> [UInt8] { header + random.bytes(count) }

    private mutating func nals(isKey: Bool) -> [[UInt8]] {
        var nals: [[UInt8]] = []
        if hasDelimiters { nals.append(isH265 ? [70, 1, 0x50] : [9, 0xF0]) }
        if isKey {
            if isH265 { nals.append(nal([64, 1], 20)) }
            nals.append(nal(isH265 ? [66, 1] : [0x67], 30))
            nals.append(nal(isH265 ? [68, 1] : [0x68], 5))
            if random.isTrue(0.5) { nals.append(nal(isH265 ? [78, 1] : [6], 40)) }
        }
        for slice in 0..<Int.random(in: sliceCount, using: &random) {
            let first: UInt8 = slice == 0 ? 0x80 | 5 : 0x45
            var nal: [UInt8] = isH265 ? [isKey ? 38 : 2, 1] : [isKey ? 0x65 : 0x41]
            nal.append(first)
            nal += random.bytes(Int.random(in: sliceSize, using: &random))
            nals.append(nal)
        }
        return nals
    }
}

/// Hands packets to a track's receiver and takes what comes out.
struct ReceivingEnd {
    var receiver: TrackReceiver
    var units: [AccessUnit] = []
    var now: Int64 = 1_000_000_000

    init?(_ line: String, isDatagram: Bool = false) {
        guard let media = SessionDescription(Array(line.utf8))?.media.first else { return nil }
        let settings = TrackReceiver.Settings(isDatagram: isDatagram, ssrc: 7)
        guard let receiver = TrackReceiver(media, settings) else { return nil }
        self.receiver = receiver
    }

    static func video(isH265: Bool = false, hasDecodingOrder: Bool = false, isDatagram: Bool = false) throws -> Self {
        let format = hasDecodingOrder ? "a=fmtp:96 sprop-max-don-diff=1\n" : ""
        let line = "m=video 0 RTP/AVP 96\na=rtpmap:96 \(isH265 ? "H265" : "H264")/90000\n" + format
        guard let end = Self(line, isDatagram: isDatagram) else { throw RTSPFault(.badDescription, line) }
        return end
    }

    mutating func take(_ packets: [[UInt8]], step: Int64 = 1_000_000) {
        for packet in packets {
            now += step
            receiver.rtp(packet.span, at: now)
            drain()
        }
    }

    mutating func tick(after nanoseconds: Int64) {
        now += nanoseconds
        receiver.tick(at: now)
        drain()
    }

    mutating func finish() {
        receiver.finish(at: now)
        drain()
    }

    private mutating func drain() {
        while let unit = receiver.next() { units.append(unit) }
    }
}
