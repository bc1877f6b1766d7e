import Foundation
import TestSupport
import Testing

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

    @Test("all print help and exit with 0", arguments: ["serve", "demo", "check", "fsck", "user", "capture"])
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

    @Test("user add takes the password from standard input and refuses a second of the same name")
    func userAdd() throws {
        let folder = RunningCentre.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let arguments = ["user", "add", "zhou", "--role", "monitor", "--data", folder.path]
        #expect(try Self.run(arguments, input: "a long password\n").code == 0)
        let second = try Self.run(arguments, input: "a long password\n")
        #expect(second.code == 1)
        #expect(second.errors.split(separator: "\n").count == 1)
        #expect(try Self.run(["user", "add", "li", "--role", "monitor", "--data", folder.path]).code == 1)
    }
}
