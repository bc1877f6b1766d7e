import Domain
import Foundation
import Logging
import Media
import Recording
import TestSupport
import Testing

@testable import Archive

@Suite("the sound of a view")
struct SoundTrackTests {
    private static let at = WallTime(rfc3339: "2026-11-23T10:00:00Z") ?? .epoch

    /// What a reader gets of a run with this sound: its beginning and two fragments of half a second.
    private static func frames(_ audio: AudioInfo?) throws -> [LiveFrame] {
        let encoder = try H264Encoder(width: 64, height: 48, frameRate: 25, bitRate: 100_000, keyInterval: 25)
        var info = encoder.info
        info.audio = audio
        let start = try FragmentWriter.initSegment(info: info, mark: nil)
        let hash = ContentHash(of: [0])
        let opened = SegmentOpened(
            cameraId: "c",
            runId: "r",
            number: 0,
            startedAt: at,
            codec: "h264",
            codecString: info.codecString,
            width: 64,
            height: 48,
            initBytes: start.count,
            initHash: hash,
            previousSegment: nil,
            previousHead: nil,
            audio: audio.map { AudioTrackFacts($0) }
        )
        var frames = [LiveFrame(message: opened.initialisation, recorded: start, of: opened)]
        for number in 0..<2 {
            let base = Int64(number) * 45_000
            let picture = Packet(
                bytes: [0, 0, 0, 2, 0x65, 1],
                ptsTicks: base,
                dtsTicks: base,
                durationTicks: 45_000,
                isKey: true
            )
            let sound = (0..<3).map { index in
                Packet(
                    track: .audio,
                    bytes: [UInt8(number), UInt8(index)],
                    ptsTicks: base + 900 + Int64(index) * 1800,
                    dtsTicks: base + 900 + Int64(index) * 1800,
                    durationTicks: 1800,
                    isKey: true
                )
            }
            let made = FragmentWriter.fragment(
                samples: [picture],
                audio: audio == nil ? [] : sound,
                sequence: 1,
                baseDecodeTicks: base,
                wall: at
            )
            let message = LiveMessage.fragment(
                cameraId: "c",
                run: "r",
                at: at + .milliseconds(500 * number),
                tfdt: base,
                duration: 45_000,
                timescale: 90_000,
                key: true
            )
            frames.append(LiveFrame(message: message, recorded: made.bytes, of: opened))
        }
        return frames
    }

    private static func track(_ executable: String, slots: Int = 1) -> SoundTrack {
        SoundTrack(
            executable: executable,
            slots: TranscodeSlots(limit: slots),
            deadline: .seconds(20),
            logger: Logger(label: "test")
        )
    }

    @Test("players of pictures never see the sound", arguments: [AudioCodec.alaw, .mp2])
    func hidden(codec: AudioCodec) throws {
        let frames = try Self.frames(AudioInfo(codec: codec, sampleRate: 8000, channels: 1))
        #expect(try FragmentParser.initSegment(frames[0].payload)?.stream.audio == nil)
        for frame in frames.dropFirst() { #expect(try FragmentParser.fragment(frame.payload)?.audio == nil) }
        #expect(frames.allSatisfy { $0.original?.count == $0.payload.count })
        #expect(try Self.frames(nil).allSatisfy { $0.original == nil })
    }

    @Test("AAC comes as it was recorded, at its own time")
    func aac() async throws {
        let audio = AudioInfo(codec: .aac, sampleRate: 8000, channels: 1, extradata: [0x15, 0x88])
        let track = Self.track("/nonexistent")
        var heard: [LiveFrame] = []
        for frame in try Self.frames(audio) { heard += await track.frames(of: frame) }
        #expect(heard.count == 3)
        #expect(
            heard.first?.message
                == .audioInitialisation(
                    cameraId: "c",
                    run: "r",
                    mime: "audio/mp4; codecs=\"mp4a.40.2\"",
                    codec: "aac",
                    sampleRate: 8000,
                    channels: 1
                )
        )
        for (number, frame) in heard.dropFirst().enumerated() {
            #expect(
                frame.message
                    == .audioFragment(
                        cameraId: "c",
                        run: "r",
                        at: Self.at + .milliseconds(500 * number + 10),
                        tfdt: Int64(number) * 45_000 + 900,
                        duration: 5400,
                        timescale: 90_000
                    )
            )
            let bytes = (0..<3).flatMap { [UInt8(number), UInt8($0)] }
            #expect(Array(frame.payload.suffix(6)) == bytes)
        }
    }

    @Test("G.711 goes through a process of the view; without one there is silence and no failure")
    func converted() async throws {
        let renderer = try StandInRenderer()
        defer { renderer.remove() }
        let audio = AudioInfo(codec: .alaw, sampleRate: 8000, channels: 1)
        let frames = try Self.frames(audio)
        let slots = TranscodeSlots(limit: 1)
        do {
            let track = SoundTrack(
                executable: renderer.executable.path,
                slots: slots,
                deadline: .seconds(20),
                logger: Logger(label: "test")
            )
            var heard: [LiveMessage] = []
            for frame in frames { heard += await track.frames(of: frame).map(\.message) }
            #expect(heard.count == 3 && slots.count == 1)
            guard case .audioFragment("c", "r", let at, 45_000, _, 90_000) = heard.last else {
                Issue.record("\(heard)")
                return
            }
            #expect(at == Self.at + .milliseconds(500))
            // A second view finds no room.
            let other = SoundTrack(
                executable: renderer.executable.path,
                slots: slots,
                deadline: .seconds(20),
                logger: Logger(label: "test")
            )
            for frame in frames { #expect(await other.frames(of: frame).isEmpty) }
        }
        #expect(await eventually(within: .seconds(10)) { slots.count == 0 && renderer.running.isEmpty })
        let missing = Self.track("/nonexistent")
        for frame in frames { #expect(await missing.frames(of: frame).isEmpty) }
    }
}
