import Domain
import Foundation
import Recording
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

@testable import Capture

/// Not one frame is missing, whatever happens beside the recording.
@Suite("Continuous recording", .serialized) struct ContinuousRecordingTests {
    private static let clips = [
        "backpack": "abandoned_backpack_indoor_aboda.mp4", "street": "street_traffic_suburban.mp4",
        "night": "night_ir_person_hevc.mp4", "table": "indoor_persons_one_by_one.mp4",
    ]
    private static let hasData =
        SharedData.tool("rtsp_serve.py") != nil
        && clips.values.allSatisfy { SharedData.video($0) != nil }

    /// Joins a camera's segments and compares them with its clip.
    private func walk(_ camera: String, in data: URL) throws -> FrameWalk.Verdict {
        let clip = try #require(Self.clips[camera].flatMap(SharedData.video))
        return try RecordedFiles.walk(
            RunningCapture.segments(camera, in: data),
            clip: clip,
            codec: camera == "night" ? "hevc" : "h264"
        )
    }

    private func count(_ verdict: FrameWalk.Verdict) -> Int {
        if case .unbroken(_, let count) = verdict { count } else { 0 }
    }

    @Test(
        "four cameras are an unbroken walk through their clips while the worker is killed and hangs",
        .enabled(if: hasData, "no clips or RTSP server in the shared folder")
    )
    func walks() async throws {
        let port = TestPeer.freePort()
        let server = try #require(try TestPeer.rtspServer(port: port, clips: Self.clips))
        defer { server.stop() }
        #expect(await server.isReady())
        let worker = try FakeWorker()
        let cameras = Self.clips.keys.sorted().map {
            RunningCapture.camera($0, "rtsp://127.0.0.1:\(port)/\($0)", analysed: true)
        }
        let capture = try RunningCapture(cameras, worker: worker, segmentSeconds: 12)
        #expect(
            await eventually(within: .seconds(15)) { cameras.allSatisfy { capture.status($0.id)?.state == .live } }
        )
        #expect(await eventually(within: .seconds(20)) { capture.observations > 4 })

        // Killed: another one runs within two seconds and is told everything again.
        let first = try #require(worker.processes.last)
        kill(first, SIGKILL)
        #expect(await eventually(within: .seconds(2)) { worker.processes.count == 2 })
        let told = worker.lines.count
        #expect(
            await eventually(within: .seconds(12)) { worker.lines.dropFirst(told).contains { $0.hasPrefix("packet") } }
        )

        // Hung: found and replaced within ten seconds.
        let second = try #require(worker.processes.last)
        kill(second, SIGSTOP)
        #expect(await eventually(within: .seconds(10)) { worker.processes.count == 3 })
        #expect(kill(second, 0) != 0, "the hung worker is gone")

        // A configuration read again touches no camera that stays the same.
        try RunningCapture.write(cameras, to: capture.data, analyse: true, segmentSeconds: 12)
        #expect(capture.link.send(.reload))
        #expect(capture.link.send(.picture(cameraId: "street", requestId: "now")))
        #expect(await eventually(within: .seconds(10)) { (capture.pictures["now"] ?? 0) > 0 })
        #expect(await eventually(within: .seconds(10)) { (capture.statistics?.workerRestarts ?? 0) == 2 })
        #expect(await eventually(within: .seconds(40)) { capture.segments("table").count >= 3 })
        #expect(await capture.stop()?.code == 0)
        for camera in cameras {
            let verdict = try walk(camera.id, in: capture.data)
            #expect(count(verdict) > 200, "\(camera.id): \(verdict)")
            let gaps = try RecordedFiles.gaps(camera.id, in: capture.data)
            #expect(gaps.map(\.reason) == [.starting, .restart], "\(camera.id): \(gaps)")
        }
    }

    @Test(
        "a server that is killed and comes back leaves one gap with its reason",
        .enabled(if: hasData, "no clips or RTSP server in the shared folder")
    )
    func serverGone() async throws {
        let port = TestPeer.freePort()
        let clips = ["street": "street_traffic_suburban.mp4"]
        let server = try #require(try TestPeer.rtspServer(port: port, clips: clips))
        #expect(await server.isReady())
        let capture = try RunningCapture([RunningCapture.camera("street", "rtsp://127.0.0.1:\(port)/street")])
        #expect(await eventually(within: .seconds(10)) { !capture.segments("street").isEmpty })
        server.stop()
        #expect(await eventually(within: .seconds(10)) { capture.status("street")?.state == .offline })
        let again = try #require(try TestPeer.rtspServer(port: port, clips: clips))
        defer { again.stop() }
        #expect(await again.isReady())
        #expect(await eventually(within: .seconds(30)) { capture.segments("street").count == 2 })
        #expect(await capture.stop()?.code == 0)
        let gaps = try RecordedFiles.gaps("street", in: capture.data)
        #expect(gaps.map(\.reason) == [.starting, .closed, .restart], "\(gaps)")
        #expect(gaps[1].to != nil)
    }

    @Test(
        "a camera whose packets kill the worker is put aside, and recorded on",
        .enabled(if: hasData, "no clips or RTSP server in the shared folder")
    )
    func poison() async throws {
        let port = TestPeer.freePort()
        let clips = ["street": "street_traffic_suburban.mp4", "table": "indoor_persons_one_by_one.mp4"]
        let server = try #require(try TestPeer.rtspServer(port: port, clips: clips))
        defer { server.stop() }
        #expect(await server.isReady())
        let worker = try FakeWorker(poison: "street")
        let capture = try RunningCapture(
            clips.keys.sorted().map { RunningCapture.camera($0, "rtsp://127.0.0.1:\(port)/\($0)", analysed: true) },
            worker: worker
        )
        #expect(await eventually(within: .seconds(60)) { capture.statistics?.quarantined == ["street"] })
        let before = capture.observations
        #expect(await eventually(within: .seconds(15)) { capture.observations > before })
        #expect(await capture.stop()?.code == 0)
        #expect(count(try walk("street", in: capture.data)) > 100)
    }
}
