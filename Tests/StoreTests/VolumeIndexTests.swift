import Domain
import Foundation
import Testing

@testable import Store

@Suite("the index of several volumes")
struct VolumeIndexTests {
    private static let origin: Int64 = 1_795_428_000_000_000

    private static func at(_ seconds: Int64) -> WallTime { WallTime(microseconds: origin + seconds * 1_000_000) }

    private static func segment(_ camera: String, _ volume: String, _ from: Int64, bytes: Int64 = 10) -> Segment {
        Segment(
            node: "n",
            cameraId: camera,
            path: "\(volume == "main" ? "" : "@\(volume)/")\(camera)/\(100_000 + from)",
            run: "r",
            from: at(from),
            to: at(from + 10),
            bytes: bytes,
            closed: true
        )
    }

    private static func database() throws -> (Store.Database, URL) {
        let folder = FileManager.default.temporaryDirectory.appending(path: "gridwatch-store-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return (try Store.Database(directory: folder), folder)
    }

    @Test("what a camera takes on each volume follows its rows as they come, grow and go")
    func usage() async throws {
        let (database, folder) = try Self.database()
        defer { try? FileManager.default.removeItem(at: folder) }
        let (segments, usage) = (SegmentRepository(database), UsageRepository(database))
        try await segments.upsert([
            Self.segment("a", "main", 0), Self.segment("a", "b", 10), Self.segment("a", "b", 20),
        ])
        var grown = Self.segment("a", "b", 20, bytes: 35)
        grown.to = Self.at(40)
        try await segments.upsert([grown])
        #expect(
            try await usage.all(node: "n") == [
                VolumeUsage(cameraId: "a", volume: "b", bytes: 45, segments: 2),
                VolumeUsage(cameraId: "a", volume: "main", bytes: 10, segments: 1),
            ]
        )
        #expect(try await usage.recorded(cameraId: "a") == Self.at(0)..<Self.at(40))
        try await segments.delete(node: "n", paths: ["a/100000", grown.path])
        #expect(try await usage.all(node: "n") == [VolumeUsage(cameraId: "a", volume: "b", bytes: 10, segments: 1)])
        // What was recorded once is not forgotten with its rows.
        #expect(try await usage.recorded(cameraId: "a") == Self.at(0)..<Self.at(40))
        #expect(try await usage.recordedUntil(node: "n") == ["a": Self.at(40)])
        let rates = try await usage.recorded(node: "n", since: Self.at(5))
        #expect(rates == [RecordedVolume(cameraId: "a", volume: "b", bytes: 10, from: Self.at(10))])
    }

    @Test("a walk over the oldest of a volume goes on where it stood and sees no other volume")
    func walk() async throws {
        let (database, folder) = try Self.database()
        defer { try? FileManager.default.removeItem(at: folder) }
        let rows = (0..<10).map { Self.segment("a", $0 % 3 == 0 ? "b" : "main", Int64($0) * 10) }
        try await SegmentRepository(database).upsert(rows)
        let found = try await UsageRepository(database).scan(node: "n") { scan in
            var found: [String] = []
            var place = SegmentPlace(from: WallTime(microseconds: .min))
            while true {
                let next = try scan.oldest(cameraId: "a", volume: "main", after: place, limit: 2)
                guard let last = next.last else { return found }
                found += next.map(\.path)
                place = SegmentPlace(from: last.from, path: last.path)
            }
        }
        #expect(found == rows.filter { !$0.path.hasPrefix("@") }.map(\.path))
        let bytes = try await SegmentRepository(database).bytes(
            cameraId: "a",
            ranges: [Self.at(15)..<Self.at(25), Self.at(24)..<Self.at(31)]
        )
        #expect(bytes == 30)
    }

    @Test("windows find their segments and gaps wherever they begin, also rows that overlap", arguments: 0..<60)
    func windows(seed: UInt64) async throws {
        var random = SeededRandom(seed: seed)
        let (database, folder) = try Self.database()
        defer { try? FileManager.default.removeItem(at: folder) }
        var rows: [Segment] = []
        var gaps: [Gap] = []
        var time: Int64 = 0
        for index in 0..<40 {
            var row = Self.segment("a", index % 5 == 0 ? "b" : "main", time)
            let length = Int64.random(in: 1...600, using: &random)
            row.to = Self.at(time + length)
            rows.append(row)
            time += length
            if Int.random(in: 0..<3, using: &random) == 0 {
                let silence = Int64.random(in: 1...100_000, using: &random)
                gaps.append(
                    Gap(node: "n", cameraId: "a", from: Self.at(time), to: Self.at(time + silence), reason: .timeout)
                )
                time += silence
            } else if Int.random(in: 0..<8, using: &random) == 0 {
                time -= min(time, 20)
            }
        }
        gaps.append(Gap(node: "n", cameraId: "a", from: Self.at(time), to: nil, reason: .closed, laterReasons: [.disk]))
        var batch = IndexBatch(node: "n")
        (batch.segments, batch.gaps) = (rows, gaps)
        _ = try await IndexRepository(database).apply(batch)
        for _ in 0..<20 {
            let from = Self.at(.random(in: -100...(time + 100), using: &random))
            let to = from + .seconds(Int64.random(in: 1...10_000, using: &random))
            let found = try await SegmentRepository(database).overlapping(cameraId: "a", from: from, to: to)
            #expect(Set(found.map(\.path)) == Set(rows.filter { $0.from < to && $0.to > from }.map(\.path)))
            let spans = try await SegmentRepository(database).spans(cameraId: "a", from: from, to: to)
            #expect(spans.map(\.from) == found.map(\.from))
            let silent = try await GapRepository(database).overlapping(cameraId: "a", from: from, to: to)
            #expect(silent == gaps.filter { $0.from < to && ($0.to ?? to) > from })
        }
        #expect(try await GapRepository(database).open(node: "n").map(\.laterReasons) == [[.disk]])
    }
}
