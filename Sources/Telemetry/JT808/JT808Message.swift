import Domain

/// What a terminal says, as far as it is understood.
enum JT808Message: Equatable, Sendable {
    /// An answer to something that we sent.
    case answer
    case heartbeat
    case registration(plate: String)
    case logout
    case authentication(code: String)
    case location(JT808Location)
    /// Positions in the order of the message; those that can't be read are nil. True when they were kept back.
    case locations([JT808Location?], isBacklog: Bool)
    /// One that the standard has, or a maker, and that is not read here.
    case other
    /// One whose body can't be read.
    case malformed

    init(_ frame: JT808Frame) {
        let body = frame.body.span
        switch frame.id {
        case 0x0001: self = .answer
        case 0x0002: self = .heartbeat
        case 0x0003: self = .logout
        case 0x0100: self = .registration(plate: Self.plate(frame))
        case 0x0102: self = Self.authentication(frame).map(Self.authentication(code:)) ?? .malformed
        case 0x0200: self = JT808Location(body).map(Self.location) ?? .malformed
        // The answer to a question for the position: the question's serial number comes first.
        case 0x0201:
            self = body.count > 2 ? JT808Location(body.extracting(2...)).map(Self.location) ?? .malformed : .malformed
        case 0x0704: self = Self.batch(body)
        default: self = .other
        }
    }

    private static func authentication(_ frame: JT808Frame) -> String? {
        let body = frame.body
        guard frame.edition == 2019 else { return text(body[...]) }
        guard let length = body.first, body.count > Int(length) else { return nil }
        return text(body[1..<1 + Int(length)])
    }

    /// Only what is ASCII of the plate: the province's character is GBK.
    private static func plate(_ frame: JT808Frame) -> String {
        let fixed = frame.edition == 2019 ? 76 : 37
        guard frame.body.count > fixed else { return "" }
        return text(frame.body[fixed...].filter { $0 >= 0x20 && $0 < 0x7F })
    }

    private static func text(_ bytes: some Collection<UInt8>) -> String {
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// JT/T 808 §8.49: how many, 0 for a normal batch or 1 for kept-back ones, then each with its length.
    private static func batch(_ body: Span<UInt8>) -> JT808Message {
        guard let count = body.u16(0), let type = body.u8(2) else { return .malformed }
        var locations: [JT808Location?] = []
        var next = 3
        for _ in 0..<count {
            guard let length = body.u16(next), next + 2 + Int(length) <= body.count else { break }
            locations.append(JT808Location(body.extracting(next + 2..<next + 2 + Int(length))))
            next += 2 + Int(length)
        }
        return locations.isEmpty && count > 0 ? .malformed : .locations(locations, isBacklog: type == 1)
    }
}
