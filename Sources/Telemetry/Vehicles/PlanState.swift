import Domain

/// Which round of a plan was judged last, and whether something of it was missing: pure.
struct PlanState: Equatable, Codable {
    /// Backlogs of vehicles that were cut off come within this time.
    static let settling = Duration.seconds(600)

    /// Since when the plan is known: of a round that had begun before, nobody can say what was done.
    let since: WallTime
    private(set) var judgedUntil: WallTime?
    private(set) var isOpen = false

    init(since: WallTime) {
        self.since = since
    }

    /// The round that is over and not judged yet.
    func due(_ plan: CoveragePlan, now: WallTime, utcOffset: Int) -> (from: WallTime, to: WallTime)? {
        guard let last = plan.schedule?.lastEnded(before: now - Self.settling, utcOffset: utcOffset),
            last.from >= since, judgedUntil.map({ last.to > $0 }) ?? true
        else { return nil }
        return last
    }

    /// Takes what was done of a round.
    mutating func take(_ coverage: Coverage, of plan: CoveragePlan, until: WallTime) -> AlarmSignal? {
        judgedUntil = until
        let missing = coverage.missing
        guard missing > 0 || isOpen else { return nil }
        isOpen = missing > 0
        let undone = Set(coverage.sections.filter { !$0.isDone }.map(\.name))
        let missed = Set(coverage.bins.filter { $0.at == nil }.map(\.id))
        let places =
            plan.sections.filter { undone.contains($0.name) }.compactMap(\.line.first)
            + plan.bins.filter { missed.contains($0.id) }.map(\.position)
        return AlarmSignal(
            source: plan.id,
            sourceKind: .group,
            kind: "missed",
            part: nil,
            phase: missing > 0 ? .raised : .cleared,
            severity: .warning,
            at: until,
            classCode: plan.classCode,
            position: places.first,
            value: Double(missing),
            threshold: nil
        )
    }
}
