/// What reading the site file again came to.
package enum SiteReloadOutcome: Sendable, Equatable {
    /// What a new file changed; cameras by id.
    package struct Changes: Sendable, Equatable {
        package var added: [String]
        package var changed: [String]
        package var removed: [String]
        package var platformsChanged: Bool
        /// Sections that differ and that a running service doesn't take over.
        package var needsRestart: [String]

        package init(
            added: [String] = [],
            changed: [String] = [],
            removed: [String] = [],
            platformsChanged: Bool = false,
            needsRestart: [String] = []
        ) {
            self.added = added
            self.changed = changed
            self.removed = removed
            self.platformsChanged = platformsChanged
            self.needsRestart = needsRestart
        }

        /// Compares two sites.
        package init(from old: Site, to new: Site) {
            let before = Dictionary(old.cameras.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
            let after = Set(new.cameras.map(\.id))
            self.init(
                added: new.cameras.map(\.id).filter { before[$0] == nil },
                changed: new.cameras.filter { camera in before[camera.id].map { $0 != camera } ?? false }.map(\.id),
                removed: old.cameras.map(\.id).filter { !after.contains($0) },
                platformsChanged: old.platforms != new.platforms
            )
            let sections: [(String, Bool)] = [
                ("site", old.name == new.name && old.timeZone == new.timeZone && old.language == new.language),
                ("mqtt", old.brokers == new.brokers), ("sensors", old.sensors == new.sensors),
                ("groups", old.groups == new.groups), ("profiles", old.profiles == new.profiles),
                ("gateways", old.gateways == new.gateways),
                ("vehicles", old.vehicles == new.vehicles), ("jt808", old.terminals == new.terminals),
                ("areas", old.areas == new.areas), ("routes", old.routes == new.routes),
                ("plans", old.plans == new.plans),
                ("cases", old.cases == new.cases),
                ("recording", old.recording == new.recording), ("map", old.map == new.map),
            ]
            needsRestart = sections.filter { !$0.1 }.map(\.0)
        }

        package var isEmpty: Bool { self == Changes() }
    }

    case applied(Changes)
    /// The old state stays; one line for each mistake, without secrets.
    case refused([String])
}
