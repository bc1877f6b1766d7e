import CLinux
import Domain
import Foundation
import Media
import Synchronization
import TestSupport
import Testing

@testable import Analysis

/// A worker on its own thread, with pipes on both sides.
final class WorkerUnderTest: Sendable {
    private let requests: Int32
    private let replies: Int32
    private let exit = Mutex<Int32?>(nil)
    private let parser = Mutex(WireFrameParser())

    init(_ run: @escaping @Sendable (Int32, Int32) -> Int32) {
        var input: [Int32] = [0, 0]
        var output: [Int32] = [0, 0]
        _ = pipe2(&input, O_CLOEXEC)
        _ = pipe2(&output, O_CLOEXEC)
        requests = input[1]
        replies = output[0]
        let ends = (input[0], output[1])
        Thread.detachNewThread { [self] in
            let code = run(ends.0, ends.1)
            close(ends.0)
            close(ends.1)
            exit.withLock { $0 = code }
        }
    }

    deinit { close(replies) }

    func send(_ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { write(requests, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            sent += count
        }
    }

    func send(_ request: some Encodable, payload: [UInt8] = []) throws {
        send(WireFrame(header: Array(try JSONEncoder().encode(request)), payload: payload).encoded)
    }

    func endInput() { close(requests) }

    /// The next reply; nil at the end.
    func frame() throws -> WireFrame? {
        try parser.withLock { parser in
            var buffer = [UInt8](repeating: 0, count: 65_536)
            while true {
                if let frame = try parser.next() { return frame }
                let count = buffer.withUnsafeMutableBytes { read(replies, $0.baseAddress, $0.count) }
                guard count > 0 else { return nil }
                parser.append(buffer[..<count])
            }
        }
    }

    func reply() throws -> (WorkerReply, [UInt8])? {
        guard let frame = try frame() else { return nil }
        return (try JSONDecoder().decode(WorkerReply.self, from: Data(frame.header)), frame.payload)
    }

    /// Everything up to the pong with this number.
    func replies(until number: Int) throws -> [(WorkerReply, [UInt8])] {
        var all: [(WorkerReply, [UInt8])] = []
        while let next = try reply() {
            if case .pong(number) = next.0 { return all }
            all.append(next)
        }
        return all
    }

    /// The exit code, once the replies have ended.
    func exitCode() throws -> Int32? {
        while try reply() != nil {}
        // The thread stores it right after closing its ends.
        for _ in 0..<500 {
            if let code = exit.withLock({ $0 }) { return code }
            usleep(2000)
        }
        return nil
    }
}

@Suite("Analyse worker")
struct WorkerTests {
    private let camera = AnalysedCamera(
        id: "kerb",
        zones: [
            Zone(
                id: "all",
                polygon: SyntheticScene.everywhere,
                rules: [ZoneRule(kind: .stationary, afterSeconds: 10), ZoneRule(kind: .motion)]
            )
        ]
    )

    private func worker() throws -> WorkerUnderTest {
        let worker = WorkerUnderTest(AnalyseWorker.run)
        let ready = try worker.reply()
        guard case .ready(AnalyseWorker.protocolVersion) = ready?.0 else {
            Issue.record("no greeting")
            return worker
        }
        return worker
    }

    /// All packets of a shared clip.
    private func packets(_ clip: String) throws -> (StreamInfo, [Packet])? {
        guard let url = SharedData.video(clip) else { return nil }
        var options = DemuxerOptions(loopFile: false)
        options.paceFile = false
        let demuxer = try Demuxer(opening: "file:\(url.path)", options: options, cancellation: Cancellation())
        let info = demuxer.info
        var packets: [Packet] = []
        while true {
            switch try demuxer.next() {
            case .packet(let packet): packets.append(packet)
            case .parametersChanged: continue
            case .end: return (info, packets)
            }
        }
    }

    private func send(_ packet: Packet, to worker: WorkerUnderTest, bytes: [UInt8]? = nil, wanted: Bool = true) throws {
        let at = WallTime(microseconds: 1_800_000_000_000_000 + packet.ptsTicks * 100 / 9)
        let request = WorkerRequest.packet(
            cameraId: "kerb",
            mediaTicks: packet.ptsTicks,
            at: at,
            key: packet.isKey,
            wanted: wanted
        )
        try worker.send(request, payload: bytes ?? packet.bytes)
    }

    private func begin(_ info: StreamInfo, on worker: WorkerUnderTest) throws {
        try worker.send(WorkerRequest.configure(cameras: [camera]))
        try worker.send(
            WorkerRequest.stream(
                cameraId: "kerb",
                run: "1",
                codec: info.codec.rawValue,
                width: info.width,
                height: info.height
            ),
            payload: info.extradata
        )
    }

    private func statistics(_ worker: WorkerUnderTest, ping: Int) throws -> WorkerStatistics? {
        try worker.send(WorkerRequest.ping(number: ping))
        _ = try worker.replies(until: ping)
        guard case .statistics(let statistics) = try worker.reply()?.0 else { return nil }
        return statistics
    }

    @Test("answers pings, and ends with 0 at the end of input")
    func pingAndEnd() throws {
        let worker = try worker()
        for number in 1...3 { #expect(try statistics(worker, ping: number) == WorkerStatistics()) }
        worker.endInput()
        #expect(try worker.exitCode() == 0)
    }

    @Test(
        "garbage is counted and survived",
        arguments: ["", "{}", "no json", #"{"packet":{}}"#, #"{"ping":{"number":"x"}}"#]
    )
    func garbageHeader(_ header: String) throws {
        let worker = try worker()
        worker.send(WireFrame(header: Array(header.utf8), payload: [1, 2, 3]).encoded)
        #expect(try statistics(worker, ping: 9)?.failed == 1)
        worker.endInput()
        #expect(try worker.exitCode() == 0)
    }

    @Test(
        "an announced frame beyond the limits and an input cut in mid-frame end the worker with 0",
        arguments: [
            [0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 1], [0, 0, 0, 9, 0, 0, 0, 0, 1, 2], [0, 0],
        ] as [[UInt8]]
    )
    func cutInput(_ bytes: [UInt8]) throws {
        let worker = try worker()
        worker.send(bytes)
        worker.endInput()
        #expect(try worker.exitCode() == 0)
    }

    @Test("a camera that nobody configured, or without a stream, has no picture")
    func noPicture() throws {
        let worker = try worker()
        try worker.send(WorkerRequest.configure(cameras: [camera]))
        for id in ["kerb", "other"] {
            try worker.send(WorkerRequest.packet(cameraId: id, mediaTicks: 0, at: .epoch, key: true, wanted: true))
            try worker.send(WorkerRequest.picture(cameraId: id, requestId: "r"))
            let next = try worker.reply()
            let reply = try #require(next)
            #expect(reply.0 == .picture(cameraId: id, requestId: "r", at: nil))
            #expect(reply.1.isEmpty)
        }
        worker.endInput()
        #expect(try worker.exitCode() == 0)
    }

    @Test("key frames come out at once and the latest one is given as JPEG")
    func keyFrames() throws {
        guard let (info, packets) = try packets("abandoned_backpack_indoor_aboda.mp4") else {
            print("skipped: no shared clips here")
            return
        }
        let worker = try worker()
        try begin(info, on: worker)
        var sent = 0
        for packet in packets where packet.isKey {
            try send(packet, to: worker)
            sent += 1
            #expect(try statistics(worker, ping: sent)?.decoded == sent)
        }
        try worker.send(WorkerRequest.picture(cameraId: "kerb", requestId: "now"))
        let next = try worker.reply()
        let picture = try #require(next)
        guard case .picture("kerb", "now", let at) = picture.0 else {
            Issue.record("\(picture.0)")
            return
        }
        let lastKey = packets.last { $0.isKey }
        let last = try #require(lastKey)
        #expect(at == WallTime(microseconds: 1_800_000_000_000_000 + last.ptsTicks * 100 / 9))
        #expect(picture.1.starts(with: [0xFF, 0xD8]))
        worker.endInput()
        #expect(try worker.exitCode() == 0)
    }

    @Test("a whole group is decoded in order, and only what is wanted is judged")
    func wholeGroup() throws {
        guard let (info, packets) = try packets("lot_person_bicycle_car.mp4") else {
            print("skipped: no shared clips here")
            return
        }
        let worker = try worker()
        try begin(info, on: worker)
        let part = packets.drop { !$0.isKey }.prefix(130)
        for (index, packet) in part.enumerated() {
            try send(packet, to: worker, wanted: packet.isKey || index % 10 == 0)
        }
        let answer = try statistics(worker, ping: 1)
        let statistics = try #require(answer)
        #expect(statistics.packets == part.count)
        #expect(statistics.failed == 0)
        // 13 tens, and the key frames among the others; a decoder that reorders may hold the last ones.
        #expect((11...18).contains(statistics.decoded))
        worker.endInput()
        #expect(try worker.exitCode() == 0)
    }

    @Test("damaged packets are counted or hidden, never fatal, and the next key frame decodes again")
    func damagedPackets() throws {
        guard let (info, packets) = try packets("street_traffic_suburban.mp4") else {
            print("skipped: no shared clips here")
            return
        }
        var random = SeededRandom(seed: 11)
        let worker = try worker()
        try begin(info, on: worker)
        for (index, packet) in packets.prefix(140).enumerated() {
            var bytes = packet.bytes
            switch index % 4 {
            case 0: bytes = Array(bytes.prefix(bytes.count / 2))
            case 1: for _ in 0..<20 { bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 0xA5 }
            case 2: bytes = (0..<200).map { _ in UInt8.random(in: 0...255, using: &random) }
            default: break
            }
            try send(packet, to: worker, bytes: bytes)
        }
        let answer = try statistics(worker, ping: 1)
        let before = try #require(answer)
        #expect(before.packets == 140)
        #expect(before.failed > 0)
        let lastKey = packets.last { $0.isKey }
        let key = try #require(lastKey)
        try send(key, to: worker)
        let after = try statistics(worker, ping: 2)
        #expect(after?.decoded == before.decoded + 1)
        worker.endInput()
        #expect(try worker.exitCode() == 0)
    }

    @Test("a codec without a decoder fails packet by packet")
    func unknownCodec() throws {
        let worker = try worker()
        try worker.send(WorkerRequest.configure(cameras: [camera]))
        try worker.send(WorkerRequest.stream(cameraId: "kerb", run: "1", codec: "av9", width: 10, height: 10))
        let request = WorkerRequest.packet(cameraId: "kerb", mediaTicks: 0, at: .epoch, key: true, wanted: true)
        try worker.send(request, payload: [1, 2, 3])
        #expect(try statistics(worker, ping: 1)?.failed == 1)
        worker.endInput()
        #expect(try worker.exitCode() == 0)
    }
}

@Suite("Render worker")
struct RenderWorkerTests {
    private func answer(_ payload: [UInt8], header: [UInt8]? = nil) throws -> (RenderReply?, [UInt8], Int32?) {
        let worker = WorkerUnderTest(RenderWorker.run)
        let request = RenderRequest.picture(mediaSeconds: 1, maximumWidth: 160)
        let json = Array(try JSONEncoder().encode(request))
        worker.send(WireFrame(header: header ?? json, payload: payload).encoded)
        worker.endInput()
        let frame = try worker.frame()
        let reply = try frame.map { try JSONDecoder().decode(RenderReply.self, from: Data($0.header)) }
        return (reply, frame?.payload ?? [], try worker.exitCode())
    }

    @Test("says what is wrong with a job it can't do", arguments: [[], [1, 2, 3], [UInt8](repeating: 7, count: 5000)])
    func badJob(_ payload: [UInt8]) throws {
        let (reply, _, code) = try answer(payload)
        guard case .failed(let message) = reply else {
            Issue.record("\(String(describing: reply))")
            return
        }
        #expect(!message.isEmpty)
        #expect(code == 1)
    }

    @Test("refuses a request that it can't read")
    func badRequest() throws {
        let (reply, _, code) = try answer([], header: Array("{}".utf8))
        #expect(reply == .failed(message: "the render request can't be read"))
        #expect(code == 1)
    }

    /// The first seconds of a shared clip as fMP4, and the presentation times of its frames.
    private func recording(_ clip: String) throws -> (bytes: [UInt8], times: [Int64])? {
        guard let url = SharedData.video(clip) else { return nil }
        let options = DemuxerOptions(loopFile: false, paceFile: false)
        let demuxer = try Demuxer(opening: "file:\(url.path)", options: options, cancellation: Cancellation())
        var packets: [Packet] = []
        reading: while packets.count < 130 {
            switch try demuxer.next() {
            case .packet(let packet): if packet.isKey || !packets.isEmpty { packets.append(packet) }
            case .parametersChanged: continue
            case .end: break reading
            }
        }
        var bytes = try FragmentWriter.initSegment(info: demuxer.info, mark: nil)
        var sequence: UInt32 = 0
        while !packets.dropFirst(Int(sequence) * 12).isEmpty {
            let part = Array(packets.dropFirst(Int(sequence) * 12).prefix(12))
            sequence += 1
            let start = part[0].dtsTicks - packets[0].dtsTicks
            bytes +=
                FragmentWriter.fragment(samples: part, sequence: sequence, baseDecodeTicks: start, wall: .epoch).bytes
        }
        return (bytes, packets.map { $0.ptsTicks - packets[0].dtsTicks }.sorted())
    }

    @Test(
        "gives the picture at or just before the time asked for",
        arguments: [
            "abandoned_backpack_indoor_aboda.mp4", "street_traffic_suburban.mp4", "night_ir_person_hevc.mp4",
        ]
    )
    func pictureAt(_ clip: String) throws {
        guard let (bytes, times) = try recording(clip) else {
            print("skipped: no shared clips here")
            return
        }
        for seconds in [-1, 0, 0.02, 0.5, 1.234, 2, 3.999, 1000, .infinity] {
            let wanted = times[0] + Int64(max(0, seconds.isFinite ? seconds : 0) * 90_000)
            let picture = try PictureAt(bytes, mediaSeconds: seconds)
            #expect(picture.frame.ptsTicks == times.last { $0 <= wanted }, "\(seconds) s")
        }
        // A recording that breaks off in a fragment is good up to there.
        #expect(try PictureAt(Array(bytes.prefix(bytes.count * 2 / 3)), mediaSeconds: 0.5).frame.width > 0)
        let (reply, jpeg, code) = try answer(bytes)
        guard case .picture(let width, let height) = reply else {
            Issue.record("\(String(describing: reply))")
            return
        }
        #expect(width == 160 && height > 0 && code == 0)
        #expect(jpeg.starts(with: [0xFF, 0xD8]))
    }
}
