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
        let killed = (101...110).first { supervision.tick(now: .seconds($0), consumed: 7) == .kill(.hung) }
        #expect(killed != nil)
    }

    @Test("a worker that is slow but reads on is not taken for hung, for half a minute")
    func slow() {
        var supervision = running(at: .seconds(100))
        let killed = (101...160).first { supervision.tick(now: .seconds($0), consumed: $0) == .kill(.hung) }
        #expect(killed == 132)
    }

    @Test("one that never greets is killed")
    func neverReady() {
        var supervision = WorkerSupervision()
        _ = supervision.tick(now: .seconds(1), consumed: 0)
        supervision.spawned(now: .seconds(1))
        #expect((2...11).contains { supervision.tick(now: .seconds($0), consumed: 0) == .kill(.hung) })
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

    @Test("one that gets no processor is left alone, for a minute, and no camera is blamed for it")
    func starved() throws {
        var supervision = running(at: .seconds(100))
        var now = Duration.seconds(100)
        for _ in 0..<4 {
            #expect(supervision.died(now: now, .stuck) == nil)
            while supervision.tick(now: now, consumed: 0) != .spawn { now += .seconds(1) }
            supervision.spawned(now: now)
            #expect(!supervision.mayFeed(now: now), "nothing is fed before the greeting")
            let start = now
            var used = Duration.zero
            var death: WorkerSupervision.Action?
            for second in 1...100 where death == nil {
                now = start + .seconds(second)
                used += .milliseconds(50)
                if second == 30 {
                    supervision.ready(now: now)
                    _ = supervision.fed(camera: "innocent", now: now)
                }
                let action = supervision.tick(now: now, consumed: 7) { WorkerVitals(state: .runnable, used: used) }
                if case .kill = action { death = action }
            }
            #expect(death == .kill(.stuck))
            #expect(now - start >= .seconds(85))
        }
        #expect(supervision.quarantinedCameras(now: now) == [])
    }

    @Test("one that was stopped, sleeps or spins is killed within ten seconds", arguments: [0, 1, 2, 3])
    func hangs(_ kind: Int) {
        var supervision = running(at: .seconds(100))
        let killed = (101...110).first { second in
            let vitals: WorkerVitals =
                switch kind {
                case 0: WorkerVitals(state: .stopped, used: .zero)
                case 1: WorkerVitals(state: .sleeping, used: .zero)
                case 2: WorkerVitals(state: .runnable, used: .seconds(second))
                // Others take a quarter of the processor.
                default: WorkerVitals(state: .runnable, used: .milliseconds(second * 750))
                }
            let action = supervision.tick(now: .seconds(second), consumed: 7) { vitals }
            return action == .kill(kind == 0 ? .stuck : .hung)
        }
        #expect(killed != nil)
    }

    @Test("those that hang again and again come slower, however long each hung")
    func hangsAgain() {
        var supervision = running(at: .seconds(100))
        var now = Duration.seconds(100)
        var pauses: [Int] = []
        for _ in 0..<5 {
            now += .seconds(40)
            _ = supervision.died(now: now, .hung)
            var pause = 0
            while supervision.tick(now: now + .seconds(pause), consumed: 0) != .spawn { pause += 1 }
            pauses.append(pause)
            now += .seconds(pause)
            supervision.spawned(now: now)
            supervision.ready(now: now)
        }
        #expect(pauses == [0, 1, 2, 4, 8])
    }

    @Test("the time in which capture itself got no processor is not the worker's silence")
    func lateLooks() {
        var supervision = running(at: .seconds(100))
        #expect(supervision.tick(now: .seconds(102), consumed: 0) == .ping(1))
        #expect(supervision.tick(now: .seconds(140), consumed: 0) == .none)
        supervision.pong(1, now: .seconds(140))
        #expect(supervision.tick(now: .seconds(141), consumed: 0) == .ping(2))
    }

    @Test("the kernel's line of a process is read whatever its program is called")
    func vitals() {
        let rest = "1 2 3 4 5 6 7 8 9 10 150 50 0 0"
        let read = { WorkerVitals(stat: $0, ticksPerSecond: 100) }
        #expect(read("77 (a) R (b)) R \(rest)") == WorkerVitals(state: .runnable, used: .seconds(2)))
        #expect(read("77 (x) T \(rest)") == WorkerVitals(state: .stopped, used: .seconds(2)))
        #expect(read("77 (x) S \(rest)") == WorkerVitals(state: .sleeping, used: .seconds(2)))
        #expect(read("77 (x) S 1 2") == nil)
        #expect(read("") == nil)
        #expect(WorkerVitals(process: -1) == nil)
        // Process 1 is always there.
        #expect(WorkerVitals(process: 1) != nil)
    }
}
