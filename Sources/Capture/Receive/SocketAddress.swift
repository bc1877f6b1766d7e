import CLinux

#if canImport(Glibc)
    import Glibc
#endif

/// A host's number with a port. Names are not looked up here: a lookup may hang.
struct SocketAddress: Sendable, Hashable {
    /// Four bytes, or sixteen of IPv6, in network order.
    let number: [UInt8]
    let port: UInt16
    /// Of a link-local IPv6 address: the interface.
    private let scope: UInt32

    /// nil for anything but a number.
    init?(_ host: String, port: Int) {
        guard let port = UInt16(exactly: port) else { return nil }
        self.port = port
        var four = in_addr()
        var six = in6_addr()
        let parts = host.split(separator: "%", maxSplits: 1)
        if inet_pton(AF_INET, host, &four) == 1 {
            number = withUnsafeBytes(of: four) { Array($0) }
            scope = 0
        } else if let first = parts.first, inet_pton(AF_INET6, String(first), &six) == 1 {
            number = withUnsafeBytes(of: six) { Array($0) }
            scope = parts.count > 1 ? UInt32(parts[1]) ?? if_nametoindex(String(parts[1])) : 0
        } else {
            return nil
        }
    }

    /// As the system has it; nil for other kinds of sockets.
    init?(_ storage: sockaddr_storage) {
        switch Int32(storage.ss_family) {
        case AF_INET:
            let address = withUnsafeBytes(of: storage) { $0.loadUnaligned(as: sockaddr_in.self) }
            number = withUnsafeBytes(of: address.sin_addr) { Array($0) }
            port = UInt16(bigEndian: address.sin_port)
            scope = 0
        case AF_INET6:
            let address = withUnsafeBytes(of: storage) { $0.loadUnaligned(as: sockaddr_in6.self) }
            number = withUnsafeBytes(of: address.sin6_addr) { Array($0) }
            port = UInt16(bigEndian: address.sin6_port)
            scope = address.sin6_scope_id
        default: return nil
        }
    }

    private init(number: [UInt8], port: UInt16, scope: UInt32) {
        self.number = number
        self.port = port
        self.scope = scope
    }

    var family: Int32 { number.count == 4 ? AF_INET : AF_INET6 }

    func with(port: UInt16) -> SocketAddress { SocketAddress(number: number, port: port, scope: scope) }

    /// Every address of this host, of the same family.
    func any(port: UInt16) -> SocketAddress {
        SocketAddress(number: [UInt8](repeating: 0, count: number.count), port: port, scope: 0)
    }

    /// Hands the address to a system call.
    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        if number.count == 4 {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            withUnsafeMutableBytes(of: &address.sin_addr) { $0.copyBytes(from: number) }
            return Self.rebound(&address, body)
        }
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = port.bigEndian
        address.sin6_scope_id = scope
        withUnsafeMutableBytes(of: &address.sin6_addr) { $0.copyBytes(from: number) }
        return Self.rebound(&address, body)
    }

    private static func rebound<Address, Result>(
        _ address: inout Address,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<Address>.size))
            }
        }
    }

    /// Begins a connection; as connect(2).
    func connect(_ descriptor: Int32) -> Int32 { withPointer { Glibc.connect(descriptor, $0, $1) } }

    /// The address that a socket is bound to; nil when it can't be told.
    static func local(of descriptor: Int32) -> SocketAddress? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let code = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        return code == 0 ? SocketAddress(storage) : nil
    }
}
