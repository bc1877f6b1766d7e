import Archive
import Domain
import HTTPTypes
import Hummingbird
import Store

/// Bookmarks and attachments.
enum EvidenceRoutes {
    static let routes: [APIRoute] = [
        APIRoute(
            .post,
            "/api/v1/bookmarks",
            "Mark a range, with a hold when asked",
            access: .only(.monitor),
            body: .json("NewBookmark"),
            status: 201,
            content: .json("Bookmark"),
            handle: addBookmark
        ),
        APIRoute(
            .get,
            "/api/v1/bookmarks",
            "The bookmarks, newest first",
            access: .except(.viewer),
            parameters: [.init(name: "cameraId", summary: "only of this camera")] + APIRoute.Parameter.page,
            content: .list("Bookmark"),
            handle: { request in
                let page = try await request.services.archive.bookmarks(
                    cameraId: request.query("cameraId"),
                    page: request.page()
                )
                return Answer.list(page.items.map(\.view), next: page.next)
            }
        ),
        APIRoute(
            .delete,
            "/api/v1/bookmarks/{id}",
            "Delete one's own bookmark (an admin: any); its hold stays",
            access: .only(.monitor, .admin),
            status: 204,
            problems: [404: "notFound"],
            handle: { request in
                let archive = request.services.archive
                let bookmark = try await archive.bookmark(id: request.parameter("id"))
                let user = try request.user
                guard user.role == .admin || bookmark.by == user.name else {
                    throw Problem.forbidden("the bookmark is \(bookmark.by)'s")
                }
                try await archive.deleteBookmark(id: bookmark.id)
                await request.audit(
                    .deleteBookmark,
                    .bookmark,
                    bookmark.id,
                    data: ["cameraId": bookmark.cameraId, "title": bookmark.title]
                )
                return Answer.noContent
            }
        ),
        APIRoute(
            .post,
            "/api/v1/attachments",
            "Keep a picture of at most 10 MiB or a voice note of at most 5 MiB; its type is told from its bytes",
            access: .only(.monitor, .acceptor, .unit, .collector),
            body: .binary(AttachmentType.allCases.map(\.rawValue)),
            status: 201,
            content: .json("AttachmentReference"),
            problems: [413: "tooLarge", 415: "unsupportedType"],
            handle: addAttachment
        ),
        APIRoute(
            .get,
            "/api/v1/attachments/{id}",
            "A picture or voice note, without what a phone writes into it, for who sees what it belongs to",
            access: .signedIn,
            parameters: [
                .init(
                    name: "original",
                    summary: "as it came: acceptor, leader, admin, and whoever brought it",
                    schema: ["type": "boolean"]
                )
            ],
            content: .binary("application/octet-stream"),
            problems: [404: "notFound"],
            handle: attachment
        ),
    ]

    private static func addBookmark(_ request: APIRequest) async throws -> Response {
        var object = try await request.object()
        let (cameraId, range) = try range(&object, request)
        let title = try object.string("title", maximum: 200)
        let hold = try object.optionalBool("hold") ?? false
        try object.finish()
        let bookmark = try await request.services.archive.createBookmark(
            cameraId: cameraId,
            from: range.lowerBound,
            to: range.upperBound,
            title: title,
            hold: hold,
            by: request.user.name
        )
        await request.audit(
            .bookmark,
            .bookmark,
            bookmark.id,
            data: [
                "cameraId": cameraId, "from": range.lowerBound.rfc3339, "to": range.upperBound.rfc3339, "title": title,
                "holdId": bookmark.holdId ?? "-",
            ]
        )
        request.services.feed.publish(Change(topic: .bookmark, json: bookmark.view.encoded))
        return Answer.json(bookmark.view, status: .created)
    }

    /// `cameraId`, `from` and `to` of a body.
    private static func range(
        _ object: inout RequestObject,
        _ request: APIRequest
    ) throws -> (cameraId: String, range: Range<WallTime>) {
        let cameraId = try object.string("cameraId")
        guard request.services.site.cameras.contains(where: { $0.id == cameraId }) else {
            throw Problem.invalid(field: "cameraId", "there is no camera \(cameraId.prefix(63))")
        }
        let from = try object.time("from")
        let to = try object.time("to")
        return (cameraId, try TimeRange.checked(from: from, to: to, maximum: .seconds(31 * 86_400)))
    }

    private static func addAttachment(_ request: APIRequest) async throws -> Response {
        let bytes = try await request.bytes(upTo: 10 << 20, within: .seconds(120))
        guard let type = AttachmentType(sniffing: bytes), PublishedAttachment.isWhole(bytes, type: type) else {
            throw Problem(
                status: .unsupportedMediaType,
                code: "unsupportedType",
                detail: "the bytes are no whole JPEG or PNG picture and no voice note (WebM, MP4, WAV, MP3, AMR)"
            )
        }
        guard bytes.count <= type.maximumBytes else { throw Problem.tooLarge(limit: type.maximumBytes) }
        let kept = try await request.services.archive.storeAttachment(
            bytes,
            mediaType: type.rawValue,
            by: request.user.name,
            reusing: true
        )
        return Answer.json(
            [
                "id": .string(kept.id), "url": .string("/api/v1/attachments/\(kept.id)"),
                "mediaType": .string(kept.mediaType), "bytes": JSONValue(kept.bytes), "sha256": .string(kept.sha256),
            ],
            status: .created
        )
    }

    /// As it is shown, without what a phone has written into it; as it came for those who have to prove it.
    private static func attachment(_ request: APIRequest) async throws -> Response {
        let id = try request.parameter("id")
        guard let known = try await request.services.archive.attachmentFacts(id: id),
            try await AttachmentAccess.isVisible(known, to: request.user, request.services)
        else { throw Problem.notFound("there is no attachment \(id.prefix(63))") }
        let (attachment, original) = try await request.services.archive.attachment(id: id)
        var bytes = original
        if try request.queryBool("original") ?? false {
            let user = try request.user
            guard [.acceptor, .leader, .admin].contains(user.role) || user.name == attachment.by else {
                throw Problem.forbidden("the file as it came is for acceptors, leaders and whoever brought it")
            }
        } else if let type = AttachmentType(rawValue: attachment.mediaType) {
            bytes = PublishedAttachment.bytes(of: original, type: type)
        }
        return Answer.bytes(
            bytes,
            type: attachment.mediaType,
            // What an id stands for never changes, but only who is signed in may keep it.
            headers: [.cacheControl: "private, max-age=86400, immutable", .contentDisposition: "inline"]
        )
    }
}
