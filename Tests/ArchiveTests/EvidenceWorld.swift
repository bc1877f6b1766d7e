import Domain
import Foundation
import Media
import Recording
import Store
import Synchronization
import TestSupport

@testable import Archive

/// A camera recorded over gaps and changes, with the truth of every frame kept beside it.
final class EvidenceWorld: Sendable {
    struct Frame: Sendable, Equatable {
        /// When it is shown: the moment at which it was decoded, for streams that don't reorder.
        var shown: WallTime
        /// Which of the recorded clips it came from.
        var format: Int
    }

    let fixture: ArchiveFixture
    private let recorded = Mutex<[Frame]>([])

    /// 596×336 with reordered frames, and 856×480 without.
    static let clips = ["congested_road_dhaka.mp4", "parking_lot_daylight_15fps.mp4"]
    static var isPossible: Bool { clips.allSatisfy { SharedData.video($0) != nil } }

    /// By this packet of a run more than a second of it has come.
    private static let settled = 40

    init(settings: ArchiveSettings = ArchiveSettings(), hooks: ArchiveHooks = ArchiveHooks()) throws {
        var settings = settings
        // No pictures: the default would start this test program again.
        settings.renderExecutable = URL(filePath: "/bin/false")
        fixture = try ArchiveFixture(settings: settings, hooks: hooks)
    }

    var archive: Archive { fixture.archive }
    var frames: [Frame] { recorded.withLock { $0 } }
    var from: WallTime { frames.first?.shown ?? .epoch }
    var to: WallTime { frames.last?.shown ?? .epoch }

    /// Records packets of a clip as one run and waits `gap` behind it.
    func record(_ format: Int, packets count: Int, from first: Int = 0, gap: Duration = .zero) throws {
        guard let clip = SharedData.video(Self.clips[format]) else { return }
        let (info, all) = try ArchiveFixture.packets(of: clip)
        let packets = all.dropFirst(first).drop { !$0.isKey }.prefix(count)
        let volume = RecordingVolumes(
            layout: fixture.layout,
            clock: fixture.clock,
            settings: RecordingSettings(segmentLength: .seconds(3))
        )
        volume.start()
        defer { volume.stop() }
        let recorder = try volume.recorder(cameraId: "c")
        recorder.beginRun(info: info)
        var delay: Int64?
        var placed: [(ticks: Int64, wall: WallTime)] = []
        for packet in packets {
            delay = delay ?? packet.ptsTicks - packet.dtsTicks
            if let position = recorder.append(packet) { placed.append((position.mediaTicks, position.wall)) }
            fixture.clock.advance(by: .microseconds(MediaTime.microseconds(packet.durationTicks)))
        }
        guard !placed.isEmpty else { return }
        // Where a run lies is settled after its first second; what came before then lies as the rest does.
        let settled = placed[min(Self.settled, placed.count - 1)]
        let found = placed.enumerated().map { index, frame in
            let wall =
                index >= Self.settled
                ? frame.wall : settled.wall - .microseconds(MediaTime.microseconds(settled.ticks - frame.ticks))
            return Frame(shown: wall - .microseconds(MediaTime.microseconds(delay ?? 0)), format: format)
        }
        recorder.endRun(reason: .timeout)
        recorded.withLock { $0 = ($0 + found).sorted { $0.shown < $1.shown } }
        fixture.clock.advance(by: gap)
    }

    /// Three runs, two gaps and a change of parameters; indexed and signed.
    func recordMixed() async throws {
        try record(0, packets: 200, gap: .seconds(7))
        try record(0, packets: 150, from: 100, gap: .seconds(3))
        try record(1, packets: 90, gap: .seconds(2))
        try await archive.catchUp()
        try await archive.signer.sign()
    }

    /// Makes an export and waits for its end.
    func export(_ request: ExportRequest) async throws -> ExportJob {
        let job = try await archive.exports.submit(request, by: "monitor")
        let running = Task { await archive.exports.run(in: archive) }
        defer { running.cancel() }
        while true {
            let now = try await archive.exports.job(id: job.id)
            if ![.queued, .running].contains(now.state) { return now }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    func request(_ format: ExportRequest.Format, _ from: WallTime, _ to: WallTime) -> ExportRequest {
        ExportRequest(
            title: "测试 <export>",
            format: format,
            items: [ExportRequest.Item(cameraId: "c", from: from, to: to)]
        )
    }

    /// Where the export's own file lies.
    func path(_ job: ExportJob, _ name: String? = nil) -> String {
        archive.exports.folder(job.id).appending(path: name ?? job.file?.name ?? "-").path
    }
}
