/// Somebody else's video platform, from which cameras are borrowed: its limits and when it may be asked.
package struct Platform: Sendable, Hashable, Codable {
    /// A time of day at which the platform may be asked, by the site's time zone. Where it ends before it begins it goes
    /// over midnight.
    package struct Hours: Sendable, Hashable, Codable {
        /// Minutes after midnight; the end may be 1440 and doesn't belong to it.
        package var from: Int
        package var to: Int

        package init(from: Int, to: Int) {
            self.from = from
            self.to = to
        }

        /// Reads `07:00-19:30`.
        package init?(_ text: String) {
            let ends = text.split(separator: "-", omittingEmptySubsequences: false)
            guard ends.count == 2, let from = Self.minute(ends[0]), let to = Self.minute(ends[1]), from != to,
                from < 1440
            else { return nil }
            self.init(from: from, to: to)
        }

        package var text: String { "\(Self.text(from))-\(Self.text(to))" }

        package func contains(minute: Int) -> Bool {
            from < to ? (from..<to).contains(minute) : minute >= from || minute < to
        }

        private static func minute(_ text: Substring) -> Int? {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, parts.allSatisfy({ $0.count == 2 && $0.allSatisfy(\.isNumber) }),
                let hour = Int(parts[0]), let minute = Int(parts[1]), minute < 60, hour * 60 + minute <= 1440
            else { return nil }
            return hour * 60 + minute
        }

        private static func text(_ minute: Int) -> String {
            let two = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
            return "\(two(minute / 60)):\(two(minute % 60))"
        }
    }

    /// A slug.
    package var id: String
    package var name: String?
    /// Hosts that belong to it: names, numbers, or `*.NAME`; a camera may also name its platform itself.
    package var hosts: [String]
    /// Streams at once, over all cameras and processes of this machine; nil: no limit.
    package var connections: Int?
    /// New connections a second, over all of them; nil: no limit of its own.
    package var connectionsPerSecond: Double?
    /// When it may be asked; empty: always.
    package var hours: [Hours]

    package init(
        id: String,
        name: String? = nil,
        hosts: [String] = [],
        connections: Int? = nil,
        connectionsPerSecond: Double? = nil,
        hours: [Hours] = []
    ) {
        self.id = id
        self.name = name
        self.hosts = hosts
        self.connections = connections
        self.connectionsPerSecond = connectionsPerSecond
        self.hours = hours
    }

    /// Whether it may be asked at a minute after midnight.
    package func isPermitted(minute: Int) -> Bool { hours.isEmpty || hours.contains { $0.contains(minute: minute) } }

    package func owns(host: String) -> Bool {
        let host = host.lowercased()
        return hosts.contains { pattern in
            let pattern = pattern.lowercased()
            return pattern.hasPrefix("*.") ? host.hasSuffix(pattern.dropFirst()) : host == pattern
        }
    }
}

extension Sequence<Platform> {
    /// The platform that a camera belongs to: the one that it names, or the first that owns its source's host.
    package func platform(of source: String, named id: String?) -> Platform? {
        if let id { return first { $0.id == id } }
        guard let host = (try? SourceURL(source))?.host, !host.isEmpty else { return nil }
        return first { $0.owns(host: host) }
    }
}
