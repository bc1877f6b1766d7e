/// Where packets come from: one connection or file, from its opening to its end. One thread at a time uses it; its
/// calls block.
package protocol PacketSource: AnyObject {
    /// What is known of its streams; changes with `ReadResult.parametersChanged`.
    var info: StreamInfo { get }

    /// Waits for the next packet.
    ///
    /// - Throws: `timeout` when no picture comes in time, `closed`, `cancelled`, `invalidData` and others when reading
    ///   fails; the source is of no use after that.
    func next() throws(MediaError) -> ReadResult

    /// From the next packet on waits for a picture for `timeout` at most.
    func setReadTimeout(_ timeout: Duration)

    /// Whether packets are handed on as they come, so that their arrival says something about the stream's clock.
    var arrivalCounts: Bool { get }

    /// What was lost on the way so far.
    var losses: ReceptionLosses { get }
}

/// What of a stream did not arrive, as far as its way tells.
package struct ReceptionLosses: Sendable, Hashable {
    /// RTP packets of the pictures that never came (RFC 3550 §6.4.1).
    package var packets = 0
    /// Pictures that can't be decoded without error: a part of them, or of one that they need, is missing.
    package var damagedPictures = 0

    package init() {}
}

/// Opens a source by its address.
package typealias SourceOpener =
    @Sendable (_ url: String, _ options: DemuxerOptions, _ cancellation: Cancellation) throws(MediaError) ->
    any PacketSource
