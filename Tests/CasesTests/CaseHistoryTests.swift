import Domain
import Foundation
import Store
import Testing

@testable import Cases

/// Random histories: 200 of them by default, 10,000 with `GRIDWATCH_SOAK=1`.
@Suite("The log of a case")
struct CaseHistoryTests {
    private static let histories = ProcessInfo.processInfo.environment["GRIDWATCH_SOAK"] == "1" ? 10_000 : 200
    private static let units = ["gas", "water", "drainage"]
    /// Few people in all roles, as if their roles changed from day to day: what a person did before is what counts.
    private static let names = ["li", "wang", "zhao", "chen", "sun", "qian"]
    /// What ends a case, or takes it from us: taken now and then, so that most histories are long.
    private static let endings: Set<CaseAction> = [.refuse, .merge, .void, .selfHandle, .archive, .handOver, .escalate]

    /// Mostly somebody of those who have the case, sometimes anybody.
    private func someone(_ holder: CaseHolder, _ random: inout SeededRandom) -> CaseActor {
        let name = Self.names[Int.random(in: 0..<Self.names.count, using: &random)]
        let unit = Self.units[Int.random(in: 0..<Self.units.count, using: &random)]
        if Int.random(in: 0..<3, using: &random) > 0 {
            switch holder.kind {
            case .unit: return CaseActor(name: name, role: .unit, unit: holder.id)
            case .role: return CaseActor(name: name, role: Role(rawValue: holder.id))
            case .person: return CaseActor(name: holder.id, role: .collector)
            case .centre, .committee, .archive: break
            }
        }
        let role = Role.allCases[Int.random(in: 0..<Role.allCases.count, using: &random)]
        return CaseActor(name: name, role: role, unit: role == .unit ? unit : nil)
    }

    private func input(_ random: inout SeededRandom, _ now: WallTime, into: String?) -> CaseInput {
        func maybe<Value>(_ value: Value) -> Value? { Int.random(in: 0..<8, using: &random) > 0 ? value : nil }
        let unit = Self.units[Int.random(in: 0..<3, using: &random)]
        return CaseInput(
            classCode: Bool.random(using: &random) ? "E-05-02" : nil,
            level: Int.random(in: 0..<6, using: &random) == 0 ? 2 : nil,
            position: Bool.random(using: &random)
                ? GeoPoint(lat: 32.5, lon: .random(in: 119...120, using: &random)) : nil,
            reason: maybe("因为 \"so\" \u{1F300}/\\"),
            unit: maybe(unit),
            note: maybe("line 1\nline 2"),
            photo: maybe("p\(Int.random(in: 0..<3, using: &random))"),
            passed: maybe(Int.random(in: 0..<3, using: &random) > 0),
            collector: Bool.random(using: &random) ? "li" : nil,
            into: into,
            units: maybe([Self.units[Int.random(in: 0..<3, using: &random)]]),
            owner: maybe("wang"),
            until: maybe(now + .seconds(.random(in: 10...9_000_000, using: &random))),
            review: maybe(now + .seconds(5)),
            centre: maybe("省厅"),
            committee: maybe("联席会议"),
            photoBefore: maybe("b1")
        )
    }

    @Test("in random histories the log alone gives the stored case, one holder has it, and nobody is on two sides")
    func histories() async throws {
        let world = try CaseWorld(
            limits: """
                code,level,condition,phase,limit,limitUnit
                09009,1,small,finish,2,workDay
                09009,2,large,finish,4,workHour
                E-05-02,1,leak,arrive,30,minute
                E-05-02,1,leak,secure,2,urgentHour
                E-05-02,1,leak,finish,8,urgentHour

                """
        )
        defer { world.remove() }
        var random = SeededRandom(seed: 11)
        var reached: Set<CaseState> = []
        var counts: [CaseAction: Int] = [:]
        var previous: String?
        for index in 0..<Self.histories {
            let filed = Bool.random(using: &random)
            let place =
                Bool.random(using: &random)
                ? GeoPoint(lat: 20 + Double(index % 500) * 0.1, lon: 100 + Double(index / 500)) : nil
            let id = try await world.service.openOrJoin(
                world.request("09009", at: place, alarm: "a\(index)", filed: filed)
            )
            var value = try await world.service.get(id, for: CaseWorld.actor(.leader))
            for _ in 0..<60 {
                // Minutes or hours, so that some cases are late and some aren't.
                let most: Int64 = Bool.random(using: &random) ? 99_999_999 : 9_999_999_999
                world.clock.advance(by: .microseconds(Int64.random(in: 1...most, using: &random)))
                let actor = someone(value.holder, &random)
                // Mostly what the person is offered, sometimes anything.
                let isPatient = Int.random(in: 0..<8, using: &random) > 0
                let offered = world.service.actions(on: value, for: actor).filter { action in
                    action != .urge && !(isPatient && Self.endings.contains(action))
                }
                guard Int.random(in: 0..<20, using: &random) == 0 || !offered.isEmpty else { continue }
                let all = offered.isEmpty ? CaseAction.allCases : offered
                // Now and then what was taken least, so that rare steps come up as well.
                let isRare = Int.random(in: 0..<4, using: &random) == 0
                let rarest = all.min { counts[$0, default: 0] < counts[$1, default: 0] }
                let action = (isRare ? rarest : nil) ?? all[Int.random(in: 0..<all.count, using: &random)]
                var input = input(&random, world.clock.now(), into: previous)
                if action == .disengage { input.units = value.course.coUnits.suffix(1).map(\.unit) }
                do {
                    value = try await world.service.act(id, action, by: actor, input: input)
                    counts[action, default: 0] += 1
                    reached.insert(value.state)
                    #expect(!value.holder.id.isEmpty, "\(value.state)")
                } catch is CaseError {}
            }
            let (stored, entries) = try #require(try await world.service.repository.log(id))
            #expect(CaseLog.verify(stored, entries) == .intact)
            let log = try entries.map { try CaseLog.decode($0) }
            #expect(Case.replay(log) == stored.value)
            check(log)
            previous = id
        }
        #expect(Set(CaseState.allCases).subtracting(reached).isSubset(of: [.archived]), "\(reached)")
        let missing = Set(CaseAction.allCases).subtracting([.urge, .archive]).subtracting(counts.keys)
        #expect(missing.isEmpty, "\(missing)")
    }

    /// What holds of every history, judged by the log and not by the case.
    private func check(_ log: [CaseEntry]) {
        let supervision: Set<CaseAction> = [
            .file, .refuse, .askVerification, .verify, .merge, .askCheck, .check, .inspect, .close, .reopen, .void,
        ]
        let work: Set<CaseAction> = [.accept, .arrive, .secure, .return, .handle, .selfHandle]
        var judges: Set<String> = []
        var commanders: Set<String> = []
        var workers: Set<String> = []
        for entry in log {
            guard case .action(let action) = entry.kind, action != .urge, action != .archive else { continue }
            if supervision.contains(action) {
                judges.insert(entry.by)
            } else if work.contains(action) {
                workers.insert(entry.by)
            } else {
                commanders.insert(entry.by)
            }
        }
        #expect(judges.isDisjoint(with: commanders))
        #expect(judges.isDisjoint(with: workers))
        #expect(commanders.isDisjoint(with: workers))
        // What it was at any time follows from the beginning of its log: one holder each time.
        var value = log.first.flatMap(Case.init(opening:))
        for entry in log.dropFirst() {
            #expect(value?.holder.id.isEmpty == false, "\(entry.seq)")
            value?.apply(entry)
        }
        #expect(value?.holder.id.isEmpty == false)
        checkReturns(log)
    }

    /// At most two returns between filings, none after a ruling; at most one extension.
    private func checkReturns(_ log: [CaseEntry]) {
        var returns = 0
        var extensions = 0
        var bound = false
        for entry in log {
            switch entry.kind {
            case .action(.return):
                returns += 1
                #expect(!bound && entry.to == (returns == 1 ? .filed : .adjudicating))
            case .action(.extend): extensions += 1
            case .action(.adjudicate): bound = true
            case .action(.reopen):
                #expect(extensions <= 1)
                returns = 0
                extensions = 0
                bound = false
            default: break
            }
        }
        #expect(extensions <= 1)
    }

    @Test("an entry changed, taken out, put in or swapped, and a changed case, are found")
    func tampering() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let id = try await world.service.openOrJoin(world.request(alarm: "a1"))
        for note in ["one", "two", "three"] {
            let leader = CaseWorld.actor(.leader)
            _ = try await world.service.act(id, .urge, by: leader, input: CaseInput(note: note))
        }
        let (stored, entries) = try #require(try await world.service.repository.log(id))
        #expect(CaseLog.verify(stored, entries) == .intact)
        var changed = entries
        changed[2].entry = changed[2].entry.replacing("two", with: "TWO")
        #expect(CaseLog.verify(stored, changed) == .broken(seq: 3))
        // Whoever recomputes one hash breaks the next.
        changed[2].hash = CaseLog.hash(changed[2].entry, after: changed[1].hash)
        #expect(CaseLog.verify(stored, changed) == .broken(seq: 4))
        #expect(CaseLog.verify(stored, Array(entries.dropLast())) == .broken(seq: 4))
        #expect(CaseLog.verify(stored, Array(entries.dropFirst())) == .broken(seq: 1))
        #expect(CaseLog.verify(stored, entries + [entries[3]]) == .broken(seq: 5))
        var swapped = entries
        swapped.swapAt(1, 2)
        #expect(CaseLog.verify(stored, swapped) == .broken(seq: 2))
        var other = stored
        other.value.state = .closed
        #expect(CaseLog.verify(other, entries) == .differs)
    }
}
