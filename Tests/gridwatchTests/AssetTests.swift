import Foundation
import Testing

@Suite("Files that no compiler reads")
struct AssetTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test(
        "pass their own checks",
        arguments: [["Tests/BrowserTests/check_assets.py"], ["Tests/Checks/check_imports.py"]]
    )
    func check(_ script: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = script
        process.currentDirectoryURL = Self.root
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(text)")
    }

    @Test("systemd accepts the units")
    func units() throws {
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/systemd-analyze") else {
            print("skipped: systemd-analyze is not installed")
            return
        }
        let folder = RunningCentre.temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(
            at: folder.appending(path: "lib/gridwatch"),
            withIntermediateDirectories: true
        )
        try FileManager.default.createSymbolicLink(
            at: folder.appending(path: "lib/gridwatch/gridwatch"),
            withDestinationURL: RunningCentre.executable
        )
        let units = try FileManager.default.contentsOfDirectory(
            at: Self.root.appending(path: "systemd"),
            includingPropertiesForKeys: nil
        )
        .filter { ["service", "target"].contains($0.pathExtension) }
        #expect(units.count == 3)
        for unit in units {
            let text = try String(contentsOf: unit, encoding: .utf8).replacing("@PREFIX@", with: folder.path)
            try Data(text.utf8).write(to: folder.appending(path: unit.lastPathComponent))
        }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/systemd-analyze")
        process.arguments = ["verify"] + units.map { folder.appending(path: $0.lastPathComponent).path }
        let output = Pipe()
        process.standardError = output
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0 && text.isEmpty, "\(text)")
    }
}
