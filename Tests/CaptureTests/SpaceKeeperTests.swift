import Domain
import Foundation
import Logging
import Recording
import Testing

@testable import Capture

/// Which of a camera's newest segments may go.
@Suite("Newest segments") struct SpaceKeeperTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// What this process says of the segment.
        var isWriting: Bool?
        var hasClosingLine = false
        var age: Duration = .seconds(5)
        /// Seconds after the segment's start from which on a hold covers ten seconds.
        var heldAfter: Int?
        var goes: Bool
    }

    private static let cases = [
        Case(testDescription: "this process writes it", isWriting: true, goes: false),
        Case(testDescription: "this process ended it", isWriting: false, hasClosingLine: true, goes: true),
        Case(testDescription: "this process ended it on a full disk", isWriting: false, goes: true),
        Case(testDescription: "another process may write it", isWriting: nil, goes: false),
        Case(testDescription: "another process ended it", isWriting: nil, hasClosingLine: true, goes: true),
        Case(testDescription: "a process that died left it", isWriting: nil, age: .seconds(3700), goes: true),
        Case(
            testDescription: "ended and held",
            isWriting: false,
            hasClosingLine: true,
            heldAfter: 20,
            goes: false
        ),
        Case(
            testDescription: "ended before the hold",
            isWriting: false,
            hasClosingLine: true,
            heldAfter: 40,
            goes: true
        ),
        Case(testDescription: "of unknown end and held", isWriting: false, heldAfter: 4000, goes: false),
    ]

    @Test("go when nobody writes them and no hold touches them", arguments: cases)
    func newest(_ example: Case) throws {
        let data = FileManager.default.temporaryDirectory.appending(path: "gw-space-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: data) }
        let layout = RecordingLayout(dataDirectory: data.path)
        let files = SystemFiles()
        let start = SystemClock().now()
        let name = SegmentName(startedAt: start)
        try files.createDirectory(layout.dayFolder("cam", day: name.day))
        try files.create(layout.segment("cam", name)).append([UInt8](repeating: 1, count: 100))
        let hash = ContentHash(of: [1])
        let opened = SegmentOpened(
            cameraId: "cam",
            runId: "r",
            number: 0,
            startedAt: start,
            codec: "h264",
            codecString: "avc1.42c01e",
            width: 640,
            height: 352,
            initBytes: 100,
            initHash: hash,
            previousSegment: nil,
            previousHead: nil
        )
        let end = start + .seconds(30)
        let closed = SegmentClosed(cause: .rotated, endedAt: end, fragmentCount: 1, sizeBytes: 100, head: hash)
        let journal = try files.create(layout.journal("cam", name))
        try journal.append(JournalLine.encode(.segmentOpened(opened)))
        if example.hasClosingLine { try journal.append(JournalLine.encode(.segmentClosed(closed))) }
        if let after = example.heldAfter {
            let from = start + .seconds(after)
            let hold = HoldRecord(
                id: "h",
                cameraId: "cam",
                from: from,
                to: from + .seconds(10),
                reason: "",
                by: "x",
                createdAt: start
            )
            try HoldsJournal(layout: layout).append(hold)
        }
        let keeper = SpaceKeeper(
            layout: layout,
            files: files,
            logger: Logger(label: "space") { _ in SwiftLogNoOpLogHandler() },
            isWriting: { _, _ in example.isWriting },
            clock: ManualClock(start + example.age),
            onPaused: { _ in }
        )
        keeper.delete([layout.relativeSegment("cam", name)])
        keeper.keep()
        #expect((try files.size(layout.segment("cam", name)) == nil) == example.goes)
        #expect((try files.size(layout.journal("cam", name)) == nil) == example.goes)
    }

    @Test("a hold that comes while segments are being deleted keeps its segment")
    func heldMeanwhile() throws {
        let data = FileManager.default.temporaryDirectory.appending(path: "gw-space-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: data) }
        let (layout, files) = (RecordingLayout(dataDirectory: data.path), SystemFiles())
        try files.createDirectory(layout.root)
        let journal = HoldsJournal(layout: layout)
        let start = SystemClock().now()
        let segments = (0..<2).map { number in
            let from = start + .seconds(number * 60)
            return StoredSegment(
                cameraId: "cam",
                name: SegmentName(startedAt: from),
                from: from,
                to: from + .seconds(60)
            )
        }
        var view = try HoldsView(journal, layout, files)
        #expect(SpacePlan.deletable(segments, holds: view.holds).count == 2)
        #expect(try view.allows(segments[0]))
        let from = start + .seconds(70)
        try journal.append(
            HoldRecord(
                id: "h",
                cameraId: "cam",
                from: from,
                to: from + .seconds(1),
                reason: "r",
                by: "m",
                createdAt: start
            )
        )
        #expect(try !view.allows(segments[1]))
        #expect(try view.allows(segments[0]))
    }

    @Test("a full volume costs nothing on another one", arguments: ["main", "v1"])
    func fullElsewhere(full: String) throws {
        let data = FileManager.default.temporaryDirectory.appending(path: "gw-space-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: data) }
        let layout = RecordingLayout(dataDirectory: data.path)
        let files = SystemFiles()
        try files.createDirectory(data.appending(path: "b").path)
        try files.createDirectory(layout.root)
        try FileManager.default.createSymbolicLink(
            atPath: layout.volumeRoot("v1"),
            withDestinationPath: data.appending(path: "b").path
        )
        _ = try files.create(layout.volumeMarker("v1"))
        let start = SystemClock().now()
        let names = ["main", "v1"].map { SegmentName(startedAt: start, volume: $0) }
        for name in names {
            try files.createDirectory(layout.dayFolder("cam", day: name.day, volume: name.volume))
            try files.create(layout.segment("cam", name)).append([UInt8](repeating: 1, count: 100))
            _ = try files.create(layout.journal("cam", name))
        }
        let keeper = SpaceKeeper(
            layout: layout,
            files: files,
            logger: Logger(label: "space") { _ in SwiftLogNoOpLogHandler() },
            fullFailures: { [full: 1] },
            isWriting: { _, _ in false },
            clock: ManualClock(start + .seconds(5)),
            onPaused: { _ in }
        )
        keeper.keep()
        for name in names {
            #expect((try files.size(layout.segment("cam", name)) == nil) == (name.volume == full), "\(name.volume)")
        }
    }
}
