import Cases
import Domain
import Foundation
import Store
import Testing

@Suite("Opening and joining cases")
struct CaseOpeningTests {
    @Test("an alarm's case carries number, class, cell, unit and limit, and stands as filed")
    func facts() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let id = try await world.service.openOrJoin(world.request(alarm: "a1"))
        let value = try await world.service.get(id, for: CaseWorld.actor(.leader))
        // The manual clock stands at 2026-11-23 18:00 in the site's zone.
        #expect(value.number == "20261123-0001")
        #expect(value.state == .filed)
        #expect(value.classCode == "E-05-06")
        #expect(value.unit == "drainage")
        #expect(value.cell?.count == 15)
        #expect(value.limit == TimeLimit(value: 2, unit: .urgentHour))
        #expect(value.dueAt == world.clock.now() + .seconds(7200))
        #expect(value.alarmIds == ["a1"])
    }

    @Test("numbers count on through the local day and begin anew with the next")
    func numbers() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        var numbers: [String] = []
        for step in 0..<3 {
            if step == 2 { world.clock.advance(by: .seconds(6 * 3600)) }
            let far = GeoPoint(lat: 32 + Double(step) * 0.1, lon: 119)
            let id = try await world.service.openOrJoin(world.request(at: far, alarm: "a\(step)"))
            numbers.append(try await world.service.get(id, for: CaseWorld.actor(.leader)).number)
        }
        #expect(numbers == ["20261123-0001", "20261123-0002", "20261124-0001"])
    }

    @Test(
        "a second alarm joins within radius and period of the last one only",
        arguments: [
            (0.0, 0, "E-05-06", true), (15, 1700, "E-05-06", true), (25, 60, "E-05-06", false),
            (0, 1900, "E-05-06", false), (0, 60, "E-05-01", false),
        ] as [(Double, Int64, String, Bool)]
    )
    func joins(metres: Double, seconds: Int64, classCode: String, isJoined: Bool) async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let first = try await world.service.openOrJoin(world.request(alarm: "a1"))
        world.clock.advance(by: .seconds(seconds))
        let there = GeoPoint(lat: CaseWorld.here.lat + metres / 111_195, lon: CaseWorld.here.lon)
        let second = try await world.service.openOrJoin(world.request(classCode, at: there, alarm: "a2"))
        #expect((first == second) == isJoined)
        if isJoined {
            let value = try await world.service.get(first, for: CaseWorld.actor(.leader))
            #expect(value.alarmIds == ["a1", "a2"])
        }
    }

    @Test("the period runs from the last alarm, not from the opening")
    func slidingPeriod() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        var ids: Set<String> = []
        for step in 0..<5 {
            ids.insert(try await world.service.openOrJoin(world.request(alarm: "a\(step)")))
            world.clock.advance(by: .seconds(1500))
        }
        #expect(ids.count == 1)
    }

    @Test("nothing joins a case that is closed or refused")
    func closed() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let reporter = CaseWorld.actor(.monitor)
        let (reported, _) = try await world.service.report(world.request(filed: false), by: reporter)
        let acceptor = CaseWorld.actor(.acceptor)
        _ = try await world.service.act(reported.id, .refuse, by: acceptor, input: CaseInput(reason: "dry"))
        #expect(try await world.service.openOrJoin(world.request(alarm: "a1")) != reported.id)
    }

    @Test("one alarm asked for by a hundred at once opens one case; a hundred alarms of one place join one")
    func concurrent() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        for sameAlarm in [true, false] {
            let classCode = sameAlarm ? "E-05-06" : "E-05-05"
            let ids = try await withThrowingTaskGroup(of: String.self) { group in
                for index in 0..<100 {
                    let request = world.request(classCode, alarm: sameAlarm ? "a" : "b\(index)")
                    group.addTask { try await world.service.openOrJoin(request) }
                }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(ids.count == 1)
            let id = try #require(ids.first)
            let value = try await world.service.get(id, for: CaseWorld.actor(.leader))
            #expect(value.alarmIds.count == (sameAlarm ? 1 : 100))
            #expect(try await world.service.verifyLog(id) == .intact)
        }
    }

    @Test("a report sent a hundred times with one clientId is one case, and never joins another's")
    func clientId() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        _ = try await world.service.openOrJoin(world.request(alarm: "a1"))
        let actor = CaseWorld.actor(.monitor)
        let results = try await withThrowingTaskGroup(of: (String, Bool).self) { group in
            for _ in 0..<100 {
                let request = world.request(client: "c1", filed: true)
                group.addTask {
                    let (value, created) = try await world.service.report(request, by: actor)
                    return (value.id, created)
                }
            }
            return try await group.reduce(into: [(String, Bool)]()) { $0.append($1) }
        }
        #expect(Set(results.map(\.0)).count == 1)
        #expect(results.filter(\.1).count == 1)
        let value = try await world.service.get(results[0].0, for: actor)
        #expect(value.state == .reported)
        #expect(value.number == "20261123-0002")
        #expect(value.reporter == "the-monitor")
    }

    @Test("one clientId of two reporters is two cases, and each finds its own again")
    func clientIdOfTwo() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let request = world.request(client: "c1")
        let (monitor, collector) = (CaseWorld.actor(.monitor), CaseWorld.actor(.collector))
        #expect(try await world.service.reported(clientId: "c1", by: monitor) == nil)
        let first = try await world.service.report(request, by: monitor)
        let second = try await world.service.report(request, by: collector)
        #expect(first.created && second.created)
        #expect(first.case.id != second.case.id)
        #expect(try await world.service.reported(clientId: "c1", by: monitor)?.id == first.case.id)
        let again = try await world.service.report(request, by: collector)
        #expect(!again.created)
        #expect(again.case.id == second.case.id)
    }

    @Test("an unknown class, a place off the globe and a role that doesn't report are refused by name")
    func refused() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let monitor = CaseWorld.actor(.monitor)
        let unknown = await #expect(throws: CaseError.self) {
            _ = try await world.service.report(world.request("9009"), by: monitor)
        }
        #expect(unknown?.code == .invalidField("class"))
        let nowhere = await #expect(throws: CaseError.self) {
            _ = try await world.service.report(world.request(at: GeoPoint(lat: 91, lon: 0)), by: monitor)
        }
        #expect(nowhere?.code == .invalidField("position"))
        for role in [Role.dispatcher, .unit, .leader, .viewer, .admin] {
            let error = await #expect(throws: CaseError.self) {
                _ = try await world.service.report(world.request(), by: CaseWorld.actor(role, unit: "gas"))
            }
            #expect(error?.code == .forbidden)
        }
    }

    @Test("a clip is attached once, however often it is sent")
    func clip() async throws {
        let world = try CaseWorld()
        defer { world.remove() }
        let id = try await world.service.openOrJoin(world.request(alarm: "a1"))
        let clip = CaseClip(cameraId: "cam", from: .epoch, to: .epoch + .seconds(30), holdId: "h")
        for _ in 0..<3 { try await world.service.attach(caseId: id, clip: clip) }
        #expect(try await world.service.get(id, for: CaseWorld.actor(.leader)).clips == [clip])
        #expect(try await world.service.log(id, for: CaseWorld.actor(.leader)).count == 2)
    }
}
