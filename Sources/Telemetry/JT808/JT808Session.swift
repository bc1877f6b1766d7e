import Domain

/// The conversation with one terminal: pure; takes its packets, tells what to store and what to answer.
///
/// Registration (0x0100 → 0x8100 with a code), authentication with that code (0x0102 → 0x8001), then heartbeats and
/// positions, each answered by 0x8001 once it is stored. What comes before the authentication is refused.
struct JT808Session {
    /// Results of an answer (JT/T 808 table 4 and 0x8100).
    enum Result: UInt8 {
        case done = 0
        case failed = 1
        case wrong = 2
        case unsupported = 3
        /// 0x8100: no such terminal here.
        case unknownTerminal = 4
    }

    enum Action: Equatable {
        /// Bytes to send at once.
        case send([UInt8])
        /// Positions to store; the bytes are the answer that follows once they are.
        case store([JT808Location?], vehicle: String, answer: [UInt8])
        /// A terminal that the site doesn't know has spoken.
        case unknown(phone: String)
        case close
    }

    /// The site's terminals: vehicle and code by phone number, leading zeros left out.
    private let terminals: [String: Terminal]
    private var parts = JT808Parts()
    private(set) var authenticated: String?
    private var nextSerial: UInt16 = 0
    /// Packets that could not be read, refused or understood.
    private(set) var refused = 0

    struct Terminal: Equatable, Sendable {
        var vehicle: String
        var code: String
    }

    init(terminals: [String: Terminal]) {
        self.terminals = terminals
    }

    /// A phone number without its leading zeros: 2013 and 2019 pad it to different lengths.
    static func key(_ phone: String) -> String { String(phone.drop { $0 == "0" }) }

    mutating func noteUnreadable() { refused += 1 }

    mutating func take(_ packet: JT808Frame) -> [Action] {
        // Packets of an unfinished message are answered with the whole, once it is stored.
        guard let frame = parts.take(packet) else { return [] }
        let key = Self.key(frame.phone)
        let terminal = terminals[key]
        switch JT808Message(frame) {
        case .answer: return []
        case .registration:
            guard let terminal else {
                refused += 1
                return [.unknown(phone: key), .send(registered(frame, .unknownTerminal, code: nil))]
            }
            return [.send(registered(frame, .done, code: terminal.code))]
        case .authentication(let code):
            guard let terminal, terminal.code == code else {
                refused += 1
                let unknown: [Action] = terminal == nil ? [.unknown(phone: key)] : []
                return unknown + [.send(answer(frame, .failed))]
            }
            authenticated = key
            return [.send(answer(frame, .done))]
        case .logout: return [.send(answer(frame, .done)), .close]
        case .heartbeat: return [.send(answer(frame, authenticated == key ? .done : .failed))]
        case .location(let location): return store([location], frame, terminal)
        case .locations(let locations, _): return store(locations, frame, terminal)
        case .malformed:
            refused += 1
            return [.send(answer(frame, .wrong))]
        case .other: return [.send(answer(frame, .unsupported))]
        }
    }

    private mutating func store(_ locations: [JT808Location?], _ frame: JT808Frame, _ terminal: Terminal?) -> [Action] {
        guard let terminal, authenticated == Self.key(frame.phone) else {
            refused += 1
            let unknown: [Action] = terminal == nil ? [.unknown(phone: Self.key(frame.phone))] : []
            return unknown + [.send(answer(frame, .failed))]
        }
        return [.store(locations, vehicle: terminal.vehicle, answer: answer(frame, .done))]
    }

    /// 0x8001, the platform's general answer, to each packet of the message.
    private mutating func answer(_ frame: JT808Frame, _ result: Result) -> [UInt8] {
        var answers: [UInt8] = []
        for packet in 0..<frame.packets {
            let serial = frame.serial &+ UInt16(truncatingIfNeeded: packet)
            let body = JT808Frame.big(serial) + JT808Frame.big(frame.id) + [result.rawValue]
            answers += reply(0x8001, frame, body)
        }
        return answers
    }

    /// 0x8100, the answer to a registration.
    private mutating func registered(_ frame: JT808Frame, _ result: Result, code: String?) -> [UInt8] {
        reply(0x8100, frame, JT808Frame.big(frame.serial) + [result.rawValue] + Array((code ?? "").utf8))
    }

    private mutating func reply(_ id: UInt16, _ frame: JT808Frame, _ body: [UInt8]) -> [UInt8] {
        defer { nextSerial &+= 1 }
        return JT808Frame(id: id, edition: frame.edition, phone: frame.phone, serial: nextSerial, body: body).encoded
    }
}
