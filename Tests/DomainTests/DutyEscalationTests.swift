import Domain
import Testing

@Suite("Escalation of unattended alarms")
struct DutyEscalationTests {
    private static let now = WallTime(microseconds: 1_795_428_000_000_000)

    private func shift(_ user: String, _ rank: Int) -> DutyShift {
        DutyShift(
            id: user,
            user: user,
            post: "night",
            from: .epoch,
            to: Self.now + .seconds(3600),
            rank: rank,
            note: nil,
            by: "leader",
            at: .epoch
        )
    }

    private func call(_ user: String?, _ step: Int, secondsAgo: Int64, answered: Bool = false) -> DutyCall {
        DutyCall(
            id: "\(step)",
            alarmId: "a",
            user: user,
            step: step,
            at: Self.now - .seconds(secondsAgo),
            answeredAt: answered ? Self.now : nil
        )
    }

    @Test("the first on duty at once, the next after a minute, everybody when nobody is left, and then nobody")
    func order() {
        let roster = [shift("a", 1), shift("b", 2)]
        func next(_ calls: [DutyCall], _ roster: [DutyShift]) -> DutyEscalation.Step {
            DutyEscalation.next(calls: calls, roster: roster, now: Self.now)
        }
        #expect(next([], roster) == .call(user: "a"))
        #expect(next([call("a", 1, secondsAgo: 59)], roster) == .wait)
        #expect(next([call("a", 1, secondsAgo: 60)], roster) == .call(user: "b"))
        let both = [call("a", 1, secondsAgo: 120), call("b", 2, secondsAgo: 60)]
        #expect(next(both, roster) == .callAll)
        #expect(next(both + [call(nil, 3, secondsAgo: 600)], roster) == .wait)
        #expect(next([], []) == .callAll)
        #expect(next([call("a", 1, secondsAgo: 300, answered: true)], roster) == .wait)
        // Whoever answered has said nothing more for ten minutes: the round begins anew.
        var answered = call("a", 1, secondsAgo: 700)
        answered.answeredAt = Self.now - .seconds(599)
        #expect(next([answered, call("b", 2, secondsAgo: 640)], roster) == .wait)
        answered.answeredAt = Self.now - .seconds(600)
        #expect(next([answered, call("b", 2, secondsAgo: 640)], roster) == .call(user: "a"))
        #expect(next([answered, call("a", 2, secondsAgo: 60)], roster) == .call(user: "b"))
        // Who was on duty has gone home meanwhile: the next of those who are there now.
        #expect(next([call("z", 1, secondsAgo: 60)], roster) == .call(user: "a"))
    }
}

@Suite("What a reporter is told")
struct ReportStageTests {
    @Test("every state of a case but merged means something to a reporter")
    func complete() {
        for state in CaseState.allCases { #expect((ReportStage(state) == nil) == (state == .merged)) }
    }
}
