import Domain

/// Whose message a topic carries: by the subscriptions of one broker and the site's vehicles.
struct TopicRouter: Sendable {
    enum Route: Sendable {
        case sensor(id: String, PayloadProfile)
        case vehicle(id: String)
        /// The payload names the sensor.
        case named(JSONPath, PayloadProfile)
        /// A sensor that the site doesn't declare.
        case unknown(id: String, profile: String)
    }

    /// Routes that are remembered; when there are more topics than that, all are forgotten and found again.
    private static let maximumKnown = 50_000

    private let filters: [(filter: TopicFilter, profile: String)]
    private var sensors: [String: PayloadProfile]
    private var book: [String: PayloadProfile]
    private let vehicles: [(filter: TopicFilter, id: String)]
    private var known: [String: Route] = [:]

    init(broker: Broker, site: Site) {
        let book = site.profileBook
        self.book = book
        filters = broker.subscriptions.map { (TopicFilter($0.topic), $0.profile) }
        sensors = Dictionary(
            site.sensors.map { ($0.id, book[$0.profile] ?? PayloadProfile(name: $0.profile)) }
        ) { first, _ in first }
        vehicles = site.vehicles.compactMap { vehicle in vehicle.topic.map { (TopicFilter($0), vehicle.id) } }
    }

    /// Where a message on `topic` goes.
    mutating func route(_ topic: String) -> Route {
        if let route = known[topic] { return route }
        let route = find(topic)
        if known.count >= Self.maximumKnown { known.removeAll() }
        known[topic] = route
        return route
    }

    /// A sensor that was accepted while we listen.
    mutating func declare(_ id: String, _ profile: PayloadProfile) {
        sensors[id] = profile
        known.removeAll()
    }

    mutating func undeclare(_ id: String) {
        sensors[id] = nil
        known.removeAll()
    }

    /// A profile that was saved while we listen; nil when it is gone.
    ///
    /// - Parameter users: the sensors that are read by it.
    mutating func set(_ profile: PayloadProfile?, named name: String, users: [String]) {
        book[name] = profile
        for id in users { sensors[id] = profile ?? PayloadProfile(name: name) }
        known.removeAll()
    }

    private func find(_ topic: String) -> Route {
        let levels = topic.split(separator: "/", omittingEmptySubsequences: false)
        if let vehicle = vehicles.first(where: { $0.filter.match(levels) != nil }) { return .vehicle(id: vehicle.id) }
        var unknown: (id: String, profile: String)?
        for (filter, profile) in filters {
            guard let name = filter.match(levels) else { continue }
            if let own = book[profile], let path = own.sensor { return .named(path, own) }
            // A filter without `+` can only mean the sensor whose id is a level of the topic.
            let id = name.isEmpty ? (levels.last { sensors[String($0)] != nil } ?? levels.last ?? "") : name
            if let profile = sensors[String(id)] { return .sensor(id: String(id), profile) }
            unknown = unknown ?? (String(id.prefix(128)), profile)
        }
        return .unknown(id: unknown?.id ?? String(topic.prefix(128)), profile: unknown?.profile ?? "")
    }
}
