/// A way on which reports come in (渠道): data, not code.
package struct ReportChannel: Sendable, Hashable, Codable {
    /// Every channel is in exactly one of the two groups (渠道两大类).
    package enum Group: String, Sendable, Hashable, Codable, CaseIterable {
        /// What the city's own supervision finds: collectors, cameras, sensors, patrols of owners, orders of leaders.
        case supervision
        /// What people tell: hotlines, messages, pages, communities.
        case `public` = "public"
    }

    /// `collector`, `12345`, `web`, …: what a report's and a case's `channel` holds.
    package var id: String
    package var name: String
    package var nameEn: String
    package var group: Group
    /// Whether the reporter is called back once the case is closed (回访).
    package var callsBack: Bool

    package init(id: String, name: String, nameEn: String, group: Group, callsBack: Bool = false) {
        self.id = id
        self.name = name
        self.nameEn = nameEn
        self.group = group
        self.callsBack = callsBack
    }
}
