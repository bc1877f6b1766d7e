import Domain
import Foundation
import Recording
import Store
import TestSupport
import Testing

@testable import Archive

private let clipName = "street_traffic_suburban.mp4"

@Suite("fsck", .enabled(if: SharedData.video(clipName) != nil))
struct FsckTests {
    /// A recording of some segments with a hold on the first, its index and nothing open.
    private static func recorded() async throws -> (fixture: ArchiveFixture, hold: Hold, paths: [String]) {
        let (info, packets) = try ArchiveFixture.packets(of: try #require(SharedData.video(clipName)))
        let fixture = try ArchiveFixture()
        let start = try fixture.record("c", info, packets, segmentSeconds: 5)
        try await fixture.archive.catchUp()
        let hold = try await fixture.archive.createHold(
            cameraId: "c",
            from: start + .seconds(1),
            to: start + .seconds(3),
            reason: "evidence",
            by: "monitor",
            caseId: "case",
            until: fixture.clock.now() + .seconds(90 * 86_400)
        )
        let paths = try await fixture.archive.segments.all(node: "local").map(\.path)
        try #require(paths.count >= 4)
        try fixture.database.close()
        return (fixture, hold, paths)
    }

    private static func remove(_ fixture: ArchiveFixture, _ isMeant: (String) -> Bool) throws {
        let files = FileManager.default
        for name in try #require(files.enumerator(atPath: fixture.folder.path)).compactMap({ $0 as? String })
        where isMeant(name) {
            try files.removeItem(at: fixture.folder.appending(path: name))
        }
    }

    /// Nobody has written to the files for a while.
    private static func age(_ fixture: ArchiveFixture, _ paths: [String]) {
        for path in paths {
            for suffix in [".mp4", ".journal"] {
                try? FileManager.default.setAttributes(
                    [.modificationDate: Date(timeIntervalSince1970: 1)],
                    ofItemAtPath: "\(fixture.layout.root)/\(path.dropLast(4))\(suffix)"
                )
            }
        }
    }

    @Test("a whole recording is clean to the last byte")
    func clean() async throws {
        let (fixture, _, paths) = try await Self.recorded()
        let report = try await Fsck.check(dataDirectory: fixture.folder, depth: .everything)
        #expect(report.isClean, "\(report)")
        #expect(report.files == paths.count && report.rows == paths.count && report.holds == 1 && report.cameras == 1)
        #expect(report.fragments > paths.count && report.bytes > 100_000)
    }

    @Test(
        "databases and journals are deleted, repair rebuilds, space gets short: the held bytes stay",
        arguments: [["db"], ["journal"], ["db", "journal"]]
    )
    func rebuilt(lost: [String]) async throws {
        let (fixture, hold, paths) = try await Self.recorded()
        try Self.remove(fixture) { name in
            (lost.contains("db") && (name.contains(".db") && !name.contains("/")))
                || (lost.contains("journal") && name.hasSuffix(".journal") && !name.hasSuffix("holds.journal"))
        }
        Self.age(fixture, paths)
        #expect(try await Fsck.check(dataDirectory: fixture.folder).isClean == false)
        let repaired = try await Fsck.repair(dataDirectory: fixture.folder, depth: .everything)
        #expect(repaired.isClean, "\(repaired)")
        #expect(repaired.rebuilt == paths.count)
        let database = try Store.Database(directory: fixture.folder)
        let restored = try #require(try await HoldRepository(database).find(hold.id))
        #expect(restored.until == hold.until && restored.caseId == "case" && restored.by == "monitor")
        // Ages ago, and a floor that nothing can reach: all goes but what is held.
        let clock = ManualClock(fixture.clock.now() + .seconds(60 * 86_400))
        let root = fixture.layout.root
        let service = RetentionService(
            dataDirectory: fixture.folder,
            database: database,
            clock: clock,
            planner: RetentionPlanner(
                policies: RetentionPolicies(recording: Domain.RecordingSettings(freeSpaceFloorBytes: .max / 2))
            ),
            delete: { _, paths in for path in paths { try? FileManager.default.removeItem(atPath: "\(root)/\(path)") } }
        )
        let plan = try await service.step()
        #expect(plan.exhausted)
        let left = try await SegmentRepository(database).all(node: "local")
        #expect(left.map(\.path) == [paths[0]])
        #expect(left.allSatisfy { FileManager.default.fileExists(atPath: "\(root)/\($0.path)") })
    }

    @Test("what is missing, strange or damaged is named, each by its own word")
    func findings() async throws {
        let (fixture, _, paths) = try await Self.recorded()
        let root = URL(filePath: fixture.layout.root)
        let stem = { (path: String) in String(path.dropLast(4)) }
        // The first loses its file, the second a byte in the middle, the third its end.
        try FileManager.default.removeItem(at: root.appending(path: paths[0]))
        let second = root.appending(path: paths[1])
        var bytes = try Data(contentsOf: second)
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: second)
        let third = root.appending(path: paths[2])
        try Data(contentsOf: third).dropLast(500).write(to: third)
        Self.age(fixture, paths)
        let quick = try await Fsck.check(dataDirectory: fixture.folder)
        #expect(quick.rowsWithoutFile == [paths[0]])
        #expect(quick.orphans == [stem(paths[0]) + ".journal"])
        #expect(quick.findings.contains { $0.kind == .missingBytes && $0.path == paths[2] })
        #expect(!quick.findings.contains { $0.path == paths[1] })
        let deep = try await Fsck.check(dataDirectory: fixture.folder, depth: .everything)
        let flipped = try #require(deep.findings.first { $0.kind == .changedBytes && $0.path == paths[1] })
        #expect((flipped.offset ?? .max) <= bytes.count / 2)
        #expect(deep.description.contains(paths[1]) && deep.description.contains("changedBytes"))
        // What has lost bytes can't be made whole, and repair doesn't say it was.
        let repaired = try await Fsck.repair(dataDirectory: fixture.folder, depth: .everything)
        #expect(!repaired.isClean && repaired.rowsWithoutFile.isEmpty && repaired.orphans.isEmpty)
        #expect(repaired.faults.contains { $0.kind == .changedBytes })
    }
}
