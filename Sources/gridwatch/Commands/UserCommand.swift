import ArgumentParser
import Console
import Domain
import Foundation
import Store

struct UserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user",
        abstract: "Manages the people who may sign in.",
        subcommands: [AddCommand.self]
    )

    struct AddCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "add",
            abstract: "Adds a user; the password comes on standard input."
        )

        @Argument(help: "The name to sign in with.")
        var name: String

        @Option(
            help: ArgumentHelp("One of: \(Role.allCases.map(\.rawValue).joined(separator: ", ")).", valueName: "role")
        )
        var role: String

        @Option(help: "The data folder: a centre's, or an empty one.")
        var data: String

        @Option(help: "The unit of a user with the role `unit`.")
        var unit: String?

        @Option(help: "The name that others see.")
        var displayName: String?

        func validate() throws {
            guard Role(rawValue: role) != nil else {
                throw ValidationError("--role is one of: \(Role.allCases.map(\.rawValue).joined(separator: ", "))")
            }
        }

        func run() async throws {
            guard let role = Role(rawValue: role) else { return }
            guard let password = readLine(strippingNewline: true), !password.isEmpty else {
                throw CommandFailure(
                    "No password on standard input; for example: printf %s \"$PASSWORD\" | gridwatch user add …"
                )
            }
            let folder = try DataFolder.existing(path: data)
            let units = KnownUnits(folder).ids
            if let unit, units == nil {
                Terminal.complain("The units are known from the first start on: whether \(unit) is one is not checked")
            }
            if let unit, let units, !units.contains(unit) {
                let known = units.sorted().joined(separator: ", ")
                throw CommandFailure("There is no unit \(unit); the site has: \(known)")
            }
            var known: (@Sendable () -> Set<String>)?
            if let units { known = { units } }
            let users = UserService(database: try Database(directory: folder.url), units: known)
            try await users.add(name: name, role: role, password: password, displayName: displayName, unit: unit)
            Terminal.say("User \(name) with role \(role.rawValue) added.")
        }
    }
}
