import Domain
import Glibc

/// Calls something that may block, again and again, on a thread of its own.
final class TelemetryTimer: Sendable {
    private let wake: WakePipe
    private let thread: BlockingThread

    /// - Throws: `MQTTError` when the process has no file descriptors left.
    init(every interval: Duration, _ body: @escaping @Sendable () -> Void) throws(MQTTError) {
        let wake = try WakePipe()
        self.wake = wake
        let milliseconds = Int32(clamping: interval.microseconds / 1000)
        thread = BlockingThread(name: "telemetry-timer") {
            var descriptor = pollfd(fd: wake.readEnd, events: Int16(POLLIN), revents: 0)
            while poll(&descriptor, 1, milliseconds) <= 0 { body() }
        }
    }

    /// Returns once the last call has ended.
    func stop() async {
        wake.wake()
        await thread.finished()
    }
}
