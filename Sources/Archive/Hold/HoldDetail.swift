import Domain
package import Store

/// A hold with what of its range is on disk now.
package struct HoldDetail: Sendable, Equatable {
    package enum State: String, Sendable, Hashable, CaseIterable {
        case active
        /// It reached its end and was released by itself.
        case expired
        /// Somebody released it.
        case released
    }

    package var hold: Hold
    /// How much of its past part is recorded; what lies in the future doesn't count as missing.
    package var recorded: RecordedShare
    /// What of its past part is not recorded, and why; the first hundred.
    package var missing: [Timeline.Gap]
    /// How many ranges are missing in all.
    package var missingCount: Int
    /// Bytes of the segments that it keeps, or kept.
    package var bytes: Int64
}

extension Hold {
    /// Who releases a hold that has reached its end.
    package static let expirer = "system"
    /// The reason of that release.
    package static let expiryReason = "until"

    package var state: HoldDetail.State {
        guard let releasedAt else { return .active }
        guard let until, releasedBy == Self.expirer, releasedAt >= until else { return .released }
        return .expired
    }
}
