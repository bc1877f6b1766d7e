import Foundation
import TestSupport
import Testing

/// One camera of the real program, over HTTP alone: its recording is paused and goes on, and what moved is found.
@Suite("Paused recording and movement over HTTP", .serialized)
struct PausedRecordingTests {
    @Test("a pause is a gap in timeline, gaps and accounting, which add up; movement is found where it was")
    func pause() async throws {
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/ffmpeg") else {
            print("skipped: /usr/bin/ffmpeg is not installed")
            return
        }
        let folder = RunningCentre.temporaryFolder()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        // A square that wanders in the left half of a picture that is still otherwise.
        let clip = folder.appending(path: "yard.mp4")
        _ = try FrameWalk.output(of: [
            "/usr/bin/ffmpeg", "-v", "error", "-nostdin", "-f", "lavfi", "-i", "color=c=gray:s=640x360:r=10:d=30",
            "-f", "lavfi", "-i", "color=c=white:s=70x70:r=10:d=30", "-filter_complex",
            "[0][1]overlay=x='20+200*abs(sin(t))':y='80+100*abs(cos(t*0.7))'", "-c:v", "libx264", "-preset",
            "ultrafast",
            "-g", "10", "-pix_fmt", "yuv420p", clip.path,
        ])
        let centre = try await RunningCentre(
            site: """
                site: { name: test }
                recording: { shards: 1, freeSpaceFloor: 100MB }
                cameras:
                  - { id: yard, source: "file:\(clip.path)", position: { lat: 32.49, lon: 119.92 } }
                """,
            folder: folder
        )
        defer { centre.stop() }
        let admin = try await Visitor(centre, "admin", password: "administrator")
        let start = Date() - 5

        // Somebody watches for a while.
        try await Self.wait("recorded and moved", centre) {
            let map = try await admin.get("api/v1/cameras/yard/activity?\(Self.range(start, Date()))")
            return !(map.json["spans"] as? [Any] ?? []).isEmpty
        }
        let left = try await admin.get("api/v1/cameras/yard/activity?\(Self.range(start, Date()))&region=0,0,0.5,1")
        let right = try await admin.get("api/v1/cameras/yard/activity?\(Self.range(start, Date()))&region=0.6,0,0.4,1")
        #expect(left.status == 200 && !(left.json["spans"] as? [Any] ?? []).isEmpty)
        #expect(right.status == 200 && (right.json["spans"] as? [Any])?.isEmpty == true)

        let paused = try await admin.post("api/v1/cameras/yard/recording", ["paused": true, "reason": "market day"])
        #expect(paused.status == 200)
        try await Self.wait("paused for 3 s", centre) {
            let gaps = try await Self.timeline(admin, start, Date(), "gaps")
            return gaps.last.map { $0.reason == "paused" && $0.to - $0.from >= 3 } ?? false
        }
        let shown = try await admin.get("api/v1/cameras/yard")
        #expect((shown.json["recording"] as? [String: Any])?["paused"] as? Bool == true)
        let resumed = try await admin.post(
            "api/v1/cameras/yard/recording",
            ["paused": false, "reason": "market is over"]
        )
        #expect(resumed.status == 200)
        try await Self.wait("recorded again", centre) {
            let runs = try await Self.timeline(admin, start, Date(), "runs")
            let gaps = try await Self.timeline(admin, start, Date(), "gaps")
            guard let run = runs.last, let gap = gaps.last else { return false }
            return gap.reason == "paused" && run.from >= gap.to - 0.001 && run.to - run.from >= 4
        }

        // All of it lies in the past now: nothing of it changes any more.
        let end = try #require(try await Self.timeline(admin, start, Date(), "runs").last).from + 2
        let window = Self.range(start, Date(timeIntervalSince1970: end))
        let row = try #require(try await admin.get("api/v1/accounting?cameraId=yard&\(window)").items.first)
        let seconds = { (key: String) in (row[key] as? NSNumber)?.doubleValue ?? .nan }
        #expect(abs(seconds("recordedSeconds") + seconds("gapSeconds") - seconds("windowSeconds")) < 1e-6)
        let listed = try await admin.get("api/v1/gaps?cameraId=yard&\(window)&reason=paused").items
        let gap = try #require(listed.first)
        let length = (gap["seconds"] as? NSNumber)?.doubleValue ?? .nan
        #expect(listed.count == 1 && length >= 3)
        let byReason = (row["byReason"] as? [String: Any])?["paused"] as? NSNumber
        #expect(abs((byReason?.doubleValue ?? .nan) - length) < 0.001)
        let drawn = try await Self.timeline(admin, start, Date(timeIntervalSince1970: end), "gaps")
            .filter { $0.reason == "paused" }
        #expect(drawn.count == 1 && abs((drawn.first.map { $0.to - $0.from } ?? .nan) - length) < 0.001)
    }

    private struct Stretch {
        /// Seconds since 1970.
        var from: Double
        var to: Double
        var reason: String?
    }

    private static func timeline(
        _ visitor: Visitor,
        _ from: Date,
        _ to: Date,
        _ key: String
    ) async throws -> [Stretch] {
        let answer = try await visitor.get("api/v1/cameras/yard/timeline?\(range(from, to))")
        return (answer.json[key] as? [[String: Any]] ?? []).compactMap { item in
            guard let from = seconds(item["from"]), let to = seconds(item["to"]) else { return nil }
            return Stretch(from: from, to: to, reason: item["reason"] as? String)
        }
    }

    private static func seconds(_ time: Any?) -> Double? {
        guard let text = time as? String else { return nil }
        let format = ISO8601DateFormatter()
        let parts = text.dropLast().split(separator: ".")
        guard let whole = parts.first, let date = format.date(from: whole + "Z") else { return nil }
        let fraction = parts.count > 1 ? Double("0." + parts[1]) ?? 0 : 0
        return date.timeIntervalSince1970 + fraction
    }

    private static func range(_ from: Date, _ to: Date) -> String {
        let format = ISO8601DateFormatter()
        format.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        return "from=\(format.string(from: from))&to=\(format.string(from: to))"
    }

    private static func wait(
        _ what: String,
        _ centre: RunningCentre,
        _ condition: () async throws -> Bool
    ) async throws {
        let end = ContinuousClock.now + .seconds(60) * patience
        while ContinuousClock.now < end {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(250))
        }
        print(centre.condition)
        throw RunningCentre.Failure(description: "not within a minute: \(what)")
    }
}
