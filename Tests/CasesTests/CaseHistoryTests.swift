@testable import Cases
import Domain
import Foundation
import Store
import Testing

@Suite("The log of a case")
struct CaseHistoryTests {
    private static let actors: [CaseActor] = Role.allCases.flatMap { role in
        role == .unit
            ? ["gas", "water", "drainage"].map { CaseWorld.actor(.unit, unit: $0) } : [CaseWorld.actor(role)]
    }

    private func randomInput(_ random: inout SeededRandom) -> CaseInput {
        func maybe<Value>(_ value: Value) -> Value? { Bool.random(using: &random) ? value : nil }
        return CaseInput(
            classCode: maybe("E-05-02"),
            position: maybe(GeoPoint(lat: 32.5, lon: .random(in: 119...120, using: &random))),
            reason: maybe("因为 \"so\" \u{1F300}/\\"),
            unit: maybe("gas"),
            note: maybe("line 1\nline 2"),
            photo: maybe("p\(Int.random(in: 0..<3, using: &random))"),
            passed: maybe(Bool.random(using: &random))
        )
    }

    @Test("in 150 random histories the log alone gives the stored case, and refused steps leave no trace")
    func histories() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        var random = SeededRandom(seed: 4)
        var reached: Set<CaseState> = []
        for index in 0..<150 {
            let filed = Bool.random(using: &random)
            let place = Bool.random(using: &random) ? GeoPoint(lat: 20 + Double(index) * 0.1, lon: 110) : nil
            let request = world.request("09009", at: place, alarm: "a\(index)", filed: filed)
            let id = try await world.service.openOrJoin(request)
            var accepted = 1
            for _ in 0..<60 {
                world.clock.advance(by: .microseconds(Int64.random(in: 1...9_999_999_999, using: &random)))
                let actor = try #require(Self.actors.randomElement(using: &random))
                let action = try #require(CaseAction.allCases.randomElement(using: &random))
                let input = randomInput(&random)
                do {
                    reached.insert(try await world.service.act(id, action, by: actor, input: input).state)
                    accepted += 1
                } catch is CaseError {}
            }
            #expect(try await world.service.verifyLog(id) == .intact)
            let (stored, entries) = try #require(try await world.service.repository.log(id))
            #expect(entries.count == accepted)
            #expect(Case.replay(try entries.map(CaseLog.decode)) == stored.value)
        }
        #expect(reached.isSuperset(of: [.filed, .dispatched, .handling, .handled, .invalid]))
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

    @Test("no sequence of permitted steps lets one person both dispatch and judge a case")
    func separation() {
        // Every person has one role; each role's reachable actions over every state are at most one side.
        let supervision: Set<CaseAction> = [.file, .refuse, .check, .close]
        for actor in Self.actors {
            var possible: Set<CaseAction> = []
            for state in CaseState.allCases {
                let subject = CaseMachine.Subject(state: state, unit: actor.unit, classCode: "x", position: nil)
                possible.formUnion(CaseMachine.actions(on: subject, for: actor))
            }
            #expect(possible.isDisjoint(with: supervision) || !possible.contains(.dispatch))
            #expect(actor.role == .unit || !possible.contains(.handle))
        }
    }
}
