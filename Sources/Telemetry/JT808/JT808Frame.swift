/// One message of JT/T 808 between its two `7E`, unescaped and checked: header and body.
///
/// Sources: JT/T 808-2013 and JT/T 808-2019, §4.4 (message structure).
struct JT808Frame: Equatable, Sendable {
    /// Why bytes between two marks are no message.
    enum Failure: Error, Equatable, Sendable {
        /// A `7D` that is followed by neither 01 nor 02.
        case badEscape
        case tooShort
        /// The XOR of all bytes is not the last one.
        case badChecksum
        /// The header's length is not the body's.
        case badLength
        /// Encrypted bodies are not read.
        case encrypted
    }

    /// A part of a message that is too long for one packet; numbers count from 1.
    struct Part: Equatable, Sendable {
        var total: Int
        var index: Int
    }

    /// What the message is: 0x0200 a position, 0x0100 a registration, …
    var id: UInt16
    /// 2013 or 2019: the header's version bit.
    var edition: Int
    /// The terminal's number: 12 digits (2013) or 20 (2019).
    var phone: String
    var serial: UInt16
    var part: Part?
    var body: [UInt8]
    /// Of how many packets a whole message was put together; `serial` is the first one's.
    var packets = 1

    init(
        id: UInt16,
        edition: Int = 2013,
        phone: String,
        serial: UInt16,
        part: Part? = nil,
        body: [UInt8] = []
    ) {
        self.id = id
        self.edition = edition
        self.phone = phone
        self.serial = serial
        self.part = part
        self.body = body
    }

    /// Reads what stands between two marks, still escaped.
    init(escaped bytes: Span<UInt8>) throws(Failure) {
        var plain: [UInt8] = []
        plain.reserveCapacity(bytes.count)
        var at = 0
        while at < bytes.count {
            if bytes[at] == 0x7D {
                switch bytes.u8(at + 1) {
                case 0x01: plain.append(0x7D)
                case 0x02: plain.append(0x7E)
                default: throw .badEscape
                }
                at += 2
            } else {
                plain.append(bytes[at])
                at += 1
            }
        }
        try self.init(plain: plain.span)
    }

    private init(plain: Span<UInt8>) throws(Failure) {
        guard plain.count >= 13, let id = plain.u16(0), let properties = plain.u16(2) else { throw .tooShort }
        var sum: UInt8 = 0
        for at in plain.indices { sum ^= plain[at] }
        guard sum == 0 else { throw .badChecksum }
        let is2019 = properties & 0x4000 != 0
        let phoneAt = is2019 ? 5 : 4
        let phoneBytes = is2019 ? 10 : 6
        var header = phoneAt + phoneBytes + 2
        guard let phone = plain.digits(phoneAt..<phoneAt + phoneBytes), let serial = plain.u16(header - 2)
        else { throw .tooShort }
        var part: Part?
        if properties & 0x2000 != 0 {
            guard let total = plain.u16(header), let index = plain.u16(header + 2) else { throw .tooShort }
            guard index >= 1, index <= total else { throw .badLength }
            part = Part(total: Int(total), index: Int(index))
            header += 4
        }
        guard properties & 0x1C00 == 0 else { throw .encrypted }
        let length = Int(properties & 0x3FF)
        guard header + length + 1 == plain.count, let body = plain.bytes(header..<header + length)
        else { throw .badLength }
        self.init(id: id, edition: is2019 ? 2019 : 2013, phone: phone, serial: serial, part: part, body: body)
    }

    /// The whole packet with marks, escapes and checksum; bodies above 1023 bytes are cut.
    var encoded: [UInt8] {
        let kept = body.prefix(1023)
        var properties = UInt16(kept.count)
        if edition == 2019 { properties |= 0x4000 }
        if part != nil { properties |= 0x2000 }
        var plain = Self.big(id) + Self.big(properties)
        if edition == 2019 { plain.append(1) }
        plain += Self.bcd(phone, bytes: edition == 2019 ? 10 : 6) + Self.big(serial)
        if let part { plain += Self.big(UInt16(clamping: part.total)) + Self.big(UInt16(clamping: part.index)) }
        plain += kept
        plain.append(plain.reduce(0, ^))
        var packet: [UInt8] = [0x7E]
        for byte in plain {
            switch byte {
            case 0x7E: packet += [0x7D, 0x02]
            case 0x7D: packet += [0x7D, 0x01]
            default: packet.append(byte)
            }
        }
        return packet + [0x7E]
    }

    static func big(_ value: UInt16) -> [UInt8] { [UInt8(value >> 8), UInt8(value & 0xFF)] }

    private static func bcd(_ digits: String, bytes: Int) -> [UInt8] {
        let padded = String(repeating: "0", count: max(0, bytes * 2 - digits.count)) + digits.suffix(bytes * 2)
        let nibbles = padded.map { UInt8($0.hexDigitValue ?? 0) }
        return stride(from: 0, to: nibbles.count - 1, by: 2).map { nibbles[$0] << 4 | nibbles[$0 + 1] }
    }
}
