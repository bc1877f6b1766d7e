import Foundation
import Glibc
import TestSupport

/// Serves one clip as an RTSP camera, with a program that shares no code with the project.
final class ClipServer {
    let url: String
    private let process = Process()

    /// nil where the program or what it needs is missing.
    init?(_ clip: URL, user: String? = nil, password: String? = nil) {
        guard let tool = SharedData.tool("rtsp_serve.py"), let port = SilentServer.freePort() else { return nil }
        url = "rtsp://127.0.0.1:\(port)/cam"
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = [tool.path, "--port", "\(port)"]
        if let user, let password { process.arguments? += ["--user", user, "--password", password] }
        process.arguments?.append("cam=\(clip.path)")
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        // "ready PORT", or the end of a program that can't run here.
        guard !pipe.fileHandleForReading.availableData.isEmpty else { return nil }
    }

    deinit {
        // Not SIGTERM: children of the test runner may inherit it blocked.
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }
}

/// Listens on loopback and never answers.
final class SilentServer {
    let port: UInt16
    private let descriptor: Int32

    init?() {
        guard let (descriptor, port) = Self.listener() else { return nil }
        self.descriptor = descriptor
        self.port = port
    }

    deinit { _ = close(descriptor) }

    static func freePort() -> UInt16? {
        guard let (descriptor, port) = listener() else { return nil }
        _ = close(descriptor)
        return port
    }

    private static func listener() -> (Int32, UInt16)? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) == 0 && listen(descriptor, 5) == 0
                    ? getsockname(descriptor, generic, &length) : -1
            }
        }
        guard code == 0 else {
            _ = close(descriptor)
            return nil
        }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }
}
