package import Foundation
import Synchronization

/// A program that a test talks to: started, awaited until it says that it is ready, and killed in the end.
package final class TestPeer: Sendable {
    private struct State {
        var lines: [String] = []
        var rest = ""
    }

    private let process: Mutex<Process>
    private let input: Mutex<FileHandle>
    private let state = Mutex(State())
    package let processId: Int32

    package init(_ command: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: command[0])
        process.arguments = Array(command.dropFirst())
        let (toPeer, fromPeer) = (Pipe(), Pipe())
        process.standardInput = toPeer
        process.standardOutput = fromPeer
        process.standardError = FileHandle.nullDevice
        try process.run()
        processId = process.processIdentifier
        self.process = Mutex(process)
        input = Mutex(toPeer.fileHandleForWriting)
        // A thread, not `readabilityHandler`: its dispatch source can outlive the descriptor that it watches.
        let reader = Thread { [weak self] in
            while true {
                let data = fromPeer.fileHandleForReading.availableData
                guard !data.isEmpty else { return }
                self?.take(data)
            }
        }
        reader.start()
    }

    deinit { stop() }

    /// An RTSP server of looped clips: `rtsp://127.0.0.1:PORT/NAME`; nil where the tool or a clip is absent.
    package static func rtspServer(port: Int, clips: [String: String], options: [String] = []) throws -> TestPeer? {
        guard let tool = SharedData.tool("rtsp_serve.py") else { return nil }
        var cameras: [String] = []
        for (name, clip) in clips.sorted(by: { $0.key < $1.key }) {
            guard let file = SharedData.video(clip) else { return nil }
            cameras.append("\(name)=\(file.path)")
        }
        let peer = try TestPeer(["/usr/bin/python3", tool.path, "--port", "\(port)"] + options + cameras)
        return peer
    }

    /// A camera in plain Python with clips of its own choice, or of `files`: `rtsp://127.0.0.1:PORT/NAME`; nil where a clip
    /// is absent.
    package static func pythonCamera(
        port: Int,
        clips: [String: String] = [:],
        files: [String: URL] = [:],
        options: [String] = []
    ) throws -> TestPeer? {
        let program = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Peers/rtsp_peer.py")
        var cameras = files.map { "\($0.key)=\($0.value.path)" }
        for (name, clip) in clips {
            guard let file = SharedData.video(clip) else { return nil }
            cameras.append("\(name)=\(file.path)")
        }
        return try TestPeer(["/usr/bin/python3", program.path, "--port", "\(port)"] + options + cameras.sorted())
    }

    /// A proxy that misbehaves on command.
    ///
    /// - Parameter mqttLog: where it notes each PUBLISH and PUBACK.
    package static func chaosProxy(listen: Int, to: Int, mqttLog: URL? = nil) throws -> TestPeer? {
        guard let tool = SharedData.tool("chaos_proxy.py") else { return nil }
        let log = mqttLog.map { ["--mqtt-log", $0.path] } ?? []
        return try TestPeer(["/usr/bin/python3", tool.path, "--listen", "\(listen)", "--to", "\(to)"] + log)
    }

    /// An end of TLS on loopback: with a certificate (and its key) it takes TLS and forwards plainly, with an authority it
    /// takes plain bytes and forwards over TLS.
    package static func tlsEnd(listen: Int, to: Int, certificate: (file: URL, key: URL)? = nil, authority: URL? = nil)
        throws -> TestPeer
    {
        let program = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Peers/tls_peer.py")
        var options = ["--listen", "\(listen)", "--to", "\(to)"]
        if let certificate { options += ["--certificate", certificate.file.path, "--key", certificate.key.path] }
        if let authority { options += ["--ca", authority.path] }
        return try TestPeer(["/usr/bin/python3", program.path] + options)
    }

    /// A certificate of 127.0.0.1 that signs itself, made by openssl; nil where that isn't installed.
    package static func certificate(in folder: URL) throws -> (file: URL, key: URL)? {
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl") else { return nil }
        let (file, key) = (folder.appending(path: "tls.pem"), folder.appending(path: "tls.key"))
        let openssl = Process()
        openssl.executableURL = URL(filePath: "/usr/bin/openssl")
        openssl.arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key.path, "-out", file.path,
        ]
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        return openssl.terminationStatus == 0 ? (file, key) : nil
    }

    /// What it has printed so far.
    package var lines: [String] { state.withLock { $0.lines } }

    package func send(_ line: String) throws {
        try input.withLock { try $0.write(contentsOf: Data("\(line)\n".utf8)) }
    }

    /// Waits for a line that begins with `prefix`.
    package func isReady(_ prefix: String = "ready", within limit: Duration = .seconds(30)) async -> Bool {
        await eventually(within: limit) { self.lines.contains { $0.hasPrefix(prefix) } }
    }

    /// Kills it at once, as a power cut would.
    package func stop() {
        process.withLock { process in
            guard process.isRunning else { return }
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
    }

    private func take(_ data: Data) {
        state.withLock { state in
            state.rest += String(decoding: data, as: UTF8.self)
            var parts = state.rest.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            state.rest = parts.removeLast()
            state.lines += parts
        }
    }

    /// A TCP port of 127.0.0.1 that nobody listened on a moment ago.
    package static func freePort() -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                _ = bind(descriptor, address, length)
                _ = getsockname(descriptor, address, &length)
            }
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}

/// How much longer than on a machine of one's own a test waits: what a limit says is the product's promise, and a test
/// machine may be slower by this factor without the product being wrong. Promises in seconds are measured by benchmarks.
package let patience = 4

/// Waits until `condition` holds, looking every 20 ms.
///
/// - Returns: false when it did not hold within `limit`.
package func eventually(within limit: Duration, _ condition: () throws -> Bool) async rethrows -> Bool {
    let clock = ContinuousClock()
    let end = clock.now + limit * patience
    while clock.now < end {
        if try condition() { return true }
        try? await Task.sleep(for: .milliseconds(20))
    }
    return try condition()
}
