/// How long a capture that serve started lives without serve. Pure.
///
/// Serve counts as gone when its socket closes, never because it is slow.
struct ManagedLife: Sendable {
    static let grace = Duration.seconds(60)

    private let managed: Bool
    /// Since when no serve is connected; nil while one is.
    private var aloneSince: Duration?

    init(managed: Bool, now: Duration) {
        self.managed = managed
        aloneSince = now
    }

    /// The number of connected serves is now `count`.
    mutating func serves(_ count: Int, now: Duration) {
        if count > 0 {
            aloneSince = nil
        } else if aloneSince == nil {
            aloneSince = now
        }
    }

    /// Whether the capture has been alone for long enough to end.
    func isOver(now: Duration) -> Bool {
        guard managed, let aloneSince else { return false }
        return now - aloneSince >= Self.grace
    }
}
