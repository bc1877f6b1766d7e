import Domain
import HTTPTypes
import Hummingbird

/// An error as it is answered: `application/problem+json` (RFC 9457) with a code that pages turn into words.
struct Problem: Error, Sendable, Equatable {
    var status: HTTPResponse.Status
    var code: String
    /// English, for the log and the curious; never holds credentials.
    var detail: String
    var params: [String: JSONValue] = [:]
    var headers: HTTPFields = [:]

    var response: Response {
        let body: JSONValue = [
            "type": "about:blank",
            "title": .string(status.reasonPhrase),
            "status": .integer(Int64(status.code)),
            "code": .string(code),
            "detail": .string(detail),
            "params": .object(params),
        ]
        var headers = headers
        headers[.contentType] = "application/problem+json"
        return Response(
            status: status,
            headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body.encoded))
        )
    }
}

extension Problem {
    static func badRequest(_ detail: String) -> Problem {
        Problem(status: .badRequest, code: "badRequest", detail: detail)
    }

    static let unauthenticated = Problem(
        status: .unauthorized,
        code: "notSignedIn",
        detail: "sign in first: POST /api/v1/session",
        headers: [.wwwAuthenticate: "Bearer"]
    )

    static let badCredentials = Problem(
        status: .unauthorized,
        code: "badCredentials",
        detail: "name or password is wrong",
        headers: [.wwwAuthenticate: "Bearer"]
    )

    static func forbidden(_ detail: String) -> Problem {
        Problem(status: .forbidden, code: "forbidden", detail: detail)
    }

    static func notFound(_ detail: String, code: String = "notFound") -> Problem {
        Problem(status: .notFound, code: code, detail: detail)
    }

    static func methodNotAllowed(_ allowed: [String]) -> Problem {
        Problem(
            status: .methodNotAllowed,
            code: "methodNotAllowed",
            detail: "this path knows \(allowed.joined(separator: ", "))",
            headers: [.allow: allowed.joined(separator: ", ")]
        )
    }

    static func conflict(_ code: String, _ detail: String, params: [String: JSONValue] = [:]) -> Problem {
        Problem(status: .conflict, code: code, detail: detail, params: params)
    }

    static func tooLarge(limit: Int) -> Problem {
        Problem(
            status: .contentTooLarge,
            code: "tooLarge",
            detail: "the body is larger than \(limit) bytes",
            params: ["limitBytes": .integer(Int64(limit))]
        )
    }

    static func invalid(field: String, _ detail: String) -> Problem {
        Problem(
            status: .unprocessableContent,
            code: "invalidField",
            detail: detail,
            params: ["field": .string(field)]
        )
    }

    static func tooMany(_ code: String, retryAfter: Duration, status: HTTPResponse.Status = .tooManyRequests) -> Problem
    {
        let seconds = max(1, Int64(retryAfter.seconds.rounded(.up)))
        return Problem(
            status: status,
            code: code,
            detail: "try again in \(seconds) s",
            params: ["retryAfterSeconds": .integer(seconds)],
            headers: [.retryAfter: String(seconds)]
        )
    }

    static let internalError = Problem(
        status: .internalServerError,
        code: "internal",
        detail: "something failed here; the log of the service says what"
    )

    static func unavailable(_ detail: String) -> Problem {
        Problem(
            status: .serviceUnavailable,
            code: "unavailable",
            detail: detail,
            headers: [.retryAfter: "1"]
        )
    }
}
