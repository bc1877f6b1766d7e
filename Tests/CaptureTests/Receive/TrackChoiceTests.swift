import RTSP
import Testing

@testable import Capture

@Suite("Choice of tracks") struct TrackChoiceTests {
    private func description(_ media: [String]) throws -> SessionDescription {
        let lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=x", "t=0 0"] + media
        return try #require(SessionDescription(Array(lines.joined(separator: "\r\n").utf8)))
    }

    private static let h264 = ["m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000", "a=control:1"]
    private static let alaw = ["m=audio 0 RTP/AVP 8", "a=control:2"]
    private static let opus = ["m=audio 0 RTP/AVP 97", "a=rtpmap:97 OPUS/48000/2", "a=control:2"]
    private static let linear = ["m=audio 0 RTP/AVP 97", "a=rtpmap:97 L16/16000", "a=control:2"]
    private static let jpeg = ["m=video 0 RTP/AVP 26", "a=control:1"]

    @Test("takes the first picture track, and sound only where it is wanted")
    func sound() throws {
        let both = try description(Self.alaw + Self.h264)
        guard case .tracks(let choice) = TrackChoice.choose(from: both, takesAudio: true) else {
            Issue.record("not chosen")
            return
        }
        #expect(choice.video == 1 && choice.sound == 0 && choice.ignored.isEmpty)
        guard case .tracks(let silent) = TrackChoice.choose(from: both, takesAudio: false) else {
            Issue.record("not chosen")
            return
        }
        #expect(silent.sound == nil && silent.ignored.isEmpty)
    }

    @Test("leaves to libavformat what only that can receive")
    func libavs() throws {
        for media in [Self.jpeg, Self.h264 + Self.opus] {
            guard case .libav = TrackChoice.choose(from: try description(media), takesAudio: true) else {
                Issue.record("\(media)")
                continue
            }
        }
        guard case .tracks = TrackChoice.choose(from: try description(Self.h264 + Self.opus), takesAudio: false) else {
            Issue.record("sound is not wanted")
            return
        }
        guard case .noVideo = TrackChoice.choose(from: try description(Self.alaw), takesAudio: true) else {
            Issue.record("there is no picture")
            return
        }
    }

    @Test("names what nobody can record as libavcodec does")
    func names() throws {
        guard
            case .tracks(let choice) = TrackChoice.choose(
                from: try description(Self.h264 + Self.linear),
                takesAudio: true
            )
        else {
            Issue.record("not chosen")
            return
        }
        #expect(choice.sound == nil && choice.ignored == ["audio/pcm_s16be"])
    }
}

@Suite("Where sound lies on the pictures' clock") struct SoundPlacementTests {
    private static let second: Int64 = 1_000_000_000

    private func unit(_ timestamp: Int64, wall: Int64? = nil, at seconds: Double) -> SoundPlacement.Unit {
        SoundPlacement.Unit(timestamp: timestamp, wall: wall, arrivedAt: Int64(seconds * Double(Self.second)))
    }

    @Test("arrival ties the tracks together until reports do, and after the next packet nothing jumps")
    func arrival() {
        var placement = SoundPlacement(rate: 8000, firsts: nil)
        #expect(placement.place(unit(5000, at: 1), picture: nil) == nil)
        let picture = unit(900_000, at: 10)
        #expect(placement.place(unit(5000, at: 10.02), picture: picture) == 901_800)
        // 20 ms on, in a packet that came late.
        #expect(placement.place(unit(5160, at: 10.3), picture: picture) == 903_600)
    }

    @Test("reports outweigh arrival, and are left where they make no sense")
    func reports() {
        var placement = SoundPlacement(rate: 8000, firsts: nil)
        let picture = unit(900_000, wall: 1_700_000_000_000_000, at: 10)
        let good = unit(5000, wall: 1_700_000_000_100_000, at: 10)
        #expect(placement.place(good, picture: picture) == 909_000)
        let nonsense = unit(5000, wall: 1_600_000_000_000_000, at: 10)
        #expect(placement.place(nonsense, picture: picture) == 900_000)
    }

    @Test("RTP-Info ties both beginnings together; a clock that runs away is caught")
    func beginnings() {
        var placement = SoundPlacement(rate: 8000, firsts: (picture: 900_000, sound: 4000))
        let picture = unit(900_000, at: 10)
        #expect(placement.place(unit(4080, at: 10), picture: picture) == 900_900)
        #expect(placement.place(unit(400_000, at: 10), picture: picture) == 900_000)
    }
}
