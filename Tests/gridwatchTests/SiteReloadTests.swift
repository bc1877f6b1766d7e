import Domain
import Foundation
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

@Suite("A site file that changes while the service runs", .serialized)
struct SiteReloadTests {
    private static func camera(_ id: String, _ clip: GeneratedClip) -> String {
        "  - { id: \(id), source: \"file:\(clip.url.path)\", record: { activity: false } }\n"
    }

    private static func write(_ cameras: String, to folder: URL, head: String = "") throws {
        let text = "site: { name: test }\nrecording: { shards: 1, freeSpaceFloor: 100MB }\n\(head)cameras:\n\(cameras)"
        // As editors do: written beside it and put in its place.
        try Data(text.utf8).write(to: folder.appending(path: "site.yaml"), options: .atomic)
    }

    @Test("cameras come and go, the others lose no frame; a file that can't be used changes nothing and says why")
    func changes() async throws {
        let clip = try GeneratedClip("reload.mp4", seconds: 20, video: GeneratedClip.h264)
        let folder = RunningCentre.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Self.write(Self.camera("stays", clip) + Self.camera("goes", clip), to: folder)
        let file = folder.appending(path: "site.yaml").path
        let centre = try await RunningCentre(
            ["serve", "--site", file, "--data", folder.appending(path: "data").path, "--listen", "127.0.0.1:0"],
            folder: folder
        )
        defer { centre.stop() }
        let admin = try await Visitor(centre, "admin", password: "administrator")
        func states() async throws -> [String: String] {
            let answer = try await admin.get("api/v1/cameras")
            let items = answer.json["items"] as? [[String: Any]] ?? []
            return Dictionary(
                items.compactMap { item in (item["id"] as? String).map { ($0, item["state"] as? String ?? "") } },
                uniquingKeysWith: { first, _ in first }
            )
        }
        func becomes(_ expected: [String: String]) async throws -> Bool {
            for _ in 0..<(30 * patience) {
                if try await states() == expected { return true }
                try await Task.sleep(for: .seconds(1))
            }
            return false
        }
        #expect(try await becomes(["stays": "live", "goes": "live"]))
        let before = WallTime(microseconds: Int64(Date().timeIntervalSince1970 * 1e6))
        let captures = Set(centre.captureProcessIds())

        // Seen by itself.
        try Self.write(Self.camera("stays", clip) + Self.camera("comes", clip), to: folder)
        #expect(try await becomes(["stays": "live", "comes": "live"]))

        // Asked for, and wrong.
        try Self.write(Self.camera("stays", clip) + "  - { id: bad, source: \"gopher://u:geheim@h\" }\n", to: folder)
        let refused = try await admin.post("api/v1/site/reload")
        #expect(refused.status == 422)
        let text = String(decoding: refused.body, as: UTF8.self)
        #expect(text.contains("cameras[1].source") && text.contains("invalidSite"))
        #expect(!text.contains("geheim"))
        #expect(try await states() == ["stays": "live", "comes": "live"])

        // By signal, with a platform that may not be asked now and a section that waits for a restart.
        let hour = (Int(Date().timeIntervalSince1970) / 3600 + 8) % 24
        let from = (hour + 2) % 24
        let hours = "\(from < 10 ? "0" : "")\(from):00-\((from + 1) % 24 < 10 ? "0" : "")\((from + 1) % 24):00"
        try Self.write(
            Self.camera("stays", clip) + "  - { id: closed, source: \"file:\(clip.url.path)\", platform: p }\n",
            to: folder,
            head: "platforms: [ { id: p, hours: [ \"\(hours)\" ] } ]\n"
        )
        kill(centre.processId, SIGHUP)
        #expect(try await becomes(["stays": "live", "closed": "offline"]))
        let cameras = try await admin.get("api/v1/cameras").json["items"] as? [[String: Any]] ?? []
        #expect(cameras.first { $0["id"] as? String == "closed" }?["reason"] as? String == "hours")

        // Nothing of all that touched the camera that stayed.
        #expect(Set(centre.captureProcessIds()) == captures)
        let now = WallTime(microseconds: Int64(Date().timeIntervalSince1970 * 1e6))
        let timeline = try await admin.get("api/v1/cameras/stays/timeline?from=\(before.rfc3339)&to=\(now.rfc3339)")
        let gaps = timeline.json["gaps"] as? [[String: Any]] ?? []
        #expect(gaps.isEmpty, "\(gaps)")
    }
}
