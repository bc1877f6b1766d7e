import Foundation
import TestSupport
import Testing

/// `gridwatch verify` as whoever gets a disk or a download meets it: with what is not as it should be.
@Suite("gridwatch verify", .serialized)
struct VerifyCommandTests {
    /// A dossier of a real recording, and the files that go with it.
    private struct Evidence {
        var folder: URL
        var archive: URL { folder.appending(path: "dossier.zip") }
        var key: URL { folder.appending(path: "key.pem") }
        var unpacked: URL { folder.appending(path: "unpacked") }
        var clip: URL

        /// Records some seconds of a clip with a centre of its own, exports them, unpacks them.
        init(in folder: URL) async throws {
            self.folder = folder
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let source = try GeneratedClip("source.mp4", seconds: 10)
            let site = """
                site: { name: test }
                recording: { shards: 1, freeSpaceFloor: 100MB }
                cameras:
                  - { id: a, source: "file:\(source.url.path)" }
                """
            let centre = try await RunningCentre(site: site, folder: folder)
            defer { centre.stop() }
            let admin = try await Visitor(centre, "admin", password: "administrator")
            _ = try await admin.post(
                "api/v1/users",
                ["name": "watch", "password": "watch-password", "role": "monitor", "displayName": "Watch"]
            )
            let monitor = try await Visitor(centre, "watch", password: "watch-password")
            let text = ISO8601DateFormatter()
            var id: String?
            // What is asked for until it has been recorded fails with `nothingRecorded`.
            for _ in 0..<60 {
                let now = Date()
                let items = [["cameraId": "a", "from": text.string(from: now - 6), "to": text.string(from: now - 2)]]
                let timeline = try await monitor.get(
                    "api/v1/cameras/a/timeline?from=\(items[0]["from"] ?? "")&to=\(items[0]["to"] ?? "")"
                )
                guard timeline.status == 200, (timeline.json["gaps"] as? [Any])?.isEmpty == true else {
                    try await Task.sleep(for: .milliseconds(500))
                    continue
                }
                let asked = try await monitor.post(
                    "api/v1/exports",
                    ["title": "t", "format": "dossier", "items": items]
                )
                id = asked.json["id"] as? String
                break
            }
            let path = "api/v1/exports/\(try #require(id, "recorded without a gap"))"
            var state = ""
            for _ in 0..<300 where state != "done" {
                state = try await monitor.get(path).json["state"] as? String ?? ""
                if state != "done" { try await Task.sleep(for: .milliseconds(200)) }
            }
            try #require(state == "done")
            clip = folder
            try await monitor.get("\(path)/file").body.write(to: archive)
            try await monitor.get("api/v1/evidence/key.pem").body.write(to: key)
            let unzip = ["/usr/bin/python3", "-m", "zipfile", "-e", archive.path, unpacked.path]
            _ = try FrameWalk.output(of: unzip)
            let clips = try FileManager.default.contentsOfDirectory(
                at: unpacked.appending(path: "clips"),
                includingPropertiesForKeys: nil
            )
            clip = try #require(clips.first)
        }

        /// A file of the folder; of `size` bytes, all but the first of which lie nowhere.
        func file(_ name: String, _ content: Data = Data(), size: UInt64? = nil) throws -> String {
            let url = folder.appending(path: name)
            try content.write(to: url)
            if let size { try FileHandle(forWritingTo: url).truncate(atOffset: size) }
            return url.path
        }

        /// A copy of the unpacked export with one thing changed.
        func copy(_ name: String, _ change: (URL) throws -> Void) throws -> String {
            let url = folder.appending(path: name)
            try FileManager.default.copyItem(at: unpacked, to: url)
            try change(url)
            return url.path
        }
    }

    /// Ends within a minute, whatever it is given.
    private static func verify(_ arguments: [String]) throws -> CommandTests.Outcome {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/timeout")
        process.arguments = ["60", RunningCentre.executable.path, "verify"] + arguments
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return CommandTests.Outcome(code: process.terminationStatus, output: text, errors: complaint)
    }

    @Test("says what is wrong with what is cut off, absent, huge or of another site, and never ends with 0 then")
    func hostile() async throws {
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/ffmpeg") else {
            print("skipped: ffmpeg is not installed")
            return
        }
        let folder = RunningCentre.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let evidence = try await Evidence(in: folder)
        let key = ["--key", evidence.key.path]
        for path in [evidence.archive.path, evidence.unpacked.path, evidence.clip.path] {
            let outcome = try Self.verify([path] + key)
            #expect(outcome.code == 0 && outcome.output.contains("every byte is as it was recorded"), "\(outcome)")
        }
        #expect(try Self.verify([folder.appending(path: "data").path] + key).code == 0, "the recordings themselves")

        let whole = try Data(contentsOf: evidence.archive)
        let clipName = "clips/\(evidence.clip.lastPathComponent)"
        let clipBytes = try Data(contentsOf: evidence.clip).count
        _ = try FrameWalk.output(of: [
            "/usr/bin/openssl", "genpkey", "-algorithm", "ed25519", "-out", folder.appending(path: "private.pem").path,
        ])
        _ = try FrameWalk.output(of: [
            "/usr/bin/openssl", "pkey", "-in", folder.appending(path: "private.pem").path, "-pubout", "-out",
            folder.appending(path: "other.pem").path,
        ])
        try FileManager.default.createDirectory(at: folder.appending(path: "empty"), withIntermediateDirectories: true)
        mkfifo(folder.appending(path: "pipe.zip").path, 0o600)
        let cutOff = "it was cut off on its way"
        let cases: [(arguments: [String], code: Int32, says: String)] = [
            ([folder.appending(path: "nothing.zip").path], 2, "there is nothing at"),
            ([try evidence.file("none.zip")], 1, cutOff),
            ([try evidence.file("half.zip", whole.prefix(whole.count / 2))], 1, cutOff),
            ([try evidence.file("almost.zip", whole.dropLast(9))], 1, cutOff),
            ([try evidence.file("huge.zip", size: 64 << 30)], 1, cutOff),
            ([try evidence.file("grown.zip", whole, size: 8 << 30)], 1, cutOff),
            ([try evidence.file("huge.mp4", size: 64 << 30)], 2, "no manifest.json beside"),
            ([folder.appending(path: "empty").path], 2, "neither an export"),
            ([folder.appending(path: "pipe.zip").path], 2, "neither a file nor a folder"),
            ([evidence.archive.path, "--key", folder.appending(path: "none.pem").path], 2, "none.pem: No such file"),
            ([evidence.archive.path, "--key", try evidence.file("huge.pem", size: 8 << 30)], 2, "huge.pem has"),
            ([evidence.archive.path, "--key", folder.path], 2, "is no file"),
            ([evidence.archive.path, "--key", evidence.archive.path], 2, "bytes, more than"),
            ([evidence.archive.path, "--key", folder.appending(path: "private.pem").path], 2, "no Ed25519 public key"),
            ([evidence.archive.path, "--key", folder.appending(path: "other.pem").path], 1, "it was not signed with"),
            (
                [try evidence.copy("cut") { try Self.resize($0.appending(path: clipName), clipBytes / 2) }] + key, 1,
                "bytes early"
            ),
            (
                [try evidence.copy("grown") { try Self.resize($0.appending(path: clipName), 5 << 30) }] + key, 1,
                "bytes were added"
            ),
            (
                [try evidence.copy("gone") { try FileManager.default.removeItem(at: $0.appending(path: clipName)) }]
                    + key, 1, "the file is missing"
            ),
            (
                [try evidence.copy("short") { try Self.resize($0.appending(path: "manifest.json"), 3000) }] + key, 1,
                "the manifest was changed"
            ),
            (
                [try evidence.copy("large") { try Self.resize($0.appending(path: "manifest.json"), 3 << 30) }] + key, 1,
                "no export has such a manifest"
            ),
        ]
        for (arguments, code, says) in cases {
            let outcome = try Self.verify(arguments)
            #expect(outcome.code == code, "\(arguments): \(outcome)")
            #expect((outcome.output + outcome.errors).contains(says), "\(arguments): \(outcome)")
            #expect(!outcome.errors.contains("Error Domain") && !outcome.errors.isEmpty)
        }
    }

    private static func resize(_ url: URL, _ bytes: Int) throws {
        try FileHandle(forWritingTo: url).truncate(atOffset: UInt64(bytes))
    }
}
