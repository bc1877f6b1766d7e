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
    package var largestPiece: Int { max(limits.head + limits.body, 4 + 65_535) }

    let limits: Limits

    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// The next piece of `bytes` from `offset` on; moves `offset` past it and past garbage before it.
    package mutating func next(in bytes: Span<UInt8>, at offset: inout Int) -> Piece { .needsMore }

    /// As `next`, when nothing has arrived for a second: a message whose Content-Length promises more than came is taken
    /// as it is. Call it only while something incomplete waits.
    package mutating func settle(in bytes: Span<UInt8>, at offset: inout Int) -> Piece { .needsMore }
}
