import Domain
import Foundation
import GRDB
import Testing

@testable import Store

/// A database that was filled before cases had a course.
@Suite("cases of older databases")
struct CaseMigrationTests {
    private static let id = "01936d2c-7b00-7000-8000-000000000001"

    /// The log of an older version, its bytes as they were stored.
    private static let log = [
        (
            #"{"action":"open","at":"2026-11-23T02:00:00Z","by":"system","caseId":"ID","data":{"address":"海陵路","alarmId":"a1","cell":"321202001001001","channel":"sensor","class":"E-05-06","dueAt":"2026-11-23T04:00:00Z","happenedAt":"2026-11-23T02:00:00Z","level":1,"limit":{"unit":"urgentHour","value":2},"number":"20261123-0001","position":{"lat":32.4912,"lon":119.9234},"unit":"drainage"},"seq":1,"to":"filed"}"#,
            "h1"
        ),
        (
            #"{"action":"dispatch","at":"2026-11-23T02:10:00Z","by":"pai","caseId":"ID","data":{"unit":"gas"},"from":"filed","role":"dispatcher","seq":2,"to":"dispatched"}"#,
            "h2"
        ),
        (
            #"{"action":"return","at":"2026-11-23T02:20:00Z","by":"of-gas","caseId":"ID","data":{"reason":"not ours"},"from":"dispatched","role":"unit","seq":3,"to":"filed"}"#,
            "h3"
        ),
    ].map { ($0.0.replacing("ID", with: id), $0.1) }

    private static let body =
        #"{"address":"海陵路","alarmIds":["a1"],"cell":"321202001001001","channel":"sensor","classCode":"E-05-06","clips":[],"dueAt":"2026-11-23T04:00:00Z","id":"ID","lastAt":"2026-11-23T02:00:00Z","level":1,"limit":{"unit":"urgentHour","value":2},"number":"20261123-0001","openedAt":"2026-11-23T02:00:00Z","position":{"lat":32.4912,"lon":119.9234},"snapshots":[],"state":"filed","unit":"gas"}"#
        .replacing("ID", with: id)

    private func older(
        _ folder: TemporaryFolder,
        than name: String = "0031-case-course",
        damaged: Bool = false
    ) async throws {
        let before = Migrations.gridwatch.prefix { $0.name != name }
        let database = try Database(file: folder.url.appending(path: "gridwatch.db"), migrations: Array(before))
        try await database.write { connection in
            try connection.execute(
                sql: """
                    INSERT INTO caseFile (id, number, state, isOpen, class, unit, cell, lat, lon, openedAt, dueAt, lastAt,
                        searched, seq, hash, body)
                    VALUES (?, '20261123-0001', 'filed', 1, 'E-05-06', 'gas', '321202001001001', 32.4912, 119.9234,
                        1795399200000000, 1795406400000000, 1795399200000000, '海陵路', 3, 'h3', ?)
                    """,
                arguments: [Self.id, Self.body]
            )
            for (index, (entry, hash)) in Self.log.enumerated() {
                try connection.execute(
                    sql: "INSERT INTO caseLog (caseId, seq, entry, hash) VALUES (?, ?, ?, ?)",
                    arguments: [Self.id, index + 1, damaged && index == 1 ? "{}" : entry, hash]
                )
            }
        }
        try database.close()
    }

    @Test("the log stays byte for byte, and the row gains what the log has always said")
    func projectedAgain() async throws {
        let folder = try TemporaryFolder()
        try await older(folder)
        let database = try Database(directory: folder.url)
        let repository = CaseRepository(database)
        let (stored, entries) = try #require(try await repository.log(Self.id))
        #expect(entries.map(\.entry) == Self.log.map(\.0))
        #expect(stored.seq == 3 && stored.hash == "h3")
        #expect(stored.value.course.returns == 1)
        #expect(stored.value.course.duties == ["pai": .command, "of-gas": .work])
        #expect(stored.value.holder == CaseHolder(.role, "dispatcher"))
        let log = try entries.map { try JSONDecoder().decode(CaseEntry.self, from: Data($0.entry.utf8)) }
        #expect(Case.replay(log) == stored.value)
        let page = try PageRequest()
        var filter = CaseFilter(query: "海陵")
        filter.channel = "sensor"
        filter.holder = CaseHolder(.role, "dispatcher")
        #expect(try await repository.list(filter, page: page).items.map(\.id) == [Self.id])
        try database.close()
    }

    @Test("a case from before tells since when it is filed, and is in the lists that go by indices")
    func filedSince() async throws {
        let folder = try TemporaryFolder()
        try await older(folder, than: "0049-asked-of-cases")
        let database = try Database(directory: folder.url)
        let repository = CaseRepository(database)
        let (stored, entries) = try #require(try await repository.log(Self.id))
        #expect(entries.map(\.entry) == Self.log.map(\.0))
        #expect(stored.value.course.filedAt == WallTime(rfc3339: "2026-11-23T02:00:00Z"))
        let columns = try await database.read {
            try String.fetchAll($0, sql: "SELECT filedAt || ' ' || isReturned || ' ' || lastStepAt FROM caseFile")
        }
        #expect(columns == ["2026-11-23T02:00:00Z 1 2026-11-23T02:20:00Z"])
        let later = try #require(WallTime(rfc3339: "2026-11-24T02:20:01Z"))
        for (list, isIn) in [
            (SupervisionList.bounced, true), (.silent, true), (.overdue, true), (.dueSoon, false),
            (.withoutHolder, false),
        ] {
            let page = try await SupervisionRepository(repository).list(
                list,
                now: later,
                soon: .seconds(7200),
                silence: .seconds(86_400),
                page: PageRequest()
            )
            #expect(page.items.map(\.id) == (isIn ? [Self.id] : []), "\(list)")
        }
        try database.close()
    }

    @Test("a database that was at an earlier step has every index of the cases afterwards")
    func indices() async throws {
        func indices(_ database: Store.Database) async throws -> Set<String> {
            try await database.read { connection in
                try String.fetchSet(
                    connection,
                    sql: "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'caseFile'"
                )
            }
        }
        let (old, fresh) = (try TemporaryFolder(), try TemporaryFolder())
        let released = Migrations.gridwatch.filter { $0.name < "0032" || $0.name.hasPrefix("004") && $0.name < "0044" }
        try Database(file: old.url.appending(path: "gridwatch.db"), migrations: released).close()
        let (later, new) = (try Database(directory: old.url), try Database(directory: fresh.url))
        let found = try await indices(later)
        #expect(try await found == indices(new) && found.contains("caseByClassAndState"))
        try later.close()
        try new.close()
    }

    @Test("a case whose log can't be read keeps its row and stays readable")
    func damaged() async throws {
        let folder = try TemporaryFolder()
        try await older(folder, damaged: true)
        let database = try Database(directory: folder.url)
        let found = try #require(try await CaseRepository(database).find(Self.id))
        #expect(found.state == .filed && found.course == CaseCourse())
        try database.close()
    }
}
