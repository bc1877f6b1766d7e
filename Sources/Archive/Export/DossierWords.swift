import Domain

/// The words of a case's log in both languages, for readers without the console.
enum DossierWords {
    static func state(_ state: CaseState) -> (chinese: String, english: String) {
        switch state {
        case .reported: ("待受理", "Reported")
        case .filed: ("已立案", "Filed")
        case .dispatched: ("已派遣", "Dispatched")
        case .handling: ("处置中", "Handling")
        case .handled: ("待核查", "Handled")
        case .checked: ("待结案", "Checked")
        case .closed: ("已结案", "Closed")
        case .invalid: ("不予受理", "Refused")
        case .verifying: ("核实中", "Being verified")
        case .checking: ("核查中", "Being checked")
        case .adjudicating: ("待裁决", "To be adjudicated")
        case .escalated: ("联席会议", "With a committee")
        case .suspended: ("挂账", "Suspended")
        case .handedOver: ("已移交", "Handed over")
        case .merged: ("已合并", "Joined to another")
        case .selfHandled: ("自行处置", "Put right on the spot")
        case .void: ("作废", "Void")
        case .archived: ("已归档", "Archived")
        }
    }

    static func entry(_ kind: CaseEntry.Kind) -> (chinese: String, english: String) {
        switch kind {
        case .report: ("上报", "Reported")
        case .open: ("由告警立案", "Filed from an alarm")
        case .join: ("并入告警", "Alarm joined")
        case .attach: ("附加证据", "Evidence added")
        case .absorb: ("并入案件", "A case was joined")
        case .separate: ("拆分案件", "A case was taken apart")
        case .linkReport: ("关联上报", "A report was linked")
        case .callBack: ("回访", "Reporter called back")
        case .order: ("督办单", "Supervision order")
        case .answerOrder: ("督办答复", "Order answered")
        case .closeOrder: ("督办销号", "Order closed")
        case .action(let action): words(action)
        }
    }

    private static func words(_ action: CaseAction) -> (chinese: String, english: String) {
        switch action {
        case .file: ("立案", "Filed")
        case .refuse: ("不予受理", "Refused")
        case .dispatch: ("派遣", "Dispatched")
        case .accept: ("接单", "Accepted")
        case .arrive: ("到场", "On site")
        case .secure: ("已控制", "Made safe")
        case .return: ("退回", "Returned")
        case .handle: ("处置完成", "Handled")
        case .check: ("核查", "Checked")
        case .close: ("结案", "Closed")
        case .urge: ("督办", "Urged")
        case .askVerification: ("派核实", "Sent to be verified")
        case .verify: ("核实反馈", "Verified")
        case .merge: ("合并", "Joined to a case")
        case .selfHandle: ("自行处置", "Put right on the spot")
        case .askCheck: ("派核查", "Sent to be checked")
        case .inspect: ("专业核查", "Professional check")
        case .reopen: ("重新打开", "Opened again")
        case .void: ("作废", "Void")
        case .archive: ("归档", "Archived")
        case .suspend: ("挂账", "Suspended")
        case .resume: ("恢复办理", "Resumed")
        case .extend: ("延期", "Extended")
        case .announce: ("公示", "Owner called on")
        case .engage: ("联动", "Units engaged")
        case .disengage: ("解除联动", "Units released")
        case .adjudicate: ("裁决", "Adjudicated")
        case .escalate: ("提交联席会议", "Given to a committee")
        case .handOver: ("移交", "Handed over")
        case .takeBack: ("收回", "Taken back")
        }
    }

    static func phase(_ phase: TimedPhase.Phase) -> (chinese: String, english: String) {
        switch phase {
        case .arrive: ("到场", "Arrive")
        case .secure: ("控制", "Make safe")
        case .finish: ("处置", "Finish")
        }
    }

    static func unit(_ unit: TimeLimit.Unit) -> (chinese: String, english: String) {
        switch unit {
        case .minute: ("分钟", "minutes")
        case .urgentHour: ("紧急工作时", "hours, day and night")
        case .workHour: ("工作时", "working hours")
        case .workDay: ("工作日", "working days")
        case .calendarDay: ("自然日", "calendar days")
        }
    }
}
