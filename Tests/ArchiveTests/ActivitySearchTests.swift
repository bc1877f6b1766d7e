import Domain
import Foundation
import Recording
import Store
import TestSupport
import Testing

@testable import Archive

/// When anything moved in a corner, over days.
@Suite("Activity search") struct ActivitySearchTests {
    private static let segmentSeconds = 600

    /// Ten-minute segments of one camera with a window every ten seconds: something always moves at the left edge, and in
    /// the lower right corner for two minutes of every tenth segment.
    private func fill(_ fixture: ArchiveFixture, days: Int, summaries: Bool = true) async throws -> [Segment] {
        let files = SystemFiles()
        var rows: [Segment] = []
        var left = ActivityGrid()
        for row in 4..<14 { left[row % 3, row] = true }
        var corner = left
        corner[30, 16] = true
        let start = fixture.clock.now() - .seconds(days * 86_400)
        for number in 0..<(days * 86_400 / Self.segmentSeconds) {
            let from = start + .seconds(number * Self.segmentSeconds)
            let name = SegmentName(startedAt: from)
            try files.createDirectory(fixture.layout.dayFolder("cam", day: name.day))
            let moves = number % 10 == 5
            var lines: [UInt8] = []
            for window in 0..<(Self.segmentSeconds / 10) {
                let grid = moves && (6..<18).contains(window) ? corner : left
                let line = ActivityWindow(from: from + .seconds(window * 10), milliseconds: 10_000, grid: grid)
                lines += ActivityLine.window(line).encoded
            }
            try files.open(fixture.layout.activity("cam", name)).append(lines)
            if summaries {
                let line = ActivityLine.summary(segment: name.text, windows: 60, grid: moves ? corner : left)
                let folder = fixture.layout.dayFolder("cam", day: name.day)
                try files.open("\(folder)/\(ActivityLine.dayFile)").append(line.encoded)
            }
            rows.append(
                Segment(
                    node: "local",
                    cameraId: "cam",
                    path: fixture.layout.relativeSegment("cam", name),
                    run: "r",
                    from: from,
                    to: from + .seconds(Self.segmentSeconds),
                    closed: true
                )
            )
        }
        try await SegmentRepository(fixture.database).upsert(rows)
        return rows
    }

    @Test("thirty days of a corner are searched in their summaries; what moved is found to ten seconds")
    func month() async throws {
        let fixture = try ArchiveFixture()
        let rows = try await fill(fixture, days: 30)
        let (from, to) = (fixture.clock.now() - .seconds(30 * 86_400), fixture.clock.now())
        let corner = PictureBox(x: 0.9, y: 0.9, width: 0.1, height: 0.1)
        let clock = ContinuousClock()
        var spans: [ActivitySpan] = []
        let took = try await clock.measure {
            spans = try await fixture.archive.activity(cameraId: "cam", from: from, to: to, region: corner)
        }
        print("30 days, \(rows.count) segments, a corner that moved in a tenth of them: \(took)")
        #expect(spans.count == rows.count / 10)
        #expect(spans.first?.from == rows[5].from + .seconds(60))
        #expect(spans.first?.to == rows[5].from + .seconds(180))
        #expect(spans.allSatisfy { $0.share > 0 && $0.share <= 1 })
        let nothing = PictureBox(x: 0.5, y: 0.1, width: 0.1, height: 0.1)
        let quick = try await clock.measure {
            spans = try await fixture.archive.activity(cameraId: "cam", from: from, to: to, region: nothing)
        }
        print("a corner that never moved: \(quick)")
        #expect(spans.isEmpty)
    }

    @Test("everywhere, always moving: one span; the map counts windows; ranges are cut to what was asked")
    func everywhere() async throws {
        let fixture = try ArchiveFixture()
        let rows = try await fill(fixture, days: 1)
        let from = rows[5].from + .seconds(65)
        let to = rows[5].from + .seconds(125)
        let spans = try await fixture.archive.activity(cameraId: "cam", from: from, to: to, region: nil)
        #expect(spans.map(\.from) == [from] && spans.map(\.to) == [to])
        let map = try await fixture.archive.activityMap(cameraId: "cam", from: rows[0].from, to: rows[20].from)
        #expect(map.windows == 20 * 60)
        #expect(map.counts.count == 576)
        #expect(map.counts[16 * 32 + 30] == 2 * 12)
        #expect(map.counts[4 * 32 + 1] == 20 * 60)
        #expect(try await fixture.archive.activity(cameraId: "other", from: from, to: to, region: nil).isEmpty)
        await #expect(throws: ArchiveError.self) {
            try await fixture.archive.activity(cameraId: "cam", from: to, to: from, region: nil)
        }
    }

    @Test("without summaries, and with damaged ones, the segments themselves are read; deleted segments say nothing")
    func damaged() async throws {
        let fixture = try ArchiveFixture()
        let rows = try await fill(fixture, days: 1, summaries: false)
        let corner = PictureBox(x: 0.9, y: 0.9, width: 0.1, height: 0.1)
        let (from, to) = (fixture.clock.now() - .seconds(86_400), fixture.clock.now())
        func count() async throws -> Int {
            try await fixture.archive.activity(cameraId: "cam", from: from, to: to, region: corner).count
        }
        #expect(try await count() == 14)
        let (_, name) = try #require(RecordingLayout.parse(relativeSegment: rows[5].path))
        let folder = fixture.layout.dayFolder("cam", day: name.day)
        let torn = ActivityLine.summary(segment: name.text, windows: 60, grid: ActivityGrid()).encoded.dropLast(30)
        try SystemFiles().open("\(folder)/\(ActivityLine.dayFile)").append(Array(torn))
        #expect(try await count() == 14)
        try SystemFiles().remove(fixture.layout.activity("cam", name))
        #expect(try await count() == 13)
        try await SegmentRepository(fixture.database).delete(node: "local", paths: [rows[15].path])
        #expect(try await count() == 12)
    }
}
