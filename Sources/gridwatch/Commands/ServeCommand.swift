import ArgumentParser
import Console
import Domain
import Foundation
import Logging

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Runs a centre: recording, analysis, telemetry, alarms, cases and the console."
    )

    @Option(help: "The site file (YAML).")
    var site: String

    @Option(help: "The data folder.")
    var data: String

    @Option(help: ArgumentHelp("Where the console listens.", valueName: "host:port"))
    var listen: String = "127.0.0.1:8080"

    @Option(help: "Who starts the capture processes: managed (this service) or external (systemd).")
    var capture: String = "managed"

    func validate() throws {
        guard Centre.CaptureMode(rawValue: capture) != nil else {
            throw ValidationError("--capture is managed or external")
        }
        guard Centre.Address(listen) != nil else {
            throw ValidationError("--listen is HOST:PORT, like 127.0.0.1:8080 or [::]:8080")
        }
    }

    func run() async throws {
        guard let mode = Centre.CaptureMode(rawValue: capture), let address = Centre.Address(listen) else { return }
        LogOutput.bootstrap()
        let logger = Logger(label: "gridwatch.serve")
        // Checked before anything is made.
        let place = URL(filePath: data, directoryHint: .isDirectory).standardizedFileURL
        let loaded = try LoadedSite(path: site, data: place)
        let folder = try DataFolder(path: data, creating: true)
        let lock = try ServeLock(folder)
        let centre = try await Centre(
            loaded: loaded,
            folder: folder,
            address: address,
            captureMode: mode,
            logger: logger,
            onListening: { port in Terminal.say("gridwatch listens on http://\(address.host):\(port)") }
        )
        let environment = ProcessInfo.processInfo.environment
        if let file = try await centre.users.bootstrapAdmin(dataDirectory: folder.url, environment: environment) {
            Terminal.say("The first user is admin; the password is in \(file.path)")
        }
        let hangUps = StopSignals.hangUps()
        try await StopSignals.run(until: StopSignals.stream(hangUpStops: hangUps == nil)) {
            try await centre.run(hangUps: hangUps ?? AsyncStream { $0.finish() })
        }
        withExtendedLifetime(lock) {}
    }
}

extension Centre.Address {
    /// Reads `HOST:PORT`; an IPv6 host stands in brackets.
    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard !host.isEmpty, !host.contains("/"), !host.contains(" ") else { return nil }
        self.init(host: host, port: Int(port))
    }
}
