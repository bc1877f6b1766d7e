import Foundation
import Glibc

/// A real mosquitto on a free loopback port with a password file, for one test.
final class MosquittoBroker: @unchecked Sendable {
    // Safety: each test uses its broker from one task at a time.
    static let user = "gridwatch"
    static let password = "correct horse"
    static let binary = ["/usr/sbin/mosquitto", "/usr/bin/mosquitto", "/usr/local/sbin/mosquitto"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    let folder: URL
    let port: Int
    private let extraConfiguration: String
    private var process: pid_t?

    /// Prepares one; persistent, so that its sessions survive `stop`.
    init(listener: String = "", configuration: String = "") throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "gw-broker-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        port = try Self.freePort()
        extraConfiguration = listener.replacingOccurrences(of: "FOLDER", with: folder.path) + "\n" + configuration
        try Self.run(
            "/usr/bin/mosquitto_passwd",
            ["-b", "-c", folder.appending(path: "passwd").path, Self.user, Self.password]
        )
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(at: folder)
    }

    func start() throws {
        let text = """
            listener \(port) 127.0.0.1
            allow_anonymous false
            password_file \(folder.path)/passwd
            persistence true
            persistence_location \(folder.path)/
            max_queued_messages 0
            user root
            \(extraConfiguration)
            """
        let file = folder.appending(path: "mosquitto.conf")
        try text.write(to: file, atomically: true, encoding: .utf8)
        process = try Self.spawn([Self.binary ?? "mosquitto", "-c", file.path])
        let deadline = ContinuousClock.now + .seconds(40)
        while !Self.answers(port), ContinuousClock.now < deadline { usleep(20_000) }
    }

    /// kill -9.
    func kill() { end(SIGKILL) }

    /// Lets it save its sessions and end.
    func stop() { end(SIGTERM) }

    private func end(_ signal: Int32) {
        guard let process else { return }
        Glibc.kill(process, signal)
        waitpid(process, nil, 0)
        self.process = nil
    }

    /// Starts a program with no signal blocked: the threads of tests block some, and a child inherits that.
    private static func spawn(_ arguments: [String]) throws -> pid_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var mask = sigset_t()
        sigemptyset(&mask)
        posix_spawnattr_setsigmask(&attributes, &mask)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var words = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var child: pid_t = 0
        guard posix_spawn(&child, arguments[0], &actions, &attributes, &words, environ) == 0 else {
            throw CocoaError(.executableLoad)
        }
        return child
    }

    static func run(_ program: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw CocoaError(.executableLoad, userInfo: ["program": program])
        }
    }

    static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = loopback(0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let port = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, size) == 0 && getsockname(descriptor, generic, &size) == 0
                    ? Int(UInt16(bigEndian: pointer.pointee.sin_port)) : 0
            }
        }
        guard port > 0 else { throw CocoaError(.fileNoSuchFile) }
        return port
    }

    private static func answers(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = loopback(port)
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    private static func loopback(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}
