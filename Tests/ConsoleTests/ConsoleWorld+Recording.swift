import Archive
import Domain
import Foundation
import Media
import Recording
import TestSupport
import Testing

@testable import Console

extension ConsoleWorld {
    /// Records a shared clip as a camera's; the range that it covers.
    func record(
        _ clipName: String,
        as cameraId: String = "gate",
        segmentSeconds: Int = 600
    ) async throws -> (from: WallTime, to: WallTime) {
        let url = try #require(SharedData.video(clipName))
        let demuxer = try Demuxer(
            opening: url.path,
            options: DemuxerOptions(loopFile: false, paceFile: false),
            cancellation: Cancellation()
        )
        let volume = RecordingVolumes(
            layout: RecordingLayout(dataDirectory: folder.path),
            clock: clock,
            settings: RecordingSettings(segmentLength: .seconds(segmentSeconds))
        )
        volume.start()
        defer { volume.stop() }
        let recorder = try volume.recorder(cameraId: cameraId)
        recorder.beginRun(info: demuxer.info)
        let from = clock.now()
        reading: while true {
            switch try demuxer.next() {
            case .packet(let packet):
                recorder.append(packet)
                clock.advance(by: .microseconds(packet.durationTicks * 100 / 9))
            case .parametersChanged: break
            case .end: break reading
            }
        }
        recorder.endRun(reason: .closed)
        let to = clock.now()
        clock.advance(by: .seconds(10))
        volume.stop()
        try await archive.catchUp()
        return (from, to)
    }
}
