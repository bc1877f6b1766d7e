import HTTPTypes
import Hummingbird

/// Builds the answers of handlers.
enum Answer {
    static func json(_ value: JSONValue, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]) -> Response {
        json(bytes: value.encoded, status: status, headers: headers)
    }

    static func json(bytes: [UInt8], status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]) -> Response {
        var headers = headers
        headers[.contentType] = "application/json"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    static func list(
        _ items: [JSONValue],
        next: String? = nil,
        status: HTTPResponse.Status = .ok
    ) -> Response {
        json(["items": .array(items), "next": JSONValue(next)], status: status)
    }

    static func bytes(_ bytes: [UInt8], type: String, headers: HTTPFields = [:]) -> Response {
        var headers = headers
        headers[.contentType] = type
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    static let noContent = Response(status: .noContent)
}

extension HTTPField.Name {
    static let frameOptions = literal("X-Frame-Options")
    static let referrerPolicy = literal("Referrer-Policy")
    static let serviceWorkerAllowed = literal("Service-Worker-Allowed")
    static let lastEvent = literal("Last-Event-ID")
    static let resourcePolicy = literal("Cross-Origin-Resource-Policy")
    static let openerPolicy = literal("Cross-Origin-Opener-Policy")

    private static func literal(_ name: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(name) else { preconditionFailure("not a header's name: \(name)") }
        return name
    }
}
