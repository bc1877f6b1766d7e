import Alarms
import Cases
import Domain
import Foundation
import HTTPTypes
import Store
import Testing

@testable import Console

@Suite("who sees pictures and hears voices")
struct AttachmentAccessTests {
    private static let everybody = [
        "monitor", "acceptor", "dispatcher", "unit", "unit2", "collector", "leader", "viewer", "admin",
    ]

    private static func photo(_ mark: UInt8) -> [UInt8] {
        [0xFF, 0xD8, 0xFF, 0xDA, 0, 2, mark, 0x33, 0xFF, 0xD9]
    }

    private func upload(_ bytes: [UInt8], as who: String, _ world: ConsoleWorld) async throws -> String {
        let reply = try await world.ask(.post, "/api/v1/attachments", as: who, bytes: bytes)
        return try #require(reply.json["id"]?.text, "\(reply.text)")
    }

    /// Who gets it; everybody else is told that it isn't there.
    private func seers(_ id: String, _ world: ConsoleWorld) async throws -> [String] {
        var found: [String] = []
        for who in Self.everybody {
            let reply = try await world.ask(.get, "/api/v1/attachments/\(id)", as: who)
            if reply.status == 200 { found.append(who) } else { #expect(reply.status == 404, "\(who)") }
        }
        return found
    }

    @Test("a case's and a report's pictures are for who sees the case, a voice for acceptor, leader and its speaker")
    func ofCases() async throws {
        let world = try await ConsoleWorld()
        let alone = try await upload(Self.photo(1), as: "collector", world)
        #expect(try await seers(alone, world) == ["acceptor", "collector", "leader", "admin"])
        let photos = [
            try await upload(Self.photo(2), as: "unit", world), try await upload(Self.photo(3), as: "unit", world),
        ]
        let voice = try await upload([0x1A, 0x45, 0xDF, 0xA3, 0x80, 9], as: "unit", world)
        let told = try await world.ask(
            .post,
            "/api/v1/reports",
            as: "unit",
            #"""
            {"class": "09009", "position": {"lat": 32.4912, "lon": 119.9234}, "photos": ["\#(photos[0])", "\#(photos[1])"],
             "voices": ["\#(voice)"]}
            """#
        )
        let id = try #require(told.json["caseId"]?.text, "\(told.text)")
        let value = try await world.cases.get(id, for: CaseActor(name: "leader", role: .leader))
        let owner = ["unit", "unit2"].filter { who in
            world.cases.base.responsibility.units.firstIndex { $0.id == value.unit } == (who == "unit" ? 0 : 1)
        }
        let expected = Self.everybody.filter { $0 != "viewer" && ($0 != "unit2" || owner.contains("unit2")) }
        #expect(try await seers(photos[0], world) == expected)
        // A collector sees the case with its picture, but no report of somebody else.
        #expect(try await seers(photos[1], world) == expected.filter { $0 != "collector" })
        #expect(try await seers(voice, world) == ["acceptor", "unit", "leader"])
        #expect(try await world.ask(.get, "/api/v1/attachments/\(alone)", as: nil).status == 401)

        // A picture that a person may not see can't be brought into a case to see it there.
        let stolen = #"{"class": "09009", "photos": ["\#(alone)"]}"#
        #expect(try await world.ask(.post, "/api/v1/reports", as: "unit", stolen).field == "photos")
    }

    @Test("an alarm's picture is for everybody who is signed in")
    func ofAlarms() async throws {
        let world = try await ConsoleWorld()
        try await world.alarms.receive(
            AlarmSignal(
                source: "gate",
                sourceKind: .camera,
                kind: "stationary",
                part: "kerb",
                phase: .raised,
                at: world.clock.now(),
                classCode: "09009",
                picture: Self.photo(4)
            )
        )
        let list = try await world.ask(.get, "/api/v1/alarms", as: "viewer")
        let url = try #require(list.json["items"]?.elements?.first?["snapshot"]?.text, "\(list.text)")
        #expect(try await seers(String(url.dropFirst("/api/v1/attachments/".count)), world) == Self.everybody)
    }
}
