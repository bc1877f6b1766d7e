import CLinux
import Capture
import Dispatch
import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// The demo's private mosquitto on a free port of the loopback, with one user and a random password.
final class DemoBroker: Sendable {
    let port: Int
    let user = "demo"
    let password: String
    private let pid: pid_t
    private let guardian: Guardian

    /// - Throws: `CommandFailure` when mosquitto is missing or doesn't come up within five seconds.
    init(folder: URL) async throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let programs = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto"]
        guard let program = programs.first(where: { access($0, X_OK) == 0 }) else {
            throw CommandFailure("mosquitto is missing: apt-get install mosquitto (`make run` does it)")
        }
        password = (0..<24).map { _ in String(UInt8.random(in: 0...15), radix: 16) }.joined()
        guard let free = PortProbe.freePort() else { throw CommandFailure("No free port on loopback") }
        port = free
        let passwords = folder.appending(path: "passwords")
        try await Self.writePasswords(to: passwords, user: user, password: password)
        let configuration = folder.appending(path: "mosquitto.conf")
        // Started as root it would become a user of its own, who can't read a private data folder.
        let text = """
            listener \(port) 127.0.0.1
            allow_anonymous false
            password_file \(passwords.path)
            persistence false
            \(getuid() == 0 ? "user root" : "")
            max_queued_messages 20000
            log_type error
            """
        try Data(text.utf8).write(to: configuration, options: .atomic)
        let log = gw_open(folder.appending(path: "mosquitto.log").path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        guard log >= 0 else { throw CommandFailure("Can't write in \(folder.path)") }
        defer { close(log) }
        guardian = Guardian()
        pid = try await guardian.spawn([program, "-c", configuration.path], log: log)
        for _ in 0..<100 {
            if PortProbe.answers(port) { return }
            guard waitpid(pid, nil, WNOHANG) == 0 else { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        kill(pid, SIGKILL)
        guardian.leave()
        throw CommandFailure("The demo's mosquitto did not start; \(folder.path)/mosquitto.log tells why")
    }

    /// Ends it and waits for its end.
    func stop() {
        defer { guardian.leave() }
        kill(pid, SIGTERM)
        for _ in 0..<60 {
            if waitpid(pid, nil, WNOHANG) != 0 { return }
            usleep(50_000)
        }
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
    }

    /// The thread that the broker is a child of: Linux sends the signal of a parent's death when the thread that
    /// started the child ends, and threads of a pool end at any time.
    private final class Guardian: Sendable {
        private let stay = DispatchSemaphore(value: 0)

        /// Starts a program that ends with this process, however that ends.
        func spawn(_ program: [String], log: Int32) async throws -> pid_t {
            let command = [Executable.path, "end-with-parent", "\(getpid())"] + program
            return try await withCheckedThrowingContinuation { (started: CheckedContinuation<pid_t, any Error>) in
                let thread = Thread { [stay] in
                    let result = Result {
                        try ChildProcess.spawn(command, input: nil, output: log, errors: log, newSession: false)
                    }
                    started.resume(with: result)
                    if case .success = result { stay.wait() }
                }
                thread.name = "demo-broker"
                thread.start()
            }
        }

        /// Lets the thread end; the broker ends with it.
        func leave() { stay.signal() }
    }

    /// Written plain and hashed in place (`-U`), so that the password never stands in an argument.
    private static func writePasswords(to file: URL, user: String, password: String) async throws {
        try? FileManager.default.removeItem(at: file)
        let descriptor = gw_open(file.path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        guard descriptor >= 0 else { throw CommandFailure("Can't write \(file.path)") }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try handle.write(contentsOf: Data("\(user):\(password)\n".utf8))
        try handle.close()
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/mosquitto_passwd")
        process.arguments = ["-U", file.path]
        process.standardError = FileHandle.nullDevice
        let status = try await withCheckedThrowingContinuation { (ended: CheckedContinuation<Int32, any Error>) in
            process.terminationHandler = { ended.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { ended.resume(throwing: error) }
        }
        guard status == 0 else { throw CommandFailure("mosquitto_passwd failed with \(status)") }
    }
}
