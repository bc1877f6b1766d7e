/// A message on a pipe, a Unix socket or a live response: a JSON header and bytes that belong to it.
///
/// On the wire: the header's length and the payload's length, each four bytes, most significant first, then the
/// header, then the payload.
package struct WireFrame: Sendable, Equatable {
    package var header: [UInt8]
    package var payload: [UInt8]

    package init(header: [UInt8], payload: [UInt8] = []) {
        self.header = header
        self.payload = payload
    }

    /// The frame's bytes as they go on the wire.
    package var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(8 + header.count + payload.count)
        Self.append(UInt32(header.count), to: &bytes)
        Self.append(UInt32(payload.count), to: &bytes)
        bytes.append(contentsOf: header)
        bytes.append(contentsOf: payload)
        return bytes
    }

    private static func append(_ value: UInt32, to bytes: inout [UInt8]) {
        for shift in [24, 16, 8, 0] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }
}

/// Puts frames together again from bytes that arrive in pieces of any size. Bounded by `limits`.
package struct WireFrameParser: Sendable {
    /// What a peer may send at most, in bytes.
    package struct Limits: Sendable {
        package var header: Int
        package var payload: Int

        package init(header: Int = 1 << 20, payload: Int = 32 << 20) {
            self.header = header
            self.payload = payload
        }
    }

    /// The peer announced more than the limits allow: the stream can't be followed any further.
    package struct TooLarge: Error, Equatable {
        package var headerBytes: Int
        package var payloadBytes: Int
    }

    private let limits: Limits
    private var buffer: [UInt8] = []
    private var start = 0

    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Takes what has arrived.
    package mutating func append(_ bytes: some Sequence<UInt8>) {
        if start > 0, start == buffer.count || start > 1 << 16 {
            buffer.removeFirst(start)
            start = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// The next whole frame, or nil until more bytes arrive.
    ///
    /// - Throws: `TooLarge` when a length exceeds the limits.
    package mutating func next() throws(TooLarge) -> WireFrame? {
        guard buffer.count - start >= 8 else { return nil }
        let header = length(at: start)
        let payload = length(at: start + 4)
        guard header <= limits.header, payload <= limits.payload else {
            throw TooLarge(headerBytes: header, payloadBytes: payload)
        }
        guard buffer.count - start >= 8 + header + payload else { return nil }
        let headerStart = start + 8
        let frame = WireFrame(
            header: Array(buffer[headerStart..<headerStart + header]),
            payload: Array(buffer[(headerStart + header)..<(headerStart + header + payload)])
        )
        start = headerStart + header + payload
        return frame
    }

    private func length(at index: Int) -> Int {
        Int(buffer[index]) << 24 | Int(buffer[index + 1]) << 16 | Int(buffer[index + 2]) << 8 | Int(buffer[index + 3])
    }
}
