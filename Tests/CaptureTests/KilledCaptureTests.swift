import Domain
import Foundation
import Recording
import Synchronization
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

@testable import Capture

/// The whole process dies, as a kill, a crash or a power cut ends it.
@Suite("A capture process that dies", .serialized) struct KilledCaptureTests {
    private static func program(_ cameras: [CapturedCamera]) throws -> CaptureProgram? {
        guard let executable = CaptureProgram.executable else {
            print("skipped: no gridwatch beside the tests; build it or name it in GRIDWATCH_EXECUTABLE")
            return nil
        }
        return try CaptureProgram(cameras, executable: executable)
    }

    @Test("killed at any instant, every file plays, two seconds are lost at most, and one gap a time says so")
    func killed() async throws {
        let clips = ["street": "street_traffic_suburban.mp4", "indoor": "indoor_persons_one_by_one.mp4"]
        let port = TestPeer.freePort()
        guard let server = try TestPeer.rtspServer(port: port, clips: clips) else {
            print("skipped: no clips or RTSP server in the shared folder")
            return
        }
        defer { server.stop() }
        let cameras = clips.keys.sorted().map { RunningCapture.camera($0, "rtsp://127.0.0.1:\(port)/\($0)") }
        guard let program = try Self.program(cameras) else { return }
        #expect(await server.isReady())
        var random = SeededRandom(seed: 2026)
        var kills: [WallTime] = []
        var lives: [String: [[URL]]] = [:]
        func sizes() -> [URL: Int] {
            var sizes: [URL: Int] = [:]
            for file in cameras.flatMap({ program.segments($0.id) }) {
                sizes[file] = (try? SystemFiles().size(file.path)) ?? 0
            }
            return sizes
        }
        // A kill takes about three seconds; `GRIDWATCH_SOAK_KILLS` sets another number of the long ones.
        let environment = ProcessInfo.processInfo.environment
        let count =
            environment["GRIDWATCH_SOAK"] == "1" ? environment["GRIDWATCH_SOAK_KILLS"].flatMap { Int($0) } ?? 200 : 4
        for _ in 0..<count {
            let before = Set(sizes().keys)
            try program.start()
            let started = SystemClock().now()
            #expect(
                await eventually(within: .seconds(15)) {
                    cameras.allSatisfy { program.segments($0.id).contains { !before.contains($0) } }
                }
            )
            #expect(SystemClock().now() - started < .seconds(5) * patience, "recording begins within five seconds")
            try await Task.sleep(for: .milliseconds(Int.random(in: 800...3500, using: &random)))
            let at = SystemClock().now()
            #expect(await program.end(SIGKILL))
            kills.append(at)
            // What was closed before plays as it did then.
            for file in sizes().keys where !before.contains(file) {
                #expect(try RecordedFiles.packets(of: file) > 0, "\(file.path)")
            }
            for camera in cameras {
                lives[camera.id, default: []].append(program.segments(camera.id).filter { !before.contains($0) })
            }
        }
        let before = Set(sizes().keys)
        try program.start()
        #expect(
            await eventually(within: .seconds(15)) {
                cameras.allSatisfy { program.segments($0.id).contains { !before.contains($0) } }
            }
        )
        try await Task.sleep(for: .seconds(2))
        #expect(await program.end(SIGTERM))
        for camera in cameras {
            lives[camera.id]?.append(program.segments(camera.id).filter { !before.contains($0) })
            let gaps = try RecordedFiles.gaps(camera.id, in: program.data)
            #expect(
                gaps.map(\.reason) == [.starting] + [StateReason](repeating: .crash, count: count) + [.restart],
                "\(gaps)"
            )
            for (gap, at) in zip(gaps.filter { $0.reason == .crash }, kills) {
                #expect(gap.to != nil)
                let lost = at - gap.from
                print("\(camera.id): \(lost.seconds) s lost")
                #expect(lost < .seconds(2) * patience)
            }
            let clip = try #require(clips[camera.id].flatMap(SharedData.video))
            for files in try #require(lives[camera.id]) {
                guard case .unbroken(_, let count) = try RecordedFiles.walk(files, clip: clip) else {
                    Issue.record("\(camera.id): frames are missing in \(files)")
                    continue
                }
                #expect(count > 0)
            }
            for file in program.segments(camera.id) { #expect(try RecordedFiles.packets(of: file) > 0) }
        }
    }

    @Test(
        "a source that crashes it twice is isolated, then left alone; the others are recorded on; a kill counts nothing"
    )
    func suspect() async throws {
        let outside = FileManager.default.temporaryDirectory.appending(path: "gw-clip-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: outside) }
        // Never answers: it stays what libavformat is busy with.
        let silent = try TestPeer([
            "/usr/bin/python3", "-c",
            "import socket,time\ns=socket.create_server(('127.0.0.1',0))\n"
                + "print('ready',s.getsockname()[1],flush=True)\ntime.sleep(600)",
        ])
        defer { silent.stop() }
        #expect(await silent.isReady())
        let port = try #require(silent.lines.first.flatMap { Int($0.dropFirst(6)) })
        let clip = try RecordedFiles.makeClip(bitRate: 400_000, in: outside)
        guard
            let program = try Self.program([
                RunningCapture.camera("good", "file:\(clip.path)"),
                RunningCapture.camera("bad", "rtsp://127.0.0.1:\(port)/x"),
            ])
        else { return }
        func ledger(_ name: String) -> CrashLedger? {
            let file = program.data.appending(path: "capture/\(name).suspect")
            guard let text = try? Data(contentsOf: file), let line = text.split(separator: 10).first else { return nil }
            return try? JSONDecoder().decode(CrashLedger.self, from: line)
        }
        // The clip's fifty packets take two seconds; then only the silent source is marked.
        for signal in [SIGKILL, SIGKILL, SIGKILL, SIGSEGV, SIGSEGV] {
            let files = program.segments("good").count
            try program.start()
            #expect(await eventually(within: .seconds(10)) { program.segments("good").count > files })
            #expect(await eventually(within: .seconds(15)) { ledger("0")?.marked == ["bad"] })
            #expect(ledger("0")?.isolated.isEmpty == true)
            #expect(await program.end(signal))
        }
        let before = program.segments("good").count
        try program.start()
        #expect(await eventually(within: .seconds(5)) { ledger("0")?.isolated.keys.sorted() == ["bad"] })
        #expect(ledger("0")?.quarantined.isEmpty == true)
        let heard = HeardStates(program.data)
        defer { heard.close() }
        #expect(await eventually(within: .seconds(5)) { program.segments("good").count > before })
        #expect(
            await eventually(within: .seconds(15)) { heard["bad"]?.isolated == true && heard["good"]?.state == .live }
        )
        #expect(heard["good"]?.isolated != true)

        // Its own process crashes three times: nobody else notices, then the stream is left alone for an hour.
        for count in 1...3 {
            #expect(await eventually(within: .seconds(15)) { ledger("0-bad")?.marked == ["bad"] })
            let child = try #require(program.isolatedProcess("bad"))
            #expect(kill(child, SIGSEGV) == 0)
            #expect(
                await eventually(within: .seconds(15)) { program.isolatedProcess("bad").map { $0 != child } == true }
            )
            #expect(
                await eventually(within: .seconds(15)) {
                    ledger("0-bad").map { $0.crashes.count == count || !$0.quarantined.isEmpty } == true
                }
            )
        }
        #expect(await eventually(within: .seconds(15)) { heard["bad"]?.quarantinedUntil != nil })
        #expect(heard["bad"]?.state == .offline)
        #expect(heard["bad"]?.reason == .sourceError)
        #expect(heard["bad"]?.detail?.contains("again and again") == true)
        #expect(heard["bad"]?.isolated == true)
        #expect(heard.states("good").allSatisfy { $0 != .offline })

        // A process of its own ends with its shard, also when that is killed.
        let child = try #require(program.isolatedProcess("bad"))
        #expect(await program.end(SIGKILL))
        #expect(await eventually(within: .seconds(10)) { kill(child, 0) != 0 })
    }

    @Test("what isn't recorded for want of power is put down to that, and a crash of capture to itself")
    func power() async throws {
        let outside = FileManager.default.temporaryDirectory.appending(path: "gw-clip-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: outside) }
        let clip = try RecordedFiles.makeClip(bitRate: 400_000, in: outside)
        guard let program = try Self.program([RunningCapture.camera("cam", "file:\(clip.path)")]) else { return }
        let boot = program.data.appending(path: "capture/0.boot")
        func present() -> String? { try? String(contentsOf: boot, encoding: .utf8) }
        for _ in 0..<3 {
            let files = program.segments("cam").count
            try program.start()
            #expect(await eventually(within: .seconds(10)) { program.segments("cam").count > files })
            let host = try String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
            #expect(await eventually(within: .seconds(15)) { present() == host })
            // A segment without a whole fragment would leave the gap before it open.
            let isRecorded = await eventually(within: .seconds(15)) {
                program.segments("cam").count > files
                    && program.segments("cam").last.map { ((try? SystemFiles().size($0.path)) ?? 0) > 60_000 } == true
            }
            #expect(isRecorded)
            #expect(await program.end(SIGKILL))
            // As if the host had been another one before the second start.
            if files == 0 { try Data("00000000-0000-0000-0000-000000000000\n".utf8).write(to: boot) }
        }
        let files = program.segments("cam").count
        try program.start()
        #expect(await eventually(within: .seconds(10)) { program.segments("cam").count > files })
        #expect(await program.end(SIGTERM))
        // The clip may have come to its end in between.
        let reasons = try RecordedFiles.gaps("cam", in: program.data).map(\.reason).filter { $0 != .closed }
        #expect(reasons == [.starting, .power, .crash, .crash, .restart], "\(reasons)")
    }
}

/// What a serve beside a program hears of its cameras.
private final class HeardStates: Sendable {
    private let link: CaptureLink
    private let latest = Mutex<[String: [CameraStatus]]>([:])

    init(_ data: URL) {
        link = CaptureLink(dataDirectory: data, shard: 0)
        link.start()
        Task { [weak self, link] in
            for await (event, _) in link.events {
                guard case .state(let status) = event else { continue }
                self?.latest.withLock { $0[status.cameraId, default: []].append(status) }
            }
        }
    }

    subscript(camera: String) -> CameraStatus? { latest.withLock { $0[camera]?.last } }

    func states(_ camera: String) -> [CameraState] { latest.withLock { ($0[camera] ?? []).map(\.state) } }

    func close() { link.close() }
}
