import Alarms
import Archive
import Crypto
import Domain
import Foundation
import HTTPTypes
import Hummingbird
import Store

/// Cameras, their pictures and what is recorded of them.
enum CameraRoutes {
    static let routes: [APIRoute] = [
        APIRoute(
            .get,
            "/api/v1/cameras",
            "The cameras with their states, in the site's order",
            access: .signedIn,
            parameters: APIRoute.Parameter.page,
            content: .list("Camera"),
            handle: list
        ),
        APIRoute(
            .get,
            "/api/v1/cameras/{id}",
            "One camera",
            access: .signedIn,
            content: .json("Camera"),
            problems: [404: "notFound"],
            handle: { request in
                try await one(request.camera(), request.services)
            }
        ),
        APIRoute(
            .get,
            "/api/v1/cameras/{id}/snapshot.jpg",
            "The picture now, or the one recorded at or just before a time",
            access: .signedIn,
            parameters: [
                .init(name: "at", summary: "the time", schema: ["type": "string", "format": "date-time"]),
                .init(
                    name: "width",
                    summary: "pixels at most",
                    schema: ["type": "integer", "minimum": 16, "maximum": 3840]
                ),
            ],
            content: .binary("image/jpeg"),
            problems: [404: "noPicture"],
            handle: snapshot
        ),
        APIRoute(
            .get,
            "/api/v1/cameras/{id}/timeline",
            "Runs and gaps without a hole, activity, alarms, bookmarks and holds of a range",
            access: .signedIn,
            parameters: APIRoute.Parameter.range(),
            content: .json("Timeline"),
            problems: [404: "notFound"],
            handle: timeline
        ),
        APIRoute(
            .get,
            "/api/v1/cameras/{id}/clip.mp4",
            "The range as a file, not re-encoded; Gridwatch-Delivered and -Omitted (header) say what it shows",
            access: .except(.viewer),
            parameters: APIRoute.Parameter.range(),
            content: .binary("video/mp4"),
            problems: [404: "nothingRecorded", 416: "rangeNotSatisfiable"],
            handle: clip
        ),
    ]

    /// Ranges listed in the header `Gridwatch-Omitted`: about 70 bytes each, and headers have limits everywhere.
    private static let maximumOmitted = 50

    private static func list(_ request: APIRequest) async throws -> Response {
        let limit = try request.queryInt("limit", in: 1...1000) ?? 500
        let cameras = request.services.site.cameras
        // The cursor is the id after which the page begins: the site's order doesn't change while it runs.
        var start = 0
        if let cursor = request.query("cursor") {
            guard let index = cameras.firstIndex(where: { $0.id == cursor }) else {
                throw Problem.invalid(field: "cursor", "the cursor is not one that a list has given out")
            }
            start = index + 1
        }
        let page = cameras[start...].prefix(limit)
        return Answer.list(
            try await views(Array(page), request.services),
            next: page.endIndex < cameras.count ? page.last?.id : nil
        )
    }

    /// A camera as the API gives it.
    static func one(_ camera: Camera, _ services: ConsoleServices) async throws -> Response {
        let views = try await views([camera], services)
        return Answer.json(views[0])
    }

    /// The cameras as the API gives them; what the recording knows is asked for all of them at once.
    private static func views(_ cameras: [Camera], _ services: ConsoleServices) async throws -> [JSONValue] {
        let ids = cameras.map(\.id)
        let recordedFrom = try await services.archive.recordedFrom(cameraIds: ids)
        let mediaTypes = try await services.archive.mediaTypes(cameraIds: ids)
        let statuses = services.cameraStatus()
        let pauses = services.recordingPauses()
        let clocks = services.cameraClocks()
        return cameras.map { camera in
            let json = CameraView.json(camera, statuses[camera.id], pause: pauses[camera.id])
            guard case .object(var members) = json else { return json }
            members["recordedFrom"] = JSONValue(recordedFrom[camera.id])
            members["clocks"] =
                clocks[camera.id].map {
                    [
                        "connectedAt": JSONValue($0.connectedAt), "packetAt": JSONValue($0.packetAt),
                        "keyFrameAt": JSONValue($0.keyFrameAt), "writtenAt": JSONValue($0.writtenAt),
                    ]
                } ?? .null
            members["mime"] = JSONValue(mediaTypes[camera.id])
            return .object(members)
        }
    }

    private static func snapshot(_ request: APIRequest) async throws -> Response {
        let camera = try request.camera()
        let width = try request.queryInt("width", in: 16...3840)
        let at = try request.queryTime("at")
        await request.auditView(.viewSnapshot, cameraId: camera.id, data: ["at": at?.rfc3339 ?? "-"])
        if at == nil, width == nil, let picture = await request.runtime.pictures.picture(camera.id) {
            return Answer.bytes(picture.jpeg, type: "image/jpeg")
        }
        do {
            let jpeg = try await request.services.archive.picture(
                cameraId: camera.id,
                at: at,
                maximumWidth: width ?? 3840
            )
            return Answer.bytes(jpeg, type: "image/jpeg")
        } catch let error as ArchiveError where at == nil && error.code == .noPicture {
            // Nothing recorded yet; capture may have a picture all the same.
            guard let picture = await request.runtime.pictures.picture(camera.id) else { throw error }
            return Answer.bytes(picture.jpeg, type: "image/jpeg")
        }
    }

    private static func timeline(_ request: APIRequest) async throws -> Response {
        let camera = try request.camera()
        let range = try request.range()
        let (from, to) = (range.lowerBound, range.upperBound)
        let archive = request.services.archive
        let alarms = request.services.alarms
        let recorded = try await archive.timeline(cameraId: camera.id, from: from, to: to)
        let found = try await alarms.overlapping(source: camera.id, from: from, to: to)
        let bookmarks = try await archive.bookmarks(cameraId: camera.id, from: from, to: to)
        let holds = try await archive.holds(cameraId: camera.id, from: from, to: to)
        var members = recorded.members
        members["activity"] = .array(found.filter { $0.kind == ZoneRule.Kind.motion.rawValue }.map(activity))
        members["alarms"] = .array(try found.map { try JSONValue(encoding: alarms.view($0)) })
        members["bookmarks"] = .array(bookmarks.map(\.view))
        members["holds"] = .array(holds.map(\.view))
        members["signedUntil"] = JSONValue(archive.signer.signedUntil(cameraId: camera.id))
        members["serverTime"] = JSONValue(request.now)
        return Answer.json(.object(members))
    }

    private static func activity(_ alarm: Alarm) -> JSONValue {
        [
            "from": JSONValue(alarm.openedAt), "to": JSONValue(alarm.clearedAt ?? alarm.lastAt),
            "kind": .string(alarm.kind), "zone": JSONValue(alarm.part),
        ]
    }

    private static func clip(_ request: APIRequest) async throws -> Response {
        let camera = try request.camera()
        let range = try request.range(maximum: Archive.maximumClip)
        let clip = try await request.services.archive.keptClip(
            cameraId: camera.id,
            from: range.lowerBound,
            to: range.upperBound,
            resumes: request.request.headers[.range] != nil || request.request.headers[.ifRange] != nil
        )
        await request.auditView(
            .viewClip,
            cameraId: camera.id,
            data: ["from": range.lowerBound.rfc3339, "to": range.upperBound.rfc3339]
        )
        var headers: HTTPFields = [
            .contentDisposition: "attachment; filename=\"\(clip.name)\"",
            .delivered: "\(clip.from.rfc3339)/\(clip.to.rfc3339)",
        ]
        if !clip.omitted.isEmpty {
            // A clip over a gap is shorter than its range: whoever keeps it as evidence has to know where it jumps.
            headers[.omitted] = clip.omitted.prefix(maximumOmitted)
                .map { "\($0.from.rfc3339)/\($0.to.rfc3339);\($0.reason.rawValue)" }.joined(separator: ", ")
            headers[.omittedSeconds] = String(clip.omittedSeconds)
        }
        let file = FileAnswer(
            source: try await OpenedFile.open(clip.url.path, keeping: clip),
            type: "video/mp4",
            tag: tag(of: clip, range),
            headers: headers
        )
        return file.response(to: request)
    }

    /// What is recorded doesn't change: the same range, showing the same, in as many bytes, is the same file, also when
    /// it was made anew.
    private static func tag(of clip: ClipFile, _ range: Range<WallTime>) -> String {
        var text = "\(clip.cameraId) \(range) \(clip.from) \(clip.to) \(clip.bytes) \(clip.proofHash ?? "-")"
        for part in clip.omitted { text += " \(part.from) \(part.to) \(part.reason.rawValue)" }
        let digest = SHA256.hash(data: Array(text.utf8)).prefix(16)
        return "\"" + digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() + "\""
    }
}

extension HTTPField.Name {
    /// `from/to` of what a clip shows.
    fileprivate static let delivered = HTTPField.Name("Gridwatch-Delivered") ?? .contentRange
    /// `from/to;reason, …`: what of the range asked for a clip leaves out; absent when nothing.
    fileprivate static let omitted = HTTPField.Name("Gridwatch-Omitted") ?? .contentRange
    /// The length of all that is left out, also beyond the ranges listed.
    fileprivate static let omittedSeconds = HTTPField.Name("Gridwatch-Omitted-Seconds") ?? .contentRange
}

extension APIRequest {
    /// The camera that the path names.
    func camera() throws(Problem) -> Camera {
        let id = try parameter("id")
        guard let camera = services.site.cameras.first(where: { $0.id == id }) else {
            throw .notFound("there is no camera \(id.prefix(63))")
        }
        return camera
    }
}
