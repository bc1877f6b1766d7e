/// The six offices of a centre (六处室), each a set of roles; a person works in every office that has their role.
package enum Office: String, Sendable, Hashable, Codable, CaseIterable {
    /// 监督处: whether something is a case, and whether it is dealt with.
    case supervision
    /// 呼叫受理处: takes reports.
    case callCentre
    /// 监督员管理处: those on the street.
    case collectors
    /// 指挥派遣处: who deals with it, and by when.
    case dispatch
    /// 督办处: presses.
    case followUp
    /// 评价处: looks at all of it.
    case evaluation

    package var roles: Set<Role> {
        switch self {
        case .supervision: [.acceptor, .collector]
        case .callCentre: [.acceptor]
        case .collectors: [.collector]
        case .dispatch: [.dispatcher]
        case .followUp: [.leader]
        case .evaluation: [.leader, .viewer]
        }
    }
}

extension Role {
    package var offices: [Office] { Office.allCases.filter { $0.roles.contains(self) } }
}
