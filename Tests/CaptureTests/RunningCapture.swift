import Domain
import Foundation
import Logging
import Synchronization
import TestSupport

@testable import Capture

/// A capture process inside the test, with its data folder, a stand-in for serve, and a worker that keeps a log.
final class RunningCapture: Sendable {
    let data: URL
    let link: CaptureLink
    private let process: CaptureProcess
    private let state = Mutex(State())

    struct State {
        var statuses: [CameraStatus] = []
        var observations = 0
        var pictures: [String: Int] = [:]
        var statistics: CaptureStatistics?
        var exitCode: Int32?
    }

    /// The way in which cameras are received, where it isn't left to them: `GRIDWATCH_TEST_TRANSPORT=libav` runs the same
    /// tests over libavformat.
    static let transport =
        ProcessInfo.processInfo.environment["GRIDWATCH_TEST_TRANSPORT"].flatMap { SourceTransport(rawValue: $0) }

    static func camera(_ id: String, _ source: String, analysed: Bool = false, sub: String? = nil) -> CapturedCamera {
        let whole = PicturePolygon([
            PicturePoint(x: 0, y: 0), PicturePoint(x: 1, y: 0), PicturePoint(x: 1, y: 1), PicturePoint(x: 0, y: 1),
        ])
        let zone = Zone(id: "all", polygon: whole, rules: [ZoneRule(kind: .motion)])
        return CapturedCamera(
            id: id,
            source: source,
            sub: sub,
            input: transport.map { SourceOptions(transport: $0) },
            zones: analysed ? [zone] : [],
            record: RecordPolicy(activity: analysed)
        )
    }

    init(
        _ cameras: [CapturedCamera],
        worker: FakeWorker? = nil,
        segmentSeconds: Double = 600,
        data: URL? = nil,
        floorBytes: Int64 = 1 << 20,
        volumes: [VolumeDeclaration] = []
    ) throws {
        self.data = data ?? FileManager.default.temporaryDirectory.appending(path: "gw-\(UUID().uuidString)")
        try Self.write(
            cameras,
            to: self.data,
            analyse: worker != nil,
            segmentSeconds: segmentSeconds,
            floorBytes: floorBytes,
            volumes: volumes
        )
        let data = self.data
        link = CaptureLink(dataDirectory: data, shard: 0)
        var logger = Logger(label: "capture") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        process = CaptureProcess(
            dataDirectory: data,
            shard: 0,
            analyseCommand: worker?.command ?? [],
            managed: false,
            logger: logger,
            handlesSignals: false
        )
        let thread = Thread { [self] in
            let code = process.run()
            state.withLock { $0.exitCode = code }
        }
        thread.start()
        link.start()
        Task { [weak self, link] in
            for await (event, payload) in link.events { self?.take(event, payload) }
        }
    }

    static func write(
        _ cameras: [CapturedCamera],
        to data: URL,
        analyse: Bool,
        segmentSeconds: Double = 600,
        floorBytes: Int64 = 1 << 20,
        volumes: [VolumeDeclaration] = []
    ) throws {
        let configuration = CaptureConfiguration(
            shard: 0,
            cameras: cameras,
            recording: RecordingSettings(
                freeSpaceFloorBytes: floorBytes,
                segmentSeconds: segmentSeconds,
                volumes: volumes
            ),
            analyse: analyse
        )
        try configuration.write(to: CaptureConfiguration.file(in: data, shard: 0))
    }

    /// All states that were told, in order.
    func statuses(_ camera: String) -> [CameraStatus] {
        state.withLock { $0.statuses.filter { $0.cameraId == camera } }
    }

    func status(_ camera: String) -> CameraStatus? { statuses(camera).last }

    var statistics: CaptureStatistics? { state.withLock { $0.statistics } }
    var observations: Int { state.withLock { $0.observations } }
    /// Bytes of the pictures that were answered, by request.
    var pictures: [String: Int] { state.withLock { $0.pictures } }

    /// Stops it and waits for its end.
    ///
    /// - Returns: the exit code and how long it took; nil when it did not end.
    @discardableResult
    func stop() async -> (code: Int32, took: Duration)? {
        let start = ContinuousClock.now
        process.stop()
        _ = await eventually(within: .seconds(10)) { self.state.withLock { $0.exitCode != nil } }
        link.close()
        return state.withLock { $0.exitCode }.map { ($0, ContinuousClock.now - start) }
    }

    /// The recorded files of a camera, oldest first.
    func segments(_ camera: String) -> [URL] { Self.segments(camera, in: data) }

    static func segments(_ camera: String, in data: URL) -> [URL] {
        let folder = data.appending(path: "recordings/\(camera)")
        let all = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?.allObjects ?? []
        return all.compactMap { $0 as? URL }.filter { $0.pathExtension == "mp4" }.sorted { $0.path < $1.path }
    }

    private func take(_ event: CaptureEvent, _ payload: [UInt8]) {
        state.withLock { state in
            switch event {
            case .hello: break
            case .state(let status): state.statuses.append(status)
            case .observation: state.observations += 1
            case .picture(_, let requestId, _): state.pictures[requestId] = payload.count
            case .statistics(let statistics): state.statistics = statistics
            }
        }
    }
}

/// An analyse worker in another language: answers as the protocol says, logs what it gets, misbehaves on demand.
struct FakeWorker: Sendable {
    let folder: URL

    /// - Parameters:
    ///   - poison: the camera whose packets end it.
    ///   - pictureBytes: of the picture that comes with each observation.
    init(poison: String = "", pictureBytes: Int = 0) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "gw-worker-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(Self.program.utf8).write(to: folder.appending(path: "worker.py"))
        try Data(poison.utf8).write(to: folder.appending(path: "poison"))
        try Data("\(pictureBytes)".utf8).write(to: folder.appending(path: "picture"))
    }

    var command: [String] { ["/usr/bin/python3", folder.appending(path: "worker.py").path, folder.path] }

    /// Process ids of the workers that were started, in order.
    var processes: [Int32] {
        lines.compactMap { $0.hasPrefix("start ") ? Int32($0.dropFirst(6)) : nil }
    }

    /// Messages that a worker got, like `packet a ` and, with the width, `stream a 1920`.
    var lines: [String] {
        let text = (try? String(contentsOf: folder.appending(path: "log"), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map(String.init)
    }

    private static let program = """
        import json, os, struct, sys
        folder = sys.argv[1]
        poison = open(folder + "/poison").read()
        picture = b"J" * int(open(folder + "/picture").read())
        log = open(folder + "/log", "a", buffering=1)
        log.write("start %d\\n" % os.getpid())
        def read(n):
            data = b""
            while len(data) < n:
                part = os.read(0, n - len(data))
                if not part: sys.exit(0)
                data += part
            return data
        def say(header, payload=b""):
            header = json.dumps(header).encode()
            sys.stdout.buffer.write(struct.pack(">II", len(header), len(payload)) + header + payload)
            sys.stdout.buffer.flush()
        say({"ready": {"version": 1}})
        while True:
            h, p = struct.unpack(">II", read(8))
            message, payload = json.loads(read(h)), read(p)
            (kind, body), = message.items()
            log.write("%s %s %s\\n" % (kind, body.get("cameraId", ""), body.get("width", "")))
            if kind == "ping": say({"pong": {"number": body["number"]}})
            if kind == "picture": say({"picture": {"cameraId": body["cameraId"], "requestId": body["requestId"]}}, b"JPEG")
            if kind == "packet":
                if body["cameraId"] == poison: os.abort()
                say({"observation": {"_0": {"id": "o", "cameraId": body["cameraId"], "zoneId": "all", "kind": "motion",
                    "phase": "begin", "box": {"x": 0, "y": 0, "width": 1, "height": 1}, "confidence": 1,
                    "mediaTicks": body["mediaTicks"], "at": body["at"], "since": body["at"]}}}, picture)
        """
}
