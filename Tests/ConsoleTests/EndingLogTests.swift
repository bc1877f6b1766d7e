import Logging
import Synchronization
import Testing

@testable import Console

@Suite("the server's log")
struct EndingLogTests {
    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
    }

    private struct Recorder: LogHandler {
        var lines: Lines
        var logLevel: Logger.Level
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            lines.all.withLock { $0.append("\(event.level) \(event.message) \(metadata)") }
        }
    }

    @Test(
        "its end by cancellation is no error, everything else keeps its level",
        arguments: [Logger.Level.info, .debug]
    )
    func levels(_ level: Logger.Level) {
        let lines = Lines()
        var logger = Logger(label: "test") { _ in EndingLogHandler(Recorder(lines: lines, logLevel: level)) }
        logger[metadataKey: "a"] = "b"
        logger.error("Waiting on child channel: CancellationError()")
        logger.error("Waiting on child channel: something else")
        logger.debug("detail")
        let expected = [
            "debug Waiting on child channel: CancellationError()", "error Waiting on child channel: something else",
            "debug detail",
        ]
        let shown = level == .debug ? expected : [expected[1]]
        #expect(lines.all.withLock { $0 } == shown.map { "\($0) [\"a\": b]" })
    }
}
