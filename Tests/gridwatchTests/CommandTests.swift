import Domain
import Foundation
import TestSupport
import Testing

@testable import gridwatch

@Suite("The commands")
struct CommandTests {
    struct Outcome {
        var code: Int32
        var output: String
        var errors: String
    }

    static func run(_ arguments: [String], input: String = "") throws -> Outcome {
        let process = Process()
        process.executableURL = RunningCentre.executable
        process.arguments = arguments
        let (stdin, stdout, stderr) = (Pipe(), Pipe(), Pipe())
        process.standardInput = stdin
        process.standardOutput = stdout
        process.standardError = stderr
        try process.run()
        try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try stdin.fileHandleForWriting.close()
        let output = String(decoding: stdout.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let errors = String(decoding: stderr.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return Outcome(code: process.terminationStatus, output: output, errors: errors)
    }

    @Test("all print help and exit with 0", arguments: ["serve", "demo", "check", "fsck", "user", "capture", "probe"])
    func help(_ command: String) throws {
        let outcome = try Self.run([command, "--help"])
        #expect(outcome.code == 0)
        #expect(outcome.output.contains("USAGE: gridwatch \(command)"))
    }

    @Test(
        "exit with 2 on wrong usage",
        arguments: [
            ["fly"], ["serve"], ["serve", "--site", "x", "--data", "y", "--listen", "nowhere"], ["check"],
            ["user", "add", "a", "--role", "king", "--data", "/tmp"], ["capture", "--data", "/tmp", "--shard", "99"],
            ["probe"],
            ["probe", "gopher://h/a"], ["probe", "rtsp://h/a", "--transport", "pigeon"],
        ]
    )
    func usage(_ arguments: [String]) throws {
        let outcome = try Self.run(arguments)
        #expect(outcome.code == 2)
        #expect(!outcome.errors.isEmpty)
    }

    @Test("check and serve name line, field and remedy of a mistake, exit with 1 and start nothing")
    func mistakes() throws {
        let folder = RunningCentre.temporaryFolder()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "site.yaml")
        try Data("site: { name: A }\ncameras:\n  - { id: a, source: \"rtsp://h/a\", record: { keepDays: x } }\n".utf8)
            .write(to: file)
        for arguments in [
            ["check", file.path], ["serve", "--site", file.path, "--data", folder.appending(path: "data").path],
        ] {
            let outcome = try Self.run(arguments)
            #expect(outcome.code == 1)
            #expect(outcome.errors.contains("site.yaml:3:"))
            #expect(outcome.errors.contains("cameras[0].record.keepDays"))
            #expect(outcome.errors.contains("whole number"))
        }
        #expect(!FileManager.default.fileExists(atPath: folder.appending(path: "data").path))
    }

    @Test("check names at once what is wrong in the file and in what the file names, each with its line")
    func allMistakes() throws {
        let folder = RunningCentre.temporaryFolder()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data("id,name\na b,A\n".utf8).write(to: folder.appending(path: "units.csv"))
        let file = folder.appending(path: "site.yaml")
        let text = """
            site: { name: "" }
            cameras:
              - { id: a, source: "file:/nowhere/a.mp4" }
            sensors:
              - { id: s, profile: waterLvl, rules: [ { kind: noData, for: 1m, class: "X-1" } ] }
            cases:
              grid: nowhere.geojson
              units: units.csv

            """
        try Data(text.utf8).write(to: file)
        let outcome = try Self.run(["check", file.path])
        #expect(outcome.code == 1)
        for line in [
            "site.yaml:1:15: error: site.name: ", "3:22: warning: cameras[0].source: \"/nowhere/a.mp4\" there is no",
            "5:23: warning: sensors[0].profile: \"waterLvl\" is not a known profile",
            "5:74: warning: sensors[0].rules[0].class: \"X-1\" is not a class",
            "7:9: error: cases.grid: \"nowhere.geojson\" can't be read",
            "8:10: error: cases.units: \"units.csv\" line 2: ",
        ] {
            #expect(outcome.errors.contains(line), "\(line) in \(outcome.errors)")
        }
        try Data(text.replacing("\"\"", with: "A").replacing(#/cases:[^$]*/#, with: "").utf8).write(to: file)
        let good = try Self.run(["check", file.path])
        #expect(good.code == 0)
        #expect(good.errors.split(separator: "\n").count == 3, "\(good.errors)")
    }

    @Test("check names base data that doesn't fit together by file and line, as a warning")
    func contradictions() throws {
        let folder = RunningCentre.temporaryFolder()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data("from,to\n01001,P-01-01\n01002,P-77-77\n".utf8).write(to: folder.appending(path: "mapping.csv"))
        try Data("classes,area,unit\nE-0*,*,nobody\n".utf8).write(to: folder.appending(path: "rules.csv"))
        let file = folder.appending(path: "site.yaml")
        let text = "site: { name: A }\ncases:\n  mapping: mapping.csv\n  responsibility: rules.csv\n"
        try Data(text.utf8).write(to: file)
        let outcome = try Self.run(["check", file.path])
        #expect(outcome.code == 0)
        for line in [
            "3:12: warning: cases.mapping: \"mapping.csv\" line 3: to: \"P-77-77\" maps a class that doesn't exist",
            "4:19: warning: cases.responsibility: \"rules.csv\" line 2: unit: \"nobody\" names a unit that doesn't",
        ] {
            #expect(outcome.errors.contains(line), "\(line) in \(outcome.errors)")
        }
    }

    @Test("a program that the demo starts ends with it, even when it is killed")
    func endsWithParent() async throws {
        let script =
            "\(RunningCentre.executable.path) end-with-parent $$ /bin/sleep 600 >/dev/null 2>&1 &"
            + " until grep -aq ^/bin/sleep /proc/$!/cmdline; do sleep 0.02; done; echo $!; kill -9 $$"
        let shell = Process()
        shell.executableURL = URL(filePath: "/bin/sh")
        shell.arguments = ["-c", script]
        let output = Pipe()
        shell.standardOutput = output
        try shell.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        shell.waitUntilExit()
        let child = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        defer { kill(child, SIGKILL) }
        // One that nobody waits for stays as an entry without arguments.
        #expect(await eventually(within: .seconds(10)) { ProcessList.arguments(of: child).isEmpty })
    }

    @Test("user add takes the password from standard input and refuses a second of the same name")
    func userAdd() throws {
        let folder = RunningCentre.temporaryFolder()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let arguments = ["user", "add", "zhou", "--role", "monitor", "--data", folder.path]
        #expect(try Self.run(arguments, input: "a long password\n").code == 0)
        let second = try Self.run(arguments, input: "a long password\n")
        #expect(second.code == 1)
        #expect(second.errors.split(separator: "\n").count == 1)
        #expect(try Self.run(["user", "add", "li", "--role", "monitor", "--data", folder.path]).code == 1)
    }

    @Test("user add refuses a unit that the site doesn't have, and a folder that is no centre's")
    func userAddRefusals() throws {
        let folder = RunningCentre.temporaryFolder()
        let stranger = folder.appending(path: "stranger")
        let centre = folder.appending(path: "centre")
        for made in [stranger, centre] {
            try FileManager.default.createDirectory(at: made, withIntermediateDirectories: true)
        }
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data("mine".utf8).write(to: stranger.appending(path: "letter.txt"))
        let missing = folder.appending(path: "mistyped")
        for path in [stranger.path, missing.path, missing.path + "/below", stranger.path + "/letter.txt"] {
            let outcome = try Self.run(
                ["user", "add", "li", "--role", "monitor", "--data", path],
                input: "a long password\n"
            )
            #expect(outcome.code == 1)
            #expect(outcome.errors.split(separator: "\n").count == 1)
        }
        #expect(!FileManager.default.fileExists(atPath: missing.path))
        #expect(try FileManager.default.contentsOfDirectory(atPath: stranger.path) == ["letter.txt"])

        let add = { (name: String, unit: String) in
            try Self.run(
                ["user", "add", name, "--role", "unit", "--unit", unit, "--data", centre.path],
                input: "a long password\n"
            )
        }
        #expect(try add("early", "parks").code == 0)
        try Data(#"["parks","roads"]"#.utf8).write(to: centre.appending(path: "units.json"))
        let refused = try add("zhou", "nosuch")
        #expect(refused.code == 1)
        #expect(refused.errors.contains("nosuch") && refused.errors.contains("parks, roads"))
        #expect(try add("zhou", "roads").code == 0)
    }
}

@Suite("gridwatch probe", .enabled(if: SharedData.video("indoor_persons_one_by_one.mp4") != nil))
struct ProbeCommandTests {
    @Test("describes a camera as JSON, and says a refused password without the password")
    func camera() async throws {
        let port = TestPeer.freePort()
        let options = ["--user", "adm", "--password", "geheim"]
        guard
            let server = try TestPeer.rtspServer(
                port: port,
                clips: ["cam": "indoor_persons_one_by_one.mp4"],
                options: options
            ), await server.isReady()
        else { return }
        defer { server.stop() }
        let good = try CommandTests.run(
            ["probe", "--json", "--seconds", "3", "-"],
            input: "rtsp://adm:geheim@127.0.0.1:\(port)/cam\n"
        )
        #expect(good.code == 0, "\(good.errors)")
        #expect(!good.output.contains("geheim"))
        let report = try #require(
            try JSONSerialization.jsonObject(with: Data(good.output.utf8)) as? [String: Any]
        )
        #expect(report["codec"] as? String == "h264")
        #expect(report["width"] as? Int == 768)
        #expect((report["frames"] as? Int ?? 0) > 10)
        #expect((report["advice"] as? [Any])?.isEmpty == false)
        let bad = try CommandTests.run(["probe", "rtsp://adm:falsch@127.0.0.1:\(port)/cam"])
        #expect(bad.code == 1)
        #expect(!(bad.errors + bad.output).contains("falsch"))
        #expect(bad.errors.contains("password"))
    }

    @Test("a stream of rubbish ends with one line and code 1, within its time")
    func rubbish() throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "rubbish-\(UUID().uuidString).mp4")
        defer { try? FileManager.default.removeItem(at: file) }
        var random = SeededRandom(seed: 3)
        try Data((0..<200_000).map { _ in UInt8.random(in: 0...255, using: &random) }).write(to: file)
        let outcome = try CommandTests.run(["probe", file.path])
        #expect(outcome.code == 1)
        #expect(outcome.errors.split(separator: "\n").count == 1)
    }
}
