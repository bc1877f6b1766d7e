import Archive
import Cases
import Domain
import Foundation
import HTTPTypes
import Store
import Testing

@testable import Console

@Suite("the dossier of a case with many reports")
struct DossierTests {
    private static let voice: [UInt8] = [0x1A, 0x45, 0xDF, 0xA3, 0x80, 1, 2, 3]

    private func finished(_ id: String, in world: ConsoleWorld, as who: String) async throws -> JSONValue {
        let running = Task { await world.archive.exports.run(in: world.archive) }
        defer { running.cancel() }
        while true {
            let reply = try await world.ask(.get, "/api/v1/exports/\(id)", as: who)
            guard reply.status == 200, ["queued", "running"].contains(reply.json["state"]?.text) else {
                return reply.json
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// An attachment that differs from all others.
    private func attach(_ world: ConsoleWorld, _ bytes: [UInt8], _ number: UInt8) async throws -> String {
        let marked =
            bytes.first == 0xFF ? Array(bytes.prefix(6)) + [number, number] + bytes.dropFirst(8) : bytes + [number]
        let kept = try await world.ask(.post, "/api/v1/attachments", as: "acceptor", bytes: marked)
        #expect(kept.status == 201, "\(kept.text)")
        return try #require(kept.json["id"]?.text)
    }

    private struct Told {
        var caseId: String
        var tickets: [String]
        var photos: [String]
        var voices: [String]
    }

    /// One case: the report that opened it, one that was linked, and one of a case that was joined to it.
    private func told(_ world: ConsoleWorld) async throws -> Told {
        var told = Told(caseId: "", tickets: [], photos: [], voices: [])
        var other = ""
        for index in 0..<3 {
            var photos: [String] = []
            for photo in 0..<3 {
                photos.append(try await attach(world, ConsoleWorld.jpeg, UInt8(index * 3 + photo + 1)))
            }
            let voice = try await attach(world, Self.voice, UInt8(index + 1))
            let list = photos.map { "\"\($0)\"" }.joined(separator: ", ")
            let reply = try await world.ask(
                .post,
                "/api/v1/reports",
                as: "acceptor",
                #"""
                {"class": "09009", "channel": "12345", "position": {"lat": 32.4912, "lon": 119.9234},
                 "reporter": "李四\#(index)", "contact": "1380000000\#(index)", "photos": [\#(list)],
                 "voices": ["\#(voice)"]\#(index == 1 ? #", "caseId": "\#(told.caseId)""# : "")}
                """#
            )
            #expect(reply.status == 201, "\(reply.text)")
            let caseId = try #require(reply.json["caseId"]?.text)
            if index == 0 { told.caseId = caseId }
            if index == 2 { other = caseId }
            told.tickets.append(try #require(reply.json["ticket"]?.text))
            told.photos += photos
            told.voices.append(voice)
        }
        let merged = try await world.ask(
            .post,
            "/api/v1/cases/\(other)/actions/merge",
            as: "acceptor",
            #"{"into": "\#(told.caseId)"}"#
        )
        #expect(merged.status == 200, "\(merged.text)")
        return told
    }

    private func dossier(_ world: ConsoleWorld, of id: String, as who: String) async throws -> JSONValue {
        let asked = try await world.ask(.post, "/api/v1/cases/\(id)/dossier", as: who)
        #expect(asked.status == 202, "\(who): \(asked.text)")
        let done = try await finished(try #require(asked.json["id"]?.text), in: world, as: who)
        #expect(done["state"] == "done", "\(done)")
        return done
    }

    @Test("pictures and voice notes of all its reports are in it; who has reported only where the asker may know")
    func everything() async throws {
        let world = try await ConsoleWorld()
        let told = try await told(world)
        for (who, sees) in [("acceptor", true), ("leader", true), ("monitor", false), ("admin", false)] {
            let done = try await dossier(world, of: told.caseId, as: who)
            let names = done["files"]?.elements?.compactMap { $0["name"]?.text } ?? []
            for id in told.photos { #expect(names.contains("snapshots/case-\(id).jpg"), "\(who)") }
            for id in told.voices { #expect(names.contains("voices/\(id).webm") == sees, "\(who)") }
            let whole = try await world.ask(.get, try #require(done["url"]?.text), as: who)
            let zip = world.folder.appending(path: "\(who).zip")
            try Data(whole.bytes).write(to: zip)
            let report = try EvidenceVerifier.verify(path: zip.path)
            #expect(report.isIntact, "\(report.findings)")
            var texts = ""
            for file in done["files"]?.elements ?? [] {
                let url = try #require(file["url"]?.text)
                texts += try await world.ask(.get, url, as: who).text
            }
            for ticket in told.tickets { #expect(texts.contains(ticket)) }
            for index in 0..<3 {
                #expect(texts.contains("李四\(index)") == sees, "\(who)")
                #expect(texts.contains("1380000000\(index)") == sees, "\(who)")
            }
            for file in done["files"]?.elements ?? [] {
                let name = file["name"]?.text ?? ""
                if name.hasPrefix("snapshots/") || name.hasPrefix("voices/") {
                    #expect(texts.contains(name), "the page names \(name)")
                }
            }
            // What tells who has reported is for the same eyes, whoever asked for it.
            let id = try #require(done["id"]?.text)
            for reader in ["acceptor", "leader", "monitor", "admin"] {
                let may = !sees || ["acceptor", "leader"].contains(reader)
                for path in ["/api/v1/exports/\(id)", "/api/v1/exports/\(id)/file"] {
                    let reply = try await world.ask(.get, path, as: reader)
                    #expect(reply.status == (may ? 200 : 404), "\(who)'s for \(reader)")
                }
                let list = try await world.ask(.get, "/api/v1/exports", as: reader).json["items"]?.elements ?? []
                #expect(list.contains { $0["id"]?.text == id } == may, "\(who)'s for \(reader)")
            }
        }
        #expect(try await world.ask(.post, "/api/v1/cases/\(told.caseId)/dossier", as: "dispatcher").status == 403)
    }

    @Test("the reporter whose name stands in the log is withheld, and the chain can still be followed")
    func withheld() async throws {
        let world = try await ConsoleWorld()
        let made = try await world.ask(
            .post,
            "/api/v1/cases",
            as: "acceptor",
            #"{"class": "09009", "reporter": "王五", "position": {"lat": 32.4912, "lon": 119.9234}}"#
        )
        let id = try #require(made.json["id"]?.text)
        let urged = try await world.ask(.post, "/api/v1/cases/\(id)/actions/urge", as: "leader", #"{"note": "now"}"#)
        #expect(urged.status == 200)
        let done = try await dossier(world, of: id, as: "monitor")
        let whole = try await world.ask(.get, try #require(done["url"]?.text), as: "monitor")
        let zip = world.folder.appending(path: "withheld.zip")
        try Data(whole.bytes).write(to: zip)
        #expect(try EvidenceVerifier.verify(path: zip.path).isIntact)
        for file in done["files"]?.elements ?? [] {
            let text = try await world.ask(.get, try #require(file["url"]?.text), as: "monitor").text
            #expect(!text.contains("王五"), "\(file)")
        }
    }

    @Test("the page of a case shows the pictures of all its reports, and voices to those who may hear them")
    func page() async throws {
        let world = try await ConsoleWorld()
        let told = try await told(world)
        for (who, hears) in [("acceptor", true), ("leader", true), ("monitor", false), ("dispatcher", false)] {
            let page = try await world.ask(.get, "/api/v1/cases/\(told.caseId)", as: who).json
            let pictures = page["pictures"]?.elements?.compactMap(\.text) ?? []
            #expect(Set(pictures) == Set(told.photos.map { "/api/v1/attachments/\($0)" }), "\(who)")
            #expect(pictures.count == told.photos.count)
            #expect(page["voices"]?.elements?.count == (hears ? told.voices.count : 0), "\(who)")
        }
    }
}
