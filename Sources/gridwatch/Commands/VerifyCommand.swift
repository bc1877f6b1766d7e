import Archive
import ArgumentParser
import Foundation

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Says offline whether an export, a clip or recordings are what was recorded.",
        discussion: """
            Exit code 0: every byte is as it was recorded and exported. 1: something is not; each line names a file and, \
            for recorded bytes, the second. 2: it can't be checked.
            """
    )

    @Argument(
        help:
            "A dossier (ZIP or unpacked folder), a clip.mp4 with its manifest.json, a folder of recordings, a segment."
    )
    var path: String

    @Option(help: "The site's public key (PEM), from the site itself.")
    var key: String?

    @Flag(help: "Print only what is wrong.")
    var quiet = false

    func run() throws {
        let report: EvidenceReport
        do {
            let pem = try key.map { try String(contentsOfFile: $0, encoding: .utf8) }
            report = try EvidenceVerifier.verify(path: path, pem: pem)
        } catch let error as ArchiveError {
            Terminal.complain(error.message)
            throw ExitCode(2)
        } catch {
            Terminal.complain("Can't read the key \(key ?? ""): \(error.localizedDescription)")
            throw ExitCode(2)
        }
        if !quiet {
            for name in report.checked where !report.findings.contains(where: { $0.file == name }) {
                Terminal.say("good  \(name)")
            }
            for note in report.notes { Terminal.say("note  \(note)") }
        }
        for finding in report.findings { Terminal.say("BAD   \(finding)") }
        guard report.isIntact else {
            Terminal.complain("\(path): \(report.findings.count) findings: this is not what was recorded")
            throw ExitCode(1)
        }
        let by = report.keyId.map { ", signed with key \($0)" } ?? ""
        if !quiet { Terminal.say("\(path): every byte is as it was recorded\(by)") }
    }
}
