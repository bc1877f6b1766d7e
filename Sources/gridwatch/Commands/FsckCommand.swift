import Archive
import ArgumentParser
import Foundation
import Logging
import Recording

struct FsckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fsck",
        abstract: "Proves that recordings and index are whole; --repair rebuilds index and holds from the files.",
        discussion: """
            Each row has its bytes, each file its row, hashes chain within segments and into the next, times are ordered, \
            no two runs overlap, and the holds are those of holds.journal. It may run beside the service, --repair may \
            not. Exits with 1 when something is wrong, or still is after --repair.
            """
    )

    @Option(help: "The data folder.")
    var data: String

    @Flag(help: "Read and hash every byte of every segment; without it journals, chains and sizes are compared.")
    var deep = false

    @Flag(help: "Rebuild the index and the holds from the files; the service must be stopped.")
    var repair = false

    func run() async throws {
        LogOutput.bootstrap(level: .error)
        let folder = try DataFolder(path: data, creating: false)
        // Rebuilding the index under a service that is writing it would leave neither right.
        let lock = repair ? try ServeLock(folder) : nil
        defer { withExtendedLifetime(lock) {} }
        let depth: SegmentAudit.Depth = deep ? .everything : .journals
        let report =
            repair
            ? try await Fsck.repair(dataDirectory: folder.url, depth: depth)
            : try await Fsck.check(dataDirectory: folder.url, depth: depth)
        Terminal.say(report.description)
        guard report.isClean else {
            throw CommandFailure(
                repair
                    ? "What is left can't be mended from the files: the bytes themselves are missing or changed"
                    : "Recordings and index differ; `gridwatch fsck --data \(data) --repair` mends the index"
            )
        }
    }
}
