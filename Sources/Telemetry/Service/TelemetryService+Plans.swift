import Domain
import Foundation
import Logging
import Store
import Synchronization

/// Rounds of sweeping and collection: judged once, when they are over.
extension TelemetryService {
    static let planRule = "plan"

    /// Puts stored states back.
    ///
    /// - Returns: the states of other rules.
    func restorePlans(_ stored: [SeriesBatch.RuleState]) -> [SeriesBatch.RuleState] {
        let known = Set(plans.map(\.id))
        return stored.filter { item in
            guard item.rule == Self.planRule, known.contains(item.sensorId) else { return true }
            let state = item.state.flatMap { try? JSONDecoder().decode(PlanState.self, from: Data($0)) }
            planStates.withLock { $0[item.sensorId] = state }
            return false
        }
    }

    /// Judges each round that ends, until the task is cancelled.
    func watchPlans() async {
        guard plans.contains(where: { $0.schedule != nil }) else { return }
        while !Task.isCancelled {
            for plan in plans where plan.schedule != nil {
                do {
                    try await judge(plan, now: receptionTime)
                } catch {
                    logger.error("a plan can't be judged", metadata: ["plan": "\(plan.id)", "error": "\(error)"])
                }
            }
            try? await Task.sleep(for: .seconds(30))
        }
    }

    /// Judges the round of a plan that is over and wasn't judged yet.
    func judge(_ plan: CoveragePlan, now: WallTime) async throws {
        guard var state = planStates.withLock({ $0[plan.id] }) else {
            try await keep(PlanState(since: now), of: plan, nil)
            return
        }
        guard let round = state.due(plan, now: now, utcOffset: utcOffset(now)) else { return }
        let coverage = try await coverage(of: plan, from: round.from, to: round.to)
        let signal = state.take(coverage, of: plan, until: round.to)
        try await keep(state, of: plan, signal)
    }

    private func keep(_ state: PlanState, of plan: CoveragePlan, _ signal: AlarmSignal?) async throws {
        var batch = SeriesBatch()
        let json = try JSONEncoder().encode(state)
        batch.ruleStates = [
            SeriesBatch.RuleState(sensorId: plan.id, rule: Self.planRule, state: Array(json))
        ]
        if let signal { batch.signals = [signal] }
        try await storeSignals(batch)
        planStates.withLock { $0[plan.id] = state }
    }
}
