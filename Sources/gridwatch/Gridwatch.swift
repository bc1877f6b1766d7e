import ArgumentParser
import Logging

#if canImport(Glibc)
    import Glibc
#endif

/// The one binary: every command, and every process of the service.
struct Gridwatch: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "gridwatch",
        abstract: "The video and sensor appliance of a digital city management centre (网格哨).",
        version: version,
        subcommands: [
            ServeCommand.self, DemoCommand.self, CheckCommand.self, FsckCommand.self, VerifyCommand.self,
            UserCommand.self, SecretCommand.self, ProbeCommand.self, ProbeStreamCommand.self,
            CaptureProcessCommand.self, AnalyseCommand.self, RenderCommand.self, EndWithParentCommand.self,
        ]
    )
}

/// A command can't do what it was asked: one clear line, exit code 1.
struct CommandFailure: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}

@main
enum Main {
    static func main() async {
        // A peer that hangs up is an error of one call, never the end of the process.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try Gridwatch.parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let code as ExitCode {
            exit(code.rawValue)
        } catch {
            switch Gridwatch.exitCode(for: error) {
            case .success:  // help and version were asked for
                Terminal.say(Gridwatch.fullMessage(for: error))
            case .validationFailure:
                fail(Gridwatch.fullMessage(for: error), code: 2)
            default:
                fail(String(describing: error), code: 1)
            }
        }
    }

    private static func fail(_ message: String, code: Int32) -> Never {
        Terminal.complain(message)
        exit(code)
    }
}

/// The log of every process: one event a line on standard error.
enum LogOutput {
    static func bootstrap(level: Logger.Level = .info) {
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = level
            return handler
        }
    }
}
