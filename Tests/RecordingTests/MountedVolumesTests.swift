import Domain
import Foundation
import Media
import TestSupport
import Testing

@testable import Recording

@Suite("two mounted volumes", .serialized)
struct MountedVolumesTests {
    @Test("a real volume that runs full hands its cameras over to the other one, and not a frame goes unaccounted for")
    func full() throws {
        guard let small = SmallVolume(megabytes: 4), let large = SmallVolume(megabytes: 64) else {
            print("skipped: mounting small volumes is not permitted here")
            return
        }
        let layout = RecordingLayout(dataDirectory: small.folder.path, volumes: ["b": large.folder.path])
        let clock = ManualClock()
        let settings = Recording.RecordingSettings(
            segmentLength: .seconds(20),
            syncBeat: .milliseconds(100),
            hangLimit: .seconds(600)
        )
        let volumes = RecordingVolumes(layout: layout, clock: clock, settings: settings)
        volumes.start()
        #expect(volumes.statuses().map(\.state) == [.ok, .ok])
        let cameras = ["a", "b", "c"]
        var recorders: [Recorder] = []
        for camera in cameras {
            let recorder = try volumes.recorder(cameraId: camera)
            recorder.beginRun(info: SyntheticStream.info)
            recorders.append(recorder)
        }
        // 100 KB a second of 3 cameras: the small one is full after a while, whatever part of them it gets.
        for second in 0..<100 {
            for packet in SyntheticStream.packets(second * 25..<second * 25 + 25) {
                for recorder in recorders {
                    var packet = packet
                    packet.bytes += [UInt8](repeating: 9, count: 3000)
                    packet.bytes.replaceSubrange(0..<4, with: [0, 0, 0x0E, 0x0C])
                    recorder.append(packet)
                }
                clock.advance(by: .milliseconds(40))
            }
            for _ in 0..<2000 where volumes.waitingBytes > 0 { usleep(1000) }
            if second == 30 { try small.fill(leaving: 100_000) }
        }
        #expect(volumes.statuses().map(\.state) == [.full, .ok])
        for recorder in recorders { recorder.endRun(reason: .restart) }
        volumes.stop()
        let files = SystemFiles()
        for camera in cameras {
            let folder = RecordingFolder(existing: layout, files)
            let segments = try folder.segments(camera)
            #expect(segments.last?.name.volume == "b", "\(camera)")
            #expect(try RecordingAudit(layout: layout).check(cameraId: camera, .everything) == [], "\(camera)")
            let gaps = try folder.gaps(camera).filter { $0.to != $0.from }
            let fragments = segments.flatMap(\.index.fragments)
            for (one, two) in zip(fragments, fragments.dropFirst()) where two.wall - one.wallEnd > .milliseconds(1) {
                #expect(
                    gaps.contains { $0.from == one.wallEnd && $0.to == two.wall && $0.reason == .disk },
                    "\(camera)"
                )
            }
        }
        let places = try cameras.flatMap {
            try RecordingFolder(existing: layout, files).segments($0).map(\.name.volume)
        }
        #expect(places.contains("main"))
    }
}
