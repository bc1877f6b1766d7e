import Synchronization

/// How many views may be transcoded at once. Policy: more are refused with `tooManyTranscodes`, none waits.
final class TranscodeSlots: Sendable {
    /// One view's right to a render process, given back with the last reference to it.
    final class Lease: Sendable {
        private let slots: TranscodeSlots

        fileprivate init(_ slots: TranscodeSlots) {
            self.slots = slots
        }

        deinit { slots.taken.withLock { $0 -= 1 } }
    }

    let limit: Int
    private let taken = Mutex(0)

    init(limit: Int) {
        self.limit = max(1, limit)
    }

    /// How many are taken.
    var count: Int { taken.withLock { $0 } }

    /// - Throws: `ArchiveError` (`tooManyTranscodes`).
    func take() throws(ArchiveError) -> Lease {
        let isFree = taken.withLock { taken in
            guard taken < limit else { return false }
            taken += 1
            return true
        }
        guard isFree else {
            throw ArchiveError(
                .tooManyTranscodes,
                "\(limit) views are being transcoded already; close one of them or watch key pictures",
                limit: limit
            )
        }
        return Lease(self)
    }
}
