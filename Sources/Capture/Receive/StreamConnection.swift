import Domain
import Media

/// The connection that RTSP's messages travel on, and with TCP its packets. One thread at a time uses it.
protocol StreamConnection: AnyObject {
    /// Where it leads.
    var peer: SocketAddress? { get }

    /// From now on packets come: what arrives may be collected for a moment, so that many of them take one call.
    func beginStreaming()

    /// Reads what has come, into the free part of a buffer; waits for a moment where nothing has (`ReceivePace.moment`).
    ///
    /// - Throws: when the connection has failed.
    func receive(into buffer: UnsafeMutableRawBufferPointer) throws(MediaError) -> Received

    /// Reads what has come without waiting, and waits for `moment` at most where nothing has.
    func receive(into buffer: UnsafeMutableRawBufferPointer, within moment: Duration) throws(MediaError) -> Received

    /// Sends all of it; waits for room for a second at most.
    func send(_ bytes: [UInt8]) throws(MediaError)
}

enum Received: Equatable {
    case bytes(Int)
    case nothing
    /// The other side ended the connection.
    case closed
}

/// How receiving is paced.
enum ReceivePace {
    /// Packets are collected for so long at most: one call instead of one for each. The kernel counts in ticks of 4 ms, so
    /// it may be one more.
    static let moment = Duration.milliseconds(16)
    /// With so many bytes waiting it is read at once.
    static let enoughBytes: Int32 = 128 << 10
}
