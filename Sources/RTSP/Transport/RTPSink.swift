/// What takes the packets of a stream once they are in order.
protocol RTPSink {
    /// - Parameters:
    ///   - timestamp: unwrapped.
    ///   - lost: packets missing between the one before and this.
    ///   - isRestart: the sender has started over: nothing follows from what was before.
    mutating func take(
        _ packet: RTPPacket,
        payload: Span<UInt8>,
        timestamp: Int64,
        lost: Int,
        isRestart: Bool,
        at now: Int64
    )
}
