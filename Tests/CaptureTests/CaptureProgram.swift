import Domain
import Foundation
import TestSupport

#if canImport(Glibc)
    import Glibc
#endif

@testable import Capture

/// The real program as the supervisor starts it: `gridwatch capture --data DIR --shard 0`.
final class CaptureProgram {
    /// The built `gridwatch`: `GRIDWATCH_EXECUTABLE`, or beside the tests; nil where it is absent.
    static let executable: URL? = {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let beside = URL(filePath: own).deletingLastPathComponent().appending(path: "gridwatch")
        let named = ProcessInfo.processInfo.environment["GRIDWATCH_EXECUTABLE"].map { URL(filePath: $0) }
        return [named ?? beside].first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }()

    let data: URL
    private let executable: URL
    private var peer: TestPeer?

    init(_ cameras: [CapturedCamera], executable: URL) throws {
        data = FileManager.default.temporaryDirectory.appending(path: "gw-\(UUID().uuidString)")
        self.executable = executable
        try RunningCapture.write(cameras, to: data, analyse: false)
    }

    deinit {
        peer?.stop()
        try? FileManager.default.removeItem(at: data)
    }

    func start() throws {
        peer = try TestPeer([executable.path, "capture", "--data", data.path, "--shard", "0"])
    }

    /// Ends it by a signal and waits for its end.
    func end(_ signal: Int32) async -> Bool {
        guard let id = peer?.processId else { return false }
        kill(id, signal)
        let ended = await eventually(within: .seconds(10)) { kill(id, 0) != 0 }
        peer?.stop()
        return ended
    }

    var processId: Int32? { peer?.processId }

    /// The process that records an isolated camera, if there is one.
    func isolatedProcess(_ camera: String) -> Int32? {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }.first { id in
            let bytes = FileManager.default.contents(atPath: "/proc/\(id)/cmdline") ?? Data()
            let arguments = bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
            return arguments.contains(data.path) && arguments.suffix(2) == ["--isolate", camera]
        }
    }

    func segments(_ camera: String) -> [URL] { RunningCapture.segments(camera, in: data) }
}
