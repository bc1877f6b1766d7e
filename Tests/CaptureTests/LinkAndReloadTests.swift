import Domain
import Foundation
import Recording
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

@testable import Capture

/// What happens beside a camera that is recorded: streams that fail over, configurations, a serve that hangs.
@Suite("Beside the recording", .serialized) struct LinkAndReloadTests {
    private static let clips = [
        "main": "towncentre_1080p_pedestrians_cyclists.mp4", "sub": "street_traffic_suburban.mp4",
    ]
    private static let hasData =
        SharedData.tool("rtsp_serve.py") != nil
        && clips.values.allSatisfy { SharedData.video($0) != nil }
    private static let absent: Comment = "no clips or RTSP server in the shared folder"

    private static func residentBytes() -> Int {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096
    }

    @Test(
        "a dead sub stream hands analysis to the main one, and gets it back when it returns",
        .enabled(if: hasData, absent)
    )
    func subStream() async throws {
        let (mainPort, subPort) = (TestPeer.freePort(), TestPeer.freePort())
        let main = try #require(try TestPeer.rtspServer(port: mainPort, clips: ["a": Self.clips["main"] ?? ""]))
        let sub = try #require(try TestPeer.rtspServer(port: subPort, clips: ["a": Self.clips["sub"] ?? ""]))
        defer { main.stop() }
        #expect(await main.isReady())
        #expect(await sub.isReady())
        let worker = try FakeWorker()
        let capture = try RunningCapture(
            [
                RunningCapture.camera(
                    "cam",
                    "rtsp://127.0.0.1:\(mainPort)/a",
                    analysed: true,
                    sub: "rtsp://127.0.0.1:\(subPort)/a"
                )
            ],
            worker: worker
        )
        func streams() -> [String] { worker.lines.filter { $0.hasPrefix("stream") } }
        let mainStream = "stream cam 1920"
        #expect(await eventually(within: .seconds(20)) { streams().last.map { $0 != mainStream } == true })
        let subStream = try #require(streams().last)
        sub.stop()
        #expect(await eventually(within: .seconds(20)) { streams().last == mainStream })
        let told = worker.lines.count
        #expect(
            await eventually(within: .seconds(15)) { worker.lines.dropFirst(told).contains { $0.hasPrefix("packet") } }
        )
        let again = try #require(try TestPeer.rtspServer(port: subPort, clips: ["a": Self.clips["sub"] ?? ""]))
        defer { again.stop() }
        #expect(await eventually(within: .seconds(40)) { streams().last == subStream })
        #expect(await capture.stop()?.code == 0)
        let gaps = try RecordedFiles.gaps("cam", in: capture.data)
        #expect(gaps.map(\.reason) == [.starting, .restart], "the recording has noticed nothing: \(gaps)")
    }

    @Test(
        "a configuration read again touches no camera that stays, and neither does a serve that hangs for half a minute",
        .enabled(if: hasData, absent)
    )
    func reloadAndHungClient() async throws {
        let port = TestPeer.freePort()
        let server = try #require(try TestPeer.rtspServer(port: port, clips: Self.clips))
        defer { server.stop() }
        #expect(await server.isReady())
        func camera(_ id: String, _ clip: String, analysed: Bool) -> CapturedCamera {
            RunningCapture.camera(id, "rtsp://127.0.0.1:\(port)/\(clip)", analysed: analysed)
        }
        // Half a megabyte with each observation: without a bound half a minute would cost far more than the ring.
        let worker = try FakeWorker(pictureBytes: 1 << 20)
        let stays = ["stays", "also"].map { camera($0, "sub", analysed: true) }
        let capture = try RunningCapture(
            stays + [camera("goes", "main", analysed: true), camera("moves", "main", analysed: false)],
            worker: worker
        )
        #expect(await eventually(within: .seconds(20)) { capture.observations > 0 })
        try RunningCapture.write(
            stays + [camera("moves", "sub", analysed: true), camera("comes", "main", analysed: false)],
            to: capture.data,
            analyse: true
        )
        #expect(capture.link.send(.reload))
        #expect(await eventually(within: .seconds(10)) { capture.status("comes")?.state == .live })
        #expect(await eventually(within: .seconds(10)) { capture.statistics?.cameras["goes"] == nil })

        // A second serve greets, and is stopped.
        let client = try TestPeer([
            "/usr/bin/python3", "-c",
            """
            import json, socket, struct, sys
            s = socket.socket(socket.AF_UNIX)
            s.connect(sys.argv[1])
            h = json.dumps({"hello": {"protocolVersion": 1, "pid": 1}}).encode()
            s.sendall(struct.pack(">II", len(h), 0) + h)
            print("ready", flush=True)
            while s.recv(1 << 16): print("read", flush=True)
            """, capture.data.appending(path: "capture/0.sock").path,
        ])
        defer { client.stop() }
        #expect(await client.isReady("read"))
        kill(client.processId, SIGSTOP)
        let before = Self.residentBytes()
        let taken = capture.observations
        try await Task.sleep(for: .seconds(30))
        let grown = Self.residentBytes() - before
        print("a serve that hung for 30 s cost \(grown >> 20) MB")
        #expect(grown < 80 << 20)
        #expect(capture.observations - taken < 5, "they wait in the ring")
        kill(client.processId, SIGCONT)
        #expect(await eventually(within: .seconds(10)) { capture.observations - taken >= 20 })
        #expect(await capture.stop()?.code == 0)
        let clip = try #require(Self.clips["sub"].flatMap(SharedData.video))
        for camera in stays {
            #expect(capture.statistics?.cameras[camera.id]?.connections == 1)
            let verdict = try RecordedFiles.walk(capture.segments(camera.id), clip: clip)
            guard case .unbroken(_, let count) = verdict else {
                Issue.record("\(camera.id): \(verdict)")
                continue
            }
            // `live` may be told up to a group of pictures (two seconds) before the first key frame is there to record.
            #expect(count > 24 * 26)
            #expect(try RecordedFiles.gaps(camera.id, in: capture.data).map(\.reason) == [.starting, .restart])
        }
    }
}
