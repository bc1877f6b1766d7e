import Domain
import HTTPTypes
import Telemetry
import Testing

@testable import Console

@Suite("Readings and senders over the API")
struct SourceRouteTests {
    /// Runs telemetry while `body` runs.
    private static func running(_ world: ConsoleWorld, _ body: () async throws -> Void) async throws {
        let telemetry = world.services.telemetry
        let task = Task { try await telemetry.run() }
        do {
            // Until the inbox is open, a post is told to come again.
            for _ in 0..<3000 {
                if try await post(world, #"{"source": "culvert-01", "value": 1}"#).status == 200 { break }
                try await Task.sleep(for: .milliseconds(10))
            }
            try await body()
        } catch {
            task.cancel()
            _ = try? await task.value
            throw error
        }
        task.cancel()
        try await task.value
    }

    private static func post(
        _ world: ConsoleWorld,
        _ body: String,
        token: String? = ConsoleWorld.gatewayToken
    ) async throws -> Reply {
        let headers: HTTPFields = token.map { [.authorization: "Bearer \($0)"] } ?? [:]
        return try await world.ask(.post, "/api/v1/readings", as: nil, body, headers: headers)
    }

    @Test("a gateway posts with its token, and is told what was taken and what was not; no other token opens")
    func readings() async throws {
        let world = try await ConsoleWorld()
        #expect(try await Self.post(world, #"{"source": "culvert-01", "value": 1}"#).status == 503)
        try await Self.running(world) {
            let now = world.clock.now().rfc3339
            let reply = try await Self.post(
                world,
                """
                {"items": [{"source": "culvert-01", "ts": "\(now)", "value": 12.5},
                 {"source": "su-1", "ts": "\(now)", "lat": 32.5, "lon": 119.9}, {"source": "ghost", "value": 1}]}
                """
            )
            #expect(reply.status == 200 && reply.json["accepted"] == 2)
            #expect(reply.json["rejected"]?.elements?.first?["reason"] == "unknownSource")
            let range =
                "from=\((world.clock.now() - .seconds(60)).rfc3339)&to=\((world.clock.now() + .seconds(60)).rfc3339)"
            let track = try await world.ask(.get, "/api/v1/vehicles/su-1/track.csv?\(range)", as: "monitor")
            #expect(track.text.contains(",32.5,119.9,,,,,,good,wgs84\r\n"))
            let sensor = try await world.ask(.get, "/api/v1/sensors/culvert-01", as: "monitor")
            #expect(sensor.json["last"]?["value"]?.double == 12.5)
            for token in [nil, "", "gateway-token-012345678", world.tokens["admin"]] {
                #expect(try await Self.post(world, "{}", token: token).status == 401)
            }
            for (body, status) in [("no JSON", 400), (#"{"items": []}"#, 422)] {
                #expect(try await Self.post(world, body).status == status)
            }
        }
    }

    @Test("an undeclared sender is accepted with one request; a profile is tried before it is saved")
    func accept() async throws {
        let world = try await ConsoleWorld()
        try await Self.running(world) {
            let now = world.clock.now().rfc3339
            _ = try await Self.post(world, #"{"source": "well-7", "ts": "\#(now)", "mm": 1230}"#)
            let unknown = try await world.ask(.get, "/api/v1/sources/unknown", as: "admin")
            #expect(unknown.json["items"]?.elements?.first?["id"] == "well-7")
            let profile = #"{"name": "well", "fields": [{"name": "value", "path": "mm", "scale": 0.1}]}"#
            let trial = try await world.ask(
                .post,
                "/api/v1/profiles/try",
                as: "admin",
                #"{"profile": \#(profile), "source": "well-7"}"#
            )
            #expect(trial.status == 200)
            #expect(trial.json["items"]?.elements?.first?["readings"]?.elements?.first?["value"]?.double == 123)
            let path = "/api/v1/sources/unknown/well-7/accept"
            #expect(try await world.ask(.post, path, as: "admin", #"{"profile": "well"}"#).status == 422)
            #expect(try await world.ask(.post, "/api/v1/profiles", as: "admin", profile).status == 200)
            let accepted = try await world.ask(
                .post,
                path,
                as: "admin",
                #"{"profile": "well", "name": "井 7", "position": {"lat": 32.5, "lon": 119.9}}"#
            )
            #expect(accepted.status == 201 && accepted.json["own"] == true)
            #expect(accepted.json["last"]?["value"]?.double == 123)
            #expect(try await world.ask(.post, path, as: "admin", #"{"profile": "well"}"#).status == 409)
            #expect(try await world.ask(.delete, "/api/v1/profiles/well", as: "admin").status == 409)
            #expect(try await world.ask(.delete, "/api/v1/profiles/waterLevel", as: "admin").status == 409)
            #expect(try await world.ask(.delete, "/api/v1/sensors/well-7", as: "admin").status == 204)
            #expect(try await world.ask(.delete, "/api/v1/profiles/well", as: "admin").status == 204)
            #expect(try await world.ask(.get, "/api/v1/sensors/well-7", as: "admin").status == 404)
        }
    }

    @Test("an accepted sensor is defined anew with every mistake told by its field; the site file's can't be")
    func define() async throws {
        let world = try await ConsoleWorld()
        try await Self.running(world) {
            let now = world.clock.now()
            _ = try await Self.post(world, #"{"source": "well-7", "ts": "\#(now.rfc3339)", "value": 10}"#)
            let accept = "/api/v1/sources/unknown/well-7/accept"
            #expect(try await world.ask(.post, accept, as: "admin", #"{"profile": "waterLevel"}"#).status == 201)
            let part = #"{"code": "3212020101000001", "position": {"lat": 32.4, "lon": 119.9}}"#
            #expect(try await world.ask(.post, "/api/v1/parts", as: "admin", part).status == 200)
            let path = "/api/v1/sensors/well-7/definition"
            let rules =
                #"[{"kind": "above", "value": 150, "for": "10s", "class": "E-05-06"}, {"kind": "noData", "for": "1h"}]"#
            let body =
                #"{"name": "井 7", "profile": "waterLevel", "position": {"lat": 32.5, "lon": 119.9}, "part": "3212020101000001", "rules": \#(rules)}"#
            let changed = try await world.ask(.post, path, as: "admin", body)
            #expect(changed.status == 200 && changed.json["name"] == "井 7", "\(changed.text)")
            #expect(changed.json["rules"]?.elements?.count == 2)
            let definition = try await world.ask(.get, path, as: "admin")
            #expect(definition.json["part"] == "3212020101000001")
            #expect(definition.json["rules"]?.elements?.first?["for"] == "10s")
            let document = OpenAPIDocument.document(version: "test")
            let validator = SchemaValidator(schemas: document["components"]?["schemas"] ?? .null)
            for schema in ["SensorDefinition", "NewSensorDefinition"] {
                let found = validator.findings(definition.json, Schema.reference(schema))
                #expect(found.isEmpty, "\(found)")
            }
            // What was read can be sent back.
            let again = try await world.ask(.post, path, as: "admin", definition.text)
            #expect(again.status == 200, "\(again.text)")
            let wrong = try await world.ask(
                .post,
                path,
                as: "admin",
                #"{"profile": "waterLevel", "part": "1", "rules": [{"kind": "above", "class": "E-99-99"}]}"#
            )
            #expect(wrong.status == 422 && wrong.code == "invalidSensor")
            let mistakes = wrong.json["params"]?["mistakes"]?.elements ?? []
            #expect(mistakes.compactMap { $0["field"]?.text }.sorted() == ["part", "rules[0].class", "rules[0].value"])
            #expect(mistakes.allSatisfy { $0["remedy"]?.text?.isEmpty == false })
            #expect(try await world.ask(.get, path, as: "admin").json == definition.json)
            // It is a sensor like any other: bound to its part, alarming by its rules, in the audit log.
            let bound = try await world.ask(.get, "/api/v1/parts/3212020101000001", as: "admin")
            #expect(bound.json["devices"]?.elements == ["well-7"])
            for second in [1, 12] {
                let time = (now + .seconds(Double(second))).rfc3339
                _ = try await Self.post(world, #"{"source": "well-7", "ts": "\#(time)", "value": 160}"#)
            }
            var alarms: [JSONValue] = []
            for _ in 0..<3000 where alarms.isEmpty {
                alarms =
                    try await world.ask(.get, "/api/v1/alarms?source=well-7", as: "monitor").json["items"]?.elements
                    ?? []
                if alarms.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
            }
            #expect(alarms.first?["kind"] == "above" && alarms.first?["class"] == "E-05-06")
            let audit = try await world.ask(.get, "/api/v1/audit?action=changeSensor", as: "admin")
            #expect(audit.json["items"]?.elements?.count == 2)
            let declared = "/api/v1/sensors/culvert-01/definition"
            #expect(try await world.ask(.get, declared, as: "admin").code == "notOwn")
            #expect(try await world.ask(.post, declared, as: "admin", body).status == 409)
            #expect(try await world.ask(.get, "/api/v1/sensors/ghost/definition", as: "admin").status == 404)
            #expect(try await world.ask(.post, path, as: "admin", "no JSON").status == 400)
        }
    }

    @Test("quarantine is shown and read again, curves and tables come, and a wrong profile is told by its field")
    func quarantine() async throws {
        let world = try await ConsoleWorld()
        try await Self.running(world) {
            _ = try await Self.post(world, #"{"source": "culvert-01", "value": "high"}"#)
            let kept = try await world.ask(.get, "/api/v1/rejected/culvert-01", as: "monitor")
            #expect(kept.json["items"]?.elements?.first?["reason"] == "wrongType")
            let again = try await world.ask(.post, "/api/v1/rejected/culvert-01/reprocess", as: "admin")
            #expect(again.json["accepted"] == 0 && again.json["rejected"] == 1)
            let from = (world.clock.now() - .seconds(3600)).rfc3339
            let to = (world.clock.now() + .seconds(60)).rfc3339
            let range = "from=\(from)&to=\(to)"
            let curve = try await world.ask(.get, "/api/v1/sensors/culvert-01/curve?\(range)", as: "monitor")
            #expect(curve.json["fields"]?["value"]?.elements?.first?["high"]?.double == 1)
            let table = try await world.ask(.get, "/api/v1/sensors/culvert-01/readings.csv?\(range)", as: "monitor")
            #expect(table.status == 200 && table.text.hasPrefix("occurredAt,receivedAt,timeIsArrival,\"value\"\r\n"))
            let plan = try await world.ask(.get, "/api/v1/plans/sweep/coverage?\(range)", as: "monitor")
            #expect(plan.status == 200)
            for body in [
                #"{"name": "bad id"}"#, #"{"name": "p", "fields": [{"name": "value"}]}"#,
                #"{"name": "p", "fields": [{"name": "v", "path": "a..b"}]}"#, #"{"name": "p", "color": "red"}"#, "[]",
            ] {
                let reply = try await world.ask(.post, "/api/v1/profiles", as: "admin", body)
                #expect(reply.status == 422, "\(body): \(reply.text)")
            }
        }
    }
}
