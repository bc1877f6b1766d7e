import Domain
import Media

/// The connection that RTSP's messages travel on, and with TCP its packets. One thread at a time uses it.
protocol StreamConnection: AnyObject {
    /// Where it leads.
    var peer: SocketAddress? { get }

    /// From now on packets come: what arrives may be collected for a moment, so that many of them take one call.
    func beginStreaming()

    /// Reads what comes within a time, into the free part of a buffer (`ReceivePace`); before streaming has begun only
    /// until something has.
    ///
    /// - Throws: when the connection has failed.
    func receive(into buffer: UnsafeMutableRawBufferPointer, collecting wait: Duration) throws(MediaError) -> Received

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
