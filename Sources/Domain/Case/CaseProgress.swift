/// The two public sets of steps (七环节, 六环节), for display: one machine stands behind both.
package enum CaseProgress {
    /// The seven steps: 采集, 建档, 派遣, 处置, 反馈, 核实结案, 评价.
    package enum SevenStep: String, Sendable, Hashable, Codable, CaseIterable {
        case collect, file, dispatch, handle, report, close, evaluate
    }

    /// The six links: 信息采集, 立案派遣, 处置, 反馈, 核查, 结案.
    package enum SixLink: String, Sendable, Hashable, Codable, CaseIterable {
        case collect, fileAndDispatch, handle, report, check, close
    }

    /// The step a case is in; nil for one that ended outside of the steps.
    package static func sevenStep(_ state: CaseState, before: CaseState?) -> SevenStep? {
        switch state {
        case .reported, .verifying: .collect
        case .filed: .file
        case .dispatched, .adjudicating, .escalated: .dispatch
        case .handling: .handle
        case .handled: .report
        case .checking, .checked: .close
        case .closed, .selfHandled: .evaluate
        case .suspended, .handedOver, .archived: before.flatMap { sevenStep($0, before: nil) }
        case .invalid, .merged, .void: nil
        }
    }

    /// The link a case is in; nil for one that ended outside of them.
    package static func sixLink(_ state: CaseState, before: CaseState?) -> SixLink? {
        switch state {
        case .reported, .verifying: .collect
        case .filed, .dispatched, .adjudicating, .escalated: .fileAndDispatch
        case .handling: .handle
        case .handled: .report
        case .checking: .check
        case .checked, .closed, .selfHandled: .close
        case .suspended, .handedOver, .archived: before.flatMap { sixLink($0, before: nil) }
        case .invalid, .merged, .void: nil
        }
    }
}
