import Dispatch

#if canImport(Glibc)
    import Glibc
#endif

/// SIGTERM and SIGINT as a stream; a second one ends the process at once.
enum StopSignals {
    /// The signals from now on.
    static func stream() -> AsyncStream<Int32> {
        let (stream, continuation) = AsyncStream.makeStream(of: Int32.self, bufferingPolicy: .bufferingOldest(4))
        let watch = SignalWatch([SIGTERM, SIGINT]) { continuation.yield($0) }
        continuation.onTermination = { _ in watch.end() }
        return stream
    }

    /// Runs `body` until it ends or a signal asks it to; a second signal ends the process at once.
    static func run(
        until signals: AsyncStream<Int32> = stream(),
        _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        let work = Task { try await body() }
        let watch = Task {
            var isSecond = false
            for await _ in signals {
                if isSecond { exit(1) }
                isSecond = true
                work.cancel()
            }
        }
        defer { watch.cancel() }
        try await work.value
    }
}

/// Dispatch sources for signals whose default action is switched off.
///
/// Safety: the sources are made in `init`, only ever cancelled afterwards, and cancelling is thread-safe.
private final class SignalWatch: @unchecked Sendable {
    private let sources: [any DispatchSourceSignal]

    init(_ numbers: [Int32], handler: @escaping @Sendable (Int32) -> Void) {
        sources = numbers.map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { handler(number) }
            source.resume()
            return source
        }
    }

    func end() {
        for source in sources { source.cancel() }
    }
}
