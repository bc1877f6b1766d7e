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

    func run() throws {
        let loaded = try LoadedSite(path: file)
        let site = loaded.site
        Terminal.say(
            "\(file): \(site.cameras.count) cameras, \(site.brokers.count) brokers, \(site.sensors.count) sensors,"
                + " \(site.vehicles.count) vehicles, \(loaded.base.catalogue.classes.count) classes: good"
        )
    }
}
