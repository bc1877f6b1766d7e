import Domain
import Foundation
import TestSupport
import Testing

@testable import Capture

/// What people see of a source that doesn't work, against real peers.
@Suite("Sources that fail", .serialized) struct SourceFaultTests {
    private static let hasData = SharedData.tool("rtsp_serve.py") != nil && SharedData.video(clip) != nil
    private static let clip = "street_traffic_suburban.mp4"

    @Test(
        "a camera's state says within ten seconds what is wrong, and the others don't notice",
        .enabled(if: hasData, "no clips or RTSP server in the shared folder"),
        arguments: [SourceTransport.auto, .libav]
    )
    func states(transport: SourceTransport) async throws {
        let port = TestPeer.freePort()
        let locked = TestPeer.freePort()
        let http = TestPeer.freePort()
        let refused = TestPeer.freePort()
        let server = try #require(try TestPeer.rtspServer(port: port, clips: ["a": Self.clip]))
        let guarded = try #require(
            try TestPeer.rtspServer(
                port: locked,
                clips: ["a": Self.clip],
                options: ["--user", "u", "--password", "right"]
            )
        )
        let web = try TestPeer(["/usr/bin/python3", "-m", "http.server", "\(http)", "--bind", "127.0.0.1"])
        defer {
            for peer in [server, guarded, web] { peer.stop() }
        }
        #expect(await server.isReady())
        #expect(await guarded.isReady())
        var cameras = [
            RunningCapture.camera("good", "rtsp://127.0.0.1:\(port)/a"),
            RunningCapture.camera("secret", "rtsp://u:right@127.0.0.1:\(locked)/a"),
            RunningCapture.camera("password", "rtsp://u:wrong-geheim@127.0.0.1:\(locked)/a"),
            RunningCapture.camera("host", "rtsp://u:geheim@no-such-host.invalid/a"),
            RunningCapture.camera("refused", "rtsp://u:geheim@127.0.0.1:\(refused)/a"),
            RunningCapture.camera("nothing", "rtsp://u:geheim@127.0.0.1:\(port)/none"),
            RunningCapture.camera("web", "rtsp://u:geheim@127.0.0.1:\(http)/a"),
            RunningCapture.camera("file", "file:/no/such/clip.mp4"),
        ]
        for index in cameras.indices { cameras[index].input = SourceOptions(transport: transport) }
        let capture = try RunningCapture(cameras)
        let expected: [(String, CameraState, Set<StateReason>)] = [
            ("good", .live, [.ok]),
            ("secret", .live, [.ok]),
            ("password", .unauthorised, [.unauthorised]),
            ("host", .offline, [.unknownHost]),
            ("refused", .offline, [.refused]),
            ("nothing", .offline, [.notAStream]),
            ("web", .offline, [.notAStream]),
            ("file", .offline, [.notAStream]),
        ]
        _ = await eventually(within: .seconds(10)) {
            expected.allSatisfy { id, state, _ in capture.status(id)?.state == state }
        }
        for (id, state, reasons) in expected {
            let status = capture.status(id)
            #expect(status?.state == state, "\(id): \(String(describing: status))")
            #expect(status.map { reasons.contains($0.reason) } == true, "\(id): \(String(describing: status))")
            #expect(status?.detail?.contains("geheim") != true)
        }
        #expect(capture.statuses("good").allSatisfy { $0.state == .live || $0.state == .connecting })
        let end = await capture.stop()
        #expect(end?.code == 0)
        #expect(end.map { $0.took < .seconds(3) * patience } == true)
    }

    @Test(
        "a stalled connection shows within ten seconds, is dropped, and comes back",
        .enabled(if: hasData, "no clips or RTSP server in the shared folder"),
        arguments: [SourceTransport.auto, .libav]
    )
    func stall(transport: SourceTransport) async throws {
        let (port, proxyPort) = (TestPeer.freePort(), TestPeer.freePort())
        let server = try #require(try TestPeer.rtspServer(port: port, clips: ["a": Self.clip]))
        let proxy = try #require(try TestPeer.chaosProxy(listen: proxyPort, to: port))
        defer {
            server.stop()
            proxy.stop()
        }
        #expect(await server.isReady())
        #expect(await proxy.isReady())
        var camera = RunningCapture.camera("a", "rtsp://127.0.0.1:\(proxyPort)/a")
        camera.input = SourceOptions(transport: transport)
        let capture = try RunningCapture([camera])
        #expect(await eventually(within: .seconds(10)) { capture.status("a")?.state == .live })
        try proxy.send("stall")
        #expect(await eventually(within: .seconds(10)) { capture.status("a")?.state == .stalled })
        #expect(capture.status("a")?.reason == .noPackets)
        #expect(await eventually(within: .seconds(10)) { capture.status("a")?.state == .offline })
        try proxy.send("pass")
        #expect(await eventually(within: .seconds(30)) { capture.status("a")?.state == .live })
        await capture.stop()
    }

    @Test(
        "a server that accepts and says nothing shows within ten seconds; 64 of them stop in three",
        .enabled(if: hasData, "no clips or RTSP server in the shared folder")
    )
    func halfOpen() async throws {
        let (port, proxyPort) = (TestPeer.freePort(), TestPeer.freePort())
        let proxy = try #require(try TestPeer.chaosProxy(listen: proxyPort, to: port))
        defer { proxy.stop() }
        #expect(await proxy.isReady())
        try proxy.send("halfopen")
        #expect(await proxy.isReady("ok"))
        let cameras = (0..<64).map { RunningCapture.camera("c\($0)", "rtsp://127.0.0.1:\(proxyPort)/a") }
        let capture = try RunningCapture(cameras)
        #expect(
            await eventually(within: .seconds(13)) {
                cameras.allSatisfy { capture.status($0.id)?.state == .offline }
            }
        )
        #expect(capture.status("c0")?.reason == .timeout)
        let end = await capture.stop()
        #expect(end?.code == 0)
        #expect(end.map { $0.took < .seconds(3) * patience } == true, "\(String(describing: end))")
    }

    @Test("a second capture of the same shard is refused with a clear line")
    func lock() async throws {
        let capture = try RunningCapture([])
        #expect(await eventually(within: .seconds(5)) { capture.link.isConnected })
        let error = #expect(throws: CaptureError.self) {
            _ = try ShardLock(folder: capture.data.appending(path: "capture"), shard: 0)
        }
        #expect(error?.code == .shardTaken)
        #expect(error?.message.contains("stop it first") == true)
        await capture.stop()
    }
}
