import Domain
import Foundation
import Media
import Testing

@Suite("encoding, decoding and containers")
struct CodecTests {
    /// A grey picture with a bright square that moves.
    static func picture(_ index: Int, width: Int, height: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 60, count: width * height * 3 / 2)
        for index in width * height..<bytes.count { bytes[index] = 128 }
        for row in 20..<40 {
            for column in (index * 4)..<(index * 4 + 20) where column < width { bytes[row * width + column] = 220 }
        }
        return bytes
    }

    static func encoded(_ count: Int) throws -> (info: StreamInfo, packets: [Packet]) {
        let encoder = try H264Encoder(width: 160, height: 96, frameRate: 25, bitRate: 200_000, keyInterval: 10)
        var packets: [Packet] = []
        for index in 0..<count {
            packets += try encoder.encode(
                yuv420: picture(index, width: 160, height: 96),
                ptsTicks: Int64(index) * 3600
            )
        }
        packets += try encoder.finish()
        return (encoder.info, packets)
    }

    @Test("what the encoder makes is decoded to the same pictures, one for one")
    func roundTrip() throws {
        let (info, packets) = try Self.encoded(30)
        #expect(packets.count == 30)
        #expect(packets.enumerated().allSatisfy { $0.element.isKey == ($0.offset % 10 == 0) })
        #expect(packets.allSatisfy { $0.ptsTicks == $0.dtsTicks })
        #expect(info.codecString.hasPrefix("avc1."))
        let decoder = try VideoDecoder(codec: .h264, extradata: info.extradata, width: 160, height: 96)
        var frames: [DecodedFrame] = []
        for packet in packets {
            frames += try decoder.decode(packet.bytes, ptsTicks: packet.ptsTicks, isKey: packet.isKey)
        }
        frames += decoder.flush()
        #expect(frames.map(\.ptsTicks) == packets.map(\.ptsTicks))
        for (index, frame) in frames.enumerated() {
            let (inside, outside) = frame.withLuma { luma, stride in
                (Int(luma[30 * stride + index * 4 + 10]), Int(luma[80 * stride + 10]))
            }
            #expect(abs(inside - 220) < 25 && abs(outside - 60) < 12)
        }
        decoder.reset()
        #expect(try decoder.decode(packets[10].bytes, ptsTicks: 5, isKey: true).count + decoder.flush().count == 1)
    }

    @Test("a decoder for key frames gives each of them at once")
    func keyFramesOnly() throws {
        let (info, packets) = try Self.encoded(30)
        let decoder = try VideoDecoder(
            codec: .h264,
            extradata: info.extradata,
            width: 160,
            height: 96,
            keyFramesOnly: true
        )
        for packet in packets {
            let frames = try decoder.decode(packet.bytes, ptsTicks: packet.ptsTicks, isKey: packet.isKey)
            #expect(frames.map(\.ptsTicks) == (packet.isKey ? [packet.ptsTicks] : []))
        }
    }

    @Test("a picture becomes a JPEG of the size that was asked for", arguments: [(nil, 160), (80, 80), (1000, 160)])
    func jpeg(maximum: Int?, width: Int) throws {
        let (info, packets) = try Self.encoded(1)
        let decoder = try VideoDecoder(codec: .h264, extradata: info.extradata, width: 160, height: 96)
        var frames = try decoder.decode(packets[0].bytes, ptsTicks: 0, isKey: true)
        frames += decoder.flush()
        let jpeg = try #require(frames.first).jpeg(maximumWidth: maximum)
        #expect(jpeg.starts(with: [0xFF, 0xD8]) && jpeg.suffix(2) == [0xFF, 0xD9])
        let again = try VideoDecoder(codec: .mjpeg, extradata: [], width: 0, height: 0)
        let picture = try again.decode(jpeg, ptsTicks: 0, isKey: true) + again.flush()
        #expect(picture.first?.width == width)
    }

    @Test("a plain file holds the packets and plays like any other")
    func plainFile() throws {
        let (info, packets) = try Self.encoded(30)
        let path = NSTemporaryDirectory() + "gridwatch-plain-\(UUID().uuidString).mp4"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(PlainMP4Writer.file(info: info, packets: packets)).write(to: URL(filePath: path))
        let demuxer = try Demuxer(
            opening: path,
            options: DemuxerOptions(loopFile: false, paceFile: false),
            cancellation: Cancellation()
        )
        #expect(demuxer.info.isSameFormat(as: info))
        var read: [Packet] = []
        while case .packet(let packet) = try demuxer.next() { read.append(packet) }
        #expect(read.map(\.bytes) == packets.map(\.bytes))
        #expect(read.map(\.ptsTicks) == packets.map(\.ptsTicks))
        #expect(read.map(\.isKey) == packets.map(\.isKey))
    }

    @Test("a fragment reads back as it was written, and no damage of it traps the parser")
    func fragments() throws {
        let (info, packets) = try Self.encoded(10)
        let mark = SegmentMark(
            cameraId: "cam",
            runId: "run",
            startedAt: WallTime(microseconds: 1_795_428_000_000_001),
            startTicks: 77
        )
        let start = try FragmentWriter.initSegment(info: info, mark: mark)
        let parsed = try #require(try FragmentParser.initSegment(start))
        #expect(parsed.mark == mark && parsed.sizeBytes == start.count && parsed.timescale == 90_000)
        #expect(parsed.stream.isSameFormat(as: info) && parsed.stream.codecString == info.codecString)
        var samples = packets
        samples[3].ptsTicks -= 500
        let wall = WallTime(microseconds: 5)
        let fragment = FragmentWriter.fragment(samples: samples, sequence: 9, baseDecodeTicks: 123, wall: wall)
        let read = try #require(try FragmentParser.fragment(fragment.bytes))
        #expect(read.sizeBytes == fragment.bytes.count && read.sequence == 9 && read.baseDecodeTicks == 123)
        #expect(read.wall == wall && read.samples.count == 10 && read.samples[3].compositionTicks == -500)
        #expect(read.durationTicks == 36_000 && fragment.durationTicks == 36_000 && read.startsWithKey)
        for (sample, packet) in zip(read.samples, samples) {
            #expect(Array(fragment.bytes[sample.offset..<sample.offset + sample.size]) == packet.bytes)
        }
        for cut in 0..<fragment.bytes.count {
            #expect(try FragmentParser.fragment(Array(fragment.bytes[..<cut])) == nil)
        }
        let head = Array(fragment.bytes[..<(fragment.payloadOffset)])
        for bytes in [start, head + [0, 0]] {
            for index in bytes.indices {
                for value: UInt8 in [0, 1, 0x7F, 0xFF] {
                    var damaged = bytes
                    damaged[index] = value
                    _ = try? FragmentParser.initSegment(damaged)
                    if let info = try? FragmentParser.fragment(damaged) {
                        #expect(info.samples.allSatisfy { $0.offset + $0.size <= damaged.count })
                    }
                }
            }
        }
    }
}
