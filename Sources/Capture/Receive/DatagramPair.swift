import CLinux
import Media

#if canImport(Glibc)
    import Glibc
#endif

/// The two UDP ports of one track: RTP on an even one, RTCP on the next (RFC 3550 §11).
final class DatagramPair {
    let rtpPort: UInt16
    let rtcpPort: UInt16
    private let rtp: Int32
    private let rtcp: Int32
    private let server: SocketAddress
    /// Where the server sends from, as it says; 0 where it doesn't.
    private var serverPorts: (rtp: UInt16, rtcp: UInt16) = (0, 0)

    /// Room for the packets of some key frames that come at once, in bytes.
    private static let room: Int32 = 4 << 20
    private static let attempts = 64

    /// Binds them.
    ///
    /// - Parameter server: the only one whose packets are taken, from whatever port.
    /// - Throws: `other` when no pair is free.
    init(from server: SocketAddress, name: String) throws(MediaError) {
        self.server = server
        for _ in 0..<Self.attempts {
            guard let first = Self.bound(server.any(port: 0)) else { break }
            guard let port = SocketAddress.local(of: first)?.port, port % 2 == 0, port < .max,
                let second = Self.bound(server.any(port: port + 1))
            else {
                // Asked again the system names another one.
                close(first)
                continue
            }
            (rtp, rtcp, rtpPort, rtcpPort) = (first, second, port, port + 1)
            return
        }
        throw MediaError(.other, "opening \(name): no pair of UDP ports is free")
    }

    deinit {
        close(rtp)
        close(rtcp)
    }

    private static func bound(_ address: SocketAddress) -> Int32? {
        let kind = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let descriptor = socket(address.family, kind, 0)
        guard descriptor >= 0 else { return nil }
        guard address.withPointer({ bind(descriptor, $0, $1) }) == 0 else {
            close(descriptor)
            return nil
        }
        var size = room
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        return descriptor
    }

    /// Opens the way through address translators, by a datagram from each port to the server's.
    func punch(rtp: UInt16?, rtcp: UInt16?) {
        serverPorts = (rtp ?? 0, rtcp ?? rtp.map { $0 &+ 1 } ?? 0)
        guard serverPorts.rtp > 0 else { return }
        // An RTP packet without payload, and an empty receiver report (RFC 3550 §5.1, §6.4.2).
        send([0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], self.rtp, serverPorts.rtp)
        send([0x80, 201, 0, 1, 0, 0, 0, 0], self.rtcp, serverPorts.rtcp)
    }

    /// Sends a compound RTCP packet; one that is lost is followed by another.
    func report(_ bytes: [UInt8]) {
        if serverPorts.rtcp > 0 { send(bytes, rtcp, serverPorts.rtcp) }
    }

    private func send(_ bytes: [UInt8], _ descriptor: Int32, _ port: UInt16) {
        _ = server.with(port: port).withPointer { address, length in
            sendto(descriptor, bytes, bytes.count, Int32(MSG_DONTWAIT), address, length)
        }
    }

    /// Hands on every RTP packet of the server's that is there.
    func receive(_ reader: DatagramReader, packet: (Span<UInt8>) -> Void) {
        reader.read(rtp, from: server, packet)
    }

    /// Hands on every RTCP packet of the server's that is there.
    func receive(_ reader: DatagramReader, report: (Span<UInt8>) -> Void) {
        reader.read(rtcp, from: server, report)
    }
}

/// Reads many datagrams with one call (recvmmsg(2)), into memory that is used again and again.
final class DatagramReader {
    private static let slots = 64
    /// The largest datagram there is; pages that none reaches take no memory.
    private static let slotBytes = 64 << 10
    /// Reads of one socket in a row, so that a flood on it doesn't keep the others from being read.
    private static let maximumReads = 16

    private let memory: UnsafeMutableRawPointer
    private let datagrams: UnsafeMutablePointer<gw_datagram>
    private let vectors: UnsafeMutablePointer<iovec>
    private let names: UnsafeMutablePointer<sockaddr_storage>
    /// Datagrams of others than the server.
    private(set) var foreign = 0

    init() {
        memory = .allocate(byteCount: Self.slots * Self.slotBytes, alignment: 4096)
        datagrams = .allocate(capacity: Self.slots)
        vectors = .allocate(capacity: Self.slots)
        names = .allocate(capacity: Self.slots)
        names.initialize(repeating: sockaddr_storage(), count: Self.slots)
        for slot in 0..<Self.slots {
            let base = memory + slot * Self.slotBytes
            (vectors + slot).initialize(to: iovec(iov_base: base, iov_len: Self.slotBytes))
            var header = msghdr()
            header.msg_iov = vectors + slot
            header.msg_iovlen = 1
            header.msg_name = UnsafeMutableRawPointer(names + slot)
            (datagrams + slot).initialize(to: gw_datagram(header: header, length: 0))
        }
    }

    deinit {
        memory.deallocate()
        datagrams.deallocate()
        vectors.deallocate()
        names.deallocate()
    }

    /// Hands on what is there.
    func read(_ descriptor: Int32, from server: SocketAddress, _ body: (Span<UInt8>) -> Void) {
        for _ in 0..<Self.maximumReads {
            for slot in 0..<Self.slots {
                datagrams[slot].header.msg_namelen = socklen_t(MemoryLayout<sockaddr_storage>.size)
            }
            let count = Int(gw_receive_datagrams(descriptor, datagrams, UInt32(Self.slots)))
            guard count > 0 else { return }
            for slot in 0..<count {
                guard isServer(slot, server) else {
                    foreign += 1
                    continue
                }
                let start = (memory + slot * Self.slotBytes).assumingMemoryBound(to: UInt8.self)
                let length = min(Int(datagrams[slot].length), Self.slotBytes)
                let bytes = UnsafeBufferPointer(start: UnsafePointer(start), count: length)
                body(bytes.span)
            }
            if count < Self.slots { return }
        }
    }

    /// Compares without making anything: it is asked for every packet.
    private func isServer(_ slot: Int, _ server: SocketAddress) -> Bool {
        let storage = UnsafeRawPointer(names + slot)
        let family = Int32(storage.load(as: sa_family_t.self))
        guard family == server.family else { return false }
        // sin_addr and sin6_addr lie behind family, port and, in IPv6, the flow's four bytes.
        let offset = family == AF_INET ? 4 : 8
        let found = UnsafeRawBufferPointer(start: storage + offset, count: server.number.count)
        return found.elementsEqual(server.number)
    }
}
