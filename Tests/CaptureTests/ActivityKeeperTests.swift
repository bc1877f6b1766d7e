import Domain
import Foundation
import Logging
import Recording
import Synchronization
import TestSupport
import Testing

@testable import Capture

/// Where something moved, beside the segments.
@Suite("Activity beside the segments") struct ActivityKeeperTests {
    /// A volume with segments that a test opens and closes.
    private final class World: Sendable {
        let folder = FileManager.default.temporaryDirectory.appending(path: "gw-\(UUID().uuidString)")
        let layout: RecordingLayout
        let clock = ManualClock()
        let keeper: ActivityKeeper

        init() {
            layout = RecordingLayout(dataDirectory: folder.path)
            let box = Latest()
            self.box = box
            keeper = ActivityKeeper(
                layout: layout,
                files: SystemFiles(),
                latest: { _ in box.value.withLock { $0 } },
                clock: clock,
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
        }

        deinit { try? FileManager.default.removeItem(at: folder) }

        private final class Latest: Sendable {
            let value = Mutex<(name: SegmentName, isOpen: Bool)?>(nil)
        }

        private let box: Latest

        @discardableResult
        func open() throws -> SegmentName {
            let name = SegmentName(startedAt: clock.now())
            let files = SystemFiles()
            try files.createDirectory(layout.dayFolder("cam", day: name.day))
            try files.open(layout.segment("cam", name)).append([1])
            box.value.withLock { $0 = (name, true) }
            keeper.keep()
            return name
        }

        func close() {
            box.value.withLock { $0?.isOpen = false }
            keeper.keep()
        }

        /// Looks for `seconds`, one window in ten of them, with a cell set in each.
        func watch(_ seconds: Int, column: Int) {
            for _ in 0..<(seconds / 10) {
                var grid = ActivityGrid()
                grid[column, 2] = true
                keeper.take("cam", ActivityWindow(from: clock.now(), milliseconds: 10_000, grid: grid))
                clock.advance(by: .seconds(10))
                keeper.keep()
            }
        }

        func lines(_ path: String) -> [ActivityLine] {
            ActivityLine.all(in: (try? SystemFiles().read(path, offset: 0, count: 1 << 20)) ?? [])
        }

        func windows(_ name: SegmentName) -> [ActivityWindow] {
            lines(layout.activity("cam", name)).compactMap { if case .window(let window) = $0 { window } else { nil } }
        }

        var summaries: [String: Int] {
            let day = RecordingLayout.day(of: clock.now())
            var found: [String: Int] = [:]
            for case .summary(let segment, let windows, _) in lines(
                layout.dayFolder("cam", day: day) + "/" + ActivityLine.dayFile
            ) { found[segment] = windows }
            return found
        }
    }

    @Test("windows lie with the segment that holds their beginning, also when they come late; then it is summed up")
    func segments() throws {
        let world = World()
        let first = try world.open()
        world.watch(50, column: 1)
        let late = ActivityWindow(
            from: world.clock.now() - .milliseconds(100),
            milliseconds: 10_000,
            grid: ActivityGrid()
        )
        let second = try world.open()
        world.keeper.take("cam", late)
        world.watch(20, column: 9)
        #expect(world.windows(first).count == 6)
        #expect(world.windows(first).last == late)
        #expect(world.windows(second).count == 2)
        #expect(world.summaries.isEmpty, "a late window may still come")
        world.watch(20, column: 9)
        #expect(world.summaries == [first.text: 6])
        world.keeper.take("cam", late)
        world.clock.advance(by: .seconds(60))
        world.keeper.keep()
        #expect(world.summaries == [first.text: 7], "a second line")
        world.close()
        world.clock.advance(by: .seconds(60))
        world.keeper.keep()
        #expect(world.summaries == [first.text: 7, second.text: 4])
        #expect(world.keeper.dropped == 0)
    }

    @Test("what no segment holds, is out of bounds, or lost its segment, is dropped and counted")
    func dropped() throws {
        let world = World()
        let before = ActivityWindow(from: world.clock.now() - .seconds(60), milliseconds: 10_000, grid: ActivityGrid())
        world.keeper.take("cam", before)
        world.keeper.keep()
        #expect(world.keeper.dropped == 1, "nothing is recorded yet")
        let name = try world.open()
        for wrong in [0, -1, 60_001, Int.max] {
            world.keeper.take("cam", ActivityWindow(from: world.clock.now(), milliseconds: wrong, grid: ActivityGrid()))
        }
        world.keeper.take("cam", before)
        world.keeper.keep()
        #expect(world.keeper.dropped == 6)
        world.close()
        world.clock.advance(by: .seconds(5))
        world.keeper.take("cam", ActivityWindow(from: world.clock.now(), milliseconds: 9, grid: ActivityGrid()))
        world.keeper.keep()
        #expect(world.keeper.dropped == 7, "the camera isn't recorded now")
        try world.open()
        try SystemFiles().remove(world.layout.segment("cam", SegmentName(startedAt: world.clock.now())))
        world.keeper.take("cam", ActivityWindow(from: world.clock.now(), milliseconds: 9, grid: ActivityGrid()))
        world.keeper.keep()
        #expect(world.keeper.dropped == 8, "no companion without its segment")
        #expect(world.windows(name).isEmpty)
    }

    @Test("a worker that says too much costs bounded memory: the oldest windows go")
    func bounded() throws {
        let world = World()
        for _ in 0..<(ActivityKeeper.queueLimit + 100) {
            world.keeper.take("cam", ActivityWindow(from: .epoch, milliseconds: 10, grid: ActivityGrid()))
        }
        #expect(world.keeper.dropped == 100)
    }

    @Test("lines are read back as they were written; torn and changed ones are left out")
    func lines() {
        var grid = ActivityGrid()
        grid[31, 17] = true
        let all: [ActivityLine] = [
            .window(
                ActivityWindow(from: WallTime(microseconds: 1_795_000_000_123_456), milliseconds: 9_876, grid: grid)
            ),
            .window(ActivityWindow(from: WallTime(microseconds: 5), milliseconds: 1, grid: ActivityGrid())),
            .summary(segment: "20261123T100000123Z-00", windows: 60, grid: grid),
        ]
        let bytes = all.flatMap(\.encoded)
        #expect(ActivityLine.all(in: bytes) == all)
        #expect(ActivityLine.all(in: bytes.dropLast(20)).count == 2)
        var random = SeededRandom(seed: 3)
        for _ in 0..<300 {
            var damaged = bytes
            let at = Int.random(in: 0..<damaged.count, using: &random)
            damaged[at] ^= UInt8(1) << UInt8.random(in: 0..<8, using: &random)
            let read = ActivityLine.all(in: damaged)
            #expect(read.allSatisfy(all.contains) && read.count >= 1)
        }
    }
}
