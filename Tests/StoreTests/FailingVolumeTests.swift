import Domain
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Store

@Suite("databases on volumes that fill up, fail and lose power", .serialized)
struct FailingVolumeTests {
    private static let origin: Int64 = 1_795_428_000_000_000

    /// What the index takes in at once: a segment of each of some cameras.
    ///
    /// - Parameter lasts: it is on the disk when it is taken in, as one that takes a row away; others may be lost with the
    ///   power and be taken in again.
    private static func batch(_ number: Int, cameras: Int = 40, lasts: Bool = true) -> IndexBatch {
        var batch = IndexBatch(node: "n")
        if lasts { batch.removed = ["none"] }
        for camera in 0..<cameras {
            let from = WallTime(microseconds: origin + Int64(number) * 600_000_000)
            let id = "cam\(camera)"
            batch.segments.append(
                Segment(
                    node: "n",
                    cameraId: id,
                    path: "\(id)/2026-11-23/\(100_000 + number)",
                    run: "run-\(number)-of-\(id)-that-has-a-long-name",
                    from: from,
                    to: from + .seconds(600),
                    bytes: 300_000_000,
                    closed: true
                )
            )
            batch.positions[id] = "{\"segment\":\"\(number)\"}"
        }
        return batch
    }

    private static func count(_ database: Store.Database) async throws -> Int {
        try await database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM segment") } ?? 0
    }

    private static func check(_ database: Store.Database) async throws -> String? {
        try await database.read { try String.fetchOne($0, sql: "PRAGMA integrity_check") }
    }

    /// Takes batches in until one fails.
    ///
    /// - Returns: how many came in, and what the failure was.
    private static func fill(_ index: IndexRepository, from first: Int) async -> (taken: Int, error: StoreError?) {
        for number in first..<first + 5000 {
            do {
                _ = try await index.apply(batch(number))
            } catch {
                return (number - first, error as? StoreError)
            }
        }
        return (5000, nil)
    }

    @Test("an index whose volume fills up says so, keeps what it has and goes on when there is room")
    func full() async throws {
        guard let volume = SmallVolume(megabytes: 16) else {
            print("skipped: mounting small volumes is not permitted here")
            return
        }
        let database = try Store.Database(directory: volume.folder)
        let index = IndexRepository(database)
        _ = try await index.apply(Self.batch(0))
        #expect(await database.outage(settling: .zero) == nil)
        try volume.fill(leaving: 300_000)
        let (taken, error) = await Self.fill(index, from: 1)
        #expect(error?.code == .diskFull && error?.isOutage == true, "\(String(describing: error))")
        #expect(error?.message.contains("free space") == true)
        #expect(try await Self.count(database) == (taken + 1) * 40, "nothing of the batch that failed was kept")
        #expect(await database.outage(settling: .seconds(60))?.code == .diskFull)
        // What is there can be read all the same.
        #expect(try await index.positions(node: "n")["cam7"] == "{\"segment\":\"\(taken)\"}")
        try volume.makeRoom()
        #expect(await database.outage(settling: .zero) == nil)
        _ = try await index.apply(Self.batch(taken + 1))
        #expect(try await Self.count(database) == (taken + 2) * 40)
        #expect(try await Self.check(database) == "ok")
        try database.close()
    }

    @Test("an index whose disk fails says so, claims nothing that isn't on it and goes on when it works again")
    func ioErrors() async throws {
        guard let volume = FailingVolume() else {
            print("skipped: mounting a loop device is not permitted here")
            return
        }
        let database = try Store.Database(directory: volume.folder)
        let index = IndexRepository(database)
        for number in 0..<20 { _ = try await index.apply(Self.batch(number)) }
        try volume.fail()
        let (taken, error) = await Self.fill(index, from: 20)
        #expect(error?.code == .io && error?.isOutage == true, "\(String(describing: error))")
        for _ in 0..<5 {
            await #expect(throws: StoreError.self) { try await index.apply(Self.batch(20 + taken)) }
        }
        #expect(await database.outage(settling: .zero)?.code == .io, "a small write fails as well")
        try volume.mend()
        #expect(await database.outage(settling: .zero) == nil)
        _ = try await index.apply(Self.batch(20 + taken))
        #expect(try await Self.count(database) == (21 + taken) * 40)
        #expect(try await Self.check(database) == "ok")
        try database.close()
        // What was said to be stored is on the disk itself.
        let again = try Store.Database(directory: volume.folder)
        #expect(try await Self.count(again) == (21 + taken) * 40)
        try again.close()
    }

    /// 1,000 under `GRIDWATCH_SOAK`.
    private static let instants = ProcessInfo.processInfo.environment["GRIDWATCH_SOAK"] == nil ? 60 : 1000

    /// The database's files as reading gives them.
    private static func files(_ folder: URL) throws -> (main: Data, log: Data) {
        try (
            Data(contentsOf: folder.appending(path: "gridwatch.db")),
            Data(contentsOf: folder.appending(path: "gridwatch.db-wal"))
        )
    }

    /// What a power cut may leave of a file: each sector as it was at the last sync, or as it was written since.
    private static func torn(_ synced: Data, _ written: Data, _ random: inout SeededRandom) -> Data {
        let sector = 512
        let reached = Int.random(in: 0...150, using: &random)
        var left = synced
        for start in stride(from: 0, to: written.count, by: sector) {
            let end = min(start + sector, written.count)
            let isSame = end <= synced.count && synced[start..<end] == written[start..<end]
            guard !isSame, Int.random(in: 0..<100, using: &random) < reached else { continue }
            if left.count < end { left.append(Data(count: end - left.count)) }
            left.replaceSubrange(start..<end, with: written[start..<end])
        }
        return left
    }

    @Test("after a power cut the database opens whole, with every row that was said to be stored")
    func powerLoss() async throws {
        var random = SeededRandom(seed: 7)
        let root = FileManager.default.temporaryDirectory.appending(path: "gw-power-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        let live = root.appending(path: "live")
        let left = root.appending(path: "left")
        for folder in [live, left] {
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        }
        let database = try Store.Database(directory: live)
        let index = IndexRepository(database)
        var number = 0
        var kept = 0
        for instant in 0..<Self.instants {
            let batches = Int.random(in: 1...4, using: &random)
            for batch in 1...batches {
                _ = try await index.apply(Self.batch(number, cameras: 8, lasts: batch == batches))
                number += 1
            }
            // The last one is synced when it is taken in, and all before it with it.
            let synced = try Self.files(live)
            let acknowledged = number
            let image: (main: Data, log: Data)
            switch instant % 3 {
            case 0:
                // While the next ones are written to the log.
                for _ in 0..<Int.random(in: 1...2, using: &random) {
                    _ = try await index.apply(Self.batch(number, cameras: 8, lasts: false))
                    number += 1
                }
                let now = try Self.files(live)
                // Only the log, unless its pages were moved meanwhile: then it was synced before that.
                image =
                    now.main == synced.main
                    ? (synced.main, Self.torn(synced.log, now.log, &random)) : (now.main, now.log)
            case 1:
                // While the log's pages are moved into the file.
                _ = try await database.pool.writeWithoutTransaction { try $0.checkpoint(.passive) }
                let now = try Self.files(live)
                image = (Self.torn(synced.main, now.main, &random), synced.log)
            default:
                // While the log begins anew, after its pages were moved and synced.
                _ = try await database.pool.writeWithoutTransaction { try $0.checkpoint(.passive) }
                let moved = try Self.files(live)
                _ = try await index.apply(Self.batch(number, cameras: 8))
                number += 1
                image = (moved.main, Self.torn(moved.log, try Self.files(live).log, &random))
            }
            for name in ["gridwatch.db", "gridwatch.db-wal", "gridwatch.db-shm"] {
                try? FileManager.default.removeItem(at: left.appending(path: name))
            }
            try image.main.write(to: left.appending(path: "gridwatch.db"))
            try image.log.write(to: left.appending(path: "gridwatch.db-wal"))
            let opened = try Store.Database(directory: left)
            let rows = try await Self.count(opened)
            #expect(rows >= acknowledged * 8 && rows % 8 == 0, "instant \(instant): \(rows) of \(acknowledged * 8)")
            #expect(try await Self.check(opened) == "ok", "instant \(instant)")
            let position = try await IndexRepository(opened).positions(node: "n")["cam0"]
            #expect(position == "{\"segment\":\"\(rows / 8 - 1)\"}", "the position goes with the rows")
            if rows / 8 > acknowledged { kept += 1 }
            _ = try await IndexRepository(opened).apply(Self.batch(rows / 8, cameras: 8))
            try opened.close()
        }
        print("\(Self.instants) power cuts: all rows that were stored, in \(kept) those being written too")
        #expect(kept > 0 && kept < Self.instants, "some commits were cut, some had reached the disk")
        try database.close()
    }
}
