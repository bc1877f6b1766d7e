#if canImport(Glibc)
    import Glibc
#endif

/// Lines for the person who started the command, written at once.
enum Terminal {
    /// A line on standard output.
    static func say(_ line: String) {
        write(line, to: 1)
    }

    /// A line on standard error.
    static func complain(_ line: String) {
        write(line, to: 2)
    }

    private static func write(_ line: String, to descriptor: Int32) {
        var rest = Array((line + "\n").utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
