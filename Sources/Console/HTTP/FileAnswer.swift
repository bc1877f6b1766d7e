import Archive
import HTTPTypes
import Hummingbird
import Logging

/// Answers with a file, whole or in the part asked for: `Range`, `If-Range`, `If-None-Match`, HEAD.
///
/// The bytes are read piece by piece off the cooperative pool, one piece ahead of the connection at most; a client that
/// goes away or takes nothing for 30 s ends the answer, and the file is let go with it.
struct FileAnswer: Sendable {
    /// How much is read at once.
    private static let pieceBytes = 256 << 10

    /// Keeps the file open (and whatever owns it) until the answer has ended.
    var source: any SlicedBytes
    /// Its media type.
    var type: String
    /// A strong entity tag, in quotes: differs whenever a byte does.
    var tag: String
    /// What else the answer says, like `Content-Disposition`; `Cache-Control` is `private, no-cache` unless it is here.
    var headers: HTTPFields = [:]

    func response(to request: APIRequest) -> Response {
        var headers = headers
        headers[.eTag] = tag
        headers[.acceptRanges] = "bytes"
        if headers[.cacheControl] == nil { headers[.cacheControl] = "private, no-cache" }
        if let tags = request.request.headers[.ifNoneMatch], tags == "*" || tags.contains(tag) {
            return Response(status: .notModified, headers: headers)
        }
        headers[.contentType] = type
        switch ByteRange(request.request, size: source.bytes, tag: tag) {
        case .whole:
            return Response(status: .ok, headers: headers, body: body(0..<source.bytes, request.context))
        case .part(let range):
            headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(source.bytes)"
            return Response(status: .partialContent, headers: headers, body: body(range, request.context))
        case .unsatisfiable:
            let problem = Problem(
                status: .rangeNotSatisfiable,
                code: "rangeNotSatisfiable",
                detail: "the file has \(source.bytes) bytes",
                params: ["bytes": .integer(Int64(source.bytes))],
                headers: [.contentRange: "bytes */\(source.bytes)", .acceptRanges: "bytes"]
            )
            return problem.response
        }
    }

    private func body(_ range: Range<Int>, _ context: ConsoleContext) -> ResponseBody {
        ResponseBody(contentLength: range.count) { [source] writer in
            var offset = range.lowerBound
            while offset < range.upperBound {
                let piece = try await source.read(
                    offset: offset,
                    count: min(Self.pieceBytes, range.upperBound - offset)
                )
                guard !piece.isEmpty else {
                    // Shorter than announced: only a broken connection tells the client.
                    context.logger.error("file ended early", metadata: ["offset": "\(offset)"])
                    context.closeConnection()
                    return
                }
                try await EndlessResponse.write(ByteBuffer(bytes: piece), to: &writer, context)
                offset += piece.count
            }
            try await writer.finish(nil)
        }
    }
}
