import Cases
import Domain
import Foundation
import Store
import Testing

@Suite("The register of parts")
struct PartRegisterTests {
    private static func file(_ count: Int, using random: inout SeededRandom) -> String {
        var lines = ["code,owner,lat,lon,since"]
        for number in 0..<count {
            let serial = String(number)
            let zeros = String(repeating: "0", count: 6 - serial.count)
            let kind = number % 2 + 1
            let code = "321202010\(kind)\(zeros)\(serial)"
            let lat = Double.random(in: 32.4...32.5, using: &random)
            let lon = Double.random(in: 119.9...120.0, using: &random)
            lines.append("\(code),owner-\(number % 5),\(lat),\(lon),2026-01-01")
        }
        return lines.joined(separator: "\n")
    }

    private static func service() throws -> (PartService, Database, URL) {
        let folder = FileManager.default.temporaryDirectory.appending(path: "gridwatch-parts-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let database = try Database(directory: folder)
        let book = BaseDataBook(BaseData(timeZone: .gmt))
        let service = PartService(repository: PartRepository(database), book: book, clock: ManualClock())
        return (service, database, folder)
    }

    @Test("an import is counted in a trial, taken whole, and the same again changes nothing")
    func imports() async throws {
        let (service, database, folder) = try Self.service()
        defer {
            try? database.close()
            try? FileManager.default.removeItem(at: folder)
        }
        var random = SeededRandom(seed: 61)
        let count = ProcessInfo.processInfo.environment["GRIDWATCH_SOAK"] == "1" ? 196_430 : 3000
        let bytes = Array(Self.file(count, using: &random).utf8)
        let trial = try await service.importFile(bytes, datum: .wgs84, isTrial: true, by: "admin")
        #expect(trial.counts.added == count && trial.content.mistakes == 0, "\(trial.content.findings.prefix(3))")
        #expect(try await service.repository.counts().isEmpty)
        _ = try await service.importFile(bytes, datum: .wgs84, isTrial: false, by: "admin")
        #expect(try await service.repository.counts().values.reduce(0, +) == count)
        let again = try await service.importFile(bytes, datum: .wgs84, isTrial: false, by: "admin")
        #expect(again.counts.same == count && again.counts.added == 0 && again.counts.changed == 0)
        let found = try await service.nearest(
            to: GeoPoint(lat: 32.45, lon: 119.95),
            classCode: "P-01-02",
            most: 3,
            within: 50_000
        )
        try #require(found.count == 3)
        #expect(found[0].metres <= found[1].metres)
        let part = try #require(try await service.repository.find(found[0].code))
        #expect(part.classCode == "P-01-02" && part.cell?.utf8.count == 15)
        let search = try await service.repository.list(PartFilter(query: "32120201"), after: nil, limit: 10)
        #expect(search.count == 10 && search.allSatisfy { $0.code.hasPrefix("32120201") })
    }

    @Test("one mistake refuses the whole file, by its line")
    func refused() async throws {
        let (service, database, folder) = try Self.service()
        defer {
            try? database.close()
            try? FileManager.default.removeItem(at: folder)
        }
        let good = "3212020101000001,o,32.4,119.9,2026-01-01"
        for (bad, column) in [
            ("321202010100000,o,32.4,119.9,", "code"), ("3212020101000001,o,32.4,119.9,", "code"),
            ("3212029999000002,o,32.4,119.9,", "class"), ("3212020101000002,o,132.4,119.9,", "lat"),
            ("3212020101000002,o,32.4,,", "lat"), ("3212020101000002,o,32.4,119.9,2026-13-01", "since"),
        ] {
            let text = "code,owner,lat,lon,since\n\(good)\n\(bad)\n"
            let report = try await service.importFile(Array(text.utf8), datum: .wgs84, isTrial: false, by: "admin")
            #expect(
                report.content.findings.map(\.line) == [3] && report.content.findings.map(\.column) == [column],
                "\(bad)"
            )
        }
        #expect(try await service.repository.counts().isEmpty)
    }

    @Test("changes are kept with their dates, and what a part was on a day is answered")
    func history() async throws {
        let (service, database, folder) = try Self.service()
        defer {
            try? database.close()
            try? FileManager.default.removeItem(at: folder)
        }
        let code = "32120201001000001"
        var part = Part(
            code: code,
            classCode: "01001",
            owner: "a",
            position: GeoPoint(lat: 32.4, lon: 119.9),
            since: "2026-01-01"
        )
        try await service.put(part, by: "admin")
        part.owner = "b"
        part.since = "2026-06-01"
        try await service.put(part, by: "admin")
        #expect(try await service.repository.find(code)?.owner == "b")
        #expect(try await service.repository.part(code, on: "2026-05-31")?.owner == "a")
        #expect(try await service.repository.part(code, on: "2026-06-01")?.owner == "b")
        #expect(try await service.repository.history(code).map(\.seq) == [2, 1])
        await #expect(throws: BaseDataError.self) {
            try await service.put(Part(code: "1", classCode: "01001", position: part.position), by: "admin")
        }
        try await service.repository.bind(device: "lamp-1", to: code, by: "admin", at: .epoch)
        #expect(try await service.repository.bindings(ofPart: code) == ["lamp-1": code])
        try await service.repository.bind(device: "lamp-1", to: nil, by: "admin", at: .epoch)
        #expect(try await service.repository.bindings().isEmpty)
    }
}
