package import Domain
package import Store

/// What of the cases can be asked.
extension CaseService {
    /// What a person may see: a unit's users see the cases of their own unit and of those below it only.
    package func isVisible(_ value: Case, to actor: CaseActor) -> Bool {
        actor.role != .unit || isOwn(value, of: actor)
    }

    /// Whether the unit, or one below it, leads it, takes part in it or was asked for its professional check.
    private func isOwn(_ value: Case, of actor: CaseActor) -> Bool {
        guard let own = actor.unit else { return false }
        let tree = base.responsibility.tree
        return value.subject(at: clock.now()).units.contains { $0 == own || tree.isWithin($0, own) }
    }

    /// - Throws: `CaseError` (`notFound`), also for a case that the person may not see.
    package func get(_ id: String, for actor: CaseActor) async throws -> Case {
        guard let value = try await repository.find(id), isVisible(value, to: actor) else { throw Self.notFound(id) }
        return value
    }

    /// Whether there is such a case that the person may see.
    package func sees(_ id: String, _ actor: CaseActor) async throws -> Bool {
        guard let value = try await repository.find(id) else { return false }
        return isVisible(value, to: actor)
    }

    /// The open cases that wait for a person of a role, those first whose limit ends first: everything that was given to
    /// the person by name, and of what waits for whoever comes first what lies in `cells`, and the rest; at most `limit`
    /// of each.
    package func waiting(
        for actor: CaseActor,
        in cells: Set<String>,
        limit: Int
    ) async throws -> [(value: Case, seq: Int)] {
        guard let role = actor.role else { return [] }
        let found = try await repository.held(
            by: CaseHolder(.person, actor.name),
            or: CaseHolder(.role, role.rawValue),
            in: cells.sorted(),
            limit: limit
        )
        return found.filter { isVisible($0.value, to: actor) }.map { ($0.value, $0.seq) }
    }

    /// How many cases of a filter there are for a person.
    package func count(_ filter: CaseFilter, for actor: CaseActor) async throws -> Int {
        guard let filter = visible(filter, to: actor) else { return 0 }
        return try await repository.count(filter)
    }

    /// Newest first; a unit's users get what their own unit and those below it lead, take part in or check, whatever they
    /// ask for.
    package func list(_ filter: CaseFilter, page: PageRequest, for actor: CaseActor) async throws -> Page<Case> {
        guard let filter = visible(filter, to: actor) else { return Page(items: []) }
        return try await repository.list(filter, page: page)
    }

    /// The newest cases with a position, as marks on the map: of those that the person may see.
    package func places(_ filter: CaseFilter, limit: Int, for actor: CaseActor) async throws -> [CasePlace] {
        guard let filter = visible(filter, to: actor) else { return [] }
        return try await repository.places(filter, limit: limit)
    }

    /// A filter without what a person may not see; nil where nothing is left.
    private func visible(_ filter: CaseFilter, to actor: CaseActor) -> CaseFilter? {
        var filter = filter
        if actor.role == .unit {
            guard let own = actor.unit else { return nil }
            let tree = base.responsibility.tree
            if let unit = filter.unit, unit != own, !tree.isWithin(unit, own) { return nil }
            if let units = filter.units {
                filter.units = units.filter { $0 == own || tree.isWithin($0, own) }
            } else if filter.unit == nil {
                filter.parties = base.unitsWithin(own)
            }
        }
        return filter
    }

    /// The whole log, oldest first.
    ///
    /// - Throws: `CaseError` (`notFound`), also for a case that the person may not see.
    package func log(_ id: String, for actor: CaseActor) async throws -> [CaseEntryView] {
        guard let (stored, entries) = try await repository.log(id), isVisible(stored.value, to: actor) else {
            throw Self.notFound(id)
        }
        let showsReporter = Self.knowsReporters(actor, of: stored.value)
        return try entries.map {
            var entry = try CaseLog.decode($0)
            if !showsReporter { entry.data.reporter = nil }
            return CaseEntryView(entry: entry, hash: $0.hash)
        }
    }

    /// The log as it is stored: each entry's JSON with its hash, which is SHA-256 over the hash before it (first: the
    /// case's id), a line feed and these bytes.
    ///
    /// - Throws: `CaseError` (`notFound`), also for a case that the person may not see.
    package func sealedLog(_ id: String, for actor: CaseActor) async throws -> [(seq: Int, entry: String, hash: String)]
    {
        guard let (stored, entries) = try await repository.log(id), isVisible(stored.value, to: actor) else {
            throw Self.notFound(id)
        }
        return entries.map { ($0.seq, $0.entry, $0.hash) }
    }

    /// Checks a case's log: whether any entry was changed, and whether it gives the stored case.
    package func verifyLog(_ id: String) async throws -> CaseLogFinding {
        guard let (stored, entries) = try await repository.log(id) else { throw Self.notFound(id) }
        return CaseLog.verify(stored, entries)
    }

    /// What a person may do with a case now.
    package func actions(on value: Case, for actor: CaseActor) -> [CaseAction] {
        let subject = value.subject(at: clock.now())
        let possible = Set(roles(of: actor, in: subject).flatMap { CaseMachine.actions(on: subject, for: $0) })
        return CaseAction.allCases.filter(possible.contains)
    }

    /// How many are open.
    package func openCount() async throws -> Int { try await repository.openCount() }
}
