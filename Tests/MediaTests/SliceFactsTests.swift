import Domain
import Foundation
import TestSupport
import Testing

@testable import Media

@Suite("What slice headers say") struct SliceFactsTests {
    private func packets(_ clip: String) throws -> (StreamInfo, [Packet])? {
        guard let url = SharedData.video(clip) else {
            print("skipped: no shared clips here")
            return nil
        }
        var options = DemuxerOptions(loopFile: false)
        options.paceFile = false
        let demuxer = try Demuxer(opening: "file:\(url.path)", options: options, cancellation: Cancellation())
        var packets: [Packet] = []
        while true {
            switch try demuxer.next() {
            case .packet(let packet): if packet.track == .video { packets.append(packet) }
            case .parametersChanged: continue
            case .end: return (demuxer.info, packets)
            }
        }
    }

    @Test(
        "the quantisers are those that libavcodec's own parser reads",
        arguments: [
            "lot_person_bicycle_car.mp4", "street_traffic_suburban.mp4", "indoor_persons_one_by_one.mp4",
            "tamper_moved_outdoor_720x1280.mp4",
        ]
    )
    func quantisers(_ clip: String) throws {
        guard let (info, packets) = try packets(clip), let url = SharedData.video(clip) else { return }
        let trace = Process()
        trace.executableURL = URL(filePath: "/usr/bin/env")
        trace.arguments = [
            "ffmpeg", "-nostdin", "-v", "trace", "-i", url.path, "-map", "0:v:0", "-c", "copy", "-frames:v", "60",
            "-bsf:v", "trace_headers", "-f", "null", "-",
        ]
        let pipe = Pipe()
        trace.standardError = pipe
        trace.standardOutput = FileHandle.nullDevice
        try trace.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        trace.waitUntilExit()
        var (start, isFirst) = (0, false)
        var expected: [Int] = []
        for line in text.split(separator: "\n") {
            guard let value = line.split(separator: "=").last.flatMap({ Int($0.trimmingCharacters(in: .whitespaces)) })
            else { continue }
            if line.contains("pic_init_qp_minus26") { start = 26 + value }
            if line.contains("first_mb_in_slice") { isFirst = value == 0 }
            if line.contains("slice_qp_delta"), isFirst { expected.append(start + value) }
        }
        let reader = SliceReader(info)
        let found = packets.map { reader.facts(of: $0.bytes).quantiser }
        #expect(expected.count >= 50)
        #expect(found.count == packets.count)
        for (index, value) in found.enumerated() where index < expected.count { #expect(value == expected[index]) }
    }

    @Test(
        "pictures that none needs are the B pictures of streams that have them",
        arguments: [
            ("lot_person_bicycle_car.mp4", false), ("abandoned_backpack_indoor_aboda.mp4", true),
            ("highway_m30_mpeg4.avi", true),
        ]
    )
    func disposable(_ clip: String, _ hasSome: Bool) throws {
        guard let (info, packets) = try packets(clip) else { return }
        let reader = SliceReader(info)
        let count = packets.count { reader.facts(of: $0.bytes).isDisposable }
        #expect((count > packets.count / 10) == hasSome)
        #expect(packets.allSatisfy { !$0.isKey || !reader.facts(of: $0.bytes).isDisposable })
    }

    @Test("whatever comes, reading ends and says nothing impossible", arguments: 0..<50)
    func garbage(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let length = Int.random(in: 0..<200, using: &random)
        let codecs: [VideoCodec] = [.h264, .hevc, .mpeg4, .mjpeg, .other]
        for codec in codecs {
            var record = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            if record.count > 8 { record.replaceSubrange(0..<8, with: [1, 66, 0, 30, 255, 225, 0, 12]) }
            let info = StreamInfo(codec: codec, width: 0, height: 0, extradata: record, codecString: "")
            let reader = SliceReader(info)
            for _ in 0..<100 {
                var bytes = (0..<Int.random(in: 0..<120, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                }
                if bytes.count > 5 { bytes.replaceSubrange(0..<5, with: [0, 0, 0, UInt8(bytes.count - 4), 0x61]) }
                if let value = reader.facts(of: bytes).quantiser { #expect((0...51).contains(value)) }
            }
        }
    }
}
