import Domain
import Foundation
import HTTPTypes
import Store
import Testing

@testable import Console

@Suite("reports over HTTP")
struct ReportRouteTests {
    private static let voice: [UInt8] = [0x1A, 0x45, 0xDF, 0xA3, 0x80, 1, 2, 3]

    @Test("a report keeps photos, voice note and original time; its reporter sees its progress without a login")
    func wholeReport() async throws {
        let world = try await ConsoleWorld()
        let photo = try await world.ask(.post, "/api/v1/attachments", as: "acceptor", bytes: ConsoleWorld.jpeg)
        let voice = try await world.ask(.post, "/api/v1/attachments", as: "acceptor", bytes: Self.voice)
        #expect(voice.status == 201, "\(voice.text)")
        #expect(voice.json["mediaType"] == "audio/webm")
        let (photoId, voiceId) = (try #require(photo.json["id"]?.text), try #require(voice.json["id"]?.text))
        let at = world.clock.now() - .seconds(5 * 3600)
        let body = #"""
            {"class": "09009", "channel": "12345", "position": {"lat": 32.4912, "lon": 119.9234}, "reporter": "李四",
             "contact": "13800000000", "at": "\#(at.rfc3339)", "photos": ["\#(photoId)"], "voices": ["\#(voiceId)"],
             "clientId": "h1"}
            """#
        let told = try await world.ask(.post, "/api/v1/reports", as: "acceptor", body)
        #expect(told.status == 201, "\(told.text)")
        #expect(told.json["happenedAt"]?.text == at.rfc3339)
        #expect(told.json["photos"] == [.string("/api/v1/attachments/\(photoId)")])
        #expect(try await world.ask(.post, "/api/v1/reports", as: "acceptor", body).status == 200)
        let ticket = try #require(told.json["ticket"]?.text)
        let code = try #require(told.json["code"]?.text)
        let progress = try await world.ask(.get, "/api/v1/reports/\(ticket)?code=\(code)", as: nil)
        #expect(progress.status == 200)
        #expect(progress.json["stage"] == "received")
        for secret in ["李四", "13800000000", photoId, voiceId, code] { #expect(!progress.text.contains(secret)) }
        #expect(try await world.ask(.get, "/api/v1/reports/\(ticket)?code=wrong", as: nil).status == 404)
        #expect(try await world.ask(.get, "/api/v1/reports/\(ticket)", as: nil).status == 404)
        for (who, sees) in [("acceptor", true), ("leader", true), ("dispatcher", false), ("monitor", false)] {
            let reply = try await world.ask(.get, "/api/v1/reports/\(ticket)", as: who)
            #expect(reply.status == 200)
            #expect(reply.text.contains("13800000000") == sees, "\(who)")
            #expect(reply.text.contains(voiceId) == sees, "\(who)")
        }
        let list = try await world.ask(.get, "/api/v1/reports", as: "collector")
        #expect(list.json["items"] == [], "a collector sees its own reports only")
        let caseId = try #require(told.json["caseId"]?.text)
        let opened = try await world.ask(.get, "/api/v1/cases/\(caseId)", as: "unit2")
        #expect(!opened.text.contains("李四"))
    }

    @Test(
        "whoever guesses at codes has to wait, and the right code helps no more then; another ticket's is still taken"
    )
    func guessed() async throws {
        let world = try await ConsoleWorld()
        func take() async throws -> JSONValue {
            try await world.ask(.post, "/api/v1/reports", as: "acceptor", #"{"class": "09009", "channel": "web"}"#).json
        }
        let (one, two) = (try await take(), try await take())
        let path = "/api/v1/reports/\(try #require(one["ticket"]?.text))?code="
        let code = try #require(one["code"]?.text)
        #expect(try await world.ask(.get, path + code, as: nil).status == 200)
        for _ in 0..<10 { #expect(try await world.ask(.get, path + "wrong", as: nil).status == 404) }
        for guess in ["wrong", code] {
            let refused = try await world.ask(.get, path + guess, as: nil)
            #expect(refused.status == 429 && refused.code == "tooManyAttempts")
            #expect(refused.headers[.retryAfter] != nil)
        }
        let (ticket, own) = (try #require(two["ticket"]?.text), try #require(two["code"]?.text))
        #expect(try await world.ask(.get, "/api/v1/reports/\(ticket)?code=\(own)", as: nil).status == 200)
        world.clock.advance(by: .seconds(301))
        #expect(try await world.ask(.get, path + code, as: nil).status == 200)
    }

    @Test("a report can't be linked to a case that was refused, and the answer says why")
    func linkedToEnded() async throws {
        let world = try await ConsoleWorld()
        let value = try await world.reportCase()
        let refused = try await world.ask(
            .post,
            "/api/v1/cases/\(value.id)/actions/refuse",
            as: "acceptor",
            #"{"reason": "dry"}"#
        )
        #expect(refused.status == 200)
        let reply = try await world.ask(
            .post,
            "/api/v1/reports",
            as: "acceptor",
            #"{"channel": "web", "caseId": "\#(value.id)"}"#
        )
        #expect(reply.status == 409 && reply.code == "caseEnded")
        #expect(reply.json["params"]?["state"] == "invalid")
    }

    @Test(
        "a query that can't be read is refused by name, and lists nothing",
        arguments: ["unit=%FF", "state=%", "q=a%zz&limit=1", "limit=1&class=%c3%28"]
    )
    func unreadable(query: String) async throws {
        let world = try await ConsoleWorld()
        _ = try await world.reportCase()
        let reply = try await world.ask(.get, "/api/v1/cases?\(query)", as: "leader")
        #expect(reply.status == 422, "\(reply.text)")
        let name = query.split(separator: "&").first { $0.contains("%") }?.split(separator: "=").first
        #expect(reply.field == name.map(String.init))
    }

    @Test("what a report names must be there and of the right kind")
    func wrongFiles() async throws {
        let world = try await ConsoleWorld()
        let voice = try await world.ask(.post, "/api/v1/attachments", as: "collector", bytes: Self.voice)
        let id = try #require(voice.json["id"]?.text)
        for (body, field) in [
            (#"{"class": "09009", "photos": ["none"]}"#, "photos"),
            (#"{"class": "09009", "photos": ["\#(id)"]}"#, "photos"),
            (#"{"class": "09009", "voices": [1]}"#, "voices"),
            (#"{"class": "09009", "channel": "sensor"}"#, "channel"),
        ] {
            let reply = try await world.ask(.post, "/api/v1/reports", as: "collector", body)
            #expect(reply.status == 422, "\(body)")
            #expect(reply.field == field, "\(body)")
        }
    }

    @Test("a photo is shown without place and device; the original is for those who have to prove it")
    func published() async throws {
        let world = try await ConsoleWorld()
        let exif =
            Array("Exif\0\0MM\0*".utf8) + [0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0]
            + Array("GPS 32.49N".utf8)
        let picture =
            [0xFF, 0xD8, 0xFF, 0xE1, 0, UInt8(exif.count + 2)] + exif + ConsoleWorld.jpeg.dropFirst(2)
        let kept = try await world.ask(.post, "/api/v1/attachments", as: "collector", bytes: picture)
        #expect(kept.status == 201, "\(kept.text)")
        let url = try #require(kept.json["url"]?.text)
        let named = #"{"class": "09009", "photos": ["\#(try #require(kept.json["id"]?.text))"]}"#
        #expect(try await world.ask(.post, "/api/v1/reports", as: "collector", named).status == 201)
        let shown = try await world.ask(.get, url, as: "dispatcher")
        #expect(!shown.text.contains("GPS"))
        // Upright as it was taken: 6 is a quarter turn. Application data that is no JFIF header goes too.
        #expect(shown.bytes.count == ConsoleWorld.jpeg.count - 6 + 36)
        for (who, status) in [("collector", 200), ("acceptor", 200), ("dispatcher", 403), ("viewer", 404)] {
            let original = try await world.ask(.get, url + "?original=true", as: who)
            #expect(original.status == status, "\(who)")
            if status == 200 { #expect(original.bytes == picture) }
        }
        let again = try await world.ask(.post, "/api/v1/attachments", as: "collector", bytes: picture)
        #expect(again.json["id"] == kept.json["id"], "the same bytes of the same user are kept once")
        let broken = try await world.ask(
            .post,
            "/api/v1/attachments",
            as: "collector",
            bytes: Array(picture.prefix(20))
        )
        #expect(broken.status == 415)
    }

    /// Phones whose requests and answers get lost: each report arrives once, with its own time and photo.
    @Test("reports of many phones over a link that breaks arrive once each, with original time and photo")
    func brokenLink() async throws {
        let isLong = ProcessInfo.processInfo.environment["GRIDWATCH_SOAK"] != nil
        let (phones, reports) = isLong ? (50, 20) : (6, 5)
        let world = try await ConsoleWorld()
        var tokens: [String] = []
        for phone in 0..<phones {
            let name = "phone-\(phone)"
            try await world.users.add(name: name, role: .collector, password: ConsoleWorld.password)
            let signed = try await world.users.signIn(name: name, password: ConsoleWorld.password, address: nil)
            guard case .signedIn(let session) = signed else { throw CancellationError() }
            tokens.append(session.token)
        }
        let start = world.clock.now() - .seconds(86_400)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for phone in 0..<phones {
                let token = tokens[phone]
                group.addTask {
                    var link = BrokenLink(world: world, token: token, seed: UInt64(phone) + 1)
                    for report in 0..<reports {
                        let at = start + .seconds(Int64(phone * 1000 + report * 10))
                        try await link.send(report: report, at: at, photo: Self.photo(phone, report))
                    }
                    #expect(link.lost > 0, "the link never broke")
                }
            }
            try await group.waitForAll()
        }
        for phone in 0..<phones {
            let path = "/api/v1/reports?mine=true&limit=1000"
            let reply = try await world.ask(.get, path, as: nil, headers: [.authorization: "Bearer \(tokens[phone])"])
            let items = try #require(reply.json["items"]?.elements)
            #expect(items.count == reports)
            let times = Set(items.compactMap { $0["happenedAt"]?.text })
            #expect(times == Set((0..<reports).map { (start + .seconds(Int64(phone * 1000 + $0 * 10))).rfc3339 }))
            for item in items {
                let url = try #require(item["photos"]?.elements?.first?.text)
                let original = try await world.ask(.get, url + "?original=true", as: "acceptor")
                let at = try #require(item["happenedAt"]?.text.flatMap { WallTime(rfc3339: $0) })
                let report = Int((at - start).seconds) % 1000 / 10
                #expect(original.bytes == Self.photo(phone, report))
            }
        }
        let cases = try await world.ask(.get, "/api/v1/cases?limit=1000", as: "leader")
        #expect(cases.json["items"]?.elements?.count == min(phones * reports, 1000))
    }

    /// A picture whose comment tells whose it is.
    private static func photo(_ phone: Int, _ report: Int) -> [UInt8] {
        let words = Array("phone \(phone) report \(report)".utf8)
        return [0xFF, 0xD8, 0xFF, 0xFE, 0, UInt8(words.count + 2)] + words + ConsoleWorld.jpeg.dropFirst(2)
    }
}

/// A phone's way to the server: about a third of the requests never arrive, and a third of the answers.
private struct BrokenLink {
    let world: ConsoleWorld
    let token: String
    var random: SeededRandom
    var lost = 0

    init(world: ConsoleWorld, token: String, seed: UInt64) {
        self.world = world
        self.token = token
        random = SeededRandom(seed: seed)
    }

    /// As the phone's outbox does it: the photo first, then the report with its clientId, again until it is answered.
    mutating func send(report: Int, at: WallTime, photo: [UInt8]) async throws {
        let id = try await until { try await $0.post("/api/v1/attachments", photo) }["id"]?.text ?? "-"
        let body = #"""
            {"class": "09009", "channel": "collector", "position": {"lat": 32.4, "lon": 119.9}, "photos": ["\#(id)"],
             "at": "\#(at.rfc3339)", "clientId": "report-\#(report)"}
            """#
        _ = try await until { try await $0.post("/api/v1/reports", Array(body.utf8)) }
    }

    private mutating func until(_ ask: (BrokenLink) async throws -> Reply) async throws -> JSONValue {
        for _ in 0..<200 {
            let isLostOnTheWay = random.next() % 3 == 0
            if isLostOnTheWay {
                lost += 1
                continue
            }
            let reply = try await ask(self)
            #expect(reply.status == 201 || reply.status == 200, "\(reply.text)")
            if random.next() % 3 != 0 { return reply.json }
            lost += 1
        }
        throw CancellationError()
    }

    private func post(_ path: String, _ bytes: [UInt8]) async throws -> Reply {
        try await world.ask(.post, path, as: nil, bytes: bytes, headers: [.authorization: "Bearer \(token)"])
    }
}
