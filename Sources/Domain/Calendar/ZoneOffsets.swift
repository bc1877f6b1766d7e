/// How many seconds a zone's local time is ahead of UTC, as a table of its changes.
///
/// Asking the system's zone data costs more than a whole deadline may; the table is filled from it once.
package struct ZoneOffsets: Sendable, Hashable {
    /// Seconds since the epoch at which the offset changes, ascending.
    private let changes: [Int64]
    /// The offset in seconds before the first change, and from each on.
    private let offsets: [Int64]

    /// A zone without changes.
    package init(fixed seconds: Int64) {
        changes = []
        offsets = [seconds]
    }

    /// Finds the changes of a zone between two instants; what lies outside has the offset of the nearest end.
    ///
    /// Two changes within one week that undo each other would pass unseen; no zone has had such a pair since 1970.
    ///
    /// - Parameter offset: seconds ahead of UTC at an instant in seconds since the epoch.
    package init(from first: Int64, to last: Int64, offset: (Int64) -> Int64) {
        let week: Int64 = 7 * 86_400
        var changes: [Int64] = []
        var offsets = [offset(first)]
        var at = first
        while at < last {
            let next = min(at + week, last)
            let before = offsets[offsets.count - 1]
            let after = offset(next)
            if after != before {
                var low = at
                var high = next
                while high - low > 1 {
                    let middle = low + (high - low) / 2
                    if offset(middle) == before { low = middle } else { high = middle }
                }
                changes.append(high)
                offsets.append(after)
            }
            at = next
        }
        self.changes = changes
        self.offsets = offsets
    }

    /// Seconds ahead of UTC at an instant in seconds since the epoch.
    package func seconds(at instant: Int64) -> Int64 {
        if changes.isEmpty { return offsets[0] }
        var low = 0
        var high = changes.count
        while low < high {
            let middle = (low + high) / 2
            if changes[middle] <= instant { low = middle + 1 } else { high = middle }
        }
        return offsets[low]
    }

    /// The instant, in seconds since the epoch, with this local time.
    ///
    /// A local time that a change of the clock skips becomes the instant as much later; of one that happens twice the
    /// first counts.
    package func instant(ofLocal local: Int64) -> Int64 {
        if changes.isEmpty { return local - offsets[0] }
        let before = seconds(at: local - 86_400 - offsets[0])
        let candidate = local - before
        let actual = seconds(at: candidate)
        guard actual != before else { return candidate }
        let other = local - actual
        // With the offset from after the change it has to be a time after the change; else it fell into the gap.
        return seconds(at: other) == actual ? other : candidate
    }
}
