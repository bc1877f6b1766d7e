import CFFmpeg
import Domain
import Glibc

/// A TLS connection of libavformat's (`tls://`, ffmpeg-protocols(1)): the same library and settings as for every other
/// encrypted source. One thread at a time uses it.
package final class TLSConnection {
    package enum Read: Equatable {
        case bytes(Int)
        case nothing
        /// The other side ended the connection.
        case end
    }

    private var context: UnsafeMutablePointer<AVIOContext>?
    private let name: String
    /// libavformat's interrupt callback holds an unretained pointer to it.
    private let cancellation: Cancellation

    /// Connects and shakes hands; blocks until the cancellation's deadline at most.
    ///
    /// - Parameters:
    ///   - verifies: the certificate has to be one that this host trusts, and made for `host`.
    ///   - name: of the source, for people.
    package init(
        host: String,
        port: Int,
        verifies: Bool,
        name: String,
        cancellation: Cancellation
    ) throws(MediaError) {
        LibavLog.silence()
        self.name = name
        self.cancellation = cancellation
        var interrupt = AVIOInterruptCB()
        interrupt.callback = { opaque in
            guard let opaque else { return 0 }
            return Unmanaged<Cancellation>.fromOpaque(opaque).takeUnretainedValue().shouldStop ? 1 : 0
        }
        interrupt.opaque = Unmanaged.passUnretained(cancellation).toOpaque()
        var settings: OpaquePointer?
        defer { av_dict_free(&settings) }
        for (key, value) in LibavSettings.tls(host: host, verifies: verifies) { av_dict_set(&settings, key, value, 0) }
        let authority = host.contains(":") ? "[\(host)]" : host
        let flags = AVIO_FLAG_READ_WRITE | AVIO_FLAG_NONBLOCK
        let code = avio_open2(&context, "tls://\(authority):\(port)", flags, &interrupt, &settings)
        guard code >= 0 else {
            throw MediaError(avCode: code, action: "opening \(name)", opening: true, cancellation: cancellation)
        }
    }

    deinit { avio_closep(&context) }

    /// Takes what has come, of one record at most; never waits.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(MediaError) -> Read {
        guard let context, let base = buffer.baseAddress else { return .nothing }
        let count = avio_read_partial(
            context,
            base.assumingMemoryBound(to: UInt8.self),
            Int32(clamping: buffer.count)
        )
        // What a read found out stays behind in the context, and would answer every later one.
        context.pointee.eof_reached = 0
        context.pointee.error = 0
        if count > 0 { return .bytes(Int(count)) }
        if count == 0 || count == gw_averror(EAGAIN) { return .nothing }
        if count == gw_averror_eof() || count == gw_averror(ECONNRESET) || count == gw_averror(EPIPE) { return .end }
        throw MediaError(avCode: count, action: "reading \(name)", opening: false, cancellation: cancellation)
    }

    /// Sends all of it.
    package func write(_ bytes: [UInt8]) throws(MediaError) {
        guard let context else { return }
        avio_write(context, bytes, Int32(clamping: bytes.count))
        avio_flush(context)
        let code = context.pointee.error
        context.pointee.error = 0
        guard code >= 0 else {
            throw MediaError(avCode: code, action: "asking \(name)", opening: false, cancellation: cancellation)
        }
    }

    /// Waits, unless cancelled.
    package func pause(_ duration: Duration) {
        guard !cancellation.isCancelled else { return }
        usleep(UInt32(clamping: duration.microseconds))
    }
}
