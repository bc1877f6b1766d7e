import Domain
import Foundation
internal import Yams

extension SiteFile {
    static func readBroker(_ reader: FieldReader) -> Broker? {
        defer { reader.finish() }
        let endpoint = readEndpoint(reader)
        let user = reader.text("user")
        let password = reader.text("password", secret: true)
        let clientId = reader.text("clientId")
        let version = readVersion(reader)
        let subscriptions = reader.list("subscribe").compactMap(readSubscription)
        let statusTopic = reader.text("status")
        if let statusTopic, statusTopic.isEmpty || statusTopic.contains("+") || statusTopic.contains("#") {
            reader.fail("status", statusTopic, "is not a topic", "write one without wildcards, like gridwatch/state")
        }
        var tls: Broker.TLS?
        if let section = reader.mapping("tls") {
            tls = Broker.TLS(
                caFile: section.text("ca"),
                certificateFile: section.text("certificate"),
                keyFile: section.text("key"),
                verify: section.flag("verify") ?? true
            )
            section.finish()
        }
        guard let endpoint else { return nil }
        if !endpoint.tls, tls != nil {
            reader.fail("tls", nil, "is given, but the address is not mqtts://", "write mqtts:// or take `tls` out")
        }
        return Broker(
            host: endpoint.host,
            port: endpoint.port,
            tls: endpoint.tls ? tls ?? Broker.TLS() : nil,
            user: user ?? endpoint.user,
            password: password ?? endpoint.password,
            clientId: clientId,
            protocolVersion: version,
            subscriptions: subscriptions,
            statusTopic: statusTopic
        )
    }

    private struct Endpoint {
        var host: String
        var port: Int
        var tls: Bool
        var user: String?
        var password: String?
    }

    private static func readEndpoint(_ reader: FieldReader) -> Endpoint? {
        guard let text = reader.text("url", required: true, secret: true) else { return nil }
        guard let parts = URLComponents(string: text), let host = parts.host, !host.isEmpty,
            let scheme = parts.scheme, ["mqtt", "mqtts"].contains(scheme), parts.path.isEmpty || parts.path == "/"
        else {
            reader.fail("url", nil, "is not a broker's address", "write mqtt://HOST[:1883] or mqtts://HOST[:8883]")
            return nil
        }
        let tls = scheme == "mqtts"
        return Endpoint(
            host: host,
            port: parts.port ?? (tls ? 8883 : 1883),
            tls: tls,
            user: parts.user,
            password: parts.password
        )
    }

    private static func readVersion(_ reader: FieldReader) -> Int {
        guard let text = reader.text("protocol") else { return 4 }
        switch text {
        case "3.1.1", "4": return 4
        case "5", "5.0": return 5
        default:
            reader.fail("protocol", text, "is not a version of MQTT that is spoken here", "write \"3.1.1\" or \"5\"")
            return 4
        }
    }

    private static func readSubscription(_ reader: FieldReader) -> Broker.Subscription? {
        defer { reader.finish() }
        let topic = reader.text("topic", required: true)
        let profile = reader.profile("profile")
        guard let topic, let profile else { return nil }
        guard isFilter(topic) else {
            reader.fail(
                "topic",
                topic,
                "is not a topic filter",
                "`+` stands alone between slashes and `#` alone at the end, like city/lamp/+/state"
            )
            return nil
        }
        return Broker.Subscription(topic: topic, profile: profile)
    }

    /// MQTT 5 §4.7.1: `#` only as the last level, `+` only as a whole level.
    private static func isFilter(_ topic: String) -> Bool {
        let levels = topic.split(separator: "/", omittingEmptySubsequences: false)
        guard !topic.isEmpty, topic.utf8.count <= 65_535, !topic.contains("\u{0}") else { return false }
        return levels.enumerated().allSatisfy { index, level in
            (!level.contains("+") || level == "+")
                && (!level.contains("#") || (level == "#" && index == levels.count - 1))
        }
    }

    static func readSensor(_ reader: FieldReader, _ profiles: [String: PayloadProfile]) -> Sensor? {
        defer { reader.finish() }
        let id = reader.slug("id")
        let name = reader.text("name")
        let profile = reader.profile("profile")
        let position = reader.position("position")
        let address = reader.text("address")
        let rules = reader.list("rules").compactMap { rule in
            readRule(rule, words: words(of: profile.map { [$0] } ?? [], profiles), in: .sensor)
        }
        guard let id, let profile else { return nil }
        return Sensor(id: id, name: name, profile: profile, position: position, address: address, rules: rules)
    }
}
