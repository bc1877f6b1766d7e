import CLinux
import Domain
import Glibc

/// Wakes a thread that waits in `poll`. Any thread may call `wake`.
final class WakePipe: Sendable {
    /// Readable after `wake`.
    let readEnd: Int32
    private let writeEnd: Int32

    init() throws(MQTTError) {
        var ends: [Int32] = [-1, -1]
        guard pipe2(&ends, O_CLOEXEC | O_NONBLOCK) == 0 else {
            throw MQTTError(reason: .sourceError, message: "no pipe: \(String(cString: strerror(errno)))")
        }
        readEnd = ends[0]
        writeEnd = ends[1]
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    /// Waits until `wake` is called, or for at most so long; forgets the calls.
    func wait(milliseconds: Int32) {
        var descriptor = pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)
        guard poll(&descriptor, 1, milliseconds) > 0 else { return }
        var bytes = [UInt8](repeating: 0, count: 256)
        while read(readEnd, &bytes, bytes.count) == bytes.count {}
    }

    func wake() {
        var byte: UInt8 = 1
        // A full pipe wakes just as well.
        _ = Glibc.write(writeEnd, &byte, 1)
    }
}
