/// Interarrival jitter in ticks (RFC 3550 §6.4.1 and Appendix A.8).
struct Jitter: Sendable {
    private let clockRate: Int64
    private var begin: Int64?
    private var transit: UInt32 = 0
    private var scaled: UInt32 = 0

    init(clockRate: Int) {
        self.clockRate = Int64(clockRate)
    }

    var ticks: UInt32 { scaled >> 4 }

    @inline(__always)
    mutating func packet(timestamp: UInt32, at now: Int64) {
        let since = now &- (begin ?? now)
        let ticks = since / 1_000_000_000 &* clockRate &+ since % 1_000_000_000 &* clockRate / 1_000_000_000
        let transit = UInt32(truncatingIfNeeded: ticks) &- timestamp
        defer { self.transit = transit }
        guard begin != nil else {
            begin = now
            return
        }
        let difference = Int32(bitPattern: transit &- self.transit).magnitude
        scaled = scaled &+ difference &- (scaled &+ 8) >> 4
    }

    mutating func restart() {
        begin = nil
        scaled = 0
    }
}
