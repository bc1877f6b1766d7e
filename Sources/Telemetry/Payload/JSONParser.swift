/// Reads one JSON text (RFC 8259) from bytes that nobody has looked at yet.
///
/// Own code because each message passes here: no copies through Foundation, a bound on depth, and numbers that no double
/// holds (`1e400`) and the words `NaN` and `Infinity` are told apart from what is no JSON at all.
struct JSONParser {
    enum Failure: Error, Equatable {
        case notJSON, tooDeep, notFinite
    }

    /// Levels of nesting.
    static let maximumDepth = 16

    private let bytes: [UInt8]
    private var at = 0

    static func parse(_ bytes: [UInt8]) throws(Failure) -> JSONValue {
        var parser = JSONParser(bytes: bytes)
        parser.skipBlank()
        let value = try parser.value(depth: 0)
        parser.skipBlank()
        guard parser.at == bytes.count else { throw .notJSON }
        return value
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

    private mutating func skipBlank() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { at += 1 }
    }

    private mutating func skip(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        at += 1
        return true
    }

    private mutating func value(depth: Int) throws(Failure) -> JSONValue {
        guard depth < Self.maximumDepth else { throw .tooDeep }
        switch next {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"):
            // Some firmware prints C's `nan`.
            if hasWord("nan") { throw .notFinite }
            return try word("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func object(depth: Int) throws(Failure) -> JSONValue {
        at += 1
        var members: [JSONValue.Member] = []
        skipBlank()
        if skip(UInt8(ascii: "}")) { return .object(members) }
        while true {
            skipBlank()
            guard next == UInt8(ascii: "\"") else { throw .notJSON }
            let name = try string()
            skipBlank()
            guard skip(UInt8(ascii: ":")) else { throw .notJSON }
            skipBlank()
            members.append(JSONValue.Member(name: name, value: try value(depth: depth + 1)))
            skipBlank()
            if skip(UInt8(ascii: "}")) { return .object(members) }
            guard skip(UInt8(ascii: ",")) else { throw .notJSON }
        }
    }

    private mutating func array(depth: Int) throws(Failure) -> JSONValue {
        at += 1
        var items: [JSONValue] = []
        skipBlank()
        if skip(UInt8(ascii: "]")) { return .array(items) }
        while true {
            skipBlank()
            items.append(try value(depth: depth + 1))
            skipBlank()
            if skip(UInt8(ascii: "]")) { return .array(items) }
            guard skip(UInt8(ascii: ",")) else { throw .notJSON }
        }
    }

    private func hasWord(_ word: StaticString) -> Bool {
        let text = word.description.utf8
        return bytes[at...].starts(with: text)
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws(Failure) -> JSONValue {
        guard hasWord(word) else { throw .notJSON }
        at += word.utf8CodeUnitCount
        return value
    }

    private mutating func number() throws(Failure) -> Double {
        let start = at
        _ = skip(UInt8(ascii: "-"))
        guard let first = next, isDigit(first) else {
            let words = ["NaN", "Infinity", "-Infinity", "inf", "-inf", "-nan"]
            throw words.contains { bytes[start...].starts(with: $0.utf8) } ? .notFinite : .notJSON
        }
        if !skip(UInt8(ascii: "0")) { skipDigits() }
        if skip(UInt8(ascii: ".")) {
            guard let digit = next, isDigit(digit) else { throw .notJSON }
            skipDigits()
        }
        if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
            if !skip(UInt8(ascii: "-")) { _ = skip(UInt8(ascii: "+")) }
            guard let digit = next, isDigit(digit) else { throw .notJSON }
            skipDigits()
        }
        guard let value = Double(String(decoding: bytes[start..<at], as: UTF8.self)) else { throw .notJSON }
        guard value.isFinite else { throw .notFinite }
        return value
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 }

    private mutating func skipDigits() {
        while let byte = next, isDigit(byte) { at += 1 }
    }

    private mutating func string() throws(Failure) -> String {
        at += 1
        let start = at
        while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { at += 1 }
        guard next == UInt8(ascii: "\\") else {
            guard next == UInt8(ascii: "\""), let text = String(validating: bytes[start..<at], as: UTF8.self) else {
                throw .notJSON
            }
            at += 1
            return text
        }
        return try escapedString(Array(bytes[start..<at]))
    }

    /// Goes on with a string at its first escape.
    private mutating func escapedString(_ beginning: [UInt8]) throws(Failure) -> String {
        var text = beginning
        while let byte = next, byte >= 0x20 {
            at += 1
            if byte == UInt8(ascii: "\"") {
                guard let string = String(validating: text, as: UTF8.self) else { throw .notJSON }
                return string
            }
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            guard let escape = next else { throw .notJSON }
            at += 1
            switch escape {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(escape)
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "u"): text.append(contentsOf: try String(Character(scalar())).utf8)
            default: throw .notJSON
            }
        }
        throw .notJSON
    }

    /// The scalar of a `\uXXXX`, or of a pair of surrogates; a lone surrogate is U+FFFD.
    private mutating func scalar() throws(Failure) -> Unicode.Scalar {
        let high = try fourHexDigits()
        if let scalar = Unicode.Scalar(high) { return scalar }
        guard high < 0xDC00, bytes[at...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) else {
            return "\u{FFFD}"
        }
        at += 2
        let low = try fourHexDigits()
        guard (0xDC00...0xDFFF).contains(low) else { return Unicode.Scalar(low) ?? "\u{FFFD}" }
        return Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)) ?? "\u{FFFD}"
    }

    private mutating func fourHexDigits() throws(Failure) -> UInt32 {
        guard at + 4 <= bytes.count, let value = UInt32(String(decoding: bytes[at..<at + 4], as: UTF8.self), radix: 16),
            bytes[at] != UInt8(ascii: "+")
        else { throw .notJSON }
        at += 4
        return value
    }
}
