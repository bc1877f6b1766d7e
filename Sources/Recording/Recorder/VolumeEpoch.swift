import Synchronization

/// Numbers the stretches between a volume's syncs, so that it can be told which writes a sync has covered: those whose
/// number, read after they came back, is less than the one that the sync began.
final class VolumeEpoch: Sendable {
    private let number = Atomic<Int>(1)
    /// Writes numbered below it are on the disk; 0 stands for what is known to be there otherwise.
    private let settled = Atomic<Int>(1)

    /// The number for a write that has just come back.
    var current: Int { number.load(ordering: .acquiring) }

    /// Begins a sync; hand what it gives to `end` if it works.
    func begin() -> Int { number.add(1, ordering: .acquiringAndReleasing).newValue }

    func end(_ begun: Int) { settled.store(begun, ordering: .releasing) }

    var durableBelow: Int { settled.load(ordering: .acquiring) }
}
