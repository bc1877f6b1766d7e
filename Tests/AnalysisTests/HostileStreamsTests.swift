import Domain
import Foundation
import Media
import TestSupport
import Testing

@testable import Analysis

/// Streams that were damaged on purpose, through the demuxer, the reader of slice headers and the worker.
///
/// 200 of them by default, 10,000 with `GRIDWATCH_SOAK=1`. A crash ends the test program; a hang is a missing answer.
@Suite("Hostile streams", .serialized) struct HostileStreamsTests {
    private static let count = ProcessInfo.processInfo.environment["GRIDWATCH_SOAK"] == "1" ? 10_000 : 200
    /// Pages of the program that are resident, in MiB.
    private var residentMegabytes: Int {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096 >> 20
    }

    private let camera = AnalysedCamera(
        id: "kerb",
        zones: [Zone(id: "all", polygon: SyntheticScene.everywhere, rules: [ZoneRule(kind: .motion)])],
        activity: true
    )

    /// Two seconds of every codec and container that sources bring, made by ffmpeg.
    private func seeds(in folder: URL) throws -> [URL] {
        let kinds = [
            ("libx264", "mp4"), ("libx264", "ts"), ("libx264", "flv"), ("libx265", "mp4"), ("libx265", "ts"),
            ("mpeg4", "avi"), ("mjpeg", "avi"),
        ]
        return kinds.compactMap { codec, container in
            let url = folder.appending(path: "\(codec).\(container)")
            let make = Process()
            make.executableURL = URL(filePath: "/usr/bin/env")
            make.arguments = [
                "ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=160x120:rate=10:duration=2",
                "-c:v", codec, "-g", "5", "-pix_fmt", codec == "mjpeg" ? "yuvj420p" : "yuv420p", url.path,
            ]
            make.standardError = FileHandle.nullDevice
            guard (try? make.run()) != nil else { return nil }
            make.waitUntilExit()
            return make.terminationStatus == 0 ? url : nil
        }
    }

    private func damaged(_ bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            guard bytes.count > 64 else { return bytes }
            let at = Int.random(in: 0..<bytes.count, using: &random)
            let length = Int.random(in: 1..<min(4096, bytes.count), using: &random)
            let end = min(bytes.count, at + length)
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes.removeSubrange(at..<bytes.count)
            case 1: bytes.removeSubrange(at..<end)
            case 2: for index in at..<end { bytes[index] = 0 }
            case 3: for index in at..<min(at + 8, end) { bytes[index] = UInt8.random(in: 0...255, using: &random) }
            case 4: bytes.insert(contentsOf: bytes[at..<end], at: at)
            default: for index in at..<min(at + 4, end) { bytes[index] = 255 }
            }
        }
        return bytes
    }

    /// Everything that the demuxer gives of a file before it ends or fails.
    private func read(_ url: URL) -> [(StreamInfo, [Packet])] {
        var options = DemuxerOptions(loopFile: false)
        options.paceFile = false
        guard let demuxer = try? Demuxer(opening: "file:\(url.path)", options: options, cancellation: Cancellation())
        else { return [] }
        var runs: [(StreamInfo, [Packet])] = [(demuxer.info, [])]
        var count = 0
        while count < 2000, let next = try? demuxer.next() {
            switch next {
            case .packet(let packet):
                count += 1
                runs[runs.count - 1].1.append(packet)
            case .parametersChanged(let info): runs.append((info, []))
            case .end: return runs
            }
        }
        return runs
    }

    private func begin(_ worker: WorkerUnderTest, _ info: StreamInfo) throws {
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

    @Test("mutated and truncated clips end in answers, in bounded memory")
    func corpus() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "gw-hostile-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let seeds = try seeds(in: folder).map { Array(try Data(contentsOf: $0)) }
        guard !seeds.isEmpty else {
            print("skipped: no ffmpeg here")
            return
        }
        let worker = WorkerUnderTest(AnalyseWorker.run)
        _ = try worker.reply()
        try worker.send(WorkerRequest.configure(cameras: [camera]))
        var random = SeededRandom(seed: 4)
        var (opened, packets) = (0, 0)
        var first = 0
        for number in 1...Self.count {
            let file = folder.appending(path: "damaged")
            try Data(damaged(seeds[number % seeds.count], &random)).write(to: file)
            for (info, run) in read(file) {
                opened += 1
                let reader = SliceReader(info)
                try begin(worker, info)
                for packet in run {
                    packets += 1
                    _ = reader.facts(of: packet.bytes)
                    let ticks = Int.random(in: 0..<50, using: &random) == 0 ? Int64.max - 1 : packet.ptsTicks
                    let request = WorkerRequest.packet(
                        cameraId: "kerb",
                        mediaTicks: ticks,
                        at: WallTime(microseconds: 1_800_000_000_000_000),
                        key: packet.isKey,
                        wanted: true
                    )
                    try worker.send(request, payload: packet.bytes)
                }
            }
            try worker.send(WorkerRequest.ping(number: number))
            _ = try worker.replies(until: number)
            if number == Self.count / 4 { first = residentMegabytes }
        }
        #expect(opened > Self.count / 4)
        #expect(packets > Self.count)
        #expect(residentMegabytes < first + 200, "from \(first) to \(residentMegabytes) MiB")
        worker.endInput()
        #expect(try worker.exitCode() == 0)
    }

    @Test("packets without bytes and times at the ends of what there is are survived")
    func extremes() throws {
        let worker = WorkerUnderTest(AnalyseWorker.run)
        _ = try worker.reply()
        try worker.send(WorkerRequest.configure(cameras: [camera]))
        for codec in ["h264", "hevc", "mpeg4", "mjpeg"] {
            let info = StreamInfo(codec: .h264, width: 0, height: 0, extradata: [], codecString: "")
            try worker.send(
                WorkerRequest.stream(cameraId: "kerb", run: "1", codec: codec, width: info.width, height: info.height)
            )
            for ticks in [Int64.min, -1, 0, 1, Int64.max] {
                for (key, bytes) in [(true, []), (false, []), (true, [0]), (false, [0, 0, 0, 1])] as [(Bool, [UInt8])] {
                    let request = WorkerRequest.packet(
                        cameraId: "kerb",
                        mediaTicks: ticks,
                        at: WallTime(microseconds: ticks),
                        key: key,
                        wanted: true
                    )
                    try worker.send(request, payload: bytes)
                }
            }
        }
        try worker.send(WorkerRequest.ping(number: 1))
        _ = try worker.replies(until: 1)
        worker.endInput()
        #expect(try worker.exitCode() == 0)
    }

    @Test("a picture that claims 16384 × 16384 pixels is refused before memory is taken for it")
    func hugePicture() throws {
        guard let url = SharedData.video("parking_lot_mjpeg.avi"), let (info, packets) = read(url).first,
            let packet = packets.first
        else {
            print("skipped: no shared clips here")
            return
        }
        var bytes = packet.bytes
        // SOF0 (ITU-T T.81 §B.2.2): FF C0, length, precision, height, width.
        guard let at = bytes.indices.dropLast(9).first(where: { bytes[$0] == 0xFF && bytes[$0 + 1] == 0xC0 }) else {
            Issue.record("no frame header")
            return
        }
        bytes.replaceSubrange(at + 5..<at + 9, with: [0x40, 0, 0x40, 0])
        let decoder = try VideoDecoder(codec: .mjpeg, extradata: info.extradata, width: info.width, height: info.height)
        let before = residentMegabytes
        let refused = try? decoder.decode(bytes, ptsTicks: 0, isKey: true)
        #expect(refused?.isEmpty != false)
        #expect(residentMegabytes < before + 100)
        let pictures = try decoder.decode(packet.bytes, ptsTicks: 1, isKey: true) + decoder.flush()
        #expect(pictures.count == 1)
    }
}
