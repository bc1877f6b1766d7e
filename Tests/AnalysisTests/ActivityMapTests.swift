import Domain
import Foundation
import FrameKernels
import Media
import TestSupport
import Testing

@testable import Analysis

/// Where something moved, in real clips and drawn scenes.
@Suite("Activity map") struct ActivityMapTests {
    private static let start = WallTime(microseconds: 1_800_000_000_000_000)

    /// Plays the key frames of a clip as the worker gets them.
    private func windows(
        _ clip: String,
        passes: Int = 1,
        rules: [ZoneRule] = []
    ) throws -> (windows: [ActivityWindow], boxes: [PictureBox], length: Double)? {
        guard let url = SharedData.video(clip) else {
            print("skipped: no shared clips here")
            return nil
        }
        var options = DemuxerOptions(loopFile: false)
        options.paceFile = false
        let zones = rules.isEmpty ? [] : [Zone(id: "all", polygon: SyntheticScene.everywhere, rules: rules)]
        let camera = CameraPipeline(camera: AnalysedCamera(id: "clip", zones: zones, activity: true))
        var packets: [Packet] = []
        let demuxer = try Demuxer(opening: "file:\(url.path)", options: options, cancellation: Cancellation())
        let info = demuxer.info
        reading: while true {
            switch try demuxer.next() {
            case .packet(let packet): packets.append(packet)
            case .parametersChanged: continue
            case .end: break reading
            }
        }
        let first = try #require(packets.first?.dtsTicks)
        let last = try #require(packets.last)
        let length = last.dtsTicks + max(1, last.durationTicks) - first
        camera.beginRun(codec: info.codec.rawValue, extradata: info.extradata, width: info.width, height: info.height)
        var statistics = WorkerStatistics()
        var replies: [WorkerReply] = []
        for pass in 0..<passes {
            for packet in packets where packet.isKey {
                let ticks = packet.ptsTicks - first + Int64(pass) * length
                let sampled = SampledPacket(
                    bytes: packet.bytes,
                    ticks: ticks,
                    at: WallTime(microseconds: Self.start.microseconds + ticks * 100 / 9),
                    isKey: true,
                    isWanted: true
                )
                replies += camera.take(sampled, &statistics).map(\.0)
            }
        }
        replies += camera.finish().map(\.0)
        var found: [ActivityWindow] = []
        var boxes: [PictureBox] = []
        for reply in replies {
            if case .activity(_, let window) = reply { found.append(window) }
            if case .observation(let observation) = reply, observation.phase == .begin { boxes.append(observation.box) }
        }
        return (found, boxes, Double(length) / 90_000)
    }

    private func picture(of windows: [ActivityWindow]) -> String {
        var counts = [Int](repeating: 0, count: ActivityGrid.columns * ActivityGrid.rows)
        for window in windows {
            for row in 0..<ActivityGrid.rows {
                for column in 0..<ActivityGrid.columns where window.grid[column, row] {
                    counts[row * ActivityGrid.columns + column] += 1
                }
            }
        }
        return (0..<ActivityGrid.rows).map { row in
            (0..<ActivityGrid.columns).map { column in
                let count = counts[row * ActivityGrid.columns + column]
                return count == 0 ? "." : count > 9 ? "#" : "\(count)"
            }.joined()
        }.joined(separator: "\n")
    }

    @Test("the corner where a backpack is set down has moved then, with and without rules")
    func backpack() throws {
        let clip = "abandoned_backpack_indoor_aboda.mp4"
        let rule = ZoneRule(kind: .stationary, afterSeconds: 10)
        guard let judged = try windows(clip, passes: 2, rules: [rule]), let plain = try windows(clip, passes: 2) else {
            return
        }
        print(picture(of: plain.windows))
        let box = try #require(judged.boxes.first)
        let corner = ActivityGrid(touching: box)
        // Set down at 11 s of 41, pushed over at 20 s.
        let times = plain.windows.filter { $0.grid.intersects(corner) }
            .map { ($0.from - Self.start).seconds.truncatingRemainder(dividingBy: plain.length) }
        #expect(times.contains { (5...25).contains($0) }, "\(times)")
        let union = plain.windows.reduce(into: ActivityGrid()) { $0.formUnion($1.grid) }
        // A rule takes what stands still into the background: a few cells of it differ.
        let withRule = judged.windows.reduce(into: ActivityGrid()) { $0.formUnion($1.grid) }
        #expect(union.countShared(with: withRule) * 10 >= max(union.count, withRule.count) * 8)
        #expect(union.count < 400, "not the whole picture: \(union.count)")
    }

    @Test(
        "parked cars, noise and night don't light up; what drives and walks there does",
        arguments: [
            ("street_traffic_suburban.mp4", 20, 330), ("parking_lot_daylight_15fps.mp4", 0, 120),
            ("night_carpark_lights.avi", 0, 60), ("night_ir_person_hevc.mp4", 1, 200),
        ]
    )
    func clips(_ clip: String, _ atLeast: Int, _ atMost: Int) throws {
        guard let played = try windows(clip, passes: clip.contains("hevc") ? 1 : 5) else { return }
        let union = played.windows.reduce(into: ActivityGrid()) { $0.formUnion($1.grid) }
        print("\(clip): \(union.count) of 576 cells in \(played.windows.count) windows\n\(picture(of: played.windows))")
        #expect(!played.windows.isEmpty)
        #expect((atLeast...atMost).contains(union.count))
    }

    @Test("windows end at full ten seconds, and never overlap")
    func windowTimes() {
        var collector = ActivityCollector()
        var moved = ActivityGrid()
        moved[3, 4] = true
        var found: [ActivityWindow] = []
        for second in [1, 3, 5, 12, 14, 45, 44, 50] {
            let grid = second == 5 ? moved : ActivityGrid()
            if let window = collector.add(grid, at: WallTime.epoch + .seconds(second)) { found.append(window) }
        }
        if let window = collector.flush() { found.append(window) }
        #expect(collector.flush() == nil)
        let seconds = found.map { [($0.from - .epoch).seconds, ($0.to - .epoch).seconds] }
        // A picture from before the window begins another one: the clock was set.
        #expect(seconds == [[1, 10], [12, 20], [45, 50], [44, 50], [50, 60]])
        #expect(found.map { $0.grid.count } == [1, 0, 0, 0, 0])
    }

    @Test("a change of light over the whole picture is no activity; a thing that passes is, where it passes")
    func light() {
        var scene = SyntheticScene([], activity: true)
        scene.show(for: 30)
        var cells = ActivityGrid()
        func look(_ scene: inout SyntheticScene, _ things: [SyntheticScene.Thing], _ seconds: Double) {
            for _ in 0..<Int(seconds / scene.step) {
                scene.show(things, for: scene.step)
                if let moved = scene.judge.moved { cells.formUnion(moved) }
            }
        }
        for shift in [10, 20, 15, 0] {
            scene.shift = shift
            look(&scene, [], 10)
        }
        scene.gain = 1.15
        look(&scene, [], 10)
        scene.gain = 1
        look(&scene, [], 10)
        #expect(cells.isEmpty, "\(cells.count) cells")
        // In the lower right quarter.
        for x in stride(from: 100, to: 140, by: 10) {
            look(&scene, [SyntheticScene.Thing(x: x, y: 60, width: 16, height: 16, level: 220)], scene.step)
        }
        #expect(cells.count > 5)
        let quarter = ActivityGrid(touching: PictureBox(x: 0.5, y: 0.5, width: 0.5, height: 0.5))
        #expect(cells.countShared(with: quarter) == cells.count)
    }

    @Test("grids are read back as they were written, and nothing else is read")
    func text() {
        var random = SeededRandom(seed: 7)
        for _ in 0..<200 {
            var grid = ActivityGrid()
            for _ in 0..<Int.random(in: 0...40, using: &random) {
                grid[Int.random(in: -1...32, using: &random), Int.random(in: -1...18, using: &random)] = true
            }
            #expect(ActivityGrid(text: grid.text) == grid)
            #expect(grid.text.count == (grid.isEmpty ? 1 : 144))
        }
        for wrong in ["", "0", String(repeating: "g", count: 144), String(repeating: "0", count: 143)] {
            #expect(ActivityGrid(text: wrong) == nil)
        }
        var corner = ActivityGrid()
        corner[0, 0] = true
        #expect(corner.text.hasPrefix("8") && corner.text.filter { $0 != "0" }.count == 1)
        #expect(ActivityGrid(touching: PictureBox(x: 0, y: 0, width: 1, height: 1)).count == 576)
        #expect(ActivityGrid(touching: PictureBox(x: 0.99, y: 0.99, width: 0, height: 0)).count == 1)
    }
}
