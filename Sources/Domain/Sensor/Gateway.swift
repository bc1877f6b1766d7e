/// Something that posts readings over HTTP for sensors which speak neither MQTT nor JT/T 808.
package struct Gateway: Sendable, Equatable {
    package var id: String
    /// What it authenticates with; never shown.
    package var token: String
    /// The sensors and vehicles it may speak for; nil for all.
    package var sources: [String]?

    package init(id: String, token: String, sources: [String]? = nil) {
        self.id = id
        self.token = token
        self.sources = sources
    }

    /// Compares in a time that doesn't depend on where the two differ.
    package func accepts(_ given: String) -> Bool {
        let (own, other) = (Array(token.utf8), Array(given.utf8))
        guard own.count == other.count, !own.isEmpty else { return false }
        return zip(own, other).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
