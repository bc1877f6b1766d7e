import Domain
import Foundation
import Glibc
import Media
import Recording
import Testing
import TestSupport

@Suite("the cost of recording")
struct ThroughputTests {
    @Test("a core records many times the rate of a camera")
    func throughput() throws {
        guard let file = SharedData.video("towncentre_1080p_pedestrians_cyclists.mp4") else {
            print("skipped: no clips in the shared folder")
            return
        }
        let folder = RecordingFolder()
        // All of it may wait: the disk of a build machine is not what is measured.
        let volume = RecordingVolumes(
            layout: folder.layout,
            settings: RecordingSettings(backlogBytes: 1 << 30, volumeBacklogBytes: 1 << 30)
        )
        volume.start()
        let recorder = try volume.recorder(cameraId: "cam")
        let demuxer = try Demuxer(
            opening: file.path,
            options: DemuxerOptions(paceFile: false),
            cancellation: Cancellation()
        )
        recorder.beginRun(info: demuxer.info)
        let before = Self.processSeconds()
        while recorder.counters.bytes < 100_000_000 {
            if case .packet(let packet) = try demuxer.next() { recorder.append(packet) }
        }
        recorder.endRun(reason: .restart)
        volume.stop()
        let seconds = Self.processSeconds() - before
        let rate = Double(recorder.counters.bytes) / 1e6 / seconds
        print("recorded \(recorder.counters.bytes) bytes with \(seconds) s of CPU: \(rate) MB per CPU second")
        // A 4 Mbit/s camera is 0.5 MB/s. Builds without optimisation reach more than this too.
        #expect(rate > 5)
        #expect(recorder.counters.droppedFragments == 0)
    }

    private static func processSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
