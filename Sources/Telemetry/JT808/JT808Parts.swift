/// Puts messages together that came in several packets: pure and bounded.
///
/// At most eight messages of at most 64 packets at once per connection; the oldest makes room for a new one, which its
/// terminal will send again.
struct JT808Parts {
    static let maximumMessages = 8
    static let maximumPackets = 64

    private struct Message {
        var id: UInt16
        var phone: String
        /// The serial number of its first packet.
        var first: UInt16
        var bodies: [[UInt8]?]
    }

    private var messages: [Message] = []
    /// Messages that were given up.
    private(set) var abandoned = 0

    /// Takes a packet; gives the message once it is whole (at once where it is in one packet).
    mutating func take(_ frame: JT808Frame) -> JT808Frame? {
        guard let part = frame.part else { return frame }
        guard part.total <= Self.maximumPackets else {
            abandoned += 1
            return nil
        }
        let first = frame.serial &- UInt16(part.index - 1)
        var index = messages.firstIndex {
            $0.id == frame.id && $0.phone == frame.phone && $0.first == first && $0.bodies.count == part.total
        }
        if index == nil {
            if messages.count >= Self.maximumMessages {
                messages.removeFirst()
                abandoned += 1
            }
            let bodies = [[UInt8]?](repeating: nil, count: part.total)
            messages.append(Message(id: frame.id, phone: frame.phone, first: first, bodies: bodies))
            index = messages.count - 1
        }
        guard let index else { return nil }
        messages[index].bodies[part.index - 1] = frame.body
        let bodies = messages[index].bodies.compactMap(\.self)
        guard bodies.count == part.total else { return nil }
        messages.remove(at: index)
        var whole = frame
        whole.part = nil
        whole.serial = first
        whole.packets = part.total
        whole.body = Array(bodies.joined())
        return whole
    }
}
