import Domain
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Store

/// One request to the API as its handler sees it.
struct APIRequest: Sendable {
    let request: Request
    let context: ConsoleContext
    let services: ConsoleServices
    let runtime: ConsoleRuntime
    /// Who asks; nil only on routes that everyone may use.
    let session: Session?

    /// Who asks.
    ///
    /// - Throws: 401 on a route that everyone may use, when nobody is signed in.
    var user: User {
        get throws(Problem) {
            guard let session else { throw .unauthenticated }
            return session.user
        }
    }

    var now: WallTime { services.clock.now() }

    // MARK: Path and query

    /// The part of the path that stands for `{name}`.
    func parameter(_ name: String) throws(Problem) -> String {
        guard let raw = context.parameters.get(name), let text = raw.removingPercentEncoding else {
            throw .badRequest("the path is not valid UTF-8 in percent encoding")
        }
        return text
    }

    /// Refuses a query that can't be read: a value that says nothing would count as none, and then a list is everybody's.
    func checkQuery() throws(Problem) {
        for pair in (request.uri.query ?? "").split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            guard parts.allSatisfy({ $0.removingPercentEncoding != nil }) else {
                throw .invalid(field: name, "\(name.prefix(40)) is not valid UTF-8 in percent encoding")
            }
        }
    }

    /// A parameter of the query; nil when it is absent or empty.
    func query(_ name: String) -> String? {
        for pair in (request.uri.query ?? "").split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0] == name, !parts[1].isEmpty else { continue }
            return parts[1].replacing("+", with: " ").removingPercentEncoding
        }
        return nil
    }

    func queryTime(_ name: String) throws(Problem) -> WallTime? {
        guard let text = query(name) else { return nil }
        // An offset's plus sign that was not encoded has become a blank.
        let mended = String(text.reversed().enumerated().map { $0 == 5 && $1 == " " ? "+" : $1 }.reversed())
        guard let time = WallTime(rfc3339: mended) else {
            throw .invalid(field: name, "\(name) must be an RFC 3339 time, like 2026-11-23T10:00:00Z")
        }
        return time
    }

    func queryInt(_ name: String, in range: ClosedRange<Int>) throws(Problem) -> Int? {
        guard let text = query(name) else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw .invalid(field: name, "\(name) must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    func queryBool(_ name: String) throws(Problem) -> Bool? {
        guard let text = query(name) else { return nil }
        guard let value = Bool(text) else { throw .invalid(field: name, "\(name) must be true or false") }
        return value
    }

    /// `1` and `true`, `0` and `false`.
    func queryFlag(_ name: String) throws(Problem) -> Bool? {
        switch query(name) {
        case nil: return nil
        case "1", "true": return true
        case "0", "false": return false
        default: throw .invalid(field: name, "\(name) must be 0 or 1")
        }
    }

    /// A parameter that is one of an enumeration's texts.
    func queryChoice<T: RawRepresentable & CaseIterable>(_ name: String, as type: T.Type) throws(Problem) -> T?
    where T.RawValue == String {
        guard let text = query(name) else { return nil }
        guard let value = T(rawValue: text) else {
            let known = T.allCases.map(\.rawValue).joined(separator: ", ")
            throw .invalid(field: name, "\(name) is one of \(known)")
        }
        return value
    }

    /// `from` and `to`, both needed, in order and no further apart than `maximum`.
    func range(maximum: Duration = .seconds(31 * 86_400)) throws(Problem) -> Range<WallTime> {
        guard let from = try queryTime("from") else { throw .invalid(field: "from", "from is needed") }
        guard let to = try queryTime("to") else { throw .invalid(field: "to", "to is needed") }
        return try TimeRange.checked(from: from, to: to, maximum: maximum)
    }

    func page(defaultLimit: Int = 100) throws -> PageRequest {
        let limit = try queryInt("limit", in: 1...1000) ?? defaultLimit
        do {
            return try PageRequest(limit: limit, cursor: query("cursor"))
        } catch {
            throw Problem.invalid(field: "cursor", error.message)
        }
    }

    // MARK: Body

    /// Reads a JSON object of at most 64 KiB within 20 s.
    func object() async throws -> RequestObject {
        let bytes = try await bytes(upTo: 64 << 10, within: .seconds(20))
        guard !bytes.isEmpty else { return try RequestObject([:]) }
        guard let value = JSONValue(parsing: bytes) else { throw Problem.badRequest("the body is not JSON") }
        return try RequestObject(value)
    }

    /// Reads the whole body.
    ///
    /// - Throws: 413 when it is larger, 408 when it takes longer.
    func bytes(upTo limit: Int, within time: Duration) async throws -> [UInt8] {
        if let announced = request.headers[.contentLength].flatMap(Int.init), announced > limit {
            throw Problem.tooLarge(limit: limit)
        }
        let body = request.body
        let context = context
        // A peer that sends a byte now and then would keep the connection for ever.
        let watchdog = Task {
            try await Task.sleep(for: time)
            context.closeConnection()
        }
        defer { watchdog.cancel() }
        do {
            let buffer = try await body.collect(upTo: limit)
            return Array(buffer.readableBytesView)
        } catch is NIOTooManyBytesError {
            throw Problem.tooLarge(limit: limit)
        }
    }
}

/// The rule for ranges of time that come from outside.
enum TimeRange {
    static func checked(from: WallTime, to: WallTime, maximum: Duration) throws(Problem) -> Range<WallTime> {
        guard from < to else { throw .invalid(field: "to", "to must be later than from") }
        // Far beyond what any recording holds; keeps sums and differences away from the ends of the numbers.
        let sane = WallTime.epoch..<WallTime(microseconds: 253_402_300_800_000_000)
        guard sane.contains(from) else { throw .invalid(field: "from", "from is out of range") }
        guard sane.contains(to) else { throw .invalid(field: "to", "to is out of range") }
        guard to - from <= maximum else {
            throw .invalid(field: "to", "from and to are more than \(Int(maximum.seconds)) s apart")
        }
        return from..<to
    }
}
