import Foundation
import TestSupport
import Testing

/// The demo as a stranger meets it, and the console in a real browser.
@Suite("The demo", .serialized)
struct DemoTests {
    @Test(
        "shows a case from a camera and one from a sensor within 90 s, complete, and the browser can do the whole job"
    )
    func wholeJob() async throws {
        let folder = RunningCentre.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let centre = try await RunningCentre(
            ["demo", "--data", folder.path, "--listen", "127.0.0.1:0"],
            folder: folder,
            within: .seconds(300)
        )
        defer { centre.stop() }
        let started = ContinuousClock.now
        let visitor = try await Visitor(centre, "monitor", password: "gridwatch-demo")
        var found: [String: [String: Any]] = [:]
        while found.count < 2, ContinuousClock.now - started < .seconds(90) * patience {
            for item in try await visitor.get("api/v1/cases").items {
                if let channel = item["channel"] as? String { found[channel] = item }
            }
            try await Task.sleep(for: .milliseconds(500))
        }
        let delay = ContinuousClock.now - started
        print("both cases after \(delay)")
        #expect(delay < .seconds(90) * patience)
        let camera = try #require(found["camera"])
        let sensor = try #require(found["sensor"])
        #expect(camera["class"] as? String == "09009")
        #expect(sensor["class"] as? String == "E-05-06")
        for item in [camera, sensor] {
            #expect((item["cell"] as? String)?.count == 15)
            #expect(item["unit"] is String)
            #expect(item["dueAt"] is String)
        }
        try await clipPlays(camera, visitor, folder)
        try browser("console_test.py", centre, folder)
        try browser("evidence_test.py", centre, folder, ["--gridwatch", RunningCentre.executable.path])
    }

    private func clipPlays(_ item: [String: Any], _ visitor: Visitor, _ folder: URL) async throws {
        let clips = try #require(item["clips"] as? [[String: Any]])
        let path = try #require(clips.first?["url"] as? String)
        // The clip ends 20 s after the alarm: ask until it is whole.
        var seconds = 0.0
        for _ in 0..<60 * patience where seconds < 29 {
            let clip = try await visitor.get(String(path.dropFirst()))
            if clip.status == 200 {
                let file = folder.appending(path: "clip.mp4")
                try clip.body.write(to: file)
                let text = try FrameWalk.output(of: [
                    "/usr/bin/ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", file.path,
                ])
                seconds =
                    Double(String(decoding: text, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
            }
            try await Task.sleep(for: .seconds(1))
        }
        #expect(seconds >= 29 && seconds <= 31, "the clip lasts \(seconds) s")
    }

    private func browser(_ name: String, _ centre: RunningCentre, _ folder: URL, _ options: [String] = []) throws {
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/chromedriver") else {
            print("skipped: chromium-driver is not installed")
            return
        }
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "BrowserTests/\(name)")
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments =
            [
                script.path, centre.address.absoluteString, "--password", "gridwatch-demo", "--screens",
                folder.appending(path: "screens").path,
            ] + options
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        print(text)
        if process.terminationStatus != 0 { print(centre.condition) }
        #expect(process.terminationStatus == 0, "\(name): \(text.suffix(600))")
    }
}
