import Cases
import Domain
import Foundation
import Store
import TestSupport
import Testing

/// Merging, taking apart and linking: 300 random steps on each of 10 sets of cases, 200 sets with `GRIDWATCH_SOAK=1`.
@Suite("Merged cases and their reports")
struct MergeTests {
    private static let acceptor = CaseWorld.actor(.acceptor)
    private static let worlds = ProcessInfo.processInfo.environment["GRIDWATCH_SOAK"] == "1" ? 200 : 10

    private func report(_ world: CaseWorld, linkedTo id: String? = nil) async throws -> StoredReport {
        world.clock.advance(by: .seconds(1))
        let request = CaseRequest(
            classCode: "09009",
            position: CaseWorld.here,
            channel: "12345",
            at: world.clock.now(),
            filed: false
        )
        return try await world.service.take(request, linkedTo: id, by: Self.acceptor).report
    }

    private func merge(_ world: CaseWorld, _ id: String, into other: String) async throws {
        _ = try await world.service.act(id, .merge, by: Self.acceptor, input: CaseInput(into: other))
    }

    private func reopen(_ world: CaseWorld, _ id: String) async throws {
        _ = try await world.service.act(id, .reopen, by: Self.acceptor, input: CaseInput(reason: "two"))
    }

    /// The case that stands for another, found by asking case after case.
    private func standing(_ id: String, _ world: CaseWorld) async throws -> String {
        var id = id
        while let next = try await world.service.get(id, for: Self.acceptor).course.mergedInto { id = next }
        return id
    }

    private func check(_ world: CaseWorld, _ note: Comment? = nil) async throws {
        let page = try await world.service.reports(ReportFilter(), page: PageRequest(limit: 1000), for: Self.acceptor)
        for view in page.items {
            #expect(try await view.caseId == standing(view.report.openedCaseId, world), note)
        }
    }

    @Test(
        "a case that is taken apart gets its reports back also from one that was archived meanwhile, which tells of it"
    )
    func archived() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let (a, b) = (try await report(world), try await report(world))
        try await merge(world, a.caseId, into: b.caseId)
        _ = try await world.service.act(b.caseId, .refuse, by: Self.acceptor, input: CaseInput(reason: "dry"))
        _ = try await world.service.act(b.caseId, .archive, by: Self.acceptor, input: CaseInput())
        try await reopen(world, a.caseId)
        #expect(try await world.service.report(a.report.ticket, for: Self.acceptor).caseId == a.caseId)
        let other = try await world.service.get(b.caseId, for: Self.acceptor)
        #expect(other.state == .archived && other.course.merged.isEmpty)
        #expect(try await world.service.log(b.caseId, for: Self.acceptor).last?.entry.kind == .separate)
        #expect(try await world.service.verifyLog(b.caseId) == .intact)
    }

    @Test("a case that is taken apart takes with it the reports of those that were joined to it")
    func chain() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let (a, b, c) = (try await report(world), try await report(world), try await report(world))
        try await merge(world, a.caseId, into: b.caseId)
        try await merge(world, b.caseId, into: c.caseId)
        #expect(try await world.service.report(a.report.ticket, for: Self.acceptor).caseId == c.caseId)
        try await reopen(world, b.caseId)
        #expect(try await world.service.report(a.report.ticket, for: Self.acceptor).caseId == b.caseId)
        #expect(try await world.service.report(c.report.ticket, for: Self.acceptor).caseId == c.caseId)
    }

    @Test("in random mergers, every report belongs to the case that stands for the one it opened")
    func random() async throws {
        for seed in 0..<Self.worlds {
            let world = try CaseWorld()
            defer { world.remove() }
            var random = SeededRandom(seed: UInt64(seed) + 1)
            var ids: [String] = []
            for _ in 0..<7 { ids.append(try await report(world).caseId) }
            var (mergers, reopenings) = (0, 0)
            for step in 0..<60 {
                let id = ids[Int.random(in: 0..<ids.count, using: &random)]
                let other = ids[Int.random(in: 0..<ids.count, using: &random)]
                do {
                    switch Int.random(in: 0..<20, using: &random) {
                    case 0..<9:
                        try await merge(world, id, into: other)
                        mergers += 1
                    case 9..<18:
                        try await reopen(world, id)
                        reopenings += 1
                    case 18: _ = try await report(world, linkedTo: id)
                    default:
                        let ends: CaseAction = Int.random(in: 0..<4, using: &random) == 0 ? .archive : .refuse
                        let input = CaseInput(reason: "dry")
                        _ = try await world.service.act(id, ends, by: Self.acceptor, input: input)
                    }
                } catch is CaseError {}
                if step % 10 == 9 { try await check(world, "seed \(seed), step \(step)") }
            }
            #expect(mergers > 2 && reopenings > 2, "seed \(seed)")
        }
    }

    @Test("a report that is linked to a merged case belongs to the one that stands for it, and both tell of it")
    func linked() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let (a, b) = (try await report(world), try await report(world))
        try await merge(world, a.caseId, into: b.caseId)
        let linked = try await report(world, linkedTo: a.caseId)
        #expect(linked.caseId == b.caseId)
        let entry = try #require(try await world.service.log(b.caseId, for: Self.acceptor).last?.entry)
        #expect(entry.kind == .linkReport && entry.data.ticket == linked.report.ticket)
        #expect(entry.from == .reported && entry.to == .reported)
    }

    @Test("no report is linked to a refused, void or archived case", arguments: [CaseState.invalid, .void, .archived])
    func ended(state: CaseState) async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let id = try await report(world).caseId
        let steps: [(CaseAction, CaseInput)] =
            switch state {
            case .void: [(.file, CaseInput()), (.void, CaseInput(reason: "x"))]
            case .archived: [(.refuse, CaseInput(reason: "x")), (.archive, CaseInput())]
            default: [(.refuse, CaseInput(reason: "x"))]
            }
        for (action, input) in steps { _ = try await world.service.act(id, action, by: Self.acceptor, input: input) }
        let error = await #expect(throws: CaseError.self) { _ = try await report(world, linkedTo: id) }
        #expect(error?.code == .ended(state: state))
        let page = try await world.service.reports(ReportFilter(caseId: id), page: PageRequest(), for: Self.acceptor)
        #expect(page.items.count == 1)
    }
}
