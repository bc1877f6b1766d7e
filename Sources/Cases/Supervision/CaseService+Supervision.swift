package import Domain
import Foundation
package import Store

/// An order with the case it is about, as somebody sees it.
package struct OrderView: Sendable, Equatable {
    package var order: SupervisionOrder
    package var value: Case
    package var isOverdue: Bool
}

/// Supervision: cases that don't move, and orders about them.
extension CaseService {
    /// What counts as about to be late, and as silent, where nobody says otherwise.
    package static let soon = Duration.seconds(2 * 3600)
    package static let silence = Duration.seconds(24 * 3600)

    private var supervision: SupervisionRepository { SupervisionRepository(repository) }

    package func supervised(
        _ list: SupervisionList,
        soon: Duration = CaseService.soon,
        silence: Duration = CaseService.silence,
        page: PageRequest
    ) async throws -> Page<Case> {
        try await supervision.list(list, now: clock.now(), soon: soon, silence: silence, page: page)
    }

    /// How many cases each list has, and how many orders nobody has answered in time.
    package func supervisionCounts(
        soon: Duration = CaseService.soon,
        silence: Duration = CaseService.silence
    ) async throws -> (lists: [SupervisionList: Int], overdueOrders: Int) {
        let now = clock.now()
        return (
            try await supervision.counts(now: now, soon: soon, silence: silence),
            try await supervision.overdueOrders(at: now)
        )
    }

    // MARK: - Orders

    /// Orders something about an open case, until a time.
    ///
    /// - Throws: `CaseError`: `forbidden`, `notFound`, `illegalAction` (the case has ended), `invalidField`.
    package func order(_ text: String, about caseId: String, until dueAt: WallTime, by actor: CaseActor) async throws
        -> OrderView
    {
        guard actor.role == .leader else {
            throw CaseError(code: .forbidden, message: "only a leader gives supervision orders")
        }
        let now = clock.now()
        guard dueAt > now else {
            throw CaseError(code: .invalidField("dueAt"), message: "dueAt must lie in the future")
        }
        let (order, changed) = try await repository.transaction { [self] transaction in
            guard let stored = try transaction.find(caseId), isVisible(stored.value, to: actor) else {
                throw Self.notFound(caseId)
            }
            let value = stored.value
            guard value.state.isOpen else {
                throw CaseError(
                    code: .illegalAction(state: value.state),
                    message: "case \(value.number) is \(value.state.rawValue) now; nothing of it is left to be ordered"
                )
            }
            let order = SupervisionOrder(
                id: UUIDv7.make(at: now),
                caseId: value.id,
                text: text,
                by: actor.name,
                at: now,
                dueAt: dueAt
            )
            try transaction.insert(order)
            return (order, try tell(order, .order, text, by: actor, at: now, stored, transaction))
        }
        publish(changed)
        return tell(OrderView(order: order, value: changed.value, isOverdue: false))
    }

    /// Writes into the case's log what was ordered or said; no step of whoever has the case.
    private func tell(
        _ order: SupervisionOrder,
        _ kind: CaseEntry.Kind,
        _ note: String,
        by actor: CaseActor,
        at now: WallTime,
        _ stored: StoredCase,
        _ transaction: CaseTransaction
    ) throws -> StoredCase {
        var data = CaseEntry.Facts()
        data.orderId = order.id
        if kind == .order { data.orderUntil = order.dueAt }
        let state = stored.value.state
        return try append(stored, kind, by: actor, to: state, at: now, note: note, data: data, transaction)
    }

    /// Says what was done about an order: whoever has the case, or the desk that it lies on.
    ///
    /// - Throws: `CaseError`: `forbidden`, `notFound`, `illegalAction` (the order is closed).
    package func answer(_ id: String, note: String, by actor: CaseActor) async throws -> OrderView {
        guard let role = actor.role, [.unit, .dispatcher, .acceptor].contains(role) else {
            throw CaseError(code: .forbidden, message: "an order is answered by the unit, a dispatcher or an acceptor")
        }
        return try await say(id, .answered, note, by: actor)
    }

    /// Says that an order is done with; only a leader does.
    package func closeOrder(_ id: String, note: String, by actor: CaseActor) async throws -> OrderView {
        guard actor.role == .leader else {
            throw CaseError(code: .forbidden, message: "only a leader closes supervision orders")
        }
        return try await say(id, .closed, note, by: actor)
    }

    private func say(
        _ id: String,
        _ state: SupervisionOrder.State,
        _ note: String,
        by actor: CaseActor
    ) async throws -> OrderView {
        let now = clock.now()
        let answer = SupervisionOrder.Answer(to: state, by: actor.name, at: now, note: note)
        let (order, changed) = try await repository.transaction { [self] transaction in
            guard let known = try transaction.order(id), let stored = try transaction.find(known.caseId),
                isVisible(stored.value, to: actor)
            else { throw Self.noOrder(id) }
            guard known.state != .closed else {
                throw CaseError(
                    code: .illegalAction(state: stored.value.state),
                    message: "the order was closed by \(known.answers.last?.by ?? "-") already"
                )
            }
            let order = try transaction.add(answer, to: known)
            let kind: CaseEntry.Kind = state == .closed ? .closeOrder : .answerOrder
            return (order, try tell(order, kind, note, by: actor, at: now, stored, transaction))
        }
        publish(changed)
        return tell(OrderView(order: order, value: changed.value, isOverdue: order.isOverdue(at: now)))
    }

    /// How many orders nobody has answered.
    package func openOrders() async throws -> Int { try await supervision.openOrders() }

    /// Newest first; a unit gets those about its cases.
    package func orders(
        caseId: String?,
        state: SupervisionOrder.State?,
        overdue: Bool,
        page: PageRequest,
        for actor: CaseActor
    ) async throws -> Page<OrderView> {
        let now = clock.now()
        let units = actor.role == .unit ? actor.unit.map(base.unitsWithin) ?? [] : nil
        let found = try await supervision.orders(
            caseId: caseId,
            state: state,
            units: units,
            overdueAt: overdue ? now : nil,
            page: page
        )
        var views: [OrderView] = []
        for order in found.items {
            guard let value = try await repository.find(order.caseId), isVisible(value, to: actor) else { continue }
            views.append(OrderView(order: order, value: value, isOverdue: order.isOverdue(at: now)))
        }
        return Page(items: views, next: found.next)
    }

    /// Tells the pages of whoever has the case.
    private func tell(_ view: OrderView) -> OrderView {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        if let json = try? encoder.encode(view.order) {
            feed.publish(Change(topic: .order, json: Array(json), unit: view.value.unit))
        }
        return view
    }

    private static func noOrder(_ id: String) -> CaseError {
        CaseError(code: .notFound, message: "there is no order \(id.prefix(63))")
    }
}
