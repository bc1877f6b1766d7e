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
            report =
                try key.map { try EvidenceVerifier.verify(path: path, keyFile: $0) }
                ?? EvidenceVerifier.verify(path: path)
        } catch let error as ArchiveError {
            Terminal.complain("\(path) can't be checked: \(error.message)")
            throw ExitCode(2)
        }
        if !quiet {
            for name in report.checked where !report.findings.contains(where: { $0.file == name }) {
                Terminal.say(report.unsigned.contains(name) ? "?     \(name)" : "good  \(name)")
            }
            for note in report.notes { Terminal.say("note  \(note)") }
        }
        for finding in report.findings { Terminal.say("BAD   \(finding)") }
        guard report.isIntact else {
            let count = report.findings.count == 1 ? "1 finding" : "\(report.findings.count) findings"
            if report.isOfAnotherKey, let key {
                Terminal.complain(
                    "\(path): \(count): it was not signed with \(key), nor with a key that it vouches for. The bytes "
                        + "agree among themselves; ask the site that it is said to come from for its public key"
                )
            } else {
                Terminal.complain("\(path): \(count): this is not what was recorded")
            }
            throw ExitCode(1)
        }
        guard report.unsigned.isEmpty else {
            Terminal.complain(
                "\(path): nothing contradicts the hashes beside the recordings, but \(report.unsigned.count) of "
                    + "\(report.checked.count) files are not covered by a signature of the site (marked ? above): whoever "
                    + "changed one could have changed its hashes too. Check that recordings/signatures is whole"
            )
            throw ExitCode(2)
        }
        let by = report.keyId.map { ", signed with key \($0)" } ?? ""
        if !quiet { Terminal.say("\(path): every byte is as it was recorded\(by)") }
    }
}
