import Domain
import Foundation
import Recording
import TestSupport
import Testing

@testable import Capture

/// Recorded time and gaps fill the window to a frame, and each gap says why.
@Suite("Every second accounted for", .serialized) struct AccountingTests {
    private static let clip = "street_traffic_suburban.mp4"
    private static let hasData = SharedData.tool("rtsp_serve.py") != nil && SharedData.video(clip) != nil
    private static let absent: Comment = "no clips or RTSP server in the shared folder"

    private func report(_ cameras: [String], in data: URL) throws {
        for camera in cameras {
            let account = try RecordedFiles.account(camera, in: data)
            let gaps = try RecordedFiles.gaps(camera, in: data)
            print(
                "\(camera): \(account.recorded.seconds) s recorded + \(account.missing.seconds) s in \(gaps.count) gaps"
            )
            #expect(account.mistakes.isEmpty, "\(camera): \(account.mistakes)")
            let difference = account.window - account.recorded - account.missing
            #expect(difference < .milliseconds(42) && difference > .milliseconds(-42), "\(camera): \(difference)")
        }
    }

    @Test("faults of the source: each leaves one gap with its reason, to a frame", .enabled(if: hasData, absent))
    func faults() async throws {
        let (port, lockedPort) = (TestPeer.freePort(), TestPeer.freePort())
        let server = try #require(try TestPeer.rtspServer(port: port, clips: ["a": Self.clip]))
        let options = ["--user", "u", "--password", "right"]
        let locked = try #require(try TestPeer.rtspServer(port: lockedPort, clips: ["a": Self.clip], options: options))
        defer {
            server.stop()
            locked.stop()
        }
        #expect(await server.isReady())
        #expect(await locked.isReady())
        /// What is done to the connection, and what the gap may be put down to.
        let faults: [(name: String, commands: [String], reasons: Set<StateReason>, later: StateReason?)] = [
            ("closed", ["close"], [.closed], nil),
            ("reset", ["reset"], [.closed, .sourceError], nil),
            ("stalled", ["stall"], [.noPackets], nil),
            ("refused", ["refuse", "close"], [.closed], .refused),
            ("silent", ["halfopen", "close"], [.closed], .timeout),
        ]
        var proxies: [TestPeer] = []
        defer { for proxy in proxies { proxy.stop() } }
        var cameras: [CapturedCamera] = []
        for fault in faults {
            let listen = TestPeer.freePort()
            let proxy = try #require(try TestPeer.chaosProxy(listen: listen, to: port))
            proxies.append(proxy)
            #expect(await proxy.isReady())
            cameras.append(RunningCapture.camera(fault.name, "rtsp://127.0.0.1:\(listen)/a"))
        }
        cameras.append(RunningCapture.camera("unauthorised", "rtsp://u:wrong@127.0.0.1:\(lockedPort)/a"))
        let capture = try RunningCapture(cameras)
        let names = faults.map(\.name)
        #expect(await eventually(within: .seconds(20)) { names.allSatisfy { !capture.segments($0).isEmpty } })
        #expect(await eventually(within: .seconds(10)) { capture.status("unauthorised")?.state == .unauthorised })
        for (fault, proxy) in zip(faults, proxies) { for command in fault.commands { try proxy.send(command) } }
        #expect(
            await eventually(within: .seconds(20)) {
                faults.allSatisfy { fault in
                    let gaps = (try? RecordedFiles.gaps(fault.name, in: capture.data)) ?? []
                    guard let gap = gaps.dropFirst().first else { return false }
                    return fault.later.map { gap.laterReasons.contains($0) } ?? true
                }
            }
        )
        for proxy in proxies { try proxy.send("pass") }
        #expect(await eventually(within: .seconds(40)) { names.allSatisfy { capture.segments($0).count >= 2 } })
        #expect(await capture.stop()?.code == 0)
        for fault in faults {
            let gaps = try RecordedFiles.gaps(fault.name, in: capture.data)
            #expect(gaps.first?.reason == .starting)
            #expect(gaps.last?.reason == .restart && gaps.last?.to == nil)
            let caused = gaps.dropFirst().dropLast()
            #expect(caused.allSatisfy { fault.reasons.contains($0.reason) && $0.to != nil }, "\(fault.name): \(gaps)")
        }
        #expect(try RecordedFiles.gaps("unauthorised", in: capture.data).map(\.reason) == [.unauthorised])
        try report(names, in: capture.data)
        try? FileManager.default.removeItem(at: capture.data)
    }

    @Test(
        "a paused camera is not received, its gap says so, also over a restart, and it goes on when it may",
        .enabled(if: hasData, absent)
    )
    func paused() async throws {
        let port = TestPeer.freePort()
        let server = try #require(try TestPeer.rtspServer(port: port, clips: ["a": Self.clip]))
        defer { server.stop() }
        #expect(await server.isReady())
        func camera(_ id: String, paused: Bool) -> CapturedCamera {
            var camera = RunningCapture.camera(id, "rtsp://127.0.0.1:\(port)/a", analysed: true)
            camera.record.paused = paused
            return camera
        }
        let worker = try FakeWorker()
        defer { try? FileManager.default.removeItem(at: worker.folder) }
        let first = try RunningCapture([camera("other", paused: false), camera("cam", paused: false)], worker: worker)
        let data = first.data
        defer { try? FileManager.default.removeItem(at: data) }
        #expect(await eventually(within: .seconds(20)) { !first.segments("cam").isEmpty && first.observations > 0 })
        try RunningCapture.write(
            [camera("other", paused: false), camera("cam", paused: true)],
            to: data,
            analyse: true
        )
        #expect(first.link.send(.reload))
        #expect(await eventually(within: .seconds(10)) { first.status("cam")?.reason == .paused })
        #expect(first.status("cam")?.state == .offline)
        #expect(first.link.send(.picture(cameraId: "cam", requestId: "now")))
        #expect(await eventually(within: .seconds(10)) { first.pictures["now"] != nil })
        #expect(first.pictures["now"] == 0, "not even the last one")
        #expect(await first.stop()?.code == 0)

        let recorded = RunningCapture.segments("other", in: data).count
        let second = try RunningCapture(
            [camera("other", paused: false), camera("cam", paused: true)],
            worker: worker,
            data: data
        )
        #expect(await eventually(within: .seconds(20)) { second.segments("other").count > recorded })
        #expect(await eventually(within: .seconds(10)) { second.status("cam")?.reason == .paused })
        #expect(second.segments("cam").count == 1)
        try RunningCapture.write(
            [camera("other", paused: false), camera("cam", paused: false)],
            to: data,
            analyse: true
        )
        #expect(second.link.send(.reload))
        #expect(await eventually(within: .seconds(20)) { second.segments("cam").count == 2 })
        #expect(await eventually(within: .seconds(10)) { second.status("cam")?.state == .live })
        #expect(await second.stop()?.code == 0)
        #expect(second.statistics?.cameras["other"]?.connections ?? 1 == 1)
        let gaps = try RecordedFiles.gaps("cam", in: data)
        #expect(gaps.map(\.reason) == [.starting, .paused, .restart], "\(gaps)")
        try report(["cam", "other"], in: data)
    }
}
