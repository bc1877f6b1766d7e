import Domain
import Foundation
import Testing

@testable import Capture

@Suite("Platforms' limits")
struct PlatformPermitTests {
    private func folder() -> URL {
        FileManager.default.temporaryDirectory.appending(path: "permits-\(UUID().uuidString)")
    }

    @Test("No more connections than allowed, over all processes; one that is given back is free again")
    func connections() throws {
        let folder = folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        // Locks belong to open files: two of these are as two processes.
        let shards = [PlatformPermits(folder: folder), PlatformPermits(folder: folder)]
        for shard in shards { shard.configure([Platform(id: "p", connections: 3), Platform(id: "free")]) }
        var permits: [PlatformPermits.Permit] = []
        for number in 0..<3 {
            guard case .granted(let permit?) = shards[number % 2].acquire("p") else {
                Issue.record("no permit")
                return
            }
            permits.append(permit)
        }
        for shard in shards {
            guard case .full(let limit) = shard.acquire("p") else {
                Issue.record("a fourth permit")
                return
            }
            #expect(limit == 3)
        }
        permits[1].giveBack()
        guard case .granted(let again?) = shards[0].acquire("p") else {
            Issue.record("none was given back")
            return
        }
        guard case .granted(nil) = shards[0].acquire("free") else {
            Issue.record("a platform without a limit has no permits")
            return
        }
        again.giveBack()
        for permit in permits { permit.giveBack() }
    }

    @Test("New connections are spread over time, over all processes, and a slot from before a restart is none")
    func rate() throws {
        let folder = folder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let shards = [PlatformPermits(folder: folder), PlatformPermits(folder: folder)]
        for shard in shards { shard.configure([Platform(id: "p", connectionsPerSecond: 4)]) }
        let waits = (0..<8).map { shards[$0 % 2].reserve("p", now: .seconds(100_000)) }
        #expect(waits == (0..<8).map { .milliseconds(250 * $0) })
        #expect(shards[0].reserve("p", now: .seconds(100_010)) == .zero)
        #expect(shards[1].reserve("p", now: .seconds(5)) == .zero)
    }

    @Test("Permitted hours are those of the site's zone, also on the day of a change")
    func hours() throws {
        let platform = Platform(id: "p", hours: [try #require(Platform.Hours("07:00-19:00"))])
        let shanghai = PermittedHours(timeZone: "Asia/Shanghai")
        let at = { (text: String) in try #require(WallTime(rfc3339: text)) }
        #expect(!shanghai.allow(platform, at: try at("2026-11-23T22:59:59Z")))
        #expect(shanghai.allow(platform, at: try at("2026-11-23T23:00:00Z")))
        #expect(!shanghai.allow(platform, at: try at("2026-11-24T11:00:00Z")))
        let berlin = PermittedHours(timeZone: "Europe/Berlin")
        #expect(!berlin.allow(platform, at: try at("2026-03-28T05:59:00Z")))
        #expect(berlin.allow(platform, at: try at("2026-03-29T05:00:00Z")))
        #expect(PermittedHours(timeZone: nil).allow(nil, at: try at("2026-03-29T05:00:00Z")))
    }

    @Test("UDP that brings nothing gives way to TCP for an hour; a refused password does not")
    func transport() {
        var choice = TransportChoice(.udp)
        #expect(choice.next(now: .seconds(0)) == .udp)
        choice.ended(.udp, packets: false, reason: .unauthorised, now: .seconds(1))
        #expect(choice.next(now: .seconds(1)) == .udp)
        choice.ended(.udp, packets: true, reason: .noPackets, now: .seconds(2))
        #expect(choice.next(now: .seconds(2)) == .udp)
        choice.ended(.udp, packets: false, reason: .noPackets, now: .seconds(3))
        #expect(choice.next(now: .seconds(4)) == .tcp)
        choice.ended(.tcp, packets: false, reason: .noPackets, now: .seconds(5))
        #expect(choice.next(now: .seconds(3602)) == .tcp)
        #expect(choice.next(now: .seconds(3604)) == .udp)
        var plain = TransportChoice(.auto)
        plain.ended(.auto, packets: false, reason: .noPackets, now: .seconds(1))
        #expect(plain.next(now: .seconds(2)) == .auto)
    }
}
