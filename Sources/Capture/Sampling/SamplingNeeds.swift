package import Domain

/// What of a camera's pictures its rules need.
package struct SamplingNeeds: Sendable, Equatable {
    /// There are rules to judge; else only where something moved is told.
    package var hasRules: Bool
    /// The longest pause between judged pictures of a still camera, in ticks of 1/90,000 s.
    package var longestPauseTicks: Int64

    /// - Parameter zones: with their rules. What has to stand for a time must not be seen later by more than that; a
    ///   second stands for less.
    package init(_ zones: [Zone]) {
        let rules = zones.flatMap(\.rules)
        hasRules = !rules.isEmpty
        let shortest = rules.filter { $0.kind == .stationary }.map(\.afterSeconds).min() ?? 60
        longestPauseTicks = Int64(min(max(shortest.isFinite ? shortest : 60, 1), 60) * 90_000)
    }

    /// Without zones at hand.
    package init(hasRules: Bool) {
        self.init([])
        self.hasRules = hasRules
    }
}
