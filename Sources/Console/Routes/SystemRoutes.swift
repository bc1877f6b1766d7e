import Alarms
import Cases
import Domain
import HTTPTypes
import Hummingbird
import Telemetry

/// How the service is.
enum SystemRoutes {
    static let routes: [APIRoute] = [
        APIRoute(
            .get,
            "/healthz",
            "200 once the API answers and every reachable broker is subscribed, else 503 with the reason",
            access: .everyone,
            content: .json("Readiness"),
            problems: [503: "notReady"],
            handle: { request in
                // An unreachable broker is the site's trouble, shown on the pages; one that is being connected is ours.
                let waiting = request.services.telemetry.brokers().filter {
                    [.connecting, .unauthorised].contains($0.state)
                }
                guard waiting.isEmpty else {
                    let reasons = waiting.map { "\($0.id): \($0.state.rawValue)" }.sorted()
                    return Answer.json(
                        ["status": "starting", "reasons": .array(reasons.map { .string($0) })],
                        status: .serviceUnavailable
                    )
                }
                return Answer.json(["status": "ok", "reasons": []])
            }
        ),
        APIRoute(
            .get,
            "/metrics",
            "Counters as Prometheus text",
            access: .everyone,
            content: .binary("text/plain; version=0.0.4"),
            handle: { request in
                let text = try await MetricsPage.text(request)
                return Answer.bytes(Array(text.utf8), type: "text/plain; version=0.0.4; charset=utf-8")
            }
        ),
        APIRoute(
            .get,
            "/api/v1/health",
            "Cameras, disk, brokers, capture and what is open",
            access: .signedIn,
            content: .json("Health"),
            handle: { Answer.json(try await health($0)) }
        ),
        APIRoute(
            .get,
            "/api/v1/openapi.json",
            "This description",
            access: .everyone,
            content: .json("OpenAPI"),
            handle: { request in
                Answer.json(bytes: OpenAPIDocument.bytes(version: request.services.version))
            }
        ),
    ]

    private static func sampling(_ cameraId: String, _ facts: SamplingFacts) -> JSONValue {
        [
            "cameraId": .string(cameraId), "groups": JSONValue(facts.groups), "sent": JSONValue(facts.sent),
            "whole": JSONValue(facts.whole.values.reduce(0, +)), "refused": JSONValue(facts.refused),
            "shed": JSONValue(facts.shed), "audits": JSONValue(facts.audits),
            "movingAudits": JSONValue(facts.movingAudits), "missedAudits": JSONValue(facts.missedAudits),
            "ranking": JSONValue(facts.ranking), "skippedKeys": JSONValue(facts.skippedKeys ?? 0),
        ]
    }

    private static func health(_ request: APIRequest) async throws -> JSONValue {
        let services = request.services
        let facts = await services.health()
        let statuses = services.cameraStatus()
        let live = services.site.cameras.count { statuses[$0.id]?.state == .live }
        let brokers = services.telemetry.brokers()
        return [
            "cameras": ["live": JSONValue(live), "total": JSONValue(services.site.cameras.count)],
            "disk": [
                "freeBytes": .integer(facts.freeBytes), "totalBytes": .integer(facts.totalBytes),
                "floorBytes": .integer(services.site.recording.freeSpaceFloorBytes),
            ],
            "recording": .bool(facts.isRecording),
            "database": ["problem": facts.databaseProblem.map { .string($0) } ?? .null],
            "brokers": ["connected": JSONValue(brokers.count { $0.connected }), "total": JSONValue(brokers.count)],
            "capture": .array(
                facts.capture.map {
                    ["shard": JSONValue($0.shard), "connected": .bool($0.connected), "since": JSONValue($0.since)]
                }
            ),
            "captureRestarts": JSONValue(facts.captureRestarts), "workerRestarts": JSONValue(facts.workerRestarts),
            "reception": .array(
                facts.reception.sorted { $0.key < $1.key }.map { cameraId, lost in
                    [
                        "cameraId": .string(cameraId), "lostPackets": JSONValue(lost.lostPackets),
                        "damagedPictures": JSONValue(lost.damagedPictures),
                    ]
                }
            ),
            "dropped": [
                "fragments": JSONValue(facts.droppedFragments), "packets": JSONValue(facts.workerDrops),
                "observations": JSONValue(facts.droppedObservations), "events": JSONValue(facts.droppedEvents),
            ],
            "sampling": .array(facts.sampling.sorted { $0.key < $1.key }.map { sampling($0.key, $0.value) }),
            "openAlarms": JSONValue(try await services.alarms.openCount()),
            "openCases": JSONValue(try await services.cases.openCount()),
            "serverTime": JSONValue(request.now),
        ]
    }
}
