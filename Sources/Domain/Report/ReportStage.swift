/// How far a report is, in the words that a reporter is told: fewer than a case has states, and never a name.
package enum ReportStage: String, Sendable, Hashable, Codable, CaseIterable {
    /// It has come in.
    case received
    /// Somebody looks whether it is so (核实).
    case verifying
    /// It is a case (立案).
    case accepted
    /// Somebody works at it.
    case handling
    /// It is said to be done and somebody looks whether it is (核查).
    case checking
    case closed
    /// It was no case; the reason is told on the telephone.
    case refused
    /// Another centre looks after it now.
    case handedOver

    /// What a case's state means to a reporter; nil where the report follows another case from then on.
    package init?(_ state: CaseState) {
        switch state {
        case .reported: self = .received
        case .verifying: self = .verifying
        case .filed, .dispatched: self = .accepted
        case .handling, .adjudicating, .escalated, .suspended: self = .handling
        case .handled, .checking, .checked: self = .checking
        case .closed, .selfHandled, .archived: self = .closed
        case .invalid, .void: self = .refused
        case .handedOver: self = .handedOver
        case .merged: return nil
        }
    }
}

/// A stage and since when.
package struct ReportStep: Sendable, Hashable {
    package var stage: ReportStage
    package var at: WallTime

    package init(stage: ReportStage, at: WallTime) {
        self.stage = stage
        self.at = at
    }

    /// The steps of a report, oldest first: those of the case it opened, and from the merger on those of the case that
    /// stands for it.
    ///
    /// - Parameters:
    ///   - opened: the log of the case that it opened or was linked to.
    ///   - present: the log of the case that it belongs to now, where that is another.
    package static func steps(receivedAt: WallTime, opened: [CaseEntry], present: [CaseEntry]?) -> [ReportStep] {
        var steps = [ReportStep(stage: .received, at: receivedAt)]
        func add(_ stage: ReportStage?, _ at: WallTime) {
            guard let stage, stage != steps.last?.stage else { return }
            steps.append(ReportStep(stage: stage, at: max(at, receivedAt)))
        }
        var followed = opened
        let merged = present == nil ? nil : opened.last { ReportStage($0.to) == nil }
        if let merged { followed.removeAll { $0.seq >= merged.seq } }
        follow(followed, since: receivedAt, add)
        if let present, let merged { follow(present, since: merged.at, add) }
        return steps
    }

    /// The stage at an instant, and every change after it.
    private static func follow(
        _ log: [CaseEntry],
        since: WallTime,
        _ add: (ReportStage?, WallTime) -> Void
    ) {
        if let before = log.last(where: { $0.at <= since }) { add(ReportStage(before.to), since) }
        for entry in log where entry.at > since { add(ReportStage(entry.to), entry.at) }
    }
}
