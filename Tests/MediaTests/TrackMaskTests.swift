import Domain
import Testing

@testable import Media

@Suite("hiding the sound")
struct TrackMaskTests {
    /// A stream with sound and one fragment of it.
    private static func recording(_ audio: AudioInfo?) throws -> (initialisation: [UInt8], fragment: [UInt8]) {
        let encoder = try H264Encoder(width: 64, height: 48, frameRate: 25, bitRate: 100_000, keyInterval: 25)
        var info = encoder.info
        info.audio = audio
        let picture = Packet(bytes: [0, 0, 0, 2, 0x65, 1], ptsTicks: 0, dtsTicks: 0, durationTicks: 3600, isKey: true)
        let sound = Packet(
            track: .audio,
            bytes: [9, 8, 7],
            ptsTicks: 100,
            dtsTicks: 100,
            durationTicks: 1800,
            isKey: true
        )
        let mark = SegmentMark(cameraId: "c", runId: "r", startedAt: .epoch, startTicks: 0)
        let made = FragmentWriter.fragment(
            samples: [picture],
            audio: audio == nil ? [] : [sound],
            sequence: 1,
            baseDecodeTicks: 0,
            wall: .epoch
        )
        return (try FragmentWriter.initSegment(info: info, mark: mark), made.bytes)
    }

    @Test("the sound is gone, the pictures are where they were and no byte has moved")
    func masks() throws {
        for codec in [AudioCodec.alaw, .mp2] {
            let (start, fragment) = try Self.recording(AudioInfo(codec: codec, sampleRate: 8000, channels: 1))
            #expect(try FragmentParser.initSegment(start)?.stream.audio?.codec == codec)
            #expect(try FragmentParser.fragment(fragment)?.audio?.samples.count == 1)
            let hidden = TrackMask.videoOnly(start)
            var expected = try #require(try FragmentParser.initSegment(start))
            expected.stream.audio = nil
            #expect(try FragmentParser.initSegment(hidden) == expected)
            let bare = TrackMask.videoOnly(fragment)
            var same = try #require(try FragmentParser.fragment(fragment))
            same.audio = nil
            #expect(try FragmentParser.fragment(bare) == same)
            #expect(hidden.count == start.count && bare.count == fragment.count)
            // trak and trex; traf: only their names differ.
            #expect(zip(hidden, start).filter { $0 != $1 }.count <= 8)
            #expect(zip(bare, fragment).filter { $0 != $1 }.count <= 4)
            #expect(TrackMask.videoOnly(start + fragment) == hidden + bare)
        }
    }

    @Test("what has no sound, or is no box, stays as it is")
    func untouched() throws {
        let (start, fragment) = try Self.recording(nil)
        #expect(TrackMask.videoOnly(start) == start && TrackMask.videoOnly(fragment) == fragment)
        let (withSound, _) = try Self.recording(AudioInfo(codec: .alaw, sampleRate: 8000, channels: 1))
        for count in 0..<withSound.count {
            #expect(TrackMask.videoOnly(Array(withSound.prefix(count))).count == count)
        }
        var random = SeededRandom(seed: 3)
        for _ in 0..<200 {
            var damaged = withSound
            for _ in 0..<5 {
                damaged[Int.random(in: damaged.indices, using: &random)] = .random(in: 0...255, using: &random)
            }
            #expect(TrackMask.videoOnly(damaged).count == damaged.count)
        }
    }
}
