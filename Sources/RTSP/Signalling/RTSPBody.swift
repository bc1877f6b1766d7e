/// Where a message's body ends, be its Content-Length right, wrong or missing.
enum RTSPBody {
    enum End {
        case at(Int)
        case needsMore
        case tooLarge
    }

    /// - Parameters:
    ///   - start: the index after the message's head.
    ///   - isAll: nothing more will come.
    static func end(
        of message: RTSPMessage,
        in bytes: Span<UInt8>,
        from start: Int,
        channels: Set<UInt8>,
        limit: Int,
        isAll: Bool
    ) -> End {
        guard let length = message.contentLength else {
            // RFC 2326 §12.14 has no body then; some servers leave it out although one follows.
            guard message.isDescription else { return .at(start) }
            return endOfLines(in: bytes, from: start, limit: limit, isAll: isAll)
        }
        guard length <= limit else { return .tooLarge }
        let end = min(start + length, bytes.count)
        if let cut = next(in: bytes, from: start, to: end, channels: channels) { return .at(cut) }
        return end == start + length || isAll ? .at(end) : .needsMore
    }

    /// Where the next message or frame begins inside of what Content-Length claims; nil where none does.
    private static func next(in bytes: Span<UInt8>, from start: Int, to end: Int, channels: Set<UInt8>) -> Int? {
        if end - start >= 5, bytes[start] == 0x24, channels.contains(bytes[start + 1]), bytes[start + 4] >> 6 == 2 {
            return start
        }
        var at = start
        while at + 7 <= end {
            if bytes[at] == UInt8(ascii: "R"), at == start || bytes[at - 1] == 0x0A, bytes.hasText("RTSP/1.", at: at) {
                return at
            }
            at += 1
        }
        return nil
    }

    /// The end of a description without Content-Length: all lines like `v=0` belong to it.
    private static func endOfLines(in bytes: Span<UInt8>, from start: Int, limit: Int, isAll: Bool) -> End {
        var at = start
        var isStart = true
        while at < bytes.count {
            guard at - start <= limit else { return .tooLarge }
            if isStart, bytes[at] != 0x0D, bytes[at] != 0x0A {
                guard (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(bytes[at]) else { return .at(at) }
                guard at + 1 < bytes.count else { break }
                guard bytes[at + 1] == UInt8(ascii: "=") else { return .at(at) }
                isStart = false
            }
            if bytes[at] == 0x0A { isStart = true }
            at += 1
        }
        return isAll ? .at(bytes.count) : .needsMore
    }
}
