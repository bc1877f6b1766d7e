import Domain
import Foundation
import Media
import TestSupport
import Testing

@testable import Capture

/// Against a server in plain Python, which shares no code with GStreamer nor with us.
@Suite("Cameras with peculiarities") struct PeculiarCameraTests {
    private static let clip = "street_traffic_suburban.mp4"
    private static let hevc = "night_ir_person_hevc.mp4"
    private static let hasData = SharedData.video(clip) != nil && SharedData.video(hevc) != nil
    private static let absent: Comment = "no clips in the shared folder"

    /// Receives `count` pictures from a camera with `options`.
    private func receive(
        _ options: [String],
        clip: String = clip,
        transport: SourceTransport = .auto,
        login: String = "",
        count: Int = 60
    ) async throws -> (state: Reception.State, lines: [String]) {
        let port = TestPeer.freePort()
        let peer = try #require(try TestPeer.pythonCamera(port: port, clips: ["a": clip], options: options))
        defer { peer.stop() }
        #expect(await peer.isReady())
        let reception = Reception("rtsp://\(login)127.0.0.1:\(port)/a", transport: transport, maximum: count)
        let state = await reception.ended()
        return (state, peer.lines)
    }

    private func check(_ state: Reception.State, clip: String = clip, count: Int = 60, _ what: String) throws {
        #expect(state.error == nil, "\(what): \(String(describing: state.error))")
        #expect(state.kind == "RTSPSource", "\(what)")
        let file = try #require(SharedData.video(clip))
        let verdict = try ReceivedPictures.walk(
            state.pictures,
            clip: file,
            codec: clip == Self.hevc ? "hevc" : "h264"
        )
        #expect(verdict == .unbroken(start: 0, count: count), "\(what): \(verdict)")
        #expect(state.pictures.first?.isKey == true && state.losses == ReceptionLosses(), "\(what)")
    }

    static let quirks = [
        "absolute-control", "no-cseq", "long-length", "short-length", "lower-headers", "no-sprop", "no-pps",
        "marker-all",
        "marker-none", "other-channels", "server-asks", "garbage", "redirect", "early-packets", "no-get-parameter",
        "audio-backchannel", "single-write", "start-codes",
    ]

    @Test("are received whole over TCP", .enabled(if: hasData, absent), arguments: quirks)
    func overTCP(quirk: String) async throws {
        let (state, _) = try await receive(["--quirk", quirk, "--speed", "2"])
        try check(state, quirk)
    }

    @Test(
        "are received whole over UDP, H.264 and H.265",
        .enabled(if: hasData, absent),
        arguments: [[], ["--quirk", "no-sprop"], ["--quirk", "marker-none"]],
        [clip, hevc]
    )
    func overUDP(options: [String], clip: String) async throws {
        let (state, lines) = try await receive(options + ["--speed", "2"], clip: clip, transport: .udp)
        try check(state, clip: clip, "\(options)")
        #expect(lines.contains("setup udp"))
    }

    @Test("are asked for UDP within the same attempt where they refuse TCP", .enabled(if: hasData, absent))
    func refusesTCP() async throws {
        let (state, lines) = try await receive(["--quirk", "refuse-tcp"])
        try check(state, "refuse-tcp")
        #expect(lines.filter { $0.hasPrefix("setup") } == ["setup tcp", "setup udp"])
    }

    @Test("get their password by digest, and never in the clear", .enabled(if: hasData, absent))
    func passwords() async throws {
        for way in ["md5", "sha256"] {
            let guarded = ["--user", "u", "--password", "p@ss:w", "--auth", way]
            let (state, _) = try await receive(guarded, login: "u:p%40ss%3Aw@", count: 20)
            try check(state, count: 20, way)
            let (refused, _) = try await receive(guarded, login: "u:wrong@", count: 20)
            #expect(refused.error?.code == .unauthorised && refused.error?.message.contains("wrong") == false, "\(way)")
        }
        let basic = ["--user", "u", "--password", "p", "--auth", "basic"]
        let (open, lines) = try await receive(basic, login: "u:p@", count: 20)
        #expect(open.error?.code == .unauthorised && open.error?.message.contains("rtsps://") == true)
        #expect(!lines.contains { $0.hasPrefix("setup") })
    }

    @Test("are kept alive, and asked in the way that they offer", .enabled(if: hasData, absent))
    func keepsAlive() async throws {
        async let one = receive(["--quirk", "session-10"], count: 320)
        async let other = receive(["--quirk", "session-10", "--quirk", "no-get-parameter"], count: 320)
        for (state, lines) in try await [one, other] {
            #expect(state.error == nil && state.pictures.count == 320)
            #expect(!lines.contains("expired"))
        }
    }

    @Test("tell what their own clock shows", .enabled(if: hasData, absent))
    func clock() async throws {
        let port = TestPeer.freePort()
        let options = ["--clock-offset", "-3600"]
        let peer = try #require(try TestPeer.pythonCamera(port: port, clips: ["a": Self.clip], options: options))
        defer { peer.stop() }
        #expect(await peer.isReady())
        let reception = Reception("rtsp://127.0.0.1:\(port)/a", maximum: 60)
        _ = await reception.ended()
        let now = SystemClock().now()
        let last = try #require(reception.now.pictures.last?.cameraTime)
        #expect(abs((now - last).seconds - 3600) < Double(patience))
    }

    @Test("are taken leave of when they say goodbye and send no more", .enabled(if: hasData, absent))
    func goodbye() async throws {
        let (state, _) = try await receive(["--quirk", "bye"], count: 1000)
        #expect(state.error?.code == .closed && state.error?.message.contains("goodbye") == true)
        #expect(state.pictures.count > 50)
    }
}
