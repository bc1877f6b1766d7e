/// Reads the video packets of an RTSP stream or a file. One thread at a time uses it.
package final class Demuxer {
    package private(set) var info: StreamInfo

    /// Connects and reads as far as the stream's parameters; blocks.
    package init(opening url: String, options: DemuxerOptions, cancellation: Cancellation) throws(MediaError) {
        throw MediaError(.unsupported, "not there yet")
    }

    /// Waits for the next packet.
    package func next() throws(MediaError) -> ReadResult {
        .end
    }
}
