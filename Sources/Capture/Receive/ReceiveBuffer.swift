/// The memory that a connection is read into, again and again.
final class ReceiveBuffer {
    private var memory: UnsafeMutableRawBufferPointer
    /// Bytes that have come and were not consumed; they lie at the front.
    private(set) var count = 0
    private let maximum: Int

    /// - Parameters:
    ///   - size: bytes to begin with; memory that nothing is read into costs nothing.
    ///   - maximum: as far as it grows.
    init(size: Int = 128 << 10, maximum: Int) {
        memory = .allocate(byteCount: size, alignment: 64)
        self.maximum = max(size, maximum)
    }

    deinit { memory.deallocate() }

    /// What has come; valid until the next call that changes the buffer.
    var bytes: UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: memory.baseAddress?.assumingMemoryBound(to: UInt8.self), count: count)
    }

    /// Where to read to; empty only where `maximum` bytes wait that nobody consumes.
    func room() -> UnsafeMutableRawBufferPointer {
        if count == memory.count, count < maximum {
            let larger = UnsafeMutableRawBufferPointer.allocate(
                byteCount: min(memory.count * 2, maximum),
                alignment: 64
            )
            larger.copyMemory(from: UnsafeRawBufferPointer(memory))
            memory.deallocate()
            memory = larger
        }
        return UnsafeMutableRawBufferPointer(rebasing: memory[count...])
    }

    /// So many bytes were read into `room`.
    func filled(_ bytes: Int) { count += bytes }

    /// The first bytes are done with; the rest moves to the front.
    func consume(_ bytes: Int) {
        let rest = count - bytes
        if rest > 0, bytes > 0 { memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[bytes..<count])) }
        count = max(0, rest)
    }

    func removeAll() { count = 0 }
}
