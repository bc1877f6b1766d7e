import Alarms
import Domain
import HTTPTypes
import Testing

@testable import Console

@Suite("the API's description")
struct OpenAPITests {
    @Test("every route is described, every described path is a route, and every reference leads somewhere")
    func complete() async throws {
        let world = try await ConsoleWorld()
        let document = try await world.ask(.get, "/api/v1/openapi.json", as: nil).json
        #expect(document["openapi"] == "3.1.0")
        guard case .object(let paths) = document["paths"] else {
            Issue.record("no paths")
            return
        }
        var described: Set<String> = []
        var ids: Set<String> = []
        for (path, operations) in paths {
            guard case .object(let operations) = operations else { continue }
            for (method, operation) in operations {
                described.insert("\(method.uppercased()) \(path)")
                let id = try #require(operation["operationId"]?.text)
                #expect(ids.insert(id).inserted, "\(id) twice")
            }
        }
        #expect(described == Set(RouteTable.routes.map { "\($0.method) \($0.path)" }))
        for name in Self.references(document) {
            #expect(document["components"]?["schemas"]?[name] != nil, "\(name)")
        }
    }

    @Test("real answers are what the description says")
    func answers() async throws {
        let world = try await ConsoleWorld()
        let alarm = try await world.raiseAlarm()
        let value = try await world.reportCase()
        _ = try await world.ask(
            .post,
            "/api/v1/bookmarks",
            as: "monitor",
            #"{"cameraId": "gate", "from": "2026-11-23T08:00:00Z", "to": "2026-11-23T08:01:00Z", "title": "t", "hold": true}"#
        )
        let edit =
            #"{"put": [{"code": "E-05-06", "level": "1", "condition": "积水", "phase": "finish", "limit": "9", "limitUnit": "workHour"}]}"#
        let edited = try await world.ask(.post, "/api/v1/base/sets/limits/edit", as: "admin", edit)
        #expect(edited.json["editions"]?.elements?.count == 1, "\(edited.text)")
        let part = #"{"code": "3212020101000001", "position": {"lat": 32.4, "lon": 119.9}}"#
        #expect(try await world.ask(.post, "/api/v1/parts", as: "admin", part).status == 200)
        let told = try await world.ask(
            .post,
            "/api/v1/reports",
            as: "acceptor",
            #"{"class": "09009", "channel": "12345"}"#
        )
        let ticket = try #require(told.json["ticket"]?.text)
        let shift =
            #"{"user": "monitor", "post": "night", "from": "2026-11-23T00:00:00Z", "to": "2026-11-24T00:00:00Z"}"#
        #expect(try await world.ask(.post, "/api/v1/duty/shifts", as: "admin", shift).status == 201)
        try await world.services.duty?.escalate()
        #expect(try await world.ask(.post, "/api/v1/duty/handovers", as: "leader", #"{"to": "admin"}"#).status == 201)
        let order = #"{"text": "tonight", "dueAt": "2099-01-01T00:00:00Z"}"#
        #expect(try await world.ask(.post, "/api/v1/cases/\(value.id)/orders", as: "leader", order).status == 201)
        world.set(CameraStatus(cameraId: "gate", state: .live, reason: .ok, since: world.clock.now(), codec: "h264"))
        let range = "from=\((world.clock.now() - .seconds(3600)).rfc3339)&to=\(world.clock.now().rfc3339)"
        let samples: [(path: String, sent: String, isList: Bool)] = [
            ("/healthz", "/healthz", false),
            ("/api/v1/health", "/api/v1/health", false),
            ("/api/v1/openapi.json", "/api/v1/openapi.json", false),
            ("/api/v1/session", "/api/v1/session", false),
            ("/api/v1/site", "/api/v1/site", false),
            ("/api/v1/config", "/api/v1/config", false),
            ("/api/v1/users", "/api/v1/users", true),
            ("/api/v1/cameras", "/api/v1/cameras", true),
            ("/api/v1/cameras/{id}", "/api/v1/cameras/gate", false),
            ("/api/v1/cameras/{id}/timeline", "/api/v1/cameras/gate/timeline?\(range)", false),
            ("/api/v1/bookmarks", "/api/v1/bookmarks", true),
            ("/api/v1/holds", "/api/v1/holds", true),
            ("/api/v1/alarms", "/api/v1/alarms", true),
            ("/api/v1/alarms/{id}", "/api/v1/alarms/\(alarm.id)", false),
            ("/api/v1/sensors", "/api/v1/sensors", true),
            ("/api/v1/sensors/{id}", "/api/v1/sensors/culvert-01", false),
            ("/api/v1/sensors/{id}/readings", "/api/v1/sensors/culvert-01/readings?\(range)", true),
            // Nobody sends here without being declared.
            ("/api/v1/sources/unknown", "/api/v1/sources/unknown", false),
            ("/api/v1/profiles", "/api/v1/profiles", true),
            ("/api/v1/plans", "/api/v1/plans", true),
            ("/api/v1/rejected/{id}", "/api/v1/rejected/none", false),
            ("/api/v1/accounting", "/api/v1/accounting?\(range)", true),
            ("/api/v1/vehicles", "/api/v1/vehicles", true),
            ("/api/v1/cases", "/api/v1/cases", true),
            ("/api/v1/cases/{id}", "/api/v1/cases/\(value.id)", false),
            ("/api/v1/cases/{id}/log", "/api/v1/cases/\(value.id)/log", true),
            ("/api/v1/cases/map", "/api/v1/cases/map?bbox=119,32,121,33", true),
            ("/api/v1/base/sets", "/api/v1/base/sets", true),
            ("/api/v1/cases/sums", "/api/v1/cases/sums?by=unit&from=2026-01-01T00:00:00Z", true),
            ("/api/v1/base/sets/{set}/rows", "/api/v1/base/sets/limits/rows?q=E-05", true),
            ("/api/v1/base/sets/{set}/editions", "/api/v1/base/sets/limits/editions", true),
            ("/api/v1/base/locate", "/api/v1/base/locate?lat=32.4&lon=119.9&datum=gcj02", false),
            ("/api/v1/base/responsible", "/api/v1/base/responsible?class=E-05-06", false),
            ("/api/v1/base/deadline", "/api/v1/base/deadline?class=E-05-06", true),
            ("/api/v1/base/atlas", "/api/v1/base/atlas?unclear=true", true),
            ("/api/v1/parts", "/api/v1/parts", true),
            ("/api/v1/reports", "/api/v1/reports", true),
            ("/api/v1/reports/sums", "/api/v1/reports/sums?by=group", true),
            ("/api/v1/reports/{ticket}", "/api/v1/reports/\(ticket)", false),
            ("/api/v1/channels", "/api/v1/channels", true),
            ("/api/v1/callbacks/sums", "/api/v1/callbacks/sums", false),
            ("/api/v1/duplicates", "/api/v1/duplicates?class=09009&lat=32.4912&lon=119.9234", true),
            ("/api/v1/supervision", "/api/v1/supervision", false),
            ("/api/v1/supervision/{list}", "/api/v1/supervision/overdue", false),
            ("/api/v1/orders", "/api/v1/orders", true),
            ("/api/v1/duty/shifts", "/api/v1/duty/shifts", true),
            ("/api/v1/duty/now", "/api/v1/duty/now", true),
            ("/api/v1/duty/people", "/api/v1/duty/people", true),
            ("/api/v1/collectors/days", "/api/v1/collectors/days", true),
            ("/api/v1/duty/calls", "/api/v1/duty/calls", true),
            ("/api/v1/duty/handovers", "/api/v1/duty/handovers", true),
            ("/api/v1/collectors", "/api/v1/collectors", true),
            ("/api/v1/parts/nearest", "/api/v1/parts/nearest?lat=32.4&lon=119.9", true),
            ("/api/v1/parts/{code}", "/api/v1/parts/3212020101000001", false),
        ]
        let document = OpenAPIDocument.document(version: "test")
        let validator = SchemaValidator(schemas: document["components"]?["schemas"] ?? .null)
        for sample in samples {
            let reply = try await world.ask(.get, sample.sent, as: "admin")
            #expect(reply.status == 200, "\(sample.sent): \(reply.text)")
            let described = document["paths"]?[sample.path]?["get"]?["responses"]?["200"]
            let schema = try #require(described?["content"]?["application/json"]?["schema"], "\(sample.path)")
            #expect(validator.findings(reply.json, schema).isEmpty, "\(validator.findings(reply.json, schema))")
            if sample.isList, sample.path.contains("s/{id}/readings") == false {
                #expect(reply.json["items"]?.elements?.isEmpty == false, "\(sample.path) shows nothing to check")
            }
        }
        let problem = try await world.ask(.get, "/api/v1/cases/none", as: "admin")
        #expect(validator.findings(problem.json, Schema.reference("Problem")).isEmpty)
    }

    @Test("the validator finds what is wrong")
    func validator() {
        let validator = SchemaValidator(schemas: ["P": Schemas.point])
        let schema = Schema.object(["at": Schema.time, "p": Schema.orNull(Schema.reference("P"))])
        #expect(validator.findings(["at": "2026-11-23T08:00:00Z", "p": nil], schema).isEmpty)
        #expect(validator.findings(["at": "2026-11-23T08:00:00Z", "p": ["lat": 1, "lon": 2]], schema).isEmpty)
        #expect(validator.findings(["at": "2026-11-23T08:00:00+08:00", "p": nil], schema).count == 1)
        #expect(validator.findings(["p": nil], schema).count == 1)
        #expect(!validator.findings(["at": "2026-11-23T08:00:00Z", "p": ["lat": "1", "lon": 2]], schema).isEmpty)
        #expect(!validator.findings(1, ["type": "integer", "oddKeyword": 1]).isEmpty)
    }

    private static func references(_ value: JSONValue) -> Set<String> {
        switch value {
        case .object(let members):
            members.reduce(into: []) { found, member in
                if member.key == "$ref", let text = member.value.text {
                    found.insert(String(text.split(separator: "/").last ?? ""))
                }
                found.formUnion(references(member.value))
            }
        case .array(let elements): elements.reduce(into: []) { $0.formUnion(references($1)) }
        default: []
        }
    }
}
