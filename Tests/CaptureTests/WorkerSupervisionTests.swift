import Testing

@testable import Capture

@Suite("Worker supervision") struct WorkerSupervisionTests {
    private func running(at now: Duration) -> WorkerSupervision {
        var supervision = WorkerSupervision()
        #expect(supervision.tick(now: now, consumed: 0) == .spawn)
        supervision.spawned(now: now)
        supervision.ready(now: now)
        return supervision
    }

    @Test("a worker that answers is pinged every two seconds and left alone")
    func answers() {
        var supervision = running(at: .seconds(100))
        var pings = 0
        for second in 101...160 {
            switch supervision.tick(now: .seconds(second), consumed: 0) {
            case .ping(let number):
                pings += 1
                supervision.pong(number, now: .seconds(second))
            case .none: break
            default: Issue.record("killed at \(second)")
            }
        }
        #expect(pings == 30)
        #expect(supervision.restarts == 0)
    }

    @Test("a worker that neither answers nor reads is killed within ten seconds")
    func hung() {
        var supervision = running(at: .seconds(100))
        let killed = (101...110).first { supervision.tick(now: .seconds($0), consumed: 7) == .kill }
        #expect(killed != nil)
    }

    @Test("a worker that is slow but reads on is not taken for hung, for half a minute")
    func slow() {
        var supervision = running(at: .seconds(100))
        let killed = (101...160).first { supervision.tick(now: .seconds($0), consumed: $0) == .kill }
        #expect(killed == 132)
    }

    @Test("one that never greets is killed")
    func neverReady() {
        var supervision = WorkerSupervision()
        _ = supervision.tick(now: .seconds(1), consumed: 0)
        supervision.spawned(now: .seconds(1))
        #expect((2...30).first { supervision.tick(now: .seconds($0), consumed: 0) == .kill } == 16)
    }

    @Test("the first restart is immediate, those of one that dies again and again come slower")
    func restarts() {
        var supervision = running(at: .seconds(100))
        var now = Duration.seconds(100)
        var pauses: [Int] = []
        for _ in 0..<8 {
            _ = supervision.died(now: now)
            var pause = 0
            while supervision.tick(now: now + .seconds(pause), consumed: 0) != .spawn { pause += 1 }
            pauses.append(pause)
            now += .seconds(pause)
            supervision.spawned(now: now)
            supervision.ready(now: now)
        }
        #expect(pauses == [0, 1, 2, 4, 8, 16, 30, 30])
        #expect(supervision.restarts == 8)
        _ = supervision.died(now: now + .seconds(40))
        #expect(supervision.tick(now: now + .seconds(40), consumed: 0) == .spawn)
    }

    @Test("after a death packets go one by one, and the camera whose packet kills three times is put aside")
    func quarantine() {
        var supervision = running(at: .seconds(100))
        var now = Duration.seconds(100)
        #expect(supervision.fed(camera: "good", now: now) == nil)
        #expect(supervision.died(now: now) == nil)
        for strike in 1...3 {
            while supervision.tick(now: now, consumed: 0) != .spawn { now += .seconds(1) }
            supervision.spawned(now: now)
            supervision.ready(now: now)
            let ping = supervision.fed(camera: "good", now: now)
            #expect(ping != nil)
            #expect(!supervision.mayFeed(now: now))
            supervision.pong(ping ?? 0, now: now)
            #expect(supervision.mayFeed(now: now))
            _ = supervision.fed(camera: "bad", now: now)
            #expect(supervision.died(now: now) == (strike == 3 ? "bad" : nil))
        }
        #expect(supervision.isQuarantined("bad", now: now))
        #expect(!supervision.isQuarantined("good", now: now))
        #expect(supervision.quarantinedCameras(now: now) == ["bad"])
        #expect(!supervision.isQuarantined("bad", now: now + WorkerSupervision.quarantineTime))
    }
}
