import Domain
import Testing

@Suite("The six offices")
struct OfficeTests {
    /// What each may do with cases, written a second time.
    private static let matrix: [(Office, String)] = [
        (
            .supervision,
            "file refuse close askVerification merge askCheck reopen void archive check verify selfHandle"
        ),
        (.callCentre, "file refuse close askVerification merge askCheck reopen void archive"),
        (.collectors, "check verify selfHandle"),
        (
            .dispatch,
            "dispatch suspend resume extend announce engage disengage adjudicate escalate handOver takeBack"
        ),
        (.followUp, "urge"),
        (.evaluation, "urge"),
    ]

    @Test("each office may do what its roles may, none is on supervision and command, and none works")
    func permissions() {
        #expect(Self.matrix.map(\.0) == Office.allCases)
        for (office, actions) in Self.matrix {
            let own = CaseAction.allCases.filter { office.roles.contains($0.role) }
            #expect(Set(own.map(\.rawValue)) == Set(actions.split(separator: " ").map(String.init)), "\(office)")
            let sides = Set(own.compactMap(\.side))
            #expect(!sides.isSuperset(of: [.supervision, .command]), "\(office)")
            #expect(!own.contains { $0.role == .unit }, "\(office)")
        }
        // Every step of the centre's own people is some office's.
        let all = Set(Office.allCases.flatMap(\.roles))
        #expect(CaseAction.allCases.allSatisfy { $0.role == .unit || all.contains($0.role) })
        #expect(Role.unit.offices.isEmpty && Role.admin.offices.isEmpty && Role.acceptor.offices.count == 2)
    }
}
