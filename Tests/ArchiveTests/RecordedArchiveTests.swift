import Domain
import Foundation
import Media
import Recording
import Store
import Synchronization
import TestSupport
import Testing

@testable import Archive

private let clipName = "street_traffic_suburban.mp4"

@Suite("the archive over a real recording", .enabled(if: SharedData.video(clipName) != nil, "no shared clips here"))
struct RecordedArchiveTests {
    /// Decodes without ffmpeg's own rounding of times to a constant rate, about which it complains for the source too.
    private static func decode(_ file: ClipFile) -> [String] {
        [
            "ffmpeg", "-v", "error", "-i", file.url.path, "-fps_mode", "passthrough", "-enc_time_base", "1/90000",
            "-f", "null", "-",
        ]
    }

    private func clip() throws -> (info: StreamInfo, packets: [Packet]) {
        try ArchiveFixture.packets(of: try #require(SharedData.video(clipName)))
    }

    @Test("the index follows the journals, and a second look changes nothing")
    func index() async throws {
        let (info, packets) = try clip()
        let gaps = Mutex<[Gap]>([])
        let fixture = try ArchiveFixture(hooks: ArchiveHooks { gap in gaps.withLock { $0.append(gap) } })
        let start = try fixture.record("c", info, packets, segmentSeconds: 10)
        try await fixture.archive.catchUp()
        let rows = try await fixture.archive.segments.all(node: "local")
        #expect(rows.count == 4)
        #expect(rows.allSatisfy { $0.closed && $0.head != nil && $0.fragments > 0 })
        #expect(Set(rows.map(\.run)).count == 1)
        #expect(rows.first?.from == start)
        for (row, next) in zip(rows, rows.dropFirst()) { #expect(row.head == next.previousHead) }
        for row in rows {
            #expect(RecordingFileReader.size("\(fixture.layout.root)/\(row.path)") == Int(row.bytes))
        }
        let announced = gaps.withLock { $0 }
        #expect(announced.last?.reason == .closed)
        #expect(announced.last?.to == nil)
        try await fixture.archive.catchUp()
        #expect(try await fixture.archive.segments.all(node: "local") == rows)
        #expect(gaps.withLock { $0 } == announced)
        #expect(try await fixture.archive.recordedFrom(cameraId: "c") == start)
    }

    @Test("an index that is followed in steps while recording goes on equals one built at the end")
    func resumes() async throws {
        let (info, packets) = try clip()
        let fixture = try ArchiveFixture()
        for part in 0..<3 {
            try fixture.record("c", info, packets, segmentSeconds: 7, endReason: part == 1 ? nil : .timeout)
            fixture.clock.advance(by: .seconds(20))
            try await fixture.archive.catchUp()
        }
        let stepwise = try await fixture.archive.segments.all(node: "local")
        let window = (try #require(stepwise.first).from - .seconds(5), fixture.clock.now())
        let before = try await fixture.archive.timeline(cameraId: "c", from: window.0, to: window.1)
        try await IndexRepository(fixture.database).clear(node: "local")
        try await fixture.archive.catchUp()
        #expect(try await fixture.archive.segments.all(node: "local") == stepwise)
        #expect(try await fixture.archive.timeline(cameraId: "c", from: window.0, to: window.1) == before)
        #expect(before.runs.count == 3)
        #expect(before.gaps.count == 4)
    }

    @Test("deleting databases and journals loses nothing: repair rebuilds rows and holds from the files")
    func repairs() async throws {
        let (info, packets) = try clip()
        let fixture = try ArchiveFixture()
        let start = try fixture.record("c", info, packets, segmentSeconds: 10)
        try await fixture.archive.catchUp()
        let rows = try await fixture.archive.segments.all(node: "local")
        let hold = try await fixture.archive.createHold(
            cameraId: "c",
            from: start,
            to: start + .seconds(5),
            reason: "evidence",
            by: "monitor"
        )
        try fixture.database.close()
        let clean = try await Fsck.check(dataDirectory: fixture.folder)
        #expect(clean.isClean, "\(clean)")
        #expect(clean.files == rows.count)

        let files = FileManager.default
        for name in ["gridwatch.db", "gridwatch.db-wal", "gridwatch.db-shm"] {
            try? files.removeItem(at: fixture.folder.appending(path: name))
        }
        let recordings = fixture.folder.appending(path: "recordings/c")
        let names = try #require(files.enumerator(atPath: recordings.path)).compactMap { $0 as? String }
        for name in names where name.hasSuffix(".journal") {
            try files.removeItem(at: recordings.appending(path: name))
        }

        let broken = try await Fsck.check(dataDirectory: fixture.folder)
        #expect(!broken.isClean)
        #expect(broken.filesWithoutRow.count == rows.count)
        #expect(broken.holdsMissingInTable == 1)
        _ = try await Fsck.repair(dataDirectory: fixture.folder)
        #expect(try await Fsck.check(dataDirectory: fixture.folder).isClean)
        let database = try Store.Database(directory: fixture.folder)
        let rebuilt = try await SegmentRepository(database).all(node: "local")
        #expect(rebuilt.map(\.path) == rows.map(\.path))
        #expect(rebuilt.map(\.run) == rows.map(\.run))
        for (new, old) in zip(rebuilt, rows) {
            #expect(abs((new.from - old.from).seconds) < 0.001)
            #expect(abs((new.to - old.to).seconds) < 0.05)
            #expect(new.bytes == old.bytes)
        }
        #expect(try await HoldRepository(database).find(hold.id)?.reason == "evidence")
    }

    @Test("the check passes over what still grows, and only over that")
    func checksBesideServe() async throws {
        let (info, packets) = try clip()
        let fixture = try ArchiveFixture()
        try fixture.record("c", info, packets, segmentSeconds: 10)
        try await fixture.archive.catchUp()
        let segments = fixture.archive.segments
        let last = try #require(try await segments.all(node: "local").last)
        var behind = last
        behind.bytes -= 1000
        behind.to = behind.to - .seconds(2)
        var fresh = last
        fresh.path = "c/2026-11-23/20261123T235959.999999Z.mp4"
        for closed in [false, true] {
            behind.closed = closed
            fresh.closed = closed
            try await segments.upsert([behind, fresh])
            let report = try await Fsck.check(dataDirectory: fixture.folder)
            #expect(report.isClean == !closed)
            #expect(report.differing == (closed ? [last.path] : []))
            #expect(report.rowsWithoutFile == (closed ? [fresh.path] : []))
        }
    }

    @Test("playback gives every recorded packet once, in order, and says where the gaps are")
    func playback() async throws {
        let (info, packets) = try clip()
        let fixture = try ArchiveFixture()
        let start = try fixture.record("c", info, packets, segmentSeconds: 10)
        fixture.clock.advance(by: .seconds(9))
        try fixture.record("c", info, packets, segmentSeconds: 10)
        try await fixture.archive.catchUp()
        var bytes: [[UInt8]] = []
        var kinds: [String] = []
        var lastAt: WallTime?
        for try await frame in try fixture.archive.playback(cameraId: "c", from: start, to: fixture.clock.now()) {
            switch frame.message {
            case .initialisation(_, _, let mime, _, let width, let height):
                kinds.append("init")
                #expect(mime == "video/mp4; codecs=\"\(info.codecString)\"")
                #expect(width == info.width && height == info.height)
                #expect(try FragmentParser.initSegment(frame.payload)?.stream.extradata == info.extradata)
            case .fragment(_, _, let at, let tfdt, let duration, _, let key):
                let fragment = try #require(try FragmentParser.fragment(frame.payload))
                #expect(fragment.baseDecodeTicks == tfdt && fragment.durationTicks == duration)
                #expect(fragment.startsWithKey == key)
                if let lastAt { #expect(at > lastAt) }
                lastAt = at
                bytes += fragment.samples.map { Array(frame.payload[$0.offset..<$0.offset + $0.size]) }
            case .gap(_, let from, let to, let reason):
                kinds.append("gap")
                #expect(abs((to - from).seconds - 9) < 0.3)
                #expect(reason == .closed)
            case .end: kinds.append("end")
            default: Issue.record("unexpected \(frame.message)")
            }
        }
        #expect(kinds == ["init", "gap", "init", "end"])
        #expect(bytes == (packets + packets).map(\.bytes))
    }

    @Test("playback begins at the key frame at or before the start and survives files that vanish")
    func playbackRange() async throws {
        let (info, packets) = try clip()
        let fixture = try ArchiveFixture()
        let start = try fixture.record("c", info, packets, segmentSeconds: 10)
        try await fixture.archive.catchUp()
        let from = start + .milliseconds(5300)
        let stream = try fixture.archive.playback(cameraId: "c", from: from, to: start + .seconds(30))
        var first: WallTime?
        var count = 0
        var ended = false
        for try await frame in stream {
            if case .end = frame.message { ended = true }
            guard case .fragment(_, _, let at, _, _, _, let key) = frame.message else { continue }
            if first == nil {
                #expect(key)
                #expect(at <= from && from - at < .seconds(2.1))
                first = at
                for row in try await fixture.archive.segments.all(node: "local").dropFirst() {
                    try FileManager.default.removeItem(atPath: "\(fixture.layout.root)/\(row.path)")
                }
            }
            #expect(at < start + .seconds(12))
            count += 1
        }
        #expect(ended)
        #expect(count > 8)
    }

    @Test(
        "a clip is exact to a frame, decodes without a word and is one stream over segments",
        arguments: [(0.0, 37.0), (3.3, 4.1), (5.5, 25.7), (9.9, 10.3), (30.0, 60.0)]
    )
    func clips(from: Double, to: Double) async throws {
        let (info, packets) = try clip()
        let fixture = try ArchiveFixture()
        let start = try fixture.record("c", info, packets, segmentSeconds: 10)
        fixture.clock.advance(by: .seconds(60))
        try await fixture.archive.catchUp()
        let file = try await fixture.archive.clip(
            cameraId: "c",
            from: start + .seconds(from),
            to: start + .seconds(to)
        )
        let media = Double(packets.reduce(0) { $0 + $1.durationTicks }) / 90_000
        let expected = min(to, media) - from
        #expect(abs((file.to - file.from).seconds - expected) < 0.05)
        let duration = try ArchiveFixture.run([
            "ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", file.url.path,
        ])
        let seconds = Double(duration.text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? -1
        #expect(abs(seconds - expected) < 0.05, "\(duration.text)")
        let decoded = try ArchiveFixture.run(Self.decode(file))
        #expect(decoded.status == 0 && decoded.text.isEmpty, "\(decoded.text)")
        let frames = try ArchiveFixture.run([
            "ffprobe", "-v", "error", "-count_frames", "-select_streams", "v", "-show_entries", "stream=nb_read_frames",
            "-of", "csv=p=0", file.url.path,
        ])
        let count = Int(frames.text.trimmingCharacters(in: .whitespacesAndNewlines).prefix { $0.isNumber }) ?? -1
        #expect(abs(count - Int((expected * 24.01).rounded())) <= 2, "\(frames.text)")
        #expect(file.omitted.isEmpty == (to < media))
        let streamed = try Data(contentsOf: file.url).count
        #expect(streamed == file.bytes)
        #expect(streamed == RecordingFileReader.size(file.url.path))
    }

    @Test(
        "clips of other codecs, sizes and frame orders are exact too",
        arguments: ["night_ir_person_hevc.mp4", "abandoned_backpack_indoor_aboda.mp4", "tamper_cover_bubblewrap.mp4"]
    )
    func otherClips(name: String) async throws {
        let (info, packets) = try ArchiveFixture.packets(of: try #require(SharedData.video(name)))
        let fixture = try ArchiveFixture()
        let start = try fixture.record("c", info, packets.prefix(120))
        fixture.clock.advance(by: .seconds(60))
        try await fixture.archive.catchUp()
        let file = try await fixture.archive.clip(
            cameraId: "c",
            from: start + .milliseconds(1300),
            to: start + .milliseconds(3200)
        )
        let duration = try ArchiveFixture.run([
            "ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", file.url.path,
        ])
        let seconds = Double(duration.text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? -1
        #expect(abs(seconds - 1.9) < 0.05, "\(duration.text)")
        let decoded = try ArchiveFixture.run(Self.decode(file))
        #expect(decoded.status == 0 && decoded.text.isEmpty, "\(decoded.text)")
    }

    @Test("a clip over a gap joins both sides and reports what is missing; without recording there is none")
    func clipOverGap() async throws {
        let (info, packets) = try clip()
        let fixture = try ArchiveFixture()
        let start = try fixture.record("c", info, packets)
        fixture.clock.advance(by: .seconds(10))
        try fixture.record("c", info, packets)
        try await fixture.archive.catchUp()
        let file = try await fixture.archive.clip(
            cameraId: "c",
            from: start + .seconds(30),
            to: start + .seconds(60)
        )
        #expect(file.omitted.count == 1)
        #expect(abs((file.omitted.first.map { $0.to - $0.from } ?? .zero).seconds - 10) < 0.5)
        let decoded = try ArchiveFixture.run(Self.decode(file))
        #expect(decoded.status == 0 && decoded.text.isEmpty, "\(decoded.text)")
        let path = file.url.path
        let error = await #expect(throws: ArchiveError.self) {
            try await fixture.archive.clip(cameraId: "c", from: start - .seconds(60), to: start - .seconds(30))
        }
        #expect(error?.code == .nothingRecorded)
        #expect(RecordingFileReader.size(path) == file.bytes)
    }

    @Test("holds are in the journal before they are acknowledged, survive the database and are released once")
    func holds() async throws {
        let (info, packets) = try clip()
        let fixture = try ArchiveFixture()
        let start = try fixture.record("c", info, packets)
        try await fixture.archive.catchUp()
        let archive = fixture.archive
        let shares = try await [
            archive.createHold(cameraId: "c", from: start, to: start + .seconds(9), reason: "r", by: "m", caseId: "k"),
            archive.createHold(
                cameraId: "c",
                from: start + .seconds(30),
                to: start + .seconds(60),
                reason: "r",
                by: "m"
            ),
            archive.createHold(
                cameraId: "c",
                from: start - .seconds(30),
                to: start - .seconds(9),
                reason: "r",
                by: "m"
            ),
        ]
        #expect(shares.map(\.recorded) == [.all, .all, .none])
        #expect(try HoldsJournal(layout: fixture.layout).load().map(\.id).sorted() == shares.map(\.id).sorted())
        let released = try await archive.releaseHold(id: shares[0].id, by: "admin", reason: "done")
        #expect(released.releasedBy == "admin" && released.caseId == "k")
        let again = await #expect(throws: ArchiveError.self) {
            try await archive.releaseHold(id: shares[0].id, by: "admin", reason: "done")
        }
        #expect(again?.code == .alreadyReleased)
        let record = try #require(try HoldsJournal(layout: fixture.layout).load().first { $0.id == shares[0].id })
        #expect(record.releasedAt != nil)
        // A mark that promises a hold has one.
        let bookmark = try await archive.createBookmark(
            cameraId: "c",
            from: start,
            to: start + .seconds(2),
            title: "bag",
            hold: true,
            by: "m"
        )
        let hold = try await archive.hold(id: try #require(bookmark.holdId))
        #expect(hold.reason == "bag" && hold.releasedAt == nil)
        #expect(try await HoldRepository(fixture.database).active().count == 3)
    }
}
