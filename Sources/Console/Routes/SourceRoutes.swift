import Archive
import Domain
import Foundation
import HTTPTypes
import Hummingbird
import Store
import Telemetry

/// What the console adds to the site's sensors: senders that are accepted, profiles that are made, quarantine that is
/// read once more.
enum SourceRoutes {
    static let routes: [APIRoute] = [
        APIRoute(
            .get,
            "/api/v1/sources/unknown",
            "Who sends without being declared, the newest first: the 1000 that were heard last",
            access: .except(.viewer),
            content: .list("UnknownSource"),
            handle: { request in
                Answer.list(try request.services.telemetry.unknownSources().map { try JSONValue(encoding: $0) })
            }
        ),
        APIRoute(
            .post,
            "/api/v1/sources/unknown/{id}/accept",
            "Make a sensor of an undeclared sender; what is kept of it is read at once",
            access: .only(.admin),
            body: .json("AcceptedSource"),
            status: 201,
            content: .json("Sensor"),
            problems: [409: "taken"],
            handle: accept
        ),
        APIRoute(
            .delete,
            "/api/v1/sensors/{id}",
            "Let a sensor go that was accepted here; its readings stay",
            access: .only(.admin),
            status: 204,
            problems: [409: "notOwn"],
            handle: remove
        ),
        APIRoute(
            .get,
            "/api/v1/rejected/{id}",
            "The last messages of a sensor, vehicle or undeclared sender that are in quarantine, newest first",
            access: .except(.viewer),
            content: .list("RejectedPayload"),
            handle: { request in
                let items = try await request.services.telemetry.rejected(source: request.parameter("id"))
                return Answer.list(try items.map { try JSONValue(encoding: $0) })
            }
        ),
        APIRoute(
            .post,
            "/api/v1/rejected/{id}/reprocess",
            "Read a source's quarantine once more, by the profile that it has now",
            access: .only(.admin),
            content: .json("ReprocessOutcome"),
            problems: [503: "busy"],
            handle: reprocess
        ),
        APIRoute(
            .get,
            "/api/v1/profiles",
            "The payload profiles: built in, of the site file, and made here (`own`)",
            access: .except(.viewer),
            content: .list("Profile"),
            handle: { request in
                Answer.list(
                    try request.services.telemetry.profiles().map { item in
                        guard case .object(var members) = try JSONValue(encoding: item.profile) else { return .null }
                        members["own"] = .bool(item.isOwn)
                        return .object(members)
                    }
                )
            }
        ),
        APIRoute(
            .post,
            "/api/v1/profiles",
            "Save a payload profile, or change one that was made here",
            access: .only(.admin),
            body: .json("NewProfile"),
            content: .json("Profile"),
            problems: [409: "taken"],
            handle: save
        ),
        APIRoute(
            .delete,
            "/api/v1/profiles/{name}",
            "Delete a payload profile that was made here and that no sensor has",
            access: .only(.admin),
            status: 204,
            problems: [409: "notOwn"],
            handle: removeProfile
        ),
        APIRoute(
            .post,
            "/api/v1/profiles/try",
            "What a profile would make of the last raw messages, or of given ones; nothing is stored",
            access: .only(.admin),
            body: .json("ProfileTry"),
            content: .list("ProfileTrial"),
            handle: tryOut
        ),
    ]

    private static func accept(_ request: APIRequest) async throws -> Response {
        let id = try request.parameter("id")
        guard Slug.isValid(id) else {
            throw Problem.invalid(field: "id", "\(id.prefix(63)) can't be an id: the site file can map it by a profile")
        }
        var object = try await request.object()
        let profile = try object.string("profile", maximum: 63)
        let name = try object.optionalString("name", maximum: 64)
        let address = try object.optionalString("address", maximum: 200)
        let position = try object.optionalPoint("position")
        try object.finish()
        let telemetry = request.services.telemetry
        guard telemetry.profiles().contains(where: { $0.profile.name == profile }) else {
            throw Problem.invalid(field: "profile", "there is no profile \(profile)")
        }
        let sensor = Sensor(id: id, name: name, profile: profile, position: position, address: address)
        do {
            _ = try await telemetry.accept(sensor, by: request.user.name)
        } catch let failure as OwnSourceFailure {
            // The sensor is there; what is kept of it can be read later.
            if failure != .busy { throw problem(failure, id) }
        }
        await request.audit(.acceptSensor, .sensor, id, data: ["profile": profile])
        guard let status = telemetry.sensor(id) else { throw Problem.internalError }
        return Answer.json(try JSONValue(encoding: status), status: .created)
    }

    private static func remove(_ request: APIRequest) async throws -> Response {
        let id = try request.parameter("id")
        do {
            try await request.services.telemetry.removeOwnSensor(id)
        } catch let failure as OwnSourceFailure {
            throw problem(failure, id)
        }
        await request.audit(.removeSensor, .sensor, id)
        return Response(status: .noContent)
    }

    private static func reprocess(_ request: APIRequest) async throws -> Response {
        let id = try request.parameter("id")
        do {
            let outcome = try await request.services.telemetry.reprocess(source: id)
            await request.audit(.reprocess, .sensor, id, data: ["count": String(outcome.accepted)])
            return Answer.json(try JSONValue(encoding: outcome))
        } catch let failure as OwnSourceFailure {
            throw problem(failure, id)
        }
    }

    private static func save(_ request: APIRequest) async throws -> Response {
        let profile = try profile(of: .object(try members(of: try await body(request))), field: "")
        guard Slug.isValid(profile.name) else { throw Problem.invalid(field: "name", "the name can't be an id") }
        do {
            try await request.services.telemetry.save(profile, by: request.user.name)
        } catch let failure as OwnSourceFailure {
            throw problem(failure, profile.name)
        }
        await request.audit(.saveProfile, .profile, profile.name)
        var members = try members(of: try JSONValue(encoding: profile))
        members["own"] = .bool(true)
        return Answer.json(.object(members))
    }

    private static func removeProfile(_ request: APIRequest) async throws -> Response {
        let name = try request.parameter("name")
        do {
            try await request.services.telemetry.removeProfile(name)
        } catch let failure as OwnSourceFailure {
            throw problem(failure, name)
        }
        await request.audit(.deleteProfile, .profile, name)
        return Response(status: .noContent)
    }

    private static func tryOut(_ request: APIRequest) async throws -> Response {
        var object = try await request.object()
        guard let given = object.value("profile") else {
            throw Problem.invalid(field: "profile", "profile is needed")
        }
        let profile = try profile(of: given, field: "profile")
        let source = try object.optionalString("source", maximum: 128)
        let like = try object.optionalString("like", maximum: 63)
        let payloads = object.value("payloads")
        try object.finish()
        let telemetry = request.services.telemetry
        var messages = try await telemetry.recentMessages(source: source, profile: like)
        if let payloads {
            let texts = (payloads.elements ?? []).compactMap(\.text)
            let now = request.services.clock.now()
            messages = texts.prefix(50).map { RecentMessage(topic: "", receivedAt: now, bytes: Array($0.utf8)) }
        }
        return Answer.list(try telemetry.tryOut(profile, on: messages).map { try JSONValue(encoding: $0) })
    }

    private static func body(_ request: APIRequest) async throws -> JSONValue {
        guard let value = JSONValue(parsing: try await request.bytes(upTo: 64 << 10, within: .seconds(20))) else {
            throw Problem.badRequest("the body is not JSON")
        }
        return value
    }

    private static func members(of value: JSONValue) throws(Problem) -> [String: JSONValue] {
        guard case .object(let members) = value else { throw .invalid(field: "", "a JSON object is needed") }
        return members
    }

    private static let profileKeys: Set<String> = [
        "name", "words", "valueNames", "fields", "time", "batch", "sensor", "isPlain", "units", "limits",
    ]

    /// A profile out of JSON, within bounds.
    private static func profile(of value: JSONValue, field: String) throws -> PayloadProfile {
        let members = try members(of: value)
        if let unknown = members.keys.filter({ !profileKeys.contains($0) }).min() {
            throw Problem.invalid(field: unknown, "a profile has no field \(unknown.prefix(64))")
        }
        do {
            let profile = try JSONDecoder().decode(PayloadProfile.self, from: Data(value.encoded))
            guard profile.words.count <= 200, profile.valueNames.count <= 64, (profile.fields ?? []).count <= 64,
                profile.limits.count <= 64, profile.units.count <= 64
            else { throw Problem.invalid(field: field, "the profile holds more than 64 fields or 200 words") }
            return profile
        } catch let error as DecodingError {
            throw Problem.invalid(field: field, "no profile: \(describe(error))")
        }
    }

    private static func describe(_ error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, _): "\(key.stringValue) is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            "\(context.codingPath.map(\.stringValue).joined(separator: ".")): \(context.debugDescription)"
        @unknown default: "it can't be read"
        }
    }

    static func problem(_ failure: OwnSourceFailure, _ name: String) -> Problem {
        switch failure {
        case .taken: .conflict("taken", "\(name.prefix(63)) is there already")
        case .notOwn:
            .conflict("notOwn", "\(name.prefix(63)) was not made here: the site file is the place to change it")
        case .inUse: .conflict("inUse", "a sensor is read by \(name.prefix(63))")
        case .busy:
            Problem(
                status: .serviceUnavailable,
                code: "busy",
                detail: "nothing was stored; try again",
                headers: [.retryAfter: "5"]
            )
        }
    }
}
