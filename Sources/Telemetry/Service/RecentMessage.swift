package import Domain

/// A message as it came, kept for trying profiles on it.
package struct RecentMessage: Sendable, Equatable, Encodable {
    package var topic: String
    package var receivedAt: WallTime
    /// Its first 4 KiB as text; bytes that are no UTF-8 show as U+FFFD.
    package var payload: String

    package init(topic: String, receivedAt: WallTime, bytes: [UInt8]) {
        self.topic = topic
        self.receivedAt = receivedAt
        payload = String(decoding: bytes.prefix(RejectedPayload.keptBytes), as: UTF8.self)
    }
}
