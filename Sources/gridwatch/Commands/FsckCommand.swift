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

    @Flag(help: "Rebuild what differs from the files.")
    var repair = false

    func run() async throws {
        LogOutput.bootstrap(level: .error)
        let folder = try DataFolder(path: data)
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
