import Domain
import Foundation
import Recording
import Store
import Testing

@testable import Archive

@Suite("holds")
struct HoldTests {
    /// Segments of ten seconds from the fixture's time on, one of them missing.
    private static func recorded(_ fixture: ArchiveFixture, missing: Int? = nil) async throws -> WallTime {
        let start = fixture.clock.now()
        var batch = IndexBatch(node: "local")
        for index in 0..<6 where index != missing {
            batch.segments.append(
                Segment(
                    node: "local",
                    cameraId: "c",
                    path: "c/\(index)",
                    run: "r",
                    from: start + .seconds(index * 10),
                    to: start + .seconds(index * 10 + 10),
                    bytes: 100,
                    closed: true
                )
            )
        }
        _ = try await IndexRepository(fixture.database).apply(batch)
        fixture.clock.advance(by: .seconds(60))
        return start
    }

    @Test("say what of their range is there, what is gone and what they keep")
    func details() async throws {
        let fixture = try ArchiveFixture()
        let start = try await Self.recorded(fixture, missing: 2)
        func detail(_ from: Int, _ to: Int) async throws -> HoldDetail {
            let archive = fixture.archive
            let hold = try await archive.createHold(
                cameraId: "c",
                from: start + .seconds(from),
                to: start + .seconds(to),
                reason: "r",
                by: "m"
            )
            return try await archive.detail(of: hold)
        }
        let whole = try await detail(30, 60)
        #expect(whole.recorded == .all && whole.missing.isEmpty && whole.bytes == 300)
        let part = try await detail(5, 35)
        #expect(part.recorded == .part && part.bytes == 300)
        #expect(part.missing.map(\.reason) == [.deleted] && part.missingCount == 1)
        #expect(part.missing.first?.from == start + .seconds(20) && part.missing.first?.to == start + .seconds(30))
        let before = try await detail(-30, -20)
        #expect(before.recorded == .none && before.missing.map(\.reason) == [.notRecorded] && before.bytes == 0)
        // The part that is still to come isn't missing.
        let future = try await detail(50, 90)
        #expect(future.recorded == .all)
    }

    @Test("changed and released at the same time end the same in journal and table")
    func together() async throws {
        let fixture = try ArchiveFixture()
        let start = try await Self.recorded(fixture)
        let archive = fixture.archive
        let end = fixture.clock.now() + .seconds(3600)
        for number in 0..<20 {
            let hold = try await archive.createHold(
                cameraId: "c",
                from: start,
                to: end,
                reason: "r",
                by: "m",
                until: end
            )
            await withTaskGroup(of: Void.self) { group in
                for step in 1...4 {
                    group.addTask { _ = try? await archive.extendHold(id: hold.id, until: end + .seconds(step)) }
                }
                group.addTask { _ = try? await archive.releaseHold(id: hold.id, by: "m", reason: "done") }
            }
            let row = try await archive.hold(id: hold.id)
            let line = try #require(try HoldsJournal(layout: fixture.layout).load().first { $0.id == hold.id })
            #expect(row.releasedAt != nil && line.releasedAt == row.releasedAt, "try \(number)")
            #expect(line.until == row.until, "try \(number)")
        }
    }

    @Test("of several cameras are made at once, and can be made longer but not shorter")
    func extending() async throws {
        let fixture = try ArchiveFixture()
        let start = try await Self.recorded(fixture)
        let archive = fixture.archive
        let end = fixture.clock.now() + .seconds(3600)
        let holds = try await archive.createHolds(
            cameraIds: ["c", "d"],
            from: start,
            to: start + .seconds(20),
            reason: "accident",
            by: "m",
            until: end
        )
        #expect(holds.map(\.recorded) == [.all, .none] && holds.allSatisfy { $0.until == end && $0.state == .active })
        #expect(try HoldsJournal(layout: fixture.layout).load().map(\.until) == [end, end])
        let past = await #expect(throws: ArchiveError.self) {
            try await archive.createHold(cameraId: "c", from: start, to: end, reason: "r", by: "m", until: start)
        }
        #expect(past?.code == .invalidRange)
        let shorter = await #expect(throws: ArchiveError.self) {
            try await archive.extendHold(id: holds[0].id, until: end - .seconds(60))
        }
        #expect(shorter?.code == .invalidRange)
        #expect(try await archive.extendHold(id: holds[0].id, until: end + .seconds(60)).until == end + .seconds(60))
        #expect(try await archive.extendHold(id: holds[0].id, until: nil).until == nil)
        #expect(try HoldsJournal(layout: fixture.layout).load().map(\.until) == [nil, end])
        _ = try await archive.releaseHold(id: holds[1].id, by: "m", reason: "done")
        let released = await #expect(throws: ArchiveError.self) {
            try await archive.extendHold(id: holds[1].id, until: nil)
        }
        #expect(released?.code == .alreadyReleased)
    }

    @Test("end by themselves with a line in the journal that says so, and not before their time")
    func expiry() async throws {
        let fixture = try ArchiveFixture()
        let start = try await Self.recorded(fixture)
        let end = fixture.clock.now() + .seconds(100)
        let hold = try await fixture.archive.createHold(
            cameraId: "c",
            from: start,
            to: start + .seconds(20),
            reason: "r",
            by: "m",
            until: end
        )
        let keeper = fixture.archive.holdKeeper
        #expect(try await keeper.expire(now: end - .microseconds(1)) == 0)
        #expect(try await keeper.expire(now: end) == 1)
        #expect(try await keeper.expire(now: end) == 0)
        #expect(try await fixture.archive.hold(id: hold.id).state == .expired)
        let record = try #require(try HoldsJournal(layout: fixture.layout).load().first)
        #expect(record.releasedAt == end && record.releasedBy == "system")
        // A hold that somebody released is told from it.
        let other = try await fixture.archive.createHold(
            cameraId: "c",
            from: start,
            to: start + .seconds(20),
            reason: "r",
            by: "m",
            until: end + .seconds(9)
        )
        #expect(try await fixture.archive.releaseHold(id: other.id, by: "m", reason: "done").state == .released)
    }

    @Test("come back whole from holds.journal alone, lines of the first version too")
    func rebuilt() async throws {
        let fixture = try ArchiveFixture()
        let start = try await Self.recorded(fixture)
        let archive = fixture.archive
        let end = fixture.clock.now() + .seconds(100)
        _ = try await archive.createHold(
            cameraId: "c",
            from: start,
            to: end,
            reason: "a",
            by: "m",
            caseId: "k",
            until: end
        )
        let released = try await archive.createHold(
            cameraId: "c",
            from: start,
            to: end,
            reason: "b",
            by: "m",
            caseId: "k2"
        )
        _ = try await archive.releaseHold(id: released.id, by: "chief", reason: "closed")
        let old =
            #"{"by":"m","cameraId":"c","createdAt":"2026-11-23T10:00:00Z","from":"2026-11-23T09:00:00Z","id":"old","reason":"x","to":"2026-11-23T09:30:00Z"}"#
        let crc = String(Checksum.crc32(Array(old.utf8)), radix: 16)
        let line = String(repeating: "0", count: 8 - crc.count) + crc + " " + old + "\n"
        let journal = try FileHandle(forWritingTo: URL(filePath: fixture.layout.holdsJournal))
        try journal.seekToEnd()
        try journal.write(contentsOf: Data(line.utf8))
        try journal.close()
        let before = try await HoldRepository(fixture.database).active(orReleasedSince: .epoch)
        let empty = fixture.folder.appending(path: "empty")
        try FileManager.default.createDirectory(at: empty, withIntermediateDirectories: true)
        let database = try Store.Database(directory: empty)
        let restored = try await HoldKeeper(layout: fixture.layout, database: database).reconcile()
        #expect(restored.toTable == 3)
        let after = try await HoldRepository(database).active(orReleasedSince: .epoch)
        func facts(_ holds: [Hold]) -> [[String]] {
            holds.map { hold in
                [
                    hold.id, hold.caseId ?? "-", hold.until?.rfc3339 ?? "-", hold.releasedBy ?? "-",
                    hold.releaseReason ?? "-",
                ]
            }.sorted { $0[0] < $1[0] }
        }
        #expect(facts(after.filter { $0.id != "old" }) == facts(before))
        #expect(after.contains { $0.id == "old" && $0.until == nil && $0.releasedAt == nil })
    }
}
