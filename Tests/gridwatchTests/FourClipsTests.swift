import Foundation
import TestSupport
import Testing

/// The four clips for five minutes: a bag that is left, and three cameras where nothing of the kind happens.
@Suite("Four real clips", .enabled(if: ProcessInfo.processInfo.environment["GRIDWATCH_SOAK"] != nil))
struct FourClipsTests {
    private static let clips = [
        "bag": "abandoned_backpack_indoor_aboda.mp4", "street": "street_traffic_suburban.mp4",
        "night": "night_ir_person_hevc.mp4", "lot": "lot_person_bicycle_car.mp4",
    ]

    @Test("give at most one case a pass for the bag, none for parked cars, and recordings without a gap")
    func fiveMinutes() async throws {
        let folder = RunningCentre.temporaryFolder()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        guard let tool = SharedData.tool("rtsp_serve.py"), var files = Self.files() else {
            print("skipped: no clips or RTSP server in the shared folder")
            return
        }
        // The clip begins with pictures that its edit list hides, the first key frame among them; the server drops them
        // and never finds a beginning. Without the list all of it is served.
        let whole = folder.appending(path: "lot.mp4")
        _ = try FrameWalk.output(of: [
            "/usr/bin/ffmpeg", "-v", "error", "-ignore_editlist", "1", "-i", try #require(files["lot"]).path, "-c",
            "copy",
            "-an", "-avoid_negative_ts", "make_zero", whole.path,
        ])
        files["lot"] = whole
        let port = TestPeer.freePort()
        let names = files.keys.sorted()
        let server = try TestPeer(
            ["/usr/bin/python3", tool.path, "--port", "\(port)"] + names.map { "\($0)=\(files[$0]?.path ?? "")" }
        )
        defer { server.stop() }
        #expect(await server.isReady())
        let zone =
            #"{ id: all, polygon: [[0, 0], [1, 0], [1, 1], [0, 1]], rules: [ { kind: stationary, after: 10s, class: "09009" } ] }"#
        let cameras = names.map {
            "  - { id: \($0), source: \"rtsp://127.0.0.1:\(port)/\($0)\", position: { lat: 32.49, lon: 119.92 }, zones: [ \(zone) ] }"
        }
        let site = """
            site: { name: test }
            recording: { shards: 2, freeSpaceFloor: 100MB }
            cameras:
            \(cameras.joined(separator: "\n"))
            cases: { policy: { "09009": open } }
            """
        let centre = try await RunningCentre(site: site, folder: folder)
        defer { centre.stop() }
        let visitor = try await Visitor(centre, "admin", password: "administrator")
        try await Task.sleep(for: .seconds(90))
        let early = try await visitor.get("api/v1/alarms").items.filter { $0["kind"] as? String == "stationary" }
        #expect(early.contains { $0["source"] as? String == "bag" })
        let strangers = early.filter { $0["source"] as? String != "bag" }.count
        try await Task.sleep(for: .seconds(225))
        let alarms = try await visitor.get("api/v1/alarms").items.filter { $0["kind"] as? String == "stationary" }
        let cases = try await visitor.get("api/v1/cases").items
        print("alarms of the bag: \(alarms.filter { $0["source"] as? String == "bag" }.count), cases: \(cases.count)")
        #expect(alarms.filter { $0["source"] as? String == "bag" }.count <= 8)
        #expect(!cases.isEmpty)
        #expect(cases.count <= 8)
        #expect(alarms.filter { $0["source"] as? String != "bag" }.count == strangers)
        let now = ISO8601DateFormatter()
        let (from, to) = (now.string(from: Date() - 300), now.string(from: Date()))
        for name in names {
            let timeline = try await visitor.get("api/v1/cameras/\(name)/timeline?from=\(from)&to=\(to)").json
            #expect((timeline["gaps"] as? [Any])?.isEmpty == true, "\(name): \(timeline)")
        }
        centre.stop()
        for name in names {
            let verdict = try Self.verdict(folder.appending(path: "data"), name, try #require(files[name]))
            guard case .unbroken(_, let count) = verdict else {
                Issue.record("\(name): \(verdict)")
                continue
            }
            print("\(name): \(count) frames, an unbroken walk")
        }
    }

    private static func files() -> [String: URL]? {
        var files: [String: URL] = [:]
        for (name, clip) in clips {
            guard let file = SharedData.video(clip) else { return nil }
            files[name] = file
        }
        return files
    }

    private static func verdict(_ data: URL, _ camera: String, _ clip: URL) throws -> FrameWalk.Verdict {
        let root = data.appending(path: "recordings/\(camera)")
        let found =
            FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)?.compactMap { $0 as? URL } ?? []
        let codec = camera == "night" ? "hevc" : "h264"
        let recorded = try found.filter { $0.pathExtension == "mp4" }.sorted { $0.path < $1.path }
            .flatMap { try FrameWalk.frames(of: $0, codec: codec) }
        return FrameWalk.check(recorded: recorded, clip: try FrameWalk.frames(of: clip, codec: codec))
    }
}
