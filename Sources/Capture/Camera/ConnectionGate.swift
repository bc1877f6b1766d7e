import Synchronization

/// Spreads new connections: at most `perSecond` attempts begin in any second of one shard, so that a switch that
/// comes back isn't met by every camera at once.
final class ConnectionGate: Sendable {
    private let spacing: Duration
    private let nextSlot = Mutex(Duration.zero)

    init(perSecond: Int) {
        spacing = .seconds(1) / max(1, perSecond)
    }

    /// Reserves the next slot.
    ///
    /// - Returns: how long to wait for it.
    func reserve(now: Duration) -> Duration {
        nextSlot.withLock { next in
            let slot = max(now, next)
            next = slot + spacing
            return slot - now
        }
    }
}
