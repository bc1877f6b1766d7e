import Domain
import Media
import RTSP

/// Opens the connection that an RTSP URL leads to.
enum SourceConnection {
    /// - Throws: `unknownHost`, `refused`, `timeout`, `cancelled` and others.
    static func open(
        _ url: RTSPURL,
        name: String,
        options: SourceOptions,
        cancellation: Cancellation
    ) throws(MediaError) -> any StreamConnection {
        if url.isEncrypted {
            return try EncryptedConnection(
                TLSConnection(
                    host: url.host,
                    port: Int(url.port),
                    verifies: options.verifyTLS,
                    name: name,
                    cancellation: cancellation
                )
            )
        }
        let candidates = try SourceAddress(url.description).resolve(cancellation).compactMap { text in
            RTSPURL(text).flatMap { SocketAddress($0.host, port: Int($0.port)) }
        }
        guard let last = candidates.last else {
            throw MediaError(.unknownHost, "host \(url.host) has no address; check its name and the name server")
        }
        for address in candidates.dropLast() {
            do throws(MediaError) {
                return try TCPConnection(to: address, name: name, cancellation: cancellation)
            } catch {
                // Another address of the same host may be reachable.
                guard [.refused, .timeout].contains(error.code), !cancellation.shouldStop else { throw error }
            }
        }
        return try TCPConnection(to: last, name: name, cancellation: cancellation)
    }
}

/// RTSP over TLS.
final class EncryptedConnection: StreamConnection {
    /// Nobody else's datagrams belong to it.
    let peer: SocketAddress? = nil
    private let tls: TLSConnection
    private var isStreaming = false

    init(_ tls: TLSConnection) {
        self.tls = tls
    }

    func beginStreaming() { isStreaming = true }

    func receive(into buffer: UnsafeMutableRawBufferPointer, collecting wait: Duration) throws(MediaError) -> Received {
        try receive(into: buffer, within: wait)
    }

    func receive(into buffer: UnsafeMutableRawBufferPointer, within moment: Duration) throws(MediaError) -> Received {
        // Records are taken one by one: let some come together first.
        if isStreaming { tls.pause(moment) }
        var filled = 0
        while filled < buffer.count {
            switch try tls.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])) {
            case .bytes(let count): filled += count
            case .nothing:
                if filled > 0 { return .bytes(filled) }
                if !isStreaming { tls.pause(moment) }
                return .nothing
            case .end: return filled > 0 ? .bytes(filled) : .closed
            }
        }
        return .bytes(filled)
    }

    func send(_ bytes: [UInt8]) throws(MediaError) { try tls.write(bytes) }
}
