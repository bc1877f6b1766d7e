import Dispatch

#if canImport(Glibc)
    import Glibc
#endif

/// SIGTERM, SIGINT and, where it means that the terminal is gone, SIGHUP as a stream; a second one ends the process at
/// once.
enum StopSignals {
    /// The signals from now on.
    ///
    /// - Parameter hangUpStops: false where `hangUps` are listened to.
    static func stream(hangUpStops: Bool = true) -> AsyncStream<Int32> {
        signals(hangUpStops ? [SIGTERM, SIGINT, SIGHUP] : [SIGTERM, SIGINT])
    }

    /// SIGHUP as service managers mean it: read the configuration again. Nil at a terminal, whose end it would be.
    static func hangUps() -> AsyncStream<Int32>? { isatty(STDIN_FILENO) == 0 ? signals([SIGHUP]) : nil }

    private static func signals(_ numbers: [Int32]) -> AsyncStream<Int32> {
        let (stream, continuation) = AsyncStream.makeStream(of: Int32.self, bufferingPolicy: .bufferingOldest(4))
        let watch = SignalWatch(numbers) { continuation.yield($0) }
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
        do {
            try await work.value
        } catch is CancellationError where work.isCancelled {
            // Asked to end, and ended.
        }
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
