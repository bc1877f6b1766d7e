import HTTPTypes
import Hummingbird

/// Which part of a representation a request asks for (RFC 9110 §14).
enum ByteRange: Equatable {
    /// All of it: no range asked for, one that isn't understood, several at once, or one of another version.
    case whole
    case part(Range<Int>)
    /// Nothing of the range exists.
    case unsatisfiable

    /// - Parameters:
    ///   - size: bytes of the representation.
    ///   - tag: its entity tag, in quotes.
    init(_ request: Request, size: Int, tag: String) {
        // Ranges are defined for GET alone; a range of another version must not be mixed into this one.
        guard request.method == .get, let text = request.headers[.range],
            request.headers[.ifRange].map({ $0 == tag }) ?? true
        else {
            self = .whole
            return
        }
        self = Self.parse(text, size: size)
    }

    /// Takes the value of a `Range` header apart: `bytes=0-99`, `bytes=100-`, `bytes=-100`. Several ranges in one
    /// request may be answered with the whole (RFC 9110 §14.2), and are.
    static func parse(_ text: String, size: Int) -> ByteRange {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].lowercased() == "bytes", !parts[1].contains(",") else { return .whole }
        let ends = parts[1].split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
            .map { $0.drop { $0 == " " } }
        guard ends.count == 2, let first = number(ends[0]), let last = number(ends[1]) else { return .whole }
        switch (first, last) {
        case (nil, nil): return .whole
        case (nil, let suffix?):
            return suffix > 0 && size > 0 ? .part(max(0, size - suffix)..<size) : .unsatisfiable
        case (let start?, nil): return start < size ? .part(start..<size) : .unsatisfiable
        case (let start?, let end?):
            guard start <= end else { return .whole }
            return start < size ? .part(start..<min(size, end == .max ? end : end + 1)) : .unsatisfiable
        }
    }

    /// `.some(nil)` for an empty text, nil for one that is no number; one too large to count is as good as endless.
    private static func number(_ text: Substring) -> Int?? {
        if text.isEmpty { return .some(nil) }
        guard text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return .some(Int(text) ?? .max)
    }
}
