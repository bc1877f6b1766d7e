import ArgumentParser
import Foundation
import SiteFile

struct SecretCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secret",
        abstract: "Keeps passwords for the site file, where they stand as ${secret:NAME}.",
        subcommands: [SetCommand.self, ListCommand.self, RemoveCommand.self]
    )

    struct SetCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set",
            abstract: "Keeps a secret; it comes on standard input."
        )

        @Argument(help: "Its name: letters, digits, '-', '_' and '.'.")
        var name: String

        @Option(help: "The data folder.")
        var data: String

        func validate() throws {
            guard SecretStore.isName(name) else {
                throw ValidationError("a name has letters, digits, '-', '_' and '.', 64 at most")
            }
        }

        func run() throws {
            guard let secret = readLine(strippingNewline: true), !secret.isEmpty else {
                throw CommandFailure(
                    "No secret on standard input; for example: printf %s \"$PASSWORD\" | gridwatch secret set …"
                )
            }
            let folder = try DataFolder(path: data, creating: true)
            try SecretStore(dataDirectory: folder.url).set(name, to: secret)
            Terminal.say("Secret \(name) is kept; the site file names it ${secret:\(name)}.")
        }
    }

    struct ListCommand: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "list", abstract: "Prints the names.")

        @Option(help: "The data folder.")
        var data: String

        func run() throws {
            let store = SecretStore(dataDirectory: URL(filePath: data, directoryHint: .isDirectory))
            for name in try store.names() { Terminal.say(name) }
        }
    }

    struct RemoveCommand: ParsableCommand {
        static let configuration = CommandConfiguration(commandName: "remove", abstract: "Forgets a secret.")

        @Argument(help: "Its name.")
        var name: String

        @Option(help: "The data folder.")
        var data: String

        func run() throws {
            let store = SecretStore(dataDirectory: URL(filePath: data, directoryHint: .isDirectory))
            guard try store.remove(name) else { throw CommandFailure("There is no secret \(name)") }
        }
    }
}
