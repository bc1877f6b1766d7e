import ArgumentParser
import Console
import Demo
import Domain
import Foundation
import Logging

#if canImport(Glibc)
    import Glibc
#endif

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "A complete centre on this machine: generated cameras, its own broker, simulated sensors and trucks."
    )

    @Option(help: "The data folder; by default one that is emptied at every start.")
    var data: String?

    @Option(
        help: ArgumentHelp(
            "Where the console listens; by default 127.0.0.1:8080, or a free port.",
            valueName: "host:port"
        )
    )
    var listen: String?

    func validate() throws {
        if let listen, Centre.Address(listen) == nil {
            throw ValidationError("--listen is HOST:PORT, like 127.0.0.1:8080")
        }
    }

    func run() async throws {
        let path = data ?? DemoCentre.defaultFolder
        let folder = try DataFolder(path: path, creating: true)
        let lock = try ServeLock(folder)
        if data == nil { DemoCentre.empty(folder) }
        let address = listen.flatMap { Centre.Address($0) }
        LogOutput.bootstrap(level: .warning)
        Terminal.say("gridwatch demo: drawing the scenes (only at the first start) …")
        let demo = DemoCentre(folder: folder, logger: Logger(label: "gridwatch.demo"))
        try await demo.run(address: address)
        withExtendedLifetime(lock) {}
    }
}
