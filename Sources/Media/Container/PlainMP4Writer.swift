/// Builds the front of an MP4 file that any player and editor opens: `ftyp`+`moov`+header of `mdat`; the payload
/// follows unchanged. The caller names all samples first, takes `header(…)`, then writes the payload in the same order,
/// so a clip can be streamed without being held in memory.
package struct PlainMP4Writer: Sendable {
    /// Bytes of payload that must follow the header.
    package private(set) var payloadBytes = 0

    package init(info: StreamInfo) {}

    /// Adds the samples of one stretch of payload of `payloadBytes` bytes. Their `offset` is where they lie in that
    /// stretch; their durations tell when the next one is decoded.
    package mutating func addChunk(samples: [FragmentSample], payloadBytes: Int) {}

    /// The bytes before the payload.
    ///
    /// - Parameters:
    ///   - startTicks: presentation time, from the first sample's decoding time, at which players begin (edit list).
    ///   - durationTicks: how long they show, from there; nil: to the end.
    package func header(startTicks: Int64, durationTicks: Int64?) throws(MediaError) -> [UInt8] { [] }

    /// A whole file of `packets` that plays from the first to the last.
    package static func file(info: StreamInfo, packets: [Packet]) throws(MediaError) -> [UInt8] { [] }
}
