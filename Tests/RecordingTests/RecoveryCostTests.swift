import Domain
import Foundation
import Media
import TestSupport
import Testing

@testable import Recording

@Suite("the cost of a start", .serialized)
struct RecoveryCostTests {
    static let isLong = ProcessInfo.processInfo.environment["GRIDWATCH_SOAK"] != nil

    @Test("64 cameras with unfinished segments are recovered, reading only their ends")
    func manyCameras() throws {
        let folder = RecordingFolder()
        let clock = ManualClock()
        let volumes = RecordingVolumes(layout: folder.layout, clock: clock)
        volumes.start()
        let recorder = try volumes.recorder(cameraId: "cam0")
        recorder.beginRun(info: SyntheticStream.info)
        // 4 Mbit/s in the long run: 20 KB a frame.
        let filler = [UInt8](repeating: 9, count: Self.isLong ? 19_400 : 0)
        for packet in SyntheticStream.packets(0..<(Self.isLong ? 1250 : 250)) {
            var packet = packet
            packet.bytes += filler
            recorder.append(packet)
            clock.advance(by: .milliseconds(40))
        }
        for _ in 0..<5000 where volumes.waitingBytes > 0 { usleep(1000) }
        let name = try #require(try folder.segments("cam0").first?.name)
        let segment = try folder.bytes("cam0", name)
        let path = folder.layout.journal("cam0", name)
        let lines = try folder.files.read(path, offset: 0, count: 10 << 20)
        volumes.stop()
        for camera in 0..<64 {
            let id = "cam\(camera)"
            try folder.files.createDirectory(folder.layout.dayFolder(id, day: name.day))
            // Torn in the middle of a fragment whose line was lost.
            try Data(segment.dropLast(camera * 7)).write(to: URL(filePath: folder.layout.segment(id, name)))
            try Data(lines.dropLast(camera)).write(to: URL(filePath: folder.layout.journal(id, name)))
        }
        for end in [StateReason.crash, .power] {
            let monotonic = SystemClock()
            let began = monotonic.monotonic()
            for camera in 0..<64 {
                let recovery = SegmentRecovery(layout: folder.layout, unexpectedEnd: end)
                let outcome = try recovery.recover(cameraId: "cam\(camera)", now: clock.now())
                #expect(outcome.recovered == [name], "cam\(camera)")
            }
            print("64 cameras of \(segment.count / 1000) KB recovered after \(end) in \(monotonic.monotonic() - began)")
            // As they were, for the next kind of end.
            guard end == .crash, Self.isLong else { break }
            for camera in 0..<64 {
                try Data(lines.dropLast(camera)).write(to: URL(filePath: folder.layout.journal("cam\(camera)", name)))
            }
        }
    }

    @Test("memory of a further camera", .enabled(if: isLong))
    func memory() throws {
        let folder = RecordingFolder()
        let clock = ManualClock()
        let volumes = RecordingVolumes(layout: folder.layout, clock: clock)
        volumes.start()
        var recorders: [Recorder] = []
        var picture = 0
        let filler = [UInt8](repeating: 9, count: 19_400)
        func record(_ cameras: Int) throws -> Int {
            while recorders.count < cameras {
                let recorder = try volumes.recorder(cameraId: "cam\(recorders.count)")
                recorder.beginRun(info: SyntheticStream.info)
                recorders.append(recorder)
            }
            for packet in SyntheticStream.packets(picture..<picture + 250) {
                var packet = packet
                packet.bytes += filler
                for recorder in recorders { recorder.append(packet) }
                clock.advance(by: .milliseconds(40))
                for _ in 0..<1000 where volumes.waitingBytes > cameras << 18 { usleep(1000) }
            }
            picture += 250
            return try Self.residentBytes()
        }
        let few = try record(8)
        let many = try record(64)
        let perCamera = (many - few) / 56
        print("\(perCamera / 1024) KiB for each further camera of 4 Mbit/s")
        #expect(perCamera < 4 << 20)
        for recorder in recorders { recorder.endRun(reason: .restart) }
        volumes.stop()
    }

    private static func residentBytes() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096
    }
}
