import Domain
import Foundation
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Serve is killed, hung and started again, over and over, while capture records.
@Suite("A serve that comes and goes", .serialized) struct ServeFaultTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let isLong = environment["GRIDWATCH_SOAK"] == "1"
    private static let clips = [
        "a": "abandoned_backpack_indoor_aboda.mp4", "b": "street_traffic_suburban.mp4", "c": "night_ir_person_hevc.mp4",
        "d": "indoor_persons_one_by_one.mp4",
    ]

    @Test("costs no frame, and afterwards the index knows every segment")
    func comesAndGoes() async throws {
        let rounds = Self.isLong ? Self.environment["GRIDWATCH_SOAK_ROUNDS"].flatMap { Int($0) } ?? 50 : 3
        let count = Self.isLong ? 16 : 4
        let cameras = (0..<count).map { (id: "cam\($0)", clip: ["a", "b", "c", "d"][$0 % 4]) }
        let port = TestPeer.freePort()
        let names = try Dictionary(uniqueKeysWithValues: cameras.map { ($0.id, try #require(Self.clips[$0.clip])) })
        guard let server = try TestPeer.rtspServer(port: port, clips: names) else {
            print("skipped: no clips or RTSP server in the shared folder")
            return
        }
        defer { server.stop() }
        #expect(await server.isReady())
        let entries = cameras.map { "  - { id: \($0.id), source: \"rtsp://127.0.0.1:\(port)/\($0.id)\" }" }
        let site = """
            site: { name: test }
            recording: { shards: 2, freeSpaceFloor: 100MB, segment: 10s }
            cameras:
            \(entries.joined(separator: "\n"))
            """
        let folder = RunningCentre.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let centre = try await RunningCentre(site: site, folder: folder)
        defer { centre.stop() }
        let data = folder.appending(path: "data")
        func files(_ camera: String) -> [URL] {
            let root = data.appending(path: "recordings/\(camera)")
            let all = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)?.allObjects ?? []
            return all.compactMap { $0 as? URL }.filter { $0.pathExtension == "mp4" }.sorted { $0.path < $1.path }
        }
        #expect(await eventually(within: .seconds(30)) { cameras.allSatisfy { !files($0.id).isEmpty } })
        let captures = Set(centre.captureProcessIds())
        #expect(captures.count == 2)
        var random = SeededRandom(seed: 50)
        for round in 0..<rounds {
            try await Task.sleep(for: .milliseconds(Int.random(in: 200...1500, using: &random)))
            switch round % 3 {
            case 0:
                centre.killServe()
                try await centre.startAgain()
            case 1:
                kill(centre.processId, SIGSTOP)
                try await Task.sleep(for: .milliseconds(Int.random(in: 500...3000, using: &random)))
                kill(centre.processId, SIGCONT)
            default:
                // Hung, and killed for that.
                kill(centre.processId, SIGSTOP)
                try await Task.sleep(for: .milliseconds(500))
                centre.killServe()
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...1000, using: &random)))
                try await centre.startAgain()
            }
            #expect(Set(centre.captureProcessIds()) == captures, "round \(round)")
        }
        centre.stop()
        #expect(centre.captureProcessIds().isEmpty)
        var frames = 0
        for camera in cameras {
            let clip = try #require(Self.clips[camera.clip].flatMap(SharedData.video))
            let codec = camera.clip == "c" ? "hevc" : "h264"
            let recorded = try files(camera.id).flatMap { try FrameWalk.frames(of: $0, codec: codec) }
            let verdict = FrameWalk.check(recorded: recorded, clip: try FrameWalk.frames(of: clip, codec: codec))
            guard case .unbroken(_, let count) = verdict else {
                Issue.record("\(camera.id): \(verdict)")
                continue
            }
            frames += count
        }
        // The last serve took in what the journals held when it ended; one more start takes in the rest.
        try await centre.startAgain()
        let visitor = try await Visitor(centre, "admin", password: "administrator")
        let isKnown = await eventually(within: .seconds(30)) {
            let text = try? FrameWalk.output(of: [
                RunningCentre.executable.path, "fsck", "--data", data.path,
            ])
            return text != nil
        }
        #expect(isKnown, "recordings and index differ")
        _ = visitor
        print("\(rounds) times: \(frames) frames of \(count) streams, none lost; the index is complete")
    }
}
