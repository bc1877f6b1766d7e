import Alarms
import Archive
import Cases
import Domain
import Foundation
import HTTPTypes
import Hummingbird
import Store
import Telemetry

/// Clips and dossiers that are made in the background and downloaded when they are done.
enum ExportRoutes {
    static let routes: [APIRoute] = [
        APIRoute(
            .post,
            "/api/v1/exports",
            "Have clips or a dossier made of ranges of several cameras",
            access: .only(.monitor),
            body: .json("NewExport"),
            status: 202,
            content: .json("Export"),
            handle: add
        ),
        APIRoute(
            .get,
            "/api/v1/exports",
            "The exports, newest first; an acceptor sees dossiers of cases",
            access: .only(.monitor, .acceptor, .leader, .admin),
            parameters: APIRoute.Parameter.page,
            content: .list("Export"),
            handle: { request in
                let page = try await request.services.archive.exports.list(page: request.page())
                let user = try request.user
                return Answer.list(page.items.filter { shows($0, to: user) }.map(ExportView.json), next: page.next)
            }
        ),
        APIRoute(
            .get,
            "/api/v1/exports/{id}",
            "One export",
            access: .only(.monitor, .acceptor, .leader, .admin),
            content: .json("Export"),
            problems: [404: "notFound"],
            handle: { request in Answer.json(ExportView.json(try await job(request))) }
        ),
        APIRoute(
            .post,
            "/api/v1/exports/{id}/cancel",
            "End one's own export before it is done (an admin: any)",
            access: .only(.monitor, .acceptor, .leader, .admin),
            content: .json("Export"),
            problems: [404: "notFound"],
            handle: { request in
                let job = try await ownJob(request)
                let cancelled = try await request.services.archive.exports.cancel(id: job.id)
                await request.audit(.cancelExport, .export, job.id)
                return Answer.json(ExportView.json(cancelled))
            }
        ),
        APIRoute(
            .delete,
            "/api/v1/exports/{id}",
            "Delete one's own export with its files (an admin: any)",
            access: .only(.monitor, .acceptor, .leader, .admin),
            status: 204,
            problems: [404: "notFound"],
            handle: { request in
                let job = try await ownJob(request)
                try await request.services.archive.exports.delete(id: job.id)
                await request.audit(.deleteExport, .export, job.id, data: ["title": job.request.title])
                return Answer.noContent
            }
        ),
        APIRoute(
            .get,
            "/api/v1/exports/{id}/file",
            "What was made: a ZIP or an MP4; can be resumed",
            access: .only(.monitor, .acceptor, .leader, .admin),
            content: .binary("application/octet-stream"),
            problems: [404: "notFound", 416: "rangeNotSatisfiable"],
            handle: { request in try await download(request, name: nil) }
        ),
        APIRoute(
            .get,
            "/api/v1/exports/{id}/files/{name}",
            "One file of an export; `~` stands for `/` in its name",
            access: .only(.monitor, .acceptor, .leader, .admin),
            content: .binary("application/octet-stream"),
            problems: [404: "notFound", 416: "rangeNotSatisfiable"],
            handle: { request in
                try await download(request, name: try request.parameter("name").replacing("~", with: "/"))
            }
        ),
        APIRoute(
            .post,
            "/api/v1/cases/{id}/dossier",
            "Have a dossier made of a case: facts, log, pictures, clips, sensor curves",
            access: .only(.monitor, .acceptor, .leader, .admin),
            status: 202,
            content: .json("Export"),
            problems: [404: "notFound"],
            handle: dossier
        ),
    ]

    // MARK: - Asking

    private static func add(_ request: APIRequest) async throws -> Response {
        var object = try await request.object()
        let title = try object.string("title", maximum: 200)
        let format = try object.choice("format", as: ExportRequest.Format.self)
        let items = try items(&object, request)
        let caseId = try object.optionalString("caseId")
        let note = try object.optionalString("note", maximum: 2000)
        let audio = try object.optionalBool("audio") ?? true
        try object.finish()
        var wanted = ExportRequest(title: title, format: format, items: items, note: note, audio: audio)
        if let caseId { wanted.caseMaterial = try await DossierMaterial.of(caseId, request) }
        return try await submit(wanted, request)
    }

    private static func items(_ object: inout RequestObject, _ request: APIRequest) throws -> [ExportRequest.Item] {
        guard let values = object.value("items")?.elements, (1...ExportQueue.maximumItems).contains(values.count) else {
            throw Problem.invalid(field: "items", "items holds 1 to \(ExportQueue.maximumItems) ranges")
        }
        return try values.enumerated().map { index, value in
            var item = try RequestObject(value, prefix: "items.\(index)")
            let cameraId = try item.string("cameraId")
            guard request.services.site.cameras.contains(where: { $0.id == cameraId }) else {
                throw Problem.invalid(field: "items.\(index).cameraId", "there is no camera \(cameraId.prefix(63))")
            }
            let from = try item.time("from")
            let to = try item.time("to")
            try item.finish()
            let range = try TimeRange.checked(from: from, to: to, maximum: ExportQueue.maximumRange)
            return ExportRequest.Item(cameraId: cameraId, from: range.lowerBound, to: range.upperBound)
        }
    }

    private static func submit(_ wanted: ExportRequest, _ request: APIRequest) async throws -> Response {
        let job = try await request.services.archive.exports.submit(wanted, by: request.user.name)
        await request.audit(
            .export,
            .export,
            job.id,
            data: [
                "title": wanted.title, "format": wanted.format.rawValue, "caseId": wanted.caseMaterial?.caseId ?? "-",
            ]
        )
        // One line for each range, so that the log can be asked by camera.
        for item in wanted.items {
            await request.audit(
                .export,
                .camera,
                item.cameraId,
                data: [
                    "cameraId": item.cameraId, "exportId": job.id, "from": item.from.rfc3339, "to": item.to.rfc3339,
                ]
            )
        }
        return Answer.json(ExportView.json(job), status: .accepted)
    }

    // MARK: - Cases

    private static func dossier(_ request: APIRequest) async throws -> Response {
        let actor = try request.user.actor
        let value = try await request.services.cases.get(request.parameter("id"), for: actor)
        var items: [ExportRequest.Item] = []
        for clip in value.clips.prefix(ExportQueue.maximumItems) {
            let item = ExportRequest.Item(cameraId: clip.cameraId, from: clip.from, to: clip.to)
            if !items.contains(item) { items.append(item) }
        }
        return try await submit(
            ExportRequest(
                title: value.number,
                format: .dossier,
                items: items,
                caseMaterial: try await DossierMaterial.of(value.id, request)
            ),
            request
        )
    }

    // MARK: - Fetching

    private static func job(_ request: APIRequest) async throws -> ExportJob {
        let job = try await request.services.archive.exports.job(id: request.parameter("id"))
        guard shows(job, to: try request.user) else { throw Problem.notFound("there is no such export") }
        return job
    }

    /// A dossier that tells who has reported is for those who may know, whoever asked for it; clips and ranges of cameras
    /// are no acceptor's.
    private static func shows(_ job: ExportJob, to user: User) -> Bool {
        let material = job.request.caseMaterial
        if material?.holdsPersons == true { return CaseService.rolesThatSeePersons.contains(user.role) }
        return user.role != .acceptor || material != nil
    }

    /// The export, when the asking user may change it.
    private static func ownJob(_ request: APIRequest) async throws -> ExportJob {
        // An admin may end and delete also what it may not open.
        let job = try await request.services.archive.exports.job(id: request.parameter("id"))
        let user = try request.user
        guard user.role == .admin || job.by == user.name else {
            throw Problem.forbidden("the export is \(job.by)'s")
        }
        return job
    }

    private static func download(_ request: APIRequest, name: String?) async throws -> Response {
        let job = try await job(request)
        let (file, bytes) = try await request.services.archive.exports.open(job, name: name)
        let isFirst = request.request.headers[.range].map { $0.hasPrefix("bytes=0-") } ?? true
        // A resumed download is the same download.
        if request.request.method == .get, isFirst {
            await request.audit(.download, .export, job.id, data: ["file": file.name])
        }
        let short = String(file.name.split(separator: "/").last ?? "file")
        let plain = short.filter { $0.isASCII && $0 != "\"" && $0 != "\\" }
        return FileAnswer(
            source: bytes,
            type: type(of: short),
            tag: "\"\(file.sha256)\"",
            headers: [.contentDisposition: "attachment; filename=\"\(plain)\""]
        ).response(to: request)
    }

    private static func type(of name: String) -> String {
        switch name.split(separator: ".").last {
        case "zip": "application/zip"
        case "mp4": "video/mp4"
        case "json": "application/json"
        case "jpg": "image/jpeg"
        case "png": "image/png"
        case "csv": "text/csv; charset=utf-8"
        case "webm": "audio/webm"
        case "m4a": "audio/mp4"
        case "wav": "audio/wav"
        case "mp3": "audio/mpeg"
        case "amr": "audio/amr"
        default: "application/octet-stream"
        }
    }
}
