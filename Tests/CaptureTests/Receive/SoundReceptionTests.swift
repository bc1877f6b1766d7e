import Domain
import Foundation
import Media
import TestSupport
import Testing

@testable import Capture

/// The camera's pictures begin with its clip's first, and each packet of its sound says by its bytes how many 20 ms after
/// that it belongs.
@Suite("Sound with the pictures") struct SoundReceptionTests {
    private static let clip = "street_traffic_suburban.mp4"
    private static let hasData = SharedData.video(clip) != nil

    @Test(
        "is received whole, and lies where it belongs between the pictures",
        .enabled(if: hasData, "no clips in the shared folder"),
        arguments: [SourceTransport.tcp, .libav]
    )
    func placed(transport: SourceTransport) async throws {
        let port = TestPeer.freePort()
        let peer = try #require(
            try TestPeer.pythonCamera(port: port, clips: ["a": Self.clip], options: ["--sound", "pcma"])
        )
        defer { peer.stop() }
        #expect(await peer.isReady())
        let url = "rtsp://127.0.0.1:\(port)/a"
        let reception = Reception(url, transport: transport, takesAudio: true, maximum: 150)
        let state = await reception.ended()
        #expect(state.error == nil)
        #expect(state.kind == (transport == .libav ? "Demuxer" : "RTSPSource"))
        #expect(state.infos.first?.audio == AudioInfo(codec: .alaw, sampleRate: 8000, channels: 1))
        let sound = state.packets.filter { $0.track == .audio }
        let first = try #require(state.pictures.map(\.ptsTicks).min())
        try #require(sound.count > 100)
        var next: UInt8?
        var furthest = 0.0
        for packet in sound {
            for number in stride(from: 0, to: packet.bytes.count, by: 160).map({ packet.bytes[$0] }) {
                #expect(next == nil || number == next, "sound is missing or there twice")
                next = number &+ 1
            }
            let number = try #require(packet.bytes.first)
            let seconds = Double(packet.ptsTicks - first) / 90_000
            // The number counts modulo 256: 5.12 s.
            furthest = max(furthest, abs((seconds - Double(number) * 0.02).remainder(dividingBy: 5.12)))
        }
        print("sound by \(transport): \(sound.count) packets, furthest from its place \(Int(furthest * 1000)) ms")
        #expect(furthest < 0.08 * Double(patience))
    }

    @Test("is in the recording", .enabled(if: hasData, "no clips in the shared folder"))
    func recorded() async throws {
        let port = TestPeer.freePort()
        let peer = try #require(
            try TestPeer.pythonCamera(port: port, clips: ["a": Self.clip], options: ["--sound", "pcma"])
        )
        defer { peer.stop() }
        #expect(await peer.isReady())
        var camera = RunningCapture.camera("cam", "rtsp://127.0.0.1:\(port)/a")
        camera.record.audio = true
        let capture = try RunningCapture([camera])
        defer { try? FileManager.default.removeItem(at: capture.data) }
        #expect(await eventually(within: .seconds(20)) { capture.status("cam")?.state == .live })
        try await Task.sleep(for: .seconds(4))
        #expect(await capture.stop()?.code == 0)
        let file = try #require(RunningCapture.segments("cam", in: capture.data).first)
        let demuxer = try Demuxer(
            opening: file.path,
            options: DemuxerOptions(loopFile: false, paceFile: false, takesAudio: true),
            cancellation: Cancellation()
        )
        var (pictures, sound): (Int, [UInt8]) = (0, [])
        reading: while true {
            switch try demuxer.next() {
            case .packet(let packet):
                if packet.track == .audio { sound += packet.bytes } else { pictures += 1 }
            case .end: break reading
            case .parametersChanged: continue
            }
        }
        #expect(pictures > 50 && sound.count > 2 * 8000)
        let numbers = stride(from: 0, to: sound.count - 159, by: 160).map { sound[$0] }
        #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $1 == $0 &+ 1 }, "sound is missing or there twice")
    }
}
