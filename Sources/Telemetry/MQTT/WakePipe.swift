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

    func wake() {
        var byte: UInt8 = 1
        // A full pipe wakes just as well.
        _ = Glibc.write(writeEnd, &byte, 1)
    }
}
