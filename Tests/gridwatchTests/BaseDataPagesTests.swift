import Foundation
import TestSupport
import Testing

/// The pages of base data and of sensors that the console defines, in a real browser.
@Suite("Base data in the browser", .serialized)
struct BaseDataPagesTests {
    private static let tools = ["/usr/bin/chromedriver", "/usr/bin/python3"]
    private static let token = "0123456789abcdef0123"

    @Test(
        "rows are rolled back, a grid drawn and bent, a sensor defined and bound, a base map shifted, a unit keeps its own"
    )
    func pages() async throws {
        for tool in Self.tools where !FileManager.default.isExecutableFile(atPath: tool) {
            print("skipped: \(tool) is not installed")
            return
        }
        let folder = RunningCentre.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let tiles = TestPeer.freePort()
        let site = """
            site: { name: test }
            recording: { shards: 1, freeSpaceFloor: 100MB }
            gateways: [ { id: dtu, token: \(Self.token) } ]
            map: { tiles: "http://127.0.0.1:\(tiles)/{z}/{x}/{y}.svg", datum: gcj02, maxZoom: 18 }
            """
        let centre = try await RunningCentre(site: site, folder: folder)
        defer { centre.stop() }
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "BrowserTests/base_test.py")
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = [
            script.path, centre.address.absoluteString, "--password", "administrator", "--gateway", Self.token,
            "--tiles",
            "\(tiles)",
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        print(text)
        #expect(process.terminationStatus == 0, "\(text)\n\(centre.condition)")
    }
}
