import Foundation
import FoundationNetworking
import TestSupport

/// The real binary, started as its users start it, and talked to over HTTP.
final class RunningCentre {
    let folder: URL
    private(set) var address: URL
    private var process: Process
    private let arguments: [String]
    private let environment: [String: String]
    private let output: URL

    /// The built `gridwatch`: beside the tests, or `GRIDWATCH_EXECUTABLE`.
    static let executable: URL = {
        if let path = ProcessInfo.processInfo.environment["GRIDWATCH_EXECUTABLE"] { return URL(filePath: path) }
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(filePath: own).deletingLastPathComponent().appending(path: "gridwatch")
    }()

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// Starts `gridwatch ARGUMENTS` and waits for the line with its address.
    init(_ arguments: [String], folder: URL, environment: [String: String] = [:], within limit: Duration = .seconds(60))
        async throws
    {
        self.folder = folder
        self.arguments = arguments
        self.environment = environment.merging(["GRIDWATCH_ADMIN_PASSWORD": "administrator"]) { given, _ in given }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        output = folder.appending(path: "test-output-\(UUID().uuidString).log")
        address = URL(filePath: "/")
        process = try Self.spawn(arguments, environment: self.environment, output: output)
        try await waitForAddress(limit)
    }

    /// A centre of one site file in a folder of its own.
    convenience init(site: String, folder: URL) async throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = folder.appending(path: "site.yaml")
        try Data(site.utf8).write(to: file)
        try await self.init(
            ["serve", "--site", file.path, "--data", folder.appending(path: "data").path, "--listen", "127.0.0.1:0"],
            folder: folder
        )
    }

    static func temporaryFolder() -> URL {
        FileManager.default.temporaryDirectory.appending(path: "gridwatch-test-\(UUID().uuidString)")
    }

    var processId: Int32 { process.processIdentifier }

    /// What it has printed on both outputs.
    var printed: String { (try? String(contentsOf: output, encoding: .utf8)) ?? "" }

    /// Whether it runs, what each of its threads waits for, and the end of what it printed: for the report of a failure.
    var condition: String {
        guard process.isRunning else {
            return
                "serve has ended (\(process.terminationReason.rawValue), \(process.terminationStatus)):\n\(printed.suffix(4000))"
        }
        let folder = "/proc/\(processId)/task"
        let threads = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).map { id in
            let facts = ["comm", "wchan", "syscall"].map {
                (try? String(contentsOfFile: "\(folder)/\(id)/\($0)", encoding: .utf8)) ?? "?"
            }
            return facts.map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }.joined(separator: " ")
        }
        let load = (try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8)) ?? ""
        return "serve runs; load \(load)\(threads.joined(separator: "\n"))\n\(printed.suffix(4000))"
    }

    /// Kills serve at once; capture goes on.
    func killServe() {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Starts the same command again after its end.
    func startAgain() async throws {
        try Data().write(to: output)
        process = try Self.spawn(arguments, environment: environment, output: output)
        try await waitForAddress(.seconds(60))
    }

    /// Ends it as Ctrl-C does and waits for its end.
    func stop() {
        guard process.isRunning else { return }
        process.interrupt()
        for _ in 0..<150 where process.isRunning { Thread.sleep(forTimeInterval: 0.1) }
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }

    /// The capture processes of this centre.
    func captureProcessIds() -> [Int32] {
        Self.processes(with: folder.path).filter { $0.arguments.contains("capture") }.map(\.id)
    }

    /// The analyse workers that capture processes of this centre have started.
    func workerProcessIds() -> [Int32] {
        let captures = Set(captureProcessIds())
        return Self.processes(with: nil).filter { $0.arguments.contains("analyse") && captures.contains($0.parent) }
            .map(\.id)
    }

    private static func spawn(_ arguments: [String], environment: [String: String], output: URL) throws -> Process {
        try Data().write(to: output)
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        let handle = try FileHandle(forWritingTo: output)
        process.standardOutput = handle
        process.standardError = handle
        process.standardInput = FileHandle.nullDevice
        try process.run()
        return process
    }

    private func waitForAddress(_ limit: Duration) async throws {
        let found = await eventually(within: limit) {
            guard let range = printed.firstRange(of: #/http://127\.0\.0\.1:[0-9]+/#) else { return !process.isRunning }
            address = URL(string: String(printed[range])) ?? address
            return true
        }
        guard found, address.scheme == "http" else {
            throw Failure(description: "no address within \(limit): \(printed)")
        }
    }

    private static func processes(with text: String?) -> [(id: Int32, parent: Int32, arguments: [String])] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }.compactMap { id in
            guard let bytes = FileManager.default.contents(atPath: "/proc/\(id)/cmdline"),
                let status = try? String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8)
            else { return nil }
            let arguments = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            if let text, !arguments.contains(where: { $0.contains(text) }) { return nil }
            let parent = status.split(separator: "\n").first { $0.hasPrefix("PPid:") }?.split(separator: "\t").last
            return (id, parent.flatMap { Int32($0) } ?? 0, arguments)
        }
    }
}

/// One signed-in person.
struct Visitor {
    let address: URL
    let token: String

    struct Answer {
        var status: Int
        var body: Data

        var json: [String: Any] {
            (try? JSONSerialization.jsonObject(with: body)) as? [String: Any] ?? [:]
        }

        var items: [[String: Any]] { json["items"] as? [[String: Any]] ?? [] }
    }

    /// Signs in; throws when that fails.
    init(_ centre: RunningCentre, _ name: String, password: String) async throws {
        address = centre.address
        let body = try JSONSerialization.data(withJSONObject: ["name": name, "password": password])
        let answer = try await Self.send("POST", address.appending(path: "api/v1/session"), body: body, token: nil)
        guard let token = answer.json["token"] as? String else {
            throw RunningCentre.Failure(description: "can't sign in as \(name): \(answer.status)")
        }
        self.token = token
    }

    func get(_ path: String) async throws -> Answer {
        guard let url = URL(string: "\(address)/\(path)") else { throw RunningCentre.Failure(description: path) }
        return try await Self.send("GET", url, body: nil, token: token)
    }

    func post(_ path: String, _ body: [String: Any] = [:]) async throws -> Answer {
        let data = try JSONSerialization.data(withJSONObject: body)
        return try await Self.send("POST", address.appending(path: path), body: data, token: token)
    }

    static func send(_ method: String, _ url: URL, body: Data?, token: String?) async throws -> Answer {
        var request = URLRequest(url: url, timeoutInterval: 30)
        request.httpMethod = method
        request.httpBody = body
        if body != nil { request.setValue("application/json", forHTTPHeaderField: "Content-Type") }
        if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
        let (data, response) = try await URLSession.shared.data(for: request)
        return Answer(status: (response as? HTTPURLResponse)?.statusCode ?? 0, body: data)
    }
}
