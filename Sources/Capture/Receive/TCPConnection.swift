import CLinux
import Domain
import Media

#if canImport(Glibc)
    import Glibc
#endif

/// A TCP connection that is read in large pieces.
///
/// While it streams a read waits in the kernel until a low-water mark is reached or a moment has passed (SO_RCVLOWAT,
/// SO_RCVTIMEO; socket(7)): the thread isn't woken by each packet, and a call needs no other one before it.
final class TCPConnection: StreamConnection {
    let peer: SocketAddress?
    private let descriptor: Int32
    private let name: String
    private let cancellation: Cancellation
    /// What SO_RCVTIMEO is set to.
    private var timeout = ReceivePace.moment

    /// Connects.
    ///
    /// - Parameters:
    ///   - name: of the source, for people.
    ///   - cancellation: looked at every 20 ms.
    /// - Throws: `refused`, `timeout`, `cancelled` and others.
    init(to address: SocketAddress, name: String, cancellation: Cancellation) throws(MediaError) {
        peer = address
        self.name = name
        self.cancellation = cancellation
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        descriptor = socket(address.family, kind, 0)
        guard descriptor >= 0 else { throw MediaError(.other, "opening \(name): \(Self.text(errno))") }
        do throws(MediaError) {
            try connect(to: address)
        } catch {
            close(descriptor)
            throw error
        }
        gw_set_nonblocking(descriptor, 0)
        // Requests are small and answered one by one.
        set(IPPROTO_TCP, TCP_NODELAY, Int32(1))
        setReceiveTimeout()
    }

    deinit { close(descriptor) }

    private func connect(to address: SocketAddress) throws(MediaError) {
        if address.connect(descriptor) == 0 { return }
        guard errno == EINPROGRESS else { throw failure(errno, "opening") }
        while true {
            if cancellation.isCancelled { throw MediaError(.cancelled, "opening \(name): cancelled") }
            if cancellation.isOverdue { throw MediaError(.timeout, "opening \(name): no answer in time") }
            var file = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard poll(&file, 1, 20) > 0 else { continue }
            var code: Int32 = 0
            var length = socklen_t(MemoryLayout<Int32>.size)
            getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
            guard code == 0 else { throw failure(code, "opening") }
            return
        }
    }

    func beginStreaming() { set(SOL_SOCKET, SO_RCVLOWAT, ReceivePace.enoughBytes) }

    func receive(into buffer: UnsafeMutableRawBufferPointer, collecting wait: Duration) throws(MediaError) -> Received {
        if wait != timeout {
            timeout = wait
            setReceiveTimeout()
        }
        return try received(recv(descriptor, buffer.baseAddress, buffer.count, 0))
    }

    func receive(into buffer: UnsafeMutableRawBufferPointer, within moment: Duration) throws(MediaError) -> Received {
        var file = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&file, 1, Int32(clamping: moment.microseconds / 1000)) > 0 else { return .nothing }
        return try received(recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT)))
    }

    private func received(_ count: Int) throws(MediaError) -> Received {
        if count > 0 { return .bytes(count) }
        if count == 0 { return .closed }
        switch errno {
        case EAGAIN, EINTR: return .nothing
        case ECONNRESET, EPIPE: return .closed
        default: throw failure(errno, "reading")
        }
    }

    func send(_ bytes: [UInt8]) throws(MediaError) {
        var sent = 0
        let clock = SystemClock()
        let end = clock.monotonic() + .seconds(1)
        while sent < bytes.count {
            let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
            let count = bytes.withUnsafeBytes { rest in
                Glibc.send(descriptor, rest.baseAddress.map { $0 + sent }, rest.count - sent, flags)
            }
            if count > 0 {
                sent += count
            } else if errno == EAGAIN {
                guard !cancellation.shouldStop, clock.monotonic() < end else {
                    throw MediaError(.timeout, "asking \(name): what is sent is not taken")
                }
                var file = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&file, 1, 20)
            } else if errno != EINTR {
                throw failure(errno, "asking")
            }
        }
    }

    /// How long a read waits.
    private func setReceiveTimeout() {
        var limit = timeval(tv_sec: 0, tv_usec: Int(timeout.microseconds))
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    private func set(_ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    private func set(_ level: Int, _ option: Int32, _ value: Int32) { set(Int32(level), option, value) }

    private func failure(_ code: Int32, _ action: String) -> MediaError {
        let (kind, hint): (MediaError.Code, String) =
            switch code {
            case ECONNREFUSED: (.refused, "nobody listens at this address and port")
            case ETIMEDOUT, EHOSTUNREACH, ENETUNREACH: (.timeout, "no answer in time")
            case ECONNRESET, EPIPE: (.closed, "the other side closed the connection")
            default: (.other, Self.text(code))
            }
        return MediaError(kind, "\(action) \(name): \(hint)")
    }

    private static func text(_ code: Int32) -> String { String(cString: strerror(code)) }
}
