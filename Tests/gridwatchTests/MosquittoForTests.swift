import Foundation
import TestSupport

/// A real mosquitto of its own on a free port, with a password.
final class MosquittoForTests {
    let port = TestPeer.freePort()
    private let folder: URL
    private var peer: TestPeer?

    /// Nil where mosquitto isn't installed.
    init?() throws {
        guard FileManager.default.isExecutableFile(atPath: "/usr/sbin/mosquitto") else { return nil }
        folder = FileManager.default.temporaryDirectory.appending(path: "gridwatch-mosquitto-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let text = "listener \(port) 127.0.0.1\nallow_anonymous true\npersistence false\nmax_queued_messages 100000\n"
        try Data(text.utf8).write(to: folder.appending(path: "mosquitto.conf"))
        try start()
    }

    deinit {
        stop()
        try? FileManager.default.removeItem(at: folder)
    }

    func start() throws {
        peer = try TestPeer(["/usr/sbin/mosquitto", "-c", folder.appending(path: "mosquitto.conf").path])
    }

    func stop() {
        peer?.stop()
        peer = nil
    }

    /// Publishes with `mosquitto_pub`, an independent client, one message a line, QoS 1.
    func publish(_ topic: String, _ payloads: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/mosquitto_pub")
        process.arguments = ["-h", "127.0.0.1", "-p", "\(port)", "-q", "1", "-t", topic, "-l"]
        let input = Pipe()
        process.standardInput = input
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(payloads.map { $0 + "\n" }.joined().utf8))
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw RunningCentre.Failure(description: "mosquitto_pub failed with \(process.terminationStatus)")
        }
    }
}
