import CLinux
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Wakes a thread that waits in `poll`. Any number of wake-ups before it looks are one byte.
final class WakePipe: Sendable {
    /// What `poll` waits on.
    let readEnd: Int32
    private let writeEnd: Int32
    private let pending = Atomic(false)

    /// - Throws: `CaptureError` when the process has no descriptors left.
    init() throws(CaptureError) {
        var ends: [Int32] = [-1, -1]
        guard pipe2(&ends, O_NONBLOCK | O_CLOEXEC) == 0 else { throw .system(.dataFolder, "can't make a pipe") }
        readEnd = ends[0]
        writeEnd = ends[1]
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    /// Makes `readEnd` readable.
    func wake() {
        guard !pending.exchange(true, ordering: .acquiringAndReleasing) else { return }
        var byte: UInt8 = 1
        _ = write(writeEnd, &byte, 1)
    }

    /// Called by the woken thread before it looks at what it was woken for.
    func drain() {
        var buffer: (UInt64, UInt64) = (0, 0)
        while read(readEnd, &buffer, 16) > 0 {}
        pending.store(false, ordering: .releasing)
    }
}
