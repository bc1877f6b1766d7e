#if canImport(Glibc)
    import Glibc
#endif

/// Runs `body` for about a fifth of a second after a warm-up, seven times over.
///
/// - Returns: The best time of one call in nanoseconds: what the machine can do when nothing else disturbs it.
func bestNanoseconds(_ body: () -> Void) -> Double {
    let clock = ContinuousClock()
    var calls = 1
    while true {
        let time = clock.measure { for _ in 0..<calls { body() } }
        if time > .milliseconds(30) { break }
        calls *= 2
    }
    var best = Double.infinity
    for _ in 0..<7 {
        let time = clock.measure { for _ in 0..<calls { body() } }
        let parts = time.components
        best = min(best, (Double(parts.seconds) * 1e9 + Double(parts.attoseconds) / 1e9) / Double(calls))
    }
    return best
}

/// Copies `source` into `target` with memcpy, the yardstick for everything that reads a plane once.
func copy(_ source: [UInt8], into target: inout [UInt8]) {
    source.withUnsafeBytes { from in
        target.withUnsafeMutableBytes { to in
            guard let a = from.baseAddress, let b = to.baseAddress else { return }
            memcpy(b, a, min(from.count, to.count))
        }
    }
}

extension Double {
    /// With one decimal, without Foundation.
    var oneDecimal: String {
        let tenths = Int((self * 10).rounded())
        return "\(tenths / 10).\(abs(tenths % 10))"
    }
}
