import Domain
import Foundation
import TestSupport
import Testing

@Suite("gridwatch render")
struct RenderCommandTests {
    @Test("shuts itself in before the first job, and ends with its input")
    func sandbox() async throws {
        let process = Process()
        process.executableURL = RunningCentre.executable
        process.arguments = ["render"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        defer { process.terminate() }
        let folder = "/proc/\(process.processIdentifier)"
        func status() -> String { (try? String(contentsOfFile: "\(folder)/status", encoding: .utf8)) ?? "" }
        // Filtered system calls, no new privileges.
        #expect(await eventually(within: .seconds(20)) { status().contains("Seccomp:\t2") })
        #expect(status().contains("NoNewPrivs:\t1"))
        let limits = try String(contentsOfFile: "\(folder)/limits", encoding: .utf8).split(separator: "\n")
        func limit(_ name: String) -> [Substring] {
            limits.first { $0.hasPrefix(name) }?.dropFirst(name.count).split(separator: " ") ?? []
        }
        #expect(limit("Max open files").prefix(2) == ["3", "3"])
        #expect(limit("Max file size").prefix(2) == ["0", "0"])
        #expect(limit("Max core file size").prefix(2) == ["0", "0"])
        let open = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/fd")
        #expect(Set(open) == ["0", "1", "2"])

        // A job that makes no sense is answered, and the next one too.
        let request = WireFrame(
            header: Array("{\"picture\":{\"mediaSeconds\":0,\"maximumWidth\":100}}".utf8),
            payload: [1]
        )
        try input.fileHandleForWriting.write(contentsOf: Data(request.encoded + request.encoded))
        try input.fileHandleForWriting.close()
        let answer = Array(try output.fileHandleForReading.readToEnd() ?? Data())
        var parser = WireFrameParser()
        parser.append(answer)
        for _ in 0..<2 {
            let frame = try #require(try parser.next())
            #expect(String(decoding: frame.header, as: UTF8.self).contains("failed"))
        }
        process.waitUntilExit()
        #expect(process.terminationReason == .exit && process.terminationStatus == 1)
    }
}
