import Foundation
import Testing

@Suite("Damaged clips and broken streams through the real program") struct HostileClipsTests {
    /// A short run of what `make soak` does with 10,000 of them.
    @Test("harm neither the capture process nor a good camera")
    func short() throws {
        guard let executable = CaptureProgram.executable else {
            print("skipped: no gridwatch beside the tests; build it or name it in GRIDWATCH_EXECUTABLE")
            return
        }
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Soak/hostile.py")
        let run = Process()
        run.executableURL = URL(filePath: "/usr/bin/python3")
        run.arguments = [script.path, executable.path, "--clips", "80", "--at-once", "40", "--seconds", "4"]
        let output = Pipe()
        run.standardOutput = output
        try run.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        run.waitUntilExit()
        #expect(run.terminationStatus == 0, "\(text)")
    }
}
