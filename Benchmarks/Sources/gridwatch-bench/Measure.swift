#if canImport(Glibc)
    import Glibc
#endif

/// CPU time of this thread in nanoseconds: what others do on the machine counts as little as possible.
private func threadNanoseconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
}

/// Runs `body` for about 30 ms after a warm-up, eleven times over.
///
/// - Returns: The best CPU time of one call in nanoseconds: what the machine can do when nothing else disturbs it.
func bestNanoseconds(_ body: () -> Void) -> Double {
    var calls = 1
    while true {
        let start = threadNanoseconds()
        for _ in 0..<calls { body() }
        if threadNanoseconds() - start > 3e7 { break }
        calls *= 2
    }
    var best = Double.infinity
    for _ in 0..<11 {
        let start = threadNanoseconds()
        for _ in 0..<calls { body() }
        best = min(best, (threadNanoseconds() - start) / Double(calls))
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
