import Testing

@testable import RTSP

@Suite("Sound from packets")
struct SoundTests {
    static let aac = """
        m=audio 0 RTP/AVP 97
        a=rtpmap:97 mpeg4-generic/16000/1
        a=fmtp:97 mode=AAC-hbr;config=1408;sizelength=13;indexlength=3;indexdeltalength=3
        """

    private func packetiser() -> Packetiser {
        var packetiser = Packetiser()
        packetiser.payloadType = 97
        return packetiser
    }

    private func headers(_ sizes: [Int]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(u16: UInt16(sizes.count * 16))
        for size in sizes { bytes.append(u16: UInt16(size << 3)) }
        return bytes
    }

    @Test("several AAC frames of one packet come out one by one, in time")
    func several() throws {
        var end = try #require(ReceivingEnd(Self.aac))
        var packetiser = packetiser()
        let frames: [[UInt8]] = [[1, 2, 3], [4], [5, 6]]
        let payload = headers(frames.map(\.count)) + frames.flatMap { $0 }
        end.take([packetiser.packet(payload, timestamp: 10, isMarked: true)])
        #expect(end.units.map(\.bytes) == frames)
        #expect(end.units.map(\.timestamp) == [10, 1034, 2058])
        #expect(end.units.allSatisfy { $0.durationTicks == 1024 && !$0.isDamaged })
    }

    @Test(
        "an AAC frame of several packets comes out whole, or not at all where one is missing",
        arguments: [-1, 0, 1, 2]
    )
    func fragments(missing: Int) throws {
        var end = try #require(ReceivingEnd(Self.aac))
        var packetiser = packetiser()
        let frame = (0..<3000).map { UInt8($0 & 255) }
        var packets = [packetiser.packet(headers([1]) + [8], timestamp: 0, isMarked: true)]
        for part in 0..<3 {
            let bytes = headers([3000]) + frame[part * 1000..<part * 1000 + 1000]
            let packet = packetiser.packet(bytes, timestamp: 1024, isMarked: part == 2)
            if part != missing { packets.append(packet) }
        }
        packets.append(packetiser.packet(headers([2]) + [7, 7], timestamp: 2048, isMarked: true))
        end.take(packets)
        #expect(end.units.map(\.bytes) == (missing < 0 ? [[8], frame, [7, 7]] : [[8], [7, 7]]))
        #expect(end.units.last?.packetsLost == (missing < 0 ? 0 : 1))
        #expect(end.units.last?.timestamp == 2048)
    }

    @Test("frames lose the ADTS header that some leave on")
    func adts() throws {
        var end = try #require(ReceivingEnd(Self.aac))
        var packetiser = packetiser()
        let frame: [UInt8] = [0xFF, 0xF1, 0x60, 0x40, 0x01, 0x7F, 0xFC, 1, 2, 3, 4]
        end.take([packetiser.packet(headers([frame.count]) + frame, timestamp: 0, isMarked: true)])
        #expect(end.units.map(\.bytes) == [[1, 2, 3, 4]])
    }

    @Test(
        "AAC packets that make no sense give nothing but a count",
        arguments: [[], [0], [0, 16], [0, 0, 1], [0xFF, 0xFF, 1, 1], [0, 15, 1, 1]] as [[UInt8]]
    )
    func nonsense(payload: [UInt8]) throws {
        var end = try #require(ReceivingEnd(Self.aac))
        var packetiser = packetiser()
        end.take([packetiser.packet(payload, timestamp: 0, isMarked: true)])
        #expect(end.units.isEmpty && end.receiver.counts.unusable == 1)
    }

    @Test("AAC at every truncation is a frame of fewer bytes or none")
    func truncated() throws {
        let payload = headers([3, 4]) + [1, 2, 3, 4, 5, 6, 7]
        for count in 0..<payload.count {
            var end = try #require(ReceivingEnd(Self.aac))
            var packetiser = packetiser()
            end.take([packetiser.packet(Array(payload[..<count]), timestamp: 0, isMarked: true)])
            #expect(end.units.map(\.bytes) == (count >= 9 ? [[1, 2, 3]] : []))
        }
    }

    @Test("constant sizes need no headers")
    func constant() throws {
        let text =
            "m=audio 0 RTP/AVP 97\na=rtpmap:97 mpeg4-generic/8000\na=fmtp:97 constantsize=3;indexlength=0;indexdeltalength=0"
        var end = try #require(ReceivingEnd(text))
        var packetiser = packetiser()
        end.take([packetiser.packet([1, 2, 3, 4, 5, 6], timestamp: 0, isMarked: true)])
        #expect(end.units.map(\.bytes) == [[1, 2, 3], [4, 5, 6]])
    }

    @Test("G.711 comes as it is, with as many samples as bytes", arguments: [0, 8] as [UInt8])
    func g711(type: UInt8) throws {
        var end = try #require(ReceivingEnd("m=audio 0 RTP/AVP \(type)"))
        var packetiser = Packetiser()
        packetiser.payloadType = type
        packetiser.sequence = 65_535
        let packets = (0..<5).map { index in
            packetiser.packet(
                Array(repeating: UInt8(index), count: 160),
                timestamp: UInt32(index) * 160,
                isMarked: false
            )
        }
        end.take([packets[0], packets[1], packets[3], packets[4]])
        #expect(end.units.map(\.timestamp) == [0, 160, 480, 640])
        #expect(end.units.map(\.packetsLost) == [0, 0, 1, 0])
        #expect(end.units.allSatisfy { $0.durationTicks == 160 && $0.bytes.count == 160 })
    }
}
