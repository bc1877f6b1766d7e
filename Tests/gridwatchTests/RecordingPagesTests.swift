import Foundation
import TestSupport
import Testing

/// The playback pages in a real browser, over two cameras whose pictures count their frames and one of H.265.
@Suite("Recorded pictures in the browser", .serialized)
struct RecordingPagesTests {
    private static let tools = ["/usr/bin/ffmpeg", "/usr/bin/chromedriver", "/usr/bin/python3"]
    /// Seconds of the clips; played again and again.
    private static let length = 20

    @Test("two cameras play in step, backwards, fast, over a gap; what moved is found; H.265 is transcoded")
    func pages() async throws {
        for tool in Self.tools where !FileManager.default.isExecutableFile(atPath: tool) {
            print("skipped: \(tool) is not installed")
            return
        }
        let folder = RunningCentre.temporaryFolder()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Self.clip("smptebars", ["-c:v", "libx264", "-g", "25", "-bf", "2"], folder, "one.mp4")
        try Self.clip(
            "smptehdbars",
            ["-c:v", "libx264", "-g", "50", "-bf", "0"],
            folder,
            "two.mkv",
            sound: ["-c:a", "pcm_alaw", "-ac", "1", "-ar", "8000"]
        )
        try Self.clip(
            "smptebars",
            ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "keyint=25:log-level=none", "-tag:v", "hvc1"],
            folder,
            "hevc.mp4"
        )
        let cameras = ["one", "two", "hevc"].map {
            "  - { id: \($0), source: \"file:\(folder.appending(path: "\($0).\($0 == "two" ? "mkv" : "mp4")").path)\", position: { lat: 32.49, lon: 119.92 } }"
        }
        let site = """
            site: { name: test }
            recording: { shards: 1, freeSpaceFloor: 100MB }
            cameras:
            \(cameras.joined(separator: "\n"))
            """
        let centre = try await RunningCentre(site: site, folder: folder)
        defer { centre.stop() }
        let admin = try await Visitor(centre, "admin", password: "administrator")
        let made = try await admin.post(
            "api/v1/users",
            ["name": "watch", "password": "watch-password", "role": "monitor", "displayName": "Watch"]
        )
        try #require(made.status < 300)

        let from = try await Self.recorded(for: 26, by: admin)
        // Stopped first: the gap is long enough to be looked at.
        let capture = try #require(centre.captureProcessIds().first)
        kill(capture, SIGSTOP)
        let gap = Date()
        try await Task.sleep(for: .seconds(5))
        kill(capture, SIGKILL)
        _ = try await Self.recorded(for: 8, after: Date(), by: admin)

        let text = ISO8601DateFormatter()
        try Self.browser(
            centre,
            folder,
            [
                "--user", "monitor=watch:watch-password", "--cameras", "one,two", "--hevc", "hevc",
                "--from", text.string(from: from.addingTimeInterval(1)), "--to",
                text.string(from: gap.addingTimeInterval(-2)),
                "--gap", text.string(from: gap.addingTimeInterval(2)), "--reason", "crash", "--sound", "two", "--loop",
                "\(Self.length * 25)",
            ]
        )
    }

    /// A clip with a row of 16 squares at its upper edge that count the frames in binary.
    private static func clip(
        _ picture: String,
        _ encoder: [String],
        _ folder: URL,
        _ name: String,
        sound: [String] = []
    ) throws {
        let squares =
            "[1]format=gray,geq=lum='255*mod(floor(N/pow(2,X)),2)',scale=640:40:flags=neighbor[row];[0][row]overlay=0:0"
        _ = try FrameWalk.output(
            of: [
                "/usr/bin/ffmpeg", "-v", "error", "-nostdin", "-f", "lavfi", "-i", "\(picture)=s=640x360:r=25", "-f",
                "lavfi",
                "-i", "color=black:s=16x2:r=25",
            ] + (sound.isEmpty ? [] : ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=8000"])
                + ["-filter_complex", squares + "[video]", "-map", "[video]"]
                + (sound.isEmpty ? [] : ["-map", "2:a"] + sound) + ["-t", "\(length)"] + encoder + [
                    "-pix_fmt", "yuv420p", folder.appending(path: name).path,
                ]
        )
    }

    /// Waits until all three cameras have been recorded without a gap for some seconds; gives since when.
    private static func recorded(for seconds: TimeInterval, after: Date = .distantPast, by visitor: Visitor)
        async throws -> Date
    {
        let text = ISO8601DateFormatter()
        text.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        let plain = ISO8601DateFormatter()
        var since = Date.distantPast
        let found = try await eventuallyAsking(within: .seconds(120)) {
            since = .distantPast
            for camera in ["one", "two", "hevc"] {
                let now = Date()
                let path =
                    "api/v1/cameras/\(camera)/timeline?from=\(plain.string(from: now - 600))&to=\(plain.string(from: now))"
                let runs = try await visitor.get(path).json["runs"] as? [[String: Any]] ?? []
                guard let last = runs.last,
                    let from = (last["from"] as? String).flatMap({ text.date(from: $0) ?? plain.date(from: $0) }),
                    let to = (last["to"] as? String).flatMap({ text.date(from: $0) ?? plain.date(from: $0) }),
                    from > after, to.timeIntervalSince(from) >= seconds
                else { return false }
                since = max(since, from)
            }
            return true
        }
        try #require(found, "recorded for \(seconds) s")
        return since
    }

    private static func eventuallyAsking(within limit: Duration, _ condition: () async throws -> Bool) async throws
        -> Bool
    {
        let end = ContinuousClock.now + limit * patience
        while ContinuousClock.now < end {
            if try await condition() { return true }
            try await Task.sleep(for: .milliseconds(500))
        }
        return false
    }

    private static func browser(_ centre: RunningCentre, _ folder: URL, _ arguments: [String]) throws {
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "BrowserTests/recording_test.py")
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = [script.path, centre.address.absoluteString] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        print(text)
        if process.terminationStatus != 0 { print(centre.condition) }
        #expect(process.terminationStatus == 0, "recording_test.py: \(text.suffix(600))")
    }
}
