import Domain
import Testing

@testable import Capture

@Suite("Queue to the analyse worker") struct WorkerQueueTests {
    private func drain(_ queue: inout WorkerQueue) -> [WorkerQueue.Entry] {
        var entries: [WorkerQueue.Entry] = []
        while let entry = queue.next() { entries.append(entry) }
        return entries
    }

    private let key = WorkerQueue.Rank(level: 3, camera: 5)
    private let active = WorkerQueue.Rank(level: 1, camera: 5)

    @Test("when it is full, what lies between key frames goes before any key frame, and what follows in the group")
    func dropsWeakestCause() {
        var queue = WorkerQueue(limitBytes: 40)
        queue.packet(camera: "a", key: true, rank: key, [UInt8](repeating: 1, count: 10))
        queue.packet(camera: "b", key: true, rank: key, [UInt8](repeating: 2, count: 20))
        queue.packet(camera: "b", key: false, rank: active, [UInt8](repeating: 3, count: 10))
        #expect(queue.packet(camera: "c", key: true, rank: key, [UInt8](repeating: 4, count: 5)) == true)
        #expect(queue.packet(camera: "b", key: false, rank: active, [5]) == false)
        #expect(queue.packet(camera: "b", key: true, rank: key, [6]) == true)
        #expect(queue.droppedPackets == 2)
        #expect(queue.droppedPackets(of: "b") == 2)
        #expect(drain(&queue).map(\.bytes.first) == [1, 2, 4, 6])
    }

    @Test("of equal causes the camera of the lower priority loses, and then the one with the most waiting")
    func fairness() {
        var queue = WorkerQueue(limitBytes: 100)
        for (camera, priority, count) in [("low", 1, 10), ("busy", 5, 50), ("quiet", 5, 30)] {
            let rank = WorkerQueue.Rank(level: 3, camera: priority)
            queue.packet(camera: camera, key: true, rank: rank, [UInt8](repeating: 0, count: count))
        }
        let rank = WorkerQueue.Rank(level: 3, camera: 5)
        #expect(queue.packet(camera: "new", key: true, rank: rank, [UInt8](repeating: 0, count: 20)) == true)
        #expect(queue.droppedPackets(of: "low") == 1)
        #expect(queue.packet(camera: "new", key: true, rank: rank, [UInt8](repeating: 0, count: 20)) == true)
        #expect(queue.droppedPackets(of: "busy") == 1)
        #expect(queue.droppedPackets(of: "quiet") == 0)
    }

    @Test("what is worth less than everything that waits is dropped itself")
    func worthLess() {
        var queue = WorkerQueue(limitBytes: 20)
        queue.packet(camera: "a", key: true, rank: key, [UInt8](repeating: 1, count: 20))
        #expect(queue.packet(camera: "a", key: false, rank: active, [2]) == false)
        #expect(queue.droppedPackets(of: "a") == 1)
        #expect(queue.pressure == 1024)
    }

    @Test("a packet larger than the whole queue is dropped and its group with it")
    func tooLarge() {
        var queue = WorkerQueue(limitBytes: 10)
        #expect(queue.packet(camera: "a", key: true, rank: key, [UInt8](repeating: 0, count: 11)) == false)
        #expect(queue.packet(camera: "a", key: false, rank: key, [1]) == false)
        #expect(queue.isEmpty)
    }

    @Test("a new stream makes what waits of the one before worthless")
    func newStream() {
        var queue = WorkerQueue(limitBytes: 100)
        queue.stream(camera: "a", [1])
        queue.packet(camera: "a", key: true, rank: key, [2])
        queue.packet(camera: "b", key: true, rank: key, [3])
        queue.stream(camera: "a", [4])
        #expect(queue.packet(camera: "a", key: false, rank: key, [5]) == false)
        #expect(drain(&queue).map(\.bytes) == [[3], [4]])
    }

    @Test("whatever comes, the bound holds, and no packet follows a gap in its group", arguments: 0..<20)
    func property(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var queue = WorkerQueue(limitBytes: 2000)
        var sent: [String: UInt16] = [:]
        var number: [String: UInt16] = [:]
        var out: [WorkerQueue.Entry] = []
        for _ in 0..<3000 {
            let camera = ["a", "b", "c"][Int.random(in: 0..<3, using: &random)]
            if Int.random(in: 0..<4, using: &random) == 0, let entry = queue.next() { out.append(entry) }
            let value = number[camera, default: 0] &+ 1
            number[camera] = value
            let key = Int.random(in: 0..<10, using: &random) == 0
            var bytes = [UInt8(value >> 8), UInt8(value & 255), key ? 1 : 0]
            bytes += [UInt8](repeating: 0, count: Int.random(in: 0..<300, using: &random))
            let rank = key ? self.key : WorkerQueue.Rank(level: Int.random(in: 0..<3, using: &random), camera: 5)
            queue.packet(camera: camera, key: key, rank: rank, bytes)
            #expect(queue.packetBytes <= 2000)
        }
        out += drain(&queue)
        for entry in out {
            guard case .packet(let camera, _, _) = entry.kind else { continue }
            let value = UInt16(entry.bytes[0]) << 8 | UInt16(entry.bytes[1])
            if entry.bytes[2] == 0 {
                #expect(sent[camera] == value - 1, "camera \(camera) lost a packet before \(value)")
            }
            sent[camera] = value
        }
        #expect(queue.packetBytes == 0)
    }
}
