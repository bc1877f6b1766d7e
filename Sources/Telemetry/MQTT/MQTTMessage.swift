/// A message as it arrived.
package struct MQTTMessage: Sendable, Equatable {
    /// Payloads above this are cut down to their first 4 KiB: they will be rejected, and only that much is shown.
    static let wholeBytes = 64 << 10
    static let cutBytes = 4096

    package var topic: String
    /// The payload, or its beginning when it has more than 64 KiB.
    package var payload: [UInt8]
    /// The whole payload's size in bytes.
    package var sizeBytes: Int
    /// 0 or 1.
    package var qos: Int
    /// The broker had kept it for us: it is not news.
    package var retained: Bool

    package init(topic: String, payload: [UInt8], sizeBytes: Int? = nil, qos: Int = 1, retained: Bool = false) {
        self.topic = topic
        self.payload = payload
        self.sizeBytes = sizeBytes ?? payload.count
        self.qos = qos
        self.retained = retained
    }
}
