package import Domain

/// How to reach a broker and who we are there. Its texts never show the password.
package struct MQTTSettings: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible {
    package var host: String
    package var port: Int
    /// Nil for plain TCP.
    package var tls: Broker.TLS?
    package var user: String?
    package var password: String?
    /// The persistent session's name.
    package var clientId: String
    /// 4 for MQTT 3.1.1, 5 for MQTT 5.
    package var protocolVersion: Int
    /// Topic filters, subscribed with QoS 1.
    package var filters: [String]
    /// False keeps the session (and what arrives for it) at the broker while we are away.
    package var cleanSession: Bool
    /// Seconds between two signs of life; at least 5.
    package var keepAliveSeconds: Int
    /// Where `online` and (as our last will) `offline` are kept; nil for nowhere.
    package var statusTopic: String?

    package init(
        host: String,
        port: Int,
        tls: Broker.TLS? = nil,
        user: String? = nil,
        password: String? = nil,
        clientId: String,
        protocolVersion: Int = 4,
        filters: [String] = [],
        cleanSession: Bool = false,
        keepAliveSeconds: Int = 30,
        statusTopic: String? = nil
    ) {
        self.host = host
        self.port = port
        self.tls = tls
        self.user = user
        self.password = password
        self.clientId = clientId
        self.protocolVersion = protocolVersion
        self.filters = filters
        self.cleanSession = cleanSession
        self.keepAliveSeconds = max(5, keepAliveSeconds)
        self.statusTopic = statusTopic
    }

    package var description: String { "\(tls == nil ? "mqtt" : "mqtts")://\(host):\(port)" }
    package var debugDescription: String { description }
}
