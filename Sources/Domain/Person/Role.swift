/// What a user is here for; exactly one per user. The raw value is its name everywhere.
package enum Role: String, Sendable, Hashable, Codable, CaseIterable {
    case monitor, acceptor, dispatcher, unit, collector, leader, viewer, admin
}
