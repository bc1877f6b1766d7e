import Domain
import Foundation
import Media
import TestSupport
import Testing

@testable import Capture

@Suite("Loss on the way of datagrams") struct DatagramLossTests {
    private static let clips = ["street_traffic_suburban.mp4", "night_ir_person_hevc.mp4"]
    private static let hasData = clips.allSatisfy { SharedData.video($0) != nil }
    private static let absent: Comment = "no clips in the shared folder"

    private func receive(_ clip: String, _ options: [String], count: Int) async throws -> Reception.State {
        let port = TestPeer.freePort()
        let options = options + ["--speed", "4"]
        let peer = try #require(try TestPeer.pythonCamera(port: port, clips: ["a": clip], options: options))
        defer { peer.stop() }
        #expect(await peer.isReady())
        return await Reception("rtsp://127.0.0.1:\(port)/a", transport: .udp, maximum: count).ended()
    }

    @Test(
        "damage is marked up to the next key frame, counted, and ends there",
        .enabled(if: hasData, absent),
        arguments: clips,
        [0.001, 0.01, 0.05]
    )
    func loss(clip: String, share: Double) async throws {
        let state = try await receive(clip, ["--loss", "\(share)"], count: 400)
        #expect(state.error == nil && state.kind == "RTSPSource")
        let pictures = state.pictures
        #expect(pictures.count == 400)
        let isHEVC = clip.contains("hevc")
        let file = try #require(SharedData.video(clip))
        let frames = Set(try FrameWalk.frames(of: file, codec: isHEVC ? "hevc" : "h264"))
        // Whatever isn't marked is, byte for byte, a picture of the clip.
        for (index, picture) in pictures.enumerated() where !picture.isDamaged {
            let bytes = ReceivedPictures.annexB(picture.bytes)
            let whole = FrameWalk.frames(annexB: bytes, isHEVC: isHEVC).allSatisfy { frames.contains($0) }
            #expect(whole, "picture \(index) is damaged and isn't marked")
        }
        // Once something is damaged, all is up to a key frame.
        for (one, two) in zip(pictures, pictures.dropFirst()) where one.isDamaged && !two.isKey {
            #expect(two.isDamaged)
        }
        #expect(state.losses.damagedPictures == pictures.count { $0.isDamaged })
        if share >= 0.01 { #expect(state.losses.packets > 0 && state.losses.damagedPictures > 0) }
        print("\(clip), \(share): \(state.losses.packets) packets lost, \(state.losses.damagedPictures) of 400 damaged")
    }

    @Test("disorder and doubling harm nothing", .enabled(if: hasData, absent), arguments: clips)
    func disorder(clip: String) async throws {
        let state = try await receive(clip, ["--reorder", "0.1", "--duplicate", "0.1"], count: 200)
        #expect(state.error == nil && state.losses == ReceptionLosses())
        let file = try #require(SharedData.video(clip))
        let codec = clip.contains("hevc") ? "hevc" : "h264"
        #expect(try ReceivedPictures.walk(state.pictures, clip: file, codec: codec) == .unbroken(start: 0, count: 200))
    }
}
