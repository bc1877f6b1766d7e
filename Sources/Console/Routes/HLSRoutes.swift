import Archive
import Domain
import HTTPTypes
import Hummingbird

/// The past by HLS (RFC 8216): for players that know nothing of this API. The session cookie goes with every request.
enum HLSRoutes {
    static let routes: [APIRoute] = [
        APIRoute(
            .get,
            "/api/v1/cameras/{id}/recording.m3u8",
            "The recording of a range as an HLS playlist; it grows while `to` lies in the future",
            access: .signedIn,
            parameters: APIRoute.Parameter.range() + [codec, width, audio],
            content: .binary("application/vnd.apple.mpegurl"),
            problems: [404: "nothingRecorded"],
            handle: playlist
        ),
        APIRoute(
            .get,
            "/api/v1/cameras/{id}/media/{name}",
            "A recorded segment as the playlist names it: ranges of its bytes, or fragments of it as H.264",
            access: .signedIn,
            parameters: [
                codec, width, audio,
                .init(
                    name: "first",
                    summary: "with codec: the first fragment; absent: the init segment",
                    schema: ["type": "integer", "minimum": 0]
                ),
                .init(
                    name: "count",
                    summary: "with codec: how many fragments",
                    schema: ["type": "integer", "minimum": 1, "maximum": .integer(Int64(maximumFragments))]
                ),
            ],
            content: .binary("video/mp4"),
            problems: [
                404: "nothingRecorded", 416: "rangeNotSatisfiable", 429: "tooManyTranscodes", 502: "transcodeFailed",
            ],
            handle: media
        ),
    ]

    private static let maximumFragments = 200

    private enum Codec: String, CaseIterable { case h264 }

    private static let codec = APIRoute.Parameter(
        name: "codec",
        summary: "h264: the video is turned into it as it is asked for",
        schema: ["type": "string", "enum": ["h264"]]
    )
    private static let width = APIRoute.Parameter(
        name: "width",
        summary: "with codec: of the picture in pixels",
        schema: ["type": "integer", "minimum": 16, "maximum": 3840]
    )
    private static let audio = APIRoute.Parameter(
        name: "audio",
        summary: "0: without the sound",
        schema: ["type": "string", "enum": ["0", "1", "false", "true"]]
    )

    private static func playlist(_ request: APIRequest) async throws -> Response {
        let camera = try request.camera()
        let range = try request.range(maximum: Archive.maximumPlaylist)
        let text = try await request.services.archive.hlsPlaylist(
            cameraId: camera.id,
            from: range.lowerBound,
            to: range.upperBound,
            audio: try request.queryFlag("audio") ?? true,
            transcodeWidth: try transcodeWidth(request)
        )
        await request.auditView(
            .viewPlayback,
            cameraId: camera.id,
            data: ["from": range.lowerBound.rfc3339, "to": range.upperBound.rfc3339]
        )
        return Answer.bytes(
            Array(text.utf8),
            type: "application/vnd.apple.mpegurl",
            headers: [.cacheControl: "no-store"]
        )
    }

    private static func transcodeWidth(_ request: APIRequest) throws(Problem) -> Int? {
        guard try request.queryChoice("codec", as: Codec.self) != nil else { return nil }
        return try request.queryInt("width", in: 16...3840) ?? 1280
    }

    private static func media(_ request: APIRequest) async throws -> Response {
        let camera = try request.camera()
        let name = try request.parameter("name")
        let archive = request.services.archive
        if let width = try transcodeWidth(request) {
            let first = try request.queryInt("first", in: 0...1_000_000)
            let count = try request.queryInt("count", in: 1...maximumFragments) ?? 1
            let bytes: [UInt8]
            do {
                bytes = try await archive.transcodedSegment(
                    cameraId: camera.id,
                    name: name,
                    width: width,
                    fragments: first.map { $0..<$0 + count }
                )
            } catch let error as ArchiveError where error.code == .renderFailed {
                throw Problem(status: .badGateway, code: "transcodeFailed", detail: error.message)
            }
            return Answer.bytes(bytes, type: "video/mp4", headers: [.cacheControl: "private, max-age=300"])
        }
        let audio = try request.queryFlag("audio") ?? true
        let (media, isComplete) = try await archive.segmentMedia(cameraId: camera.id, name: name, audio: audio)
        let file = FileAnswer(
            source: media,
            type: "video/mp4",
            // Recorded bytes never change; a growing segment only gets more of them.
            tag: "\"\(name.dropLast(4))-\(media.bytes)-\(audio ? 1 : 0)\"",
            headers: [.cacheControl: isComplete ? "private, max-age=300" : "private, no-cache"]
        )
        return file.response(to: request)
    }
}
