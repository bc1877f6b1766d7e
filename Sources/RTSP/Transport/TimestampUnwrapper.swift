/// Timestamps that go on where 32 bits end: each is taken as the one nearest to the latest.
struct TimestampUnwrapper: Sendable {
    private(set) var latest: Int64?

    @inline(__always)
    mutating func unwrap(_ timestamp: UInt32) -> Int64 {
        let unwrapped = peek(timestamp)
        latest = unwrapped
        return unwrapped
    }

    @inline(__always)
    func peek(_ timestamp: UInt32) -> Int64 {
        guard let latest else { return Int64(timestamp) }
        return latest &+ Int64(Int32(bitPattern: timestamp &- UInt32(truncatingIfNeeded: latest)))
    }

    mutating func forget() { latest = nil }
}
