package import Domain

extension CaseService {
    /// A case as the API shows it to `actor`.
    package func view(_ value: Case, for actor: CaseActor?) -> CaseView {
        let base = base
        let entry = base.catalogue[value.classCode]
        return CaseView(
            value: value,
            className: entry?.name ?? value.classCode,
            classNameEn: entry?.nameEn ?? value.classCode,
            unitName: value.unit.map { base.responsibility[$0]?.name ?? $0 },
            overdue: value.isOverdue(at: clock.now()),
            showsReporter: actor.map { Self.knowsReporters($0, of: value) } ?? false,
            actions: actor.map { actions(on: value, for: $0) }
        )
    }

    /// Whoever takes reports and whoever leads; and whoever has reported it.
    static func knowsReporters(_ actor: CaseActor, of value: Case) -> Bool {
        actor.role.map(rolesThatSeePersons.contains) ?? false || actor.name == value.reporter
    }
}
