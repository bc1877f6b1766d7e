import Domain
import Foundation
import Media
import TestSupport
import Testing

@testable import Archive

private let isLong = ProcessInfo.processInfo.environment["GRIDWATCH_SOAK"] != nil
/// Ten times a hundred, or once thirty.
private let parts = isLong ? 10 : 1
private let tries = isLong ? 100 : 30

@Suite("clips to the frame", .enabled(if: EvidenceWorld.isPossible, "no shared clips here"))
struct ClipFrameTests {
    /// Frames that a player shows: packets that the edit list doesn't discard.
    private static func shown(_ path: String) throws -> Int {
        let result = try ArchiveFixture.run([
            "ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "packet=flags", "-of", "csv=p=0", path,
        ])
        guard result.status == 0 else { throw CancellationError() }
        return result.text.split(separator: "\n").count { !$0.contains("D") }
    }

    private static func decoded(_ path: String) throws -> (frames: Int?, complaints: String) {
        let result = try ArchiveFixture.run([
            "ffprobe", "-v", "error", "-select_streams", "v", "-count_frames", "-show_entries",
            "stream=nb_read_frames", "-of", "csv=p=0", path,
        ])
        let lines = result.text.split(separator: "\n").map(String.init)
        return (lines.compactMap { Int($0) }.first, lines.filter { Int($0) == nil }.joined(separator: "\n"))
    }

    @Test(
        "random ranges over gaps and changes hold exactly their frames, and two parsers accept the files",
        arguments: 0..<parts
    )
    func random(part: Int) async throws {
        let world = try EvidenceWorld()
        try await world.recordMixed()
        let frames = world.frames
        var random = SeededRandom(seed: 7 + UInt64(part))
        let span = (world.to - world.from).seconds
        for number in 0..<tries {
            let start = Double.random(in: -3...span, using: &random)
            let length =
                number % 3 == 0 ? Double.random(in: 0.01...2, using: &random) : .random(in: 0.5...span, using: &random)
            let from = world.from + .microseconds(Int64(start * 1e6))
            let to = from + .microseconds(Int64(length * 1e6))
            // One file for each stretch of the same parameters.
            let rows = try await world.archive.material("c", from, to).segments
            let inRange = frames.filter { $0.shown >= from && $0.shown < to }
            var delivered = 0
            for format in 0...1 {
                let wanted = inRange.filter { $0.format == format }
                let group = try Archive.stored(rows, world.fixture.layout).filter {
                    $0.1.height == (format == 0 ? 336 : 480)
                }
                let plan = ClipPlan(segments: group, gaps: [], from: from, to: to)
                let maker = ClipMaker(folder: world.fixture.folder.appending(path: "out"), isCancelled: { false })
                guard !wanted.isEmpty else {
                    // At most the frame that is on the screen then.
                    #expect(((try? maker.content(of: plan))?.frameCount ?? 0) <= 1)
                    continue
                }
                let content = try maker.content(of: plan)
                let file = try maker.write(content)
                defer { try? FileManager.default.removeItem(at: file.url) }
                delivered += content.frameCount
                let comment = Comment(
                    rawValue: "part \(part), try \(number): \(from.rfc3339) + \(length) s, format \(format)"
                )
                #expect(content.frameCount == wanted.count, comment)
                #expect(try Self.shown(file.url.path) == wanted.count, comment)
                #expect(abs((content.from - wanted[0].shown).seconds) < 0.001, comment)
                if number < 4 || isLong {
                    let (decoded, complaints) = try Self.decoded(file.url.path)
                    #expect(decoded == wanted.count, comment)
                    #expect(complaints.isEmpty, comment)
                }
                if number < 8 || isLong {
                    let gst = try ArchiveFixture.run([
                        "gst-launch-1.0", "-q", "filesrc", "location=\(file.url.path)", "!", "qtdemux", "name=d",
                        "d.video_0", "!", "h264parse", "!", "fakesink",
                    ])
                    #expect(gst.status == 0, "\(gst.text)")
                }
            }
            if !inRange.isEmpty { #expect(delivered == inRange.count) }
            // Every tenth goes the whole way: asked for, made, proven.
            guard number % 10 == 9 else { continue }
            let job = try await world.export(world.request(.clip, from, to))
            guard !inRange.isEmpty else {
                #expect([.done, .failed].contains(job.state))
                continue
            }
            #expect(job.state == .done, "\(job.errorDetail ?? "")")
            let report = try EvidenceVerifier.verify(
                path: job.file?.name.hasSuffix(".zip") == true
                    ? world.path(job) : world.archive.exports.folder(job.id).path
            )
            #expect(report.isIntact, "\(report.findings)")
        }
    }

    @Test("a clip over a gap says where it jumps")
    func jumps() async throws {
        let world = try EvidenceWorld()
        try world.record(0, packets: 60, gap: .seconds(5))
        try world.record(0, packets: 60)
        try await world.archive.catchUp()
        let (from, to) = (world.from, world.to + .seconds(1))
        let found = try await world.archive.material("c", from, to)
        let plan = ClipPlan(
            segments: try Archive.stored(found.segments, world.fixture.layout),
            gaps: found.timeline.gaps,
            from: from,
            to: to
        )
        let content = try ClipMaker(folder: world.fixture.folder, isCancelled: { false }).content(of: plan)
        #expect(content.frameCount == 120)
        #expect(content.stretches.count == 2)
        let jump = try #require(content.stretches.last)
        let frame = 1001.0 / 24_000
        #expect(abs(jump.seconds - 60 * frame) < 4 * frame)
        #expect(abs((jump.from - content.stretches[0].to).seconds - 5) < 0.2)
        let clip = try await world.archive.clip(cameraId: "c", from: from, to: to)
        #expect(clip.omitted.contains { abs(($0.to - $0.from).seconds - 5) < 0.2 })
    }
}
