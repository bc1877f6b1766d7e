import CLinux
import Domain
import Glibc

/// Finds out whether a TCP port answers, with a deadline: libmosquitto's own connect has none, and a host that swallows
/// packets would hold its thread for two minutes.
enum TCPProbe {
    /// Connects and closes. Blocks up to `timeout` (and as long as the resolver takes).
    ///
    /// - Parameter wake: a descriptor that, once readable, ends the wait.
    /// - Returns: nil when somebody answers, else why not.
    static func failure(host: String, port: Int, timeout: Duration, wake: Int32) -> StateReason? {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var addresses: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &addresses) == 0 else { return .unknownHost }
        defer { freeaddrinfo(addresses) }
        var failure = StateReason.unknownHost
        var next = addresses
        while let address = next?.pointee {
            guard let result = failureOf(address, timeout: timeout, wake: wake) else { return nil }
            failure = result
            next = address.ai_next
        }
        return failure
    }

    private static func failureOf(_ address: addrinfo, timeout: Duration, wake: Int32) -> StateReason? {
        let descriptor = socket(address.ai_family, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return .sourceError }
        defer { close(descriptor) }
        guard gw_set_nonblocking(descriptor, 1) >= 0 else { return .sourceError }
        if connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 { return nil }
        guard errno == EINPROGRESS else { return reason(errno) }
        var descriptors = [
            pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0),
            pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
        ]
        let ready = poll(&descriptors, 2, Int32(clamping: timeout.microseconds / 1000))
        guard ready > 0, descriptors[0].revents != 0 else { return .timeout }
        var error: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size)
        return error == 0 ? nil : reason(error)
    }

    private static func reason(_ error: Int32) -> StateReason {
        switch error {
        case ECONNREFUSED: .refused
        case ETIMEDOUT, EHOSTUNREACH, ENETUNREACH: .timeout
        default: .sourceError
        }
    }
}
