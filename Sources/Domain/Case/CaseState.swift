/// Where a case stands. The raw value is its name everywhere.
package enum CaseState: String, Sendable, Hashable, Codable, CaseIterable {
    /// Known, not yet accepted as a case.
    case reported
    /// Accepted: it is a case and its time limit runs.
    case filed
    /// Given to a unit.
    case dispatched
    /// The unit has taken it.
    case handling
    /// The unit says that it is done.
    case handled
    /// A collector has seen on site that it is done.
    case checked
    case closed
    /// Refused before it was filed.
    case invalid

    /// 核实: a collector looks whether the report is right, before filing.
    case verifying
    /// 核查: a collector or the professional unit was asked to look at the result.
    case checking
    /// 裁决: units return it to and fro; the dispatcher's ruling will bind.
    case adjudicating
    /// 联席会议: a committee has it.
    case escalated
    /// 挂账: it can't be dealt with now; its limits stand still.
    case suspended
    /// 移交: another centre has it; our limits stand still.
    case handedOver
    /// 合并: it is the same problem as another case.
    case merged
    /// 自行处置: a collector has put it right on the spot.
    case selfHandled
    /// 作废: it was filed wrongly.
    case void
    /// 归档: an ended case that nothing changes any more.
    case archived

    /// Whether something is still to be done.
    package var isOpen: Bool {
        switch self {
        case .closed, .invalid, .merged, .selfHandled, .void, .archived: false
        default: true
        }
    }
}
