import ArgumentParser
import Cases
import Domain
import Foundation
import SiteFile

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Validates a site file: every mistake with line, field and remedy."
    )

    @Argument(help: "The site file (YAML).")
    var file: String

    @Option(help: "The data folder, to look up the secrets that the file names as well.")
    var data: String?

    func run() throws {
        let loaded = try LoadedSite(path: file, data: data.map { URL(filePath: $0, directoryHint: .isDirectory) })
        let site = loaded.site
        Terminal.say(
            "\(file): \(site.cameras.count) cameras, \(site.brokers.count) brokers, \(site.sensors.count) sensors,"
                + " \(site.vehicles.count) vehicles, \(loaded.base.catalogue.classes.count) classes: good"
        )
    }
}
