import Cases
import Domain
import Foundation
import Store
import Synchronization
import TestSupport
import Testing

@testable import Alarms

@Suite("alarms while the database is out")
struct WaitingAlarmsTests {
    /// A sink that fails as it is told to.
    private final class Sink: AlarmSink {
        let state = Mutex<(failure: StoreError?, taken: [AlarmSignal])>((nil, []))

        func receive(_ signal: AlarmSignal) async throws {
            try state.withLock { state in
                if let failure = state.failure { throw failure }
                state.taken.append(signal)
            }
        }

        func fail(_ code: StoreError.Code?) {
            state.withLock { $0.failure = code.map { StoreError(code: $0, message: "test") } }
        }

        var taken: [AlarmSignal] { state.withLock { $0.taken } }
    }

    private static func signal(_ source: String, _ phase: AlarmSignal.Phase, picture: [UInt8]? = nil) -> AlarmSignal {
        AlarmSignal(source: source, sourceKind: .camera, kind: "disk", phase: phase, at: .epoch, picture: picture)
    }

    @Test("they wait in their order, without pictures, and no more than the limit; other failures are the sender's")
    func waits() async throws {
        let sink = Sink()
        let waiting = WaitingAlarms(sink, limit: 3)
        try await waiting.receive(Self.signal("a", .raised))
        sink.fail(.diskFull)
        try await waiting.receive(Self.signal("a", .cleared))
        try await waiting.receive(Self.signal("b", .raised, picture: [1, 2, 3]))
        #expect(waiting.count == 2)
        sink.fail(nil)
        // Behind what waits of the same source; another one's goes at once.
        try await waiting.receive(Self.signal("b", .cleared))
        try await waiting.receive(Self.signal("c", .raised))
        #expect(sink.taken == [Self.signal("a", .raised), Self.signal("c", .raised)])
        sink.fail(.io)
        await #expect(throws: StoreError.self) { try await waiting.receive(Self.signal("d", .raised)) }
        await waiting.flush()
        #expect(waiting.count == 3)
        sink.fail(.conflict)
        await #expect(throws: StoreError.self) { try await waiting.receive(Self.signal("d", .raised)) }
        sink.fail(nil)
        await waiting.flush()
        #expect(waiting.count == 0)
        #expect(
            sink.taken.suffix(3) == [Self.signal("a", .cleared), Self.signal("b", .raised), Self.signal("b", .cleared)]
        )
    }

    @Test("a database on a full disk becomes one critical alarm, which is stored and over when there is room again")
    func watch() async throws {
        guard let volume = SmallVolume(megabytes: 16) else {
            print("skipped: mounting small volumes is not permitted here")
            return
        }
        let database = try Database(directory: volume.folder)
        let clock = ManualClock()
        let alarms = AlarmService(
            repository: AlarmRepository(database),
            cases: CaseService(
                repository: CaseRepository(database),
                base: BaseData(timeZone: .gmt),
                feed: ChangeFeed(),
                clock: clock
            ),
            evidence: FakeEvidence(),
            feed: ChangeFeed(),
            clock: clock
        )
        let waiting = WaitingAlarms(alarms)
        let watch = DatabaseWatch([database], sink: waiting, clock: clock)
        await watch.look(settling: .zero)
        #expect(watch.failure == nil)
        try volume.fill(leaving: 200_000)
        let fullAt = clock.now()
        // Until there is no room left for any of them: a small change may still fit where a larger one didn't.
        for number in 0..<10_000 where waiting.count < 20 {
            try await waiting.receive(
                AlarmSignal(source: "cam\(number)", sourceKind: .camera, kind: "offline", phase: .raised, at: fullAt)
            )
            if waiting.count == 1 { try volume.fill(leaving: 0) }
        }
        #expect(waiting.count == 20)
        for _ in 0..<2 { await watch.look(settling: .seconds(60)) }
        #expect(watch.failure?.code == .diskFull)
        #expect(waiting.count == 21, "the alarm itself waits as well, once")
        clock.advance(by: .seconds(90))
        try volume.makeRoom()
        await watch.look(settling: .zero)
        #expect(watch.failure == nil)
        await waiting.flush()
        #expect(waiting.count == 0)
        let stored = try await alarms.list(AlarmFilter(kind: "database"), page: PageRequest(limit: 500)).items
        let mine = try #require(stored.first)
        #expect(mine.source == "system" && mine.severity == .critical && mine.state == .cleared)
        #expect(mine.openedAt == fullAt && mine.clearedAt == clock.now())
        #expect(stored.count == 1)
        try database.close()
    }
}
