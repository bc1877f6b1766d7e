import Foundation
import TestSupport
import Testing

/// What happens to a running centre when its processes are killed.
@Suite("A centre under fire", .serialized)
struct CentreFaultTests {
    private static let clips = [
        "a": "abandoned_backpack_indoor_aboda.mp4", "b": "street_traffic_suburban.mp4", "c": "night_ir_person_hevc.mp4",
        "d": "indoor_persons_one_by_one.mp4",
    ]

    private static func site(rtspPort: Int, cameras: [(id: String, clip: String)]) -> String {
        let entries = cameras.map { "  - { id: \($0.id), source: \"rtsp://127.0.0.1:\(rtspPort)/\($0.clip)\" }" }
        return """
            site: { name: test }
            recording: { shards: 2, freeSpaceFloor: 100MB }
            cameras:
            \(entries.joined(separator: "\n"))
            """
    }

    /// Every camera's recorded frames, over all its segments in order, against its clip's.
    private static func verdict(_ data: URL, camera: String, clip: String) throws -> FrameWalk.Verdict {
        let source = try #require(SharedData.video(clip))
        let codec = clip.contains("hevc") ? "hevc" : "h264"
        let recorded = try segments(data, camera: camera).flatMap { try FrameWalk.frames(of: $0, codec: codec) }
        return FrameWalk.check(recorded: recorded, clip: try FrameWalk.frames(of: source, codec: codec))
    }

    private static func segments(_ data: URL, camera: String) -> [URL] {
        let root = data.appending(path: "recordings/\(camera)")
        let files =
            FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)?.compactMap { $0 as? URL } ?? []
        return files.filter { $0.pathExtension == "mp4" }.sorted { $0.path < $1.path }
    }

    private static func allLive(_ visitor: Visitor, count: Int) async throws -> Bool {
        for _ in 0..<300 {
            let cameras = try await visitor.get("api/v1/cameras").items
            if cameras.count == count, cameras.allSatisfy({ $0["state"] as? String == "live" }) { return true }
            try await Task.sleep(for: .milliseconds(100))
        }
        return false
    }

    @Test("loses no frame of eight cameras when serve is killed and started again, and the new one adopts capture")
    func serveKilled() async throws {
        let port = TestPeer.freePort()
        guard let server = try TestPeer.rtspServer(port: port, clips: Self.clips) else {
            print("skipped: no clips or RTSP server in the shared folder")
            return
        }
        defer { server.stop() }
        #expect(await server.isReady())
        let cameras = (0..<8).map { (id: "cam\($0)", clip: ["a", "b", "c", "d"][$0 % 4]) }
        let folder = RunningCentre.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let centre = try await RunningCentre(site: Self.site(rtspPort: port, cameras: cameras), folder: folder)
        defer { centre.stop() }
        #expect(try await Self.allLive(Visitor(centre, "admin", password: "administrator"), count: 8))
        let before = Set(centre.captureProcessIds())
        #expect(before.count == 2)

        centre.killServe()
        try await Task.sleep(for: .seconds(8))
        try await centre.startAgain()
        #expect(try await Self.allLive(Visitor(centre, "admin", password: "administrator"), count: 8))
        #expect(Set(centre.captureProcessIds()) == before)
        try await Task.sleep(for: .seconds(3))
        centre.stop()
        #expect(centre.captureProcessIds().isEmpty)
        for camera in cameras {
            let clip = try #require(Self.clips[camera.clip])
            let verdict = try Self.verdict(folder.appending(path: "data"), camera: camera.id, clip: clip)
            guard case .unbroken(_, let count) = verdict else {
                Issue.record("\(camera.id): \(verdict)")
                continue
            }
            #expect(count > 50)
        }
    }

    @Test("plays every file after everything was killed, records again within 5 s, and names one gap per camera")
    func everythingKilled() async throws {
        let port = TestPeer.freePort()
        // Both have a key frame every two seconds or less.
        let clips = ["b": "street_traffic_suburban.mp4", "e": "indoor_persons_one_by_one.mp4"]
        guard let server = try TestPeer.rtspServer(port: port, clips: clips) else {
            print("skipped: no clips or RTSP server in the shared folder")
            return
        }
        defer { server.stop() }
        #expect(await server.isReady())
        let cameras = [(id: "cam0", clip: "b"), (id: "cam1", clip: "e")]
        let folder = RunningCentre.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let centre = try await RunningCentre(site: Self.site(rtspPort: port, cameras: cameras), folder: folder)
        defer { centre.stop() }
        #expect(try await Self.allLive(Visitor(centre, "admin", password: "administrator"), count: 2))
        try await Task.sleep(for: .seconds(6))
        let captures = centre.captureProcessIds()
        let workers = centre.workerProcessIds()
        centre.killServe()
        for id in captures + workers { kill(id, SIGKILL) }
        let killedAt = Date()
        try await Task.sleep(for: .seconds(1))
        let files = cameras.flatMap { Self.segments(folder.appending(path: "data"), camera: $0.id) }
        #expect(files.count == 2)
        for file in files {
            #expect(
                try !FrameWalk.output(of: [
                    "/usr/bin/ffprobe", "-v", "error", "-count_packets", "-show_entries", "stream=nb_read_packets",
                    "-of", "csv=p=0", file.path,
                ]).isEmpty
            )
        }

        let restarted = Date()
        try await centre.startAgain()
        let visitor = try await Visitor(centre, "admin", password: "administrator")
        #expect(try await Self.allLive(visitor, count: 2))
        let isRecording = await eventually(within: .seconds(10)) {
            cameras.allSatisfy { Self.segments(folder.appending(path: "data"), camera: $0.id).count >= 2 }
        }
        #expect(isRecording)
        let seconds = Date().timeIntervalSince(restarted)
        print("recording again \(seconds) s after the start")
        #expect(seconds < 5 * Double(patience))
        try await Task.sleep(for: .seconds(2))
        let format = ISO8601DateFormatter()
        for camera in cameras {
            let from = format.string(from: killedAt.addingTimeInterval(-60))
            let to = format.string(from: Date().addingTimeInterval(60))
            let timeline = try await visitor.get("api/v1/cameras/\(camera.id)/timeline?from=\(from)&to=\(to)").json
            let gaps = (timeline["gaps"] as? [[String: Any]] ?? []).filter { $0["reason"] as? String == "crash" }
            #expect(gaps.count == 1, "\(timeline)")
            let start = (gaps.first?["from"] as? String).flatMap(Self.date)
            let lost = try killedAt.timeIntervalSince(#require(start))
            #expect(lost < 2 * Double(patience), "\(camera.id) lost \(lost) s")
        }
    }

    @Test("leaves no process behind when it is ended while a capture hangs")
    func endedWhileHanging() async throws {
        let folder = RunningCentre.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let site = """
            site: { name: test }
            recording: { shards: 2 }
            cameras: [ { id: cam0, source: "rtsp://127.0.0.1:1/none" } ]
            """
        let centre = try await RunningCentre(site: site, folder: folder)
        defer { centre.stop() }
        #expect(await eventually(within: .seconds(5)) { centre.captureProcessIds().count == 2 })
        try kill(#require(centre.captureProcessIds().first), SIGSTOP)
        centre.stop()
        #expect(centre.captureProcessIds().isEmpty)
    }

    @Test("restarts a killed or hung analyse worker, and not one frame is missing")
    func workerKilled() async throws {
        let port = TestPeer.freePort()
        guard let server = try TestPeer.rtspServer(port: port, clips: ["b": "street_traffic_suburban.mp4"]) else {
            print("skipped: no clips or RTSP server in the shared folder")
            return
        }
        defer { server.stop() }
        #expect(await server.isReady())
        let folder = RunningCentre.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let site = """
            site: { name: test }
            recording: { shards: 1, freeSpaceFloor: 100MB }
            cameras:
              - id: cam0
                source: rtsp://127.0.0.1:\(port)/b
                zones: [ { id: all, polygon: [[0, 0], [1, 0], [1, 1], [0, 1]], rules: [ { kind: motion, after: 1s } ] } ]
            """
        let centre = try await RunningCentre(site: site, folder: folder)
        defer { centre.stop() }
        #expect(try await Self.allLive(Visitor(centre, "admin", password: "administrator"), count: 1))
        #expect(await eventually(within: .seconds(5)) { centre.workerProcessIds().count == 1 })
        let first = try #require(centre.workerProcessIds().first)
        kill(first, SIGKILL)
        #expect(await eventually(within: .seconds(3)) { centre.workerProcessIds().first.map { $0 != first } ?? false })
        let second = try #require(centre.workerProcessIds().first)
        kill(second, SIGSTOP)
        #expect(
            await eventually(within: .seconds(13)) { centre.workerProcessIds().first.map { $0 != second } ?? false }
        )
        centre.stop()
        let verdict = try Self.verdict(
            folder.appending(path: "data"),
            camera: "cam0",
            clip: "street_traffic_suburban.mp4"
        )
        guard case .unbroken(_, let count) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        #expect(count > 100)
    }

    private static func date(_ text: String) -> Date? {
        let format = ISO8601DateFormatter()
        format.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        if let date = format.date(from: text) { return date }
        format.formatOptions = [.withInternetDateTime]
        return format.date(from: text.replacing(#/\.[0-9]+Z/#, with: "Z"))
    }
}
