import Analysis
import ArgumentParser
import CLinux
import Capture
import Foundation
import Logging
import Media

#if canImport(Glibc)
    import Glibc
#endif

struct CaptureProcessCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "capture",
        abstract: "Records the cameras of one shard, as DIR/capture/N.json says."
    )

    @Option(help: "The data folder.")
    var data: String

    @Option(help: "Which shard, from 0.")
    var shard: Int = 0

    @Flag(help: "Started by serve: ends 60 s after serve has gone and no other has come.")
    var managed = false

    @Option(
        help: ArgumentHelp(
            "Record this camera of the shard alone; started by the shard's capture.",
            valueName: "camera",
            visibility: .hidden
        )
    )
    var isolate: String?

    func validate() throws {
        guard (0..<64).contains(shard) else { throw ValidationError("--shard is a number from 0 to 63") }
    }

    func run() throws {
        LogOutput.bootstrap()
        NameLookups.bound()
        // A thread for each source, and glibc would give them up to eight heaps a core, each of which keeps what it once
        // took: of streams that fail again and again tens of kilobytes stayed behind at each try.
        _ = gw_set_heap_limit(2)
        let process = CaptureProcess(
            dataDirectory: URL(filePath: data, directoryHint: .isDirectory),
            shard: shard,
            analyseCommand: [Executable.path, "analyse"],
            managed: managed,
            isolate: isolate,
            isolateCommand: [Executable.path, "capture", "--data", data, "--shard", "\(shard)", "--isolate"]
        )
        throw ExitCode(process.run())
    }
}

struct AnalyseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "analyse",
        abstract: "Judges pictures: packets on standard input, observations on standard output. Started by capture.",
        shouldDisplay: false
    )

    func run() throws {
        LogOutput.bootstrap(level: .warning)
        Executable.endWithParent()
        throw ExitCode(AnalyseWorker.run(input: 0, output: 1))
    }
}

struct RenderCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "render",
        abstract:
            "Makes pictures, video and sound of recorded packets: jobs on standard input. Started by serve.",
        shouldDisplay: false
    )

    func run() throws {
        LogOutput.bootstrap(level: .warning)
        Executable.endWithParent()
        guard RenderSandbox.enter() else {
            FileHandle.standardError.write(Data("render: the system does not let it be shut in\n".utf8))
            throw ExitCode(70)
        }
        throw ExitCode(RenderWorker.run(input: 0, output: 1))
    }
}

struct EndWithParentCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "end-with-parent",
        abstract: "Becomes another program, which ends with the process that started it. Started by demo.",
        shouldDisplay: false
    )

    @Argument(help: "The process that starts it.")
    var parent: Int32

    @Argument(parsing: .captureForPassthrough, help: "The program and its arguments.")
    var program: [String]

    func run() throws {
        Executable.endWithParent()
        // It may have ended before the signal was asked for.
        guard getppid() == parent else { throw ExitCode(1) }
        guard let path = program.first else { throw ExitCode(2) }
        var pointers = program.map { strdup($0) } + [nil]
        execv(path, &pointers)
        throw CommandFailure("Can't start \(path): \(String(cString: strerror(errno)))")
    }
}

/// This program's own file, for the processes it starts.
enum Executable {
    static let path: String = {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    }()

    /// A worker never outlives the process that started it, not even when it hangs.
    static func endWithParent() {
        gw_set_parent_death_signal(SIGKILL)
    }
}
