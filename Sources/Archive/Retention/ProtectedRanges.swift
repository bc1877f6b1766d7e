package import Domain
package import Store

/// What of each camera's recording must not be deleted, as ranges that neither touch nor overlap.
package struct ProtectedRanges: Sendable, Equatable {
    /// After a hold was released or has ended, what it covered is spared this long, so that a mistake can be undone.
    package static let grace = Duration.seconds(86_400)

    private var ranges: [String: [ClosedRange<WallTime>]] = [:]

    /// Locked by holds; nothing deletes it.
    package static func held(_ holds: [Hold]) -> ProtectedRanges {
        ProtectedRanges(holds.filter { $0.releasedAt == nil })
    }

    /// Locked, or released so recently that only want of space takes it.
    package static func spared(_ holds: [Hold], now: WallTime) -> ProtectedRanges {
        ProtectedRanges(holds.filter { hold in hold.releasedAt.map { now - $0 < grace } ?? true })
    }

    private init(_ holds: [Hold]) {
        for (camera, holds) in Dictionary(grouping: holds, by: \.cameraId) {
            var merged: [ClosedRange<WallTime>] = []
            for hold in holds.sorted(by: { $0.from < $1.from }) {
                let range = hold.from...max(hold.from, hold.to)
                if let last = merged.last, range.lowerBound <= last.upperBound {
                    merged[merged.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
                } else {
                    merged.append(range)
                }
            }
            ranges[camera] = merged
        }
    }

    package subscript(cameraId: String) -> [ClosedRange<WallTime>] { ranges[cameraId] ?? [] }
}
