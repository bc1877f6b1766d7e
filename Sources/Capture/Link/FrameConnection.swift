import CLinux
import Domain

#if canImport(Glibc)
    import Glibc
#endif

/// A non-blocking descriptor pair that carries `WireFrame`s: a socket (both the same) or a child's two pipes.
///
/// One thread uses it. What can't be written yet waits in `outgoing`; the caller bounds it by asking `pendingBytes`
/// before it adds more.
struct FrameConnection: ~Copyable {
    enum ReadResult {
        case frames([WireFrame])
        /// The peer is gone, or what it sends can't be followed.
        case closed(String)
    }

    let input: Int32
    let output: Int32
    private var parser: WireFrameParser
    private var outgoing: [UInt8] = []
    private var start = 0
    /// Bytes handed to the system since the beginning.
    private(set) var writtenBytes = 0

    /// Takes over both descriptors and closes them in the end.
    init(owningInput input: Int32, owningOutput output: Int32, limits: WireFrameParser.Limits) {
        self.input = input
        self.output = output
        parser = WireFrameParser(limits: limits)
        _ = gw_set_nonblocking(input, 1)
        _ = gw_set_nonblocking(output, 1)
    }

    deinit {
        close(input)
        if output != input { close(output) }
    }

    /// Bytes accepted and not yet written.
    var pendingBytes: Int { outgoing.count - start }

    /// Appends a frame's bytes; `flush` writes them.
    mutating func enqueue(_ bytes: [UInt8]) {
        if start == outgoing.count {
            outgoing = bytes
            start = 0
        } else {
            outgoing.append(contentsOf: bytes)
        }
    }

    /// Writes what the peer takes now.
    ///
    /// - Returns: false when the peer is gone.
    mutating func flush() -> Bool {
        while pendingBytes > 0 {
            let count = outgoing.withUnsafeBytes { buffer in
                let address = buffer.baseAddress?.advanced(by: start)
                // A socket's peer that has gone must not end a process that left SIGPIPE alone.
                return input == output
                    ? send(output, address, buffer.count - start, Int32(MSG_NOSIGNAL))
                    : write(output, address, buffer.count - start)
            }
            if count < 0 {
                if errno == EINTR { continue }
                return errno == EAGAIN
            }
            writtenBytes += count
            start += count
        }
        outgoing.removeAll(keepingCapacity: outgoing.capacity <= 1 << 18)
        start = 0
        return true
    }

    /// Reads what has arrived, at most 1 MiB a call so that one peer can't keep the thread.
    mutating func read() -> ReadResult {
        var frames: [WireFrame] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        var closed: String?
        for _ in 0..<16 {
            let count = Glibc.read(input, &chunk, chunk.count)
            if count < 0 {
                if errno == EINTR { continue }
                if errno != EAGAIN { closed = String(cString: strerror(errno)) }
                break
            }
            if count == 0 {
                closed = "closed by the other side"
                break
            }
            parser.append(chunk[..<count])
            if count < chunk.count { break }
        }
        do throws(WireFrameParser.TooLarge) {
            while let frame = try parser.next() { frames.append(frame) }
        } catch {
            closed = "a frame of \(error.headerBytes) + \(error.payloadBytes) bytes is too large"
        }
        // What came before the end is still handed on; the end is seen again at the next call.
        if let closed, frames.isEmpty { return .closed(closed) }
        return .frames(frames)
    }
}
