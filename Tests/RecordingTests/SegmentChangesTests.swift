import Domain
import Foundation
import Glibc
import Media
import Recording
import Testing
import TestSupport

@Suite("many segments")
struct SegmentChangesTests {
    static let changes = ProcessInfo.processInfo.environment["GRIDWATCH_SOAK"] != nil ? 1000 : 40

    @Test("however often a segment changes, no frame is lost and each file opens alone")
    func changes() throws {
        let clips = [
            try GeneratedClip("a.mkv", seconds: 1, audio: ["-c:a", "pcm_alaw"]),
            try GeneratedClip("b.mkv", seconds: 1, size: "160x96", video: GeneratedClip.h264WithB),
            try GeneratedClip("c.mkv", seconds: 1, size: "160x96", video: GeneratedClip.hevc),
            try GeneratedClip("d.mkv", seconds: 1, audio: ["-c:a", "aac"], rate: 16_000),
        ]
        let sources = try clips.map { try Self.packets($0) }
        let folder = RecordingFolder()
        let clock = ManualClock()
        let volume = RecordingVolumes(
            layout: folder.layout,
            clock: clock,
            settings: RecordingSettings(segmentLength: .milliseconds(1900))
        )
        volume.start()
        let recorder = try volume.recorder(cameraId: "cam")
        var random = SeededRandom(seed: 11)
        var shift: Int64 = 0
        var current = -1
        var fed: [[UInt8]] = []
        var changes = 0
        var runSeconds = 0
        while changes < Self.changes {
            // Another format, or the same one on: after two seconds of it the clock ends the segment.
            let next =
                Int.random(in: 0..<2, using: &random) == 0 ? max(0, current) : Int.random(in: 0..<4, using: &random)
            if next != current {
                if current >= 0 { changes += 1 }
                recorder.beginRun(info: sources[next].info)
                runSeconds = 0
            } else if runSeconds % 2 == 0, runSeconds > 0 {
                changes += 1
            }
            runSeconds += 1
            current = next
            for packet in sources[next].packets {
                var moved = packet
                moved.ptsTicks += shift
                moved.dtsTicks += shift
                recorder.append(moved)
                if packet.track == .video {
                    fed.append(packet.bytes)
                    clock.advance(by: .milliseconds(40))
                }
            }
            shift += 90_000
            // Ten times faster than any camera: a disk that others use must not make it a test of the backlog.
            while recorder.waitingBytes > 4 << 20 { usleep(1000) }
        }
        recorder.endRun(reason: .closed)
        volume.stop()
        let segments = try folder.segments("cam")
        #expect(recorder.counters.droppedFragments == 0)
        #expect(segments.count == changes + 1)
        var recorded = 0
        var end: WallTime?
        for (name, index) in segments {
            let bytes = try folder.bytes("cam", name)
            #expect(index.fragments.first?.startsWithKey == true)
            if let end, let wall = index.fragments.first?.wall { #expect(abs((wall - end).seconds) < 0.002) }
            end = index.fragments.last?.wallEnd
            for record in index.fragments {
                let fragment = try #require(try FragmentParser.fragment(bytes, at: record.offset))
                for sample in fragment.samples where recorded < fed.count {
                    let from = record.offset + sample.offset
                    if Array(bytes[from..<from + sample.size]) != fed[recorded] {
                        Issue.record("frame \(recorded) is another one")
                        return
                    }
                    recorded += 1
                }
            }
            let packets = try FrameWalk.output(of: [
                "/usr/bin/ffprobe", "-v", "error", "-select_streams", "v", "-count_packets", "-show_entries",
                "stream=nb_read_packets", "-of", "csv=p=0", folder.layout.segment("cam", name),
            ])
            let count = Int(String(decoding: packets, as: UTF8.self).filter(\.isNumber))
            #expect(count == index.fragments.reduce(0) { $0 + $1.sampleCount })
        }
        #expect(recorded == fed.count)
    }

    private static func packets(_ clip: GeneratedClip) throws -> (info: StreamInfo, packets: [Packet]) {
        let demuxer = try Demuxer(
            opening: clip.url.path,
            options: DemuxerOptions(loopFile: false, paceFile: false, takesAudio: true),
            cancellation: Cancellation()
        )
        var packets: [Packet] = []
        while case .packet(let packet) = try demuxer.next() { packets.append(packet) }
        // All begin at the same instant.
        let first = packets.first { $0.track == .video }?.dtsTicks ?? 0
        for index in packets.indices {
            packets[index].dtsTicks -= first
            packets[index].ptsTicks -= first
        }
        return (demuxer.info, packets.filter { $0.dtsTicks >= 0 && $0.dtsTicks < 90_000 })
    }
}
