/// Observations, encoded, that no serve has taken yet: at most `capacity`, the oldest go first and are counted.
struct ObservationRing: Sendable {
    static let capacity = 256
    /// Pictures come with observations: this many bytes at most.
    static let capacityBytes = 32 << 20

    private var frames: [[UInt8]] = []
    private var bytes = 0
    private(set) var dropped = 0

    var isEmpty: Bool { frames.isEmpty }
    var count: Int { frames.count }

    mutating func append(_ frame: [UInt8]) {
        frames.append(frame)
        bytes += frame.count
        while frames.count > Self.capacity || (bytes > Self.capacityBytes && frames.count > 1) {
            bytes -= frames.removeFirst().count
            dropped += 1
        }
    }

    /// The oldest, taken out.
    mutating func next() -> [UInt8]? {
        guard !frames.isEmpty else { return nil }
        let frame = frames.removeFirst()
        bytes -= frame.count
        return frame
    }
}
