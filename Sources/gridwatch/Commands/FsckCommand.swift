import Archive
import ArgumentParser
import Foundation
import Logging

struct FsckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fsck",
        abstract: "Compares recordings and index; --repair rebuilds the index from the files."
    )

    @Option(help: "The data folder.")
    var data: String

    @Flag(help: "Rebuild the index and the holds from the files; the service must be stopped.")
    var repair = false

    func run() async throws {
        LogOutput.bootstrap(level: .error)
        let folder = try DataFolder(path: data, creating: false)
        // Rebuilding the index under a service that is writing it would leave neither right.
        let lock = repair ? try ServeLock(folder) : nil
        defer { withExtendedLifetime(lock) {} }
        let report =
            repair
            ? try await Fsck.repair(dataDirectory: folder.url) : try await Fsck.check(dataDirectory: folder.url)
        Terminal.say(report.description)
        guard report.isClean || repair else {
            throw CommandFailure(
                "Recordings and index differ; `gridwatch fsck --data \(data) --repair` mends the index"
            )
        }
    }
}
