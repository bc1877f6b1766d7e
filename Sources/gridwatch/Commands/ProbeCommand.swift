import ArgumentParser
import Capture
import Domain
import Foundation
import Logging

struct ProbeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe",
        abstract: "Says what a stream is: codec, size, rate, groups of pictures, sound, time to the first key frame."
    )

    @Argument(
        help: ArgumentHelp(
            "The stream's address, or - to read it from standard input, so that no password stands in a list of processes.",
            valueName: "url"
        )
    )
    var url: String

    @Flag(help: "Print JSON.")
    var json = false

    @Option(help: "How RTSP's pictures travel: auto, tcp, udp, http, multicast or libav.")
    var transport: String = SourceTransport.auto.rawValue

    @Option(help: "How long to measure at least, in seconds (1 to 25).")
    var seconds: Double = 10

    @Flag(help: "The camera has a sub stream as well.")
    var hasSub = false

    func validate() throws {
        guard SourceTransport(rawValue: transport) != nil else {
            throw ValidationError("--transport is auto, tcp, udp, http, multicast or libav")
        }
        if url != "-" { try Self.check(Self.whole(url)) }
        guard (1...25).contains(seconds) else { throw ValidationError("--seconds is a number from 1 to 25") }
    }

    func run() throws {
        let written = url == "-" ? (readLine(strippingNewline: true) ?? "") : url
        let address = Self.whole(written)
        try Self.check(address)
        let request = ProbeRequest(
            url: address,
            options: SourceOptions(transport: SourceTransport(rawValue: transport) ?? .auto),
            seconds: seconds,
            hasSub: hasSub
        )
        switch ProbeDesk.run(request, command: ProbeStreamCommand.command) {
        case .failure(let failure):
            throw CommandFailure(failure.detail)
        case .report(let report):
            if json {
                let encoder = JSONEncoder()
                encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
                Terminal.say(String(decoding: try encoder.encode(report), as: UTF8.self))
            } else {
                Terminal.say(ProbeText.lines(of: report).joined(separator: "\n"))
            }
        }
    }

    private static func check(_ address: String) throws {
        do throws(SourceURL.Mistake) {
            _ = try SourceURL(address)
        } catch {
            throw ValidationError("the address \(error.problem): \(error.remedy)")
        }
    }

    /// A path is as good as a file's address.
    private static func whole(_ text: String) -> String {
        guard !text.contains("://"), !text.hasPrefix("file:") else { return text }
        return "file:" + (text.hasPrefix("/") ? text : FileManager.default.currentDirectoryPath + "/" + text)
    }
}

/// The process that a probe reads the stream in.
struct ProbeStreamCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe-stream",
        abstract: "Reads one stream for a probe: request on standard input, answer on standard output.",
        shouldDisplay: false
    )

    static var command: [String] { [Executable.path, configuration.commandName ?? ""] }

    func run() throws {
        LogOutput.bootstrap(level: .critical)
        Executable.endWithParent()
        throw ExitCode(ProbeWorker.run())
    }
}
