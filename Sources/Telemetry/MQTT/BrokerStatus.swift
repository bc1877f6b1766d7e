package import Domain

/// What the link to a broker is doing.
package enum BrokerState: String, Sendable, Hashable, Codable, CaseIterable {
    /// The first attempt is under way.
    case connecting
    /// Connected and subscribed to everything.
    case subscribed
    /// The last attempt failed or the connection broke; the next attempt is scheduled.
    case offline
    /// The broker refuses the user, the password, the certificate or a subscription.
    case unauthorised
    /// Messages arrive but can't be stored: they stay with the broker until they can.
    case blocked
}

/// A broker as the API gives it; never holds credentials.
package struct BrokerStatus: Sendable, Hashable, Encodable {
    /// `host:port`.
    package var id: String
    package var host: String
    package var port: Int
    package var tls: Bool
    package var state: BrokerState
    package var connected: Bool
    package var since: WallTime
    package var reason: StateReason
    /// A short English text without credentials.
    package var detail: String?
    /// Messages since the start.
    package var received: Int
    package var rejected: Int
    /// QoS 0 messages that were lost because they couldn't be stored.
    package var lost: Int

    private enum CodingKeys: String, CodingKey {
        case id, host, port, tls, state, connected, since, reason, detail, received, rejected, lost
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(host, forKey: .host)
        try container.encode(port, forKey: .port)
        try container.encode(tls, forKey: .tls)
        try container.encode(state, forKey: .state)
        try container.encode(connected, forKey: .connected)
        try container.encode(since, forKey: .since)
        try container.encode(reason, forKey: .reason)
        try container.encode(detail, forKey: .detail)
        try container.encode(received, forKey: .received)
        try container.encode(rejected, forKey: .rejected)
        try container.encode(lost, forKey: .lost)
    }
}
