/// Whether a frame or message begins at some byte, in step with the peer or after garbage.
///
/// `undecided` means that more bytes will tell: so the answer does not depend on how they were split.
enum RTSPResync {
    enum Answer {
        case yes
        case no
        case undecided
    }

    /// In step, a `$` with a channel that is in use is believed; with another one, what it begins must look like RTP or
    /// RTCP: servers send tracks that nobody chose. After garbage it must be a channel in use, and another frame or
    /// message must begin where the frame ends.
    static func frame(in bytes: Span<UInt8>, at: Int, channels: Set<UInt8>, isLost: Bool) -> Answer {
        guard at + 1 < bytes.count else { return .undecided }
        let isKnown = channels.contains(bytes[at + 1])
        if isLost ? !isKnown : isKnown { return isLost ? .no : .yes }
        guard at + 4 < bytes.count else { return .undecided }
        let size = Int(bytes.u16(at + 2))
        guard size >= 8, bytes[at + 4] >> 6 == 2 else { return .no }
        guard isLost else { return .yes }
        let end = at + 4 + size
        guard end < bytes.count else { return .undecided }
        switch bytes[end] {
        case 0x24, 0x0D, 0x0A, UInt8(ascii: "A")...UInt8(ascii: "Z"): return .yes
        default: return .no
        }
    }

    /// In step: `RTSP/`, or a method, a space and what an URL begins with. After garbage: `RTSP/1.` or a method that
    /// servers do send.
    static func message(in bytes: Span<UInt8>, at: Int, isLost: Bool) -> Answer {
        let response = begins(bytes, at, isLost ? "RTSP/1." : "RTSP/")
        if response != .no { return response }
        if isLost {
            var isUndecided = false
            for method: StaticString in [
                "OPTIONS rtsp", "OPTIONS *", "GET_PARAMETER rtsp", "SET_PARAMETER rtsp", "ANNOUNCE rtsp",
                "REDIRECT rtsp",
                "TEARDOWN rtsp",
            ] {
                switch begins(bytes, at, method) {
                case .yes: return .yes
                case .undecided: isUndecided = true
                case .no: break
                }
            }
            return isUndecided ? .undecided : .no
        }
        var end = at
        while end < bytes.count, end - at <= 16, isMethod(bytes[end]) { end += 1 }
        guard end < bytes.count else { return .undecided }
        guard end - at >= 3, end - at <= 16, bytes[end] == 0x20 else { return .no }
        guard end + 1 < bytes.count else { return .undecided }
        switch bytes[end + 1] {
        case UInt8(ascii: "r"), UInt8(ascii: "R"), UInt8(ascii: "*"), UInt8(ascii: "/"): return .yes
        default: return .no
        }
    }

    private static func isMethod(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) || byte == UInt8(ascii: "_")
    }

    private static func begins(_ bytes: Span<UInt8>, _ at: Int, _ text: StaticString) -> Answer {
        if bytes.hasText(text, at: at) { return .yes }
        // Safety: `text` is a literal of ASCII; `size` is at most its length.
        let pointer = unsafe text.utf8Start
        let size = min(text.utf8CodeUnitCount, bytes.count - at)
        for index in 0..<size where unsafe pointer[index] != bytes[at + index] { return .no }
        return .undecided
    }
}
