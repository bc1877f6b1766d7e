import Testing

@testable import RTSP

@Suite("RTP and RTCP")
struct TransportTests {
    /// Keeps what a receiver hands on.
    struct Kept: RTPSink {
        var sequences: [UInt16] = []
        var payloads: [[UInt8]] = []
        var timestamps: [Int64] = []
        var lost: [Int] = []
        var restarts: [UInt16] = []

        mutating func take(
            _ packet: RTPPacket,
            payload: Span<UInt8>,
            timestamp: Int64,
            lost: Int,
            isRestart: Bool,
            at now: Int64
        ) {
            sequences.append(packet.sequence)
            var bytes: [UInt8] = []
            for index in payload.indices { bytes.append(payload[index]) }
            payloads.append(bytes)
            timestamps.append(timestamp)
            self.lost.append(lost)
            if isRestart { restarts.append(packet.sequence) }
        }
    }

    static func packet(_ sequence: UInt16, _ timestamp: UInt32 = 0, ssrc: UInt32 = 1, payload: [UInt8] = [9]) -> [UInt8]
    {
        var bytes: [UInt8] = [0x80, 96]
        bytes.append(u16: sequence)
        bytes.append(u32: timestamp)
        bytes.append(u32: ssrc)
        return bytes + payload
    }

    private func receive(_ packets: [[UInt8]], isDatagram: Bool, step: Int64 = 1_000_000) -> (RTPReceiver, Kept) {
        var settings = TrackReceiver.Settings(isDatagram: isDatagram, ssrc: 5)
        settings.reorderPackets = 8
        var receiver = RTPReceiver(settings, payloadType: 96, clockRate: 90_000)
        var kept = Kept()
        for (index, packet) in packets.enumerated() {
            receiver.receive(packet.span, at: Int64(index) * step, into: &kept)
        }
        receiver.finish(into: &kept)
        return (receiver, kept)
    }

    @Test(
        "headers with CSRCs, extension and padding",
        arguments: [
            ([0x80, 0xE0], [], [1, 2, 3], true), ([0x82, 0x60], Array(repeating: 7, count: 8), [1], false),
            ([0x90, 0x60], [0, 0, 0, 1, 9, 9, 9, 9], [5, 6], false),
            ([0xA0, 0x60], [], [5, 6, 0, 2], false), ([0xA0, 0x60], [], [5, 6, 0, 200], false),
            ([0xB1, 0x60], [1, 1, 1, 1, 0, 0, 0, 0], [5, 3, 3, 3], false),
        ] as [([UInt8], [UInt8], [UInt8], Bool)]
    )
    func headers(first: [UInt8], middle: [UInt8], payload: [UInt8], isMarked: Bool) {
        let fixed = first + [1, 2, 0, 0, 0, 3, 0, 0, 0, 4]
        let bytes = fixed + middle + payload
        guard let packet = RTPPacket(bytes.span) else {
            Issue.record("no packet")
            return
        }
        #expect(packet.sequence == 0x102 && packet.timestamp == 3 && packet.ssrc == 4)
        #expect(packet.isMarked == isMarked && packet.payloadType == 96)
        let padding = first[0] & 0x20 != 0 ? Int(payload.last ?? 0) : 0
        let kept = padding <= payload.count ? payload.count - padding : payload.count
        #expect(Array(bytes[packet.payload]) == Array(payload.prefix(kept)))
        var damaged = (0..<(12 + middle.count)).map { Array(bytes[..<$0]) }
        damaged.append([0x40] + bytes.dropFirst())
        for bytes in damaged {
            let packet = RTPPacket(bytes.span)
            #expect(packet == nil)
        }
    }

    @Test("sequence numbers go on where 16 bits end", arguments: [false, true])
    func wrap(isDatagram: Bool) {
        let (receiver, kept) = receive(
            (0..<300).map { Self.packet(65_400 &+ UInt16($0)) },
            isDatagram: isDatagram
        )
        #expect(kept.lost.allSatisfy { $0 == 0 } && kept.sequences.count == 300)
        #expect(receiver.highestSequence == 65_400 + 299)
    }

    @Test("packets that overtake are put back, doubles dropped, and what waits too long is given up")
    func reorder() {
        let order: [UInt16] = [10, 12, 11, 11, 13, 16, 15, 14, 14, 17, 30, 31, 29, 40]
        let (receiver, kept) = receive(order.map { Self.packet($0) }, isDatagram: true)
        #expect(kept.sequences == [10, 11, 12, 13, 14, 15, 16, 17, 30, 31, 40])
        #expect(kept.lost == [0, 0, 0, 0, 0, 0, 0, 0, 12, 0, 8])
        #expect(receiver.counts.duplicates == 3 && receiver.counts.lost == 20)
    }

    @Test("a missing packet is waited for so long and no longer")
    func waiting() {
        var settings = TrackReceiver.Settings(isDatagram: true, ssrc: 5)
        settings.reorderWait = 50
        var receiver = RTPReceiver(settings, payloadType: 96, clockRate: 90_000)
        var kept = Kept()
        for sequence in [1, 3, 4] as [UInt16] { receiver.receive(Self.packet(sequence).span, at: 0, into: &kept) }
        receiver.tick(at: 49, into: &kept)
        #expect(kept.sequences == [1])
        receiver.tick(at: 50, into: &kept)
        #expect(kept.sequences == [1, 3, 4] && kept.lost == [0, 1, 0])
        receiver.receive(Self.packet(2).span, at: 51, into: &kept)
        #expect(kept.sequences == [1, 3, 4] && receiver.counts.duplicates == 1)
    }

    @Test("over TCP what is missing is missing at once")
    func stream() {
        let (receiver, kept) = receive([1, 2, 5, 4, 6].map { Self.packet($0) }, isDatagram: false)
        #expect(kept.sequences == [1, 2, 5, 6] && kept.lost == [0, 0, 2, 0])
        #expect(receiver.counts.lost == 2 && receiver.counts.duplicates == 1)
    }

    @Test("a sender that starts over is followed, a stray packet is not", arguments: [false, true])
    func restart(isDatagram: Bool) {
        let stray = Self.packet(500, ssrc: 9)
        let (receiver, kept) = receive(
            [
                Self.packet(1), Self.packet(2), stray, Self.packet(3), Self.packet(40_000, 777),
                Self.packet(40_001, 778),
                Self.packet(7, 5, ssrc: 2), Self.packet(8, 6, ssrc: 2), [1, 2, 3], Self.packet(9, 7, ssrc: 2),
            ],
            isDatagram: isDatagram
        )
        #expect(kept.sequences == [1, 2, 3, 40_000, 40_001, 7, 8, 9])
        #expect(kept.restarts == [40_000, 7])
        #expect(kept.timestamps == [0, 0, 0, 777, 778, 5, 6, 7])
        #expect(kept.lost.allSatisfy { $0 == 0 })
        #expect(receiver.counts.restarts == 2 && receiver.ssrc == 2)
    }

    @Test("timestamps go on where 32 bits end, and back a little too")
    func timestamps() {
        var unwrapper = TimestampUnwrapper()
        #expect(unwrapper.unwrap(4_294_967_000) == 4_294_967_000)
        #expect(unwrapper.unwrap(704) == 4_294_968_000)
        #expect(unwrapper.unwrap(4_294_967_290) == 4_294_967_290)
        #expect(unwrapper.unwrap(704) == 4_294_968_000)
    }

    @Test("jitter is none in step, and what the RFC says out of it")
    func jitter() {
        var steady = Jitter(clockRate: 90_000)
        for index in 0..<100 as Range<Int64> {
            steady.packet(timestamp: 4_294_900_000 &+ UInt32(index) &* 3600, at: index * 40_000_000 + 1_000_000_000_000)
        }
        #expect(steady.ticks == 0)
        var shaken = Jitter(clockRate: 90_000)
        for index in 0..<500 as Range<Int64> {
            shaken.packet(timestamp: UInt32(index) * 3600, at: index * 40_000_000 + (index % 2) * 10_000_000)
        }
        // Every difference is 10 ms: 900 ticks.
        #expect((890...900).contains(shaken.ticks))
    }

    private static func report(_ seconds: UInt32, _ timestamp: UInt32, ssrc: UInt32 = 1) -> [UInt8] {
        var bytes: [UInt8] = [0x80, 200, 0, 6]
        bytes.append(u32: ssrc)
        bytes.append(u32: seconds)
        bytes.append(u32: 0x8000_0000)
        bytes.append(u32: timestamp)
        return bytes + Array(repeating: 0, count: 8)
    }

    @Test("compound packets are read to their end or to where they make no sense")
    func compound() {
        let goodbye: [UInt8] = [0x82, 203, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2]
        let application: [UInt8] = [0x80, 204, 0, 1, 1, 2, 3, 4]
        let all = Self.report(3_900_000_000, 5) + application + goodbye
        let read = RTCPPacket(all.span)
        #expect(read.senderReport == .init(ssrc: 1, ntp: 3_900_000_000 << 32 | 0x8000_0000, timestamp: 5))
        #expect(read.goodbyes == [1, 2] && read.packets == 3 && !read.isTruncated)
        for count in 1..<all.count {
            let cut = RTCPPacket(Array(all[..<count]).span)
            let ends = [28, 36]
            #expect(cut.isTruncated == !ends.contains(count), "\(count)")
            #expect((cut.senderReport != nil) == (count >= 28))
        }
    }

    @Test("the sender's clock: from its reports, in order and before the first packet, but not from nonsense")
    func clock() throws {
        let wall: Int64 = (3_900_000_000 - 2_208_988_800) * 1_000_000 + 500_000
        let early = Self.report(3_900_000_000, 4_294_967_000)
        for order in [true, false] {
            var end = try ReceivingEnd.video()
            if order { end.receiver.rtcp(early.span, at: 0) }
            #expect(end.receiver.wallMicroseconds(of: 0) == nil)
            end.take([Self.packet(1, 704)])
            if !order { end.receiver.rtcp(early.span, at: 0) }
            #expect(
                end.receiver.wallMicroseconds(of: 704) == (order ? wall + 11_111 : wall - (1 << 32) / 9 * 100) || !order
            )
            end.take([Self.packet(2, 90_704)])
            if order { #expect(end.receiver.wallMicroseconds(of: 90_704) == wall + 1_011_111) }
        }
        var end = try ReceivingEnd.video()
        end.take([Self.packet(1, 1000)])
        for nonsense in [Self.report(0, 1000), Self.report(1000, 1000), Self.report(3_900_000_000, 1_000_000_000)] {
            end.receiver.rtcp(nonsense.span, at: 0)
            #expect(end.receiver.wallMicroseconds(of: 1000) == nil)
        }
        end.receiver.rtcp(Self.report(3_900_000_000, 1000).span, at: 0)
        #expect(end.receiver.wallMicroseconds(of: 1000) == wall)
        #expect(end.receiver.wallMicroseconds(of: .max) == nil && end.receiver.wallMicroseconds(of: .min) == nil)
    }

    @Test("receiver reports tell loss, the highest number, and the way back to the sender's report")
    func reports() throws {
        var end = try ReceivingEnd.video()
        #expect(end.receiver.report(at: 0) == nil)
        end.take([1, 2, 3, 5].map { Self.packet($0) }, step: 0)
        end.receiver.rtcp(Self.report(0x0102_0304, 0).span, at: end.now)
        #expect(end.receiver.report(at: end.now) == nil)
        let made = end.receiver.report(at: end.now + 1_500_000_000)
        let report = try #require(made)
        #expect(report.count % 4 == 0)
        #expect(report.span.u32(4) == 7 && report.span.u32(8) == 1)
        #expect(report.span.u32(12) == UInt32(256 / 5) << 24 | 1)
        #expect(report.span.u32(16) == 5)
        #expect(report.span.u32(24) == 0x0304_8000)
        #expect(report.span.u32(28) == 0x1_8000)
        let read = RTCPPacket(report.span)
        #expect(read.packets == 2 && !read.isTruncated)
        #expect(String(decoding: report[42..<51], as: UTF8.self) == "gridwatch")
        #expect(end.receiver.report(at: end.now + 3_000_000_000) == nil)
        #expect(end.receiver.report(at: end.now + 6_500_000_000) != nil)
    }

    @Test("goodbye is said by the sender, and taken back by its next packet")
    func goodbye() throws {
        var end = try ReceivingEnd.video()
        end.take([Self.packet(1)])
        end.receiver.either(([0x81, 203, 0, 1, 0, 0, 0, 9] as [UInt8]).span, at: 0)
        #expect(!end.receiver.hasEnded)
        end.receiver.either(([0x81, 203, 0, 1, 0, 0, 0, 1] as [UInt8]).span, at: 0)
        #expect(end.receiver.hasEnded)
        end.receiver.either(Self.packet(2).span, at: 0)
        #expect(!end.receiver.hasEnded)
    }
}
