import Foundation
import TestSupport
import Testing

/// A collector's phone in a real browser, with a link that is cut.
@Suite("The collector's phone in the browser", .serialized)
struct FieldPagesTests {
    private static let tools = ["/usr/bin/chromedriver", "/usr/bin/python3"]

    @Test("what is reported and verified without a link arrives once, with its time and photo")
    func offline() async throws {
        for tool in Self.tools where !FileManager.default.isExecutableFile(atPath: tool) {
            print("skipped: \(tool) is not installed")
            return
        }
        let folder = RunningCentre.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let centre = try await RunningCentre(site: "site: { name: test }", folder: folder)
        defer { centre.stop() }
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "BrowserTests/field_test.py")
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = [script.path, centre.address.absoluteString, "--password", "administrator"]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        if process.terminationStatus != 0 { print(centre.condition) }
        #expect(process.terminationStatus == 0, "field_test.py: \(text.suffix(600))")
    }
}
