package import Domain

/// What of a camera's time is recorded: runs and gaps in order, one beginning where the other ends.
package struct Timeline: Sendable, Equatable {
    /// A recorded stretch; two runs that touch are two because the camera's timestamps were not continuous there.
    package struct Run: Sendable, Equatable {
        package var from: WallTime
        package var to: WallTime

        package init(from: WallTime, to: WallTime) {
            self.from = from
            self.to = to
        }
    }

    package struct Gap: Sendable, Equatable {
        package var from: WallTime
        package var to: WallTime
        package var reason: StateReason
        /// Later causes, in the order in which they came.
        package var laterReasons: [StateReason]
        package var detail: String?

        package init(
            from: WallTime,
            to: WallTime,
            reason: StateReason,
            laterReasons: [StateReason] = [],
            detail: String? = nil
        ) {
            self.from = from
            self.to = to
            self.reason = reason
            self.laterReasons = laterReasons
            self.detail = detail
        }
    }

    package var runs: [Run]
    package var gaps: [Gap]

    package init(runs: [Run] = [], gaps: [Gap] = []) {
        self.runs = runs
        self.gaps = gaps
    }
}
