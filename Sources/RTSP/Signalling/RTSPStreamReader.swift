/// Cuts what arrives on an RTSP connection into messages and interleaved frames (RFC 2326 §10.12).
///
/// It reads in place: the caller keeps one large buffer, hands in what has arrived and not been consumed, and keeps the
/// rest until more has come. Whatever way the bytes are split, the pieces are the same.
///
///     var at = 0
///     while true {
///         switch reader.next(in: bytes, at: &at) {
///         case .frame(let channel, let payload): track(channel).receive(bytes.extracting(payload), ...)
///         case .message(let message): session.received(message, now: now)
///         case .needsMore: move bytes[at...] to the front of the buffer and read on
///         case .failed(let fault): close
///         }
///     }
package struct RTSPStreamReader: Sendable {
    package enum Piece: Sendable, Hashable {
        /// An RTP or RTCP packet: where its bytes are in the span that was handed in.
        case frame(channel: UInt8, payload: Range<Int>)
        case message(RTSPMessage)
        /// Nothing whole is left from the offset on.
        case needsMore
        /// The connection is of no use any more: every further call returns the same.
        case failed(RTSPFault)
    }

    package struct Limits: Sendable {
        /// Bytes of a message's start line and headers.
        package var head = 32 << 10
        /// Bytes of a message's body.
        package var body = 256 << 10
        /// Bytes skipped in one go while looking for something that makes sense.
        package var garbage = 1 << 20

        package init() {}
    }

    /// The channels that SETUP has agreed on: after garbage only their frames are believed.
    package var channels: Set<UInt8> = []
    /// Bytes skipped since the connection was opened.
    package private(set) var skippedBytes = 0
    /// The buffer must hold at least so many bytes, or a piece may never become whole.
    package var largestPiece: Int { limits.head + max(limits.body, 4 + 65_535) }

    private let limits: Limits
    /// What came last made no sense: a frame or message is only believed on better evidence.
    private var isLost = false
    private var skippedInARow = 0
    /// Bytes at the offset that are known to hold no end of a head.
    private var scanned = 0
    private var fault: RTSPFault?

    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// The next piece of `bytes` from `offset` on; moves `offset` past it and past garbage before it.
    package mutating func next(in bytes: Span<UInt8>, at offset: inout Int) -> Piece {
        next(in: bytes, at: &offset, isAll: false)
    }

    /// As `next`, when nothing has arrived for a second: a message whose Content-Length promises more than came is taken
    /// as it is. Call it only while something incomplete waits.
    package mutating func settle(in bytes: Span<UInt8>, at offset: inout Int) -> Piece {
        next(in: bytes, at: &offset, isAll: true)
    }

    private mutating func next(in bytes: Span<UInt8>, at offset: inout Int, isAll: Bool) -> Piece {
        while fault == nil, offset < bytes.count {
            switch bytes[offset] {
            case 0x24:
                switch RTSPResync.frame(in: bytes, at: offset, channels: channels, isLost: isLost) {
                case .yes:
                    guard offset + 4 <= bytes.count else { return .needsMore }
                    let end = offset + 4 + Int(bytes.u16(offset + 2))
                    guard end <= bytes.count else { return .needsMore }
                    defer { found(endingAt: end, &offset) }
                    return .frame(channel: bytes[offset + 1], payload: offset + 4..<end)
                case .no: skip(&offset)
                case .undecided: return .needsMore
                }
            case 0x0D, 0x0A, 0x20, 0x09, 0:
                // Between messages they are empty keep-alives, or what a short Content-Length has left.
                isLost ? skip(&offset) : (offset += 1)
            default:
                switch RTSPResync.message(in: bytes, at: offset, isLost: isLost) {
                case .yes:
                    if let piece = message(in: bytes, at: &offset, isAll: isAll) { return piece }
                case .no: skip(&offset)
                case .undecided: return .needsMore
                }
            }
        }
        if let fault { return .failed(fault) }
        return .needsMore
    }

    private mutating func found(endingAt end: Int, _ offset: inout Int) {
        offset = end
        isLost = false
        skippedInARow = 0
        scanned = 0
    }

    private mutating func skip(_ offset: inout Int) {
        isLost = true
        offset += 1
        scanned = 0
        skippedBytes += 1
        skippedInARow += 1
        if skippedInARow > limits.garbage {
            fault = RTSPFault(.garbage, "more than \(limits.garbage) bytes that are neither RTSP nor its frames")
        }
    }

    /// The message that begins at `offset`; nil when it is none after all, and `fault` says why.
    private mutating func message(in bytes: Span<UInt8>, at offset: inout Int, isAll: Bool) -> Piece? {
        guard let headEnd = endOfHead(in: bytes, from: offset) else {
            guard bytes.count - offset > limits.head else { return .needsMore }
            fault = RTSPFault(.messageTooLarge, "a message's head is longer than \(limits.head) bytes")
            return nil
        }
        guard headEnd - offset <= limits.head else {
            fault = RTSPFault(.messageTooLarge, "a message's head is longer than \(limits.head) bytes")
            return nil
        }
        guard var message = RTSPMessage(head: bytes.extracting(offset..<headEnd)) else {
            fault = RTSPFault(.malformedMessage, "a message's start line can't be read")
            return nil
        }
        let end = RTSPBody.end(
            of: message,
            in: bytes,
            from: headEnd,
            channels: channels,
            limit: limits.body,
            isAll: isAll
        )
        switch end {
        case .at(let end):
            for index in headEnd..<end { message.body.append(bytes[index]) }
            found(endingAt: end, &offset)
            return .message(message)
        case .needsMore: return .needsMore
        case .tooLarge:
            fault = RTSPFault(.messageTooLarge, "a message's body is longer than \(limits.body) bytes")
            return nil
        }
    }

    /// The index after the empty line that ends a head; line ends may be CR LF or LF alone.
    private mutating func endOfHead(in bytes: Span<UInt8>, from start: Int) -> Int? {
        var at = start + min(scanned, bytes.count - start)
        while at < bytes.count {
            if bytes[at] == 0x0A {
                if at + 1 < bytes.count, bytes[at + 1] == 0x0A { return at + 2 }
                if at + 2 < bytes.count, bytes[at + 1] == 0x0D, bytes[at + 2] == 0x0A { return at + 3 }
                // The line's end is the last that is there: look at it again with what follows.
                if at + 2 >= bytes.count { break }
            }
            at += 1
        }
        scanned = at - start
        return nil
    }
}
