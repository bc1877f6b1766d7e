import Domain
import Foundation
import Media
import Recording
import TestSupport
import Testing

@testable import Archive

private let clipName = "night_ir_person_hevc.mp4"

/// The built `gridwatch`: `GRIDWATCH_EXECUTABLE`, or beside the tests; nil where it is absent.
private let executable: URL? = {
    let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    let beside = URL(filePath: own).deletingLastPathComponent().appending(path: "gridwatch")
    let named = ProcessInfo.processInfo.environment["GRIDWATCH_EXECUTABLE"].map { URL(filePath: $0) }
    return [named ?? beside].first { FileManager.default.isExecutableFile(atPath: $0.path) }
}()

@Suite(
    "H.265 through gridwatch render",
    .enabled(if: SharedData.video(clipName) != nil && executable != nil, "no shared clips or no gridwatch here")
)
struct RenderedArchiveTests {
    private struct World {
        var fixture: ArchiveFixture
        var start: WallTime
        var end: WallTime
        var frames: Int

        /// Twelve seconds of H.265 in two segments.
        init() async throws {
            let program = try #require(executable)
            let clip = try #require(SharedData.video(clipName))
            fixture = try ArchiveFixture(
                settings: ArchiveSettings(
                    renderExecutable: program,
                    liveInterval: .milliseconds(20),
                    transcodeLinger: .milliseconds(200)
                )
            )
            let (info, packets) = try ArchiveFixture.packets(of: clip)
            let first = try #require(packets.firstIndex { $0.isKey })
            let recorded = packets[first...].prefix { $0.dtsTicks < packets[first].dtsTicks + 12 * 90_000 }
            frames = recorded.count
            start = try fixture.record("c", info, recorded, segmentSeconds: 5)
            end = fixture.clock.now()
            try await fixture.archive.catchUp()
        }
    }

    @Test("a recorded range comes as H.264 with every frame, in both directions")
    func playback() async throws {
        let world = try await World()
        for options in [
            PlaybackOptions(transcodeWidth: 480), PlaybackOptions(transcodeWidth: 480, keysOnly: true),
            PlaybackOptions(transcodeWidth: 480, reverse: true),
        ] {
            var decoder: VideoDecoder?
            var pictures = 0
            var times: [WallTime] = []
            for try await frame in try world.fixture.archive.playback(
                cameraId: "c",
                from: world.start,
                to: world.end,
                options: options
            ) {
                switch frame.message {
                case .initialisation(_, _, let mime, let codec, let width, let height):
                    #expect(codec == "h264" && mime.hasPrefix("video/mp4; codecs=\"avc1.") && width == 480)
                    let stream = try #require(try FragmentParser.initSegment(frame.payload)?.stream)
                    decoder = try VideoDecoder(
                        codec: .h264,
                        extradata: stream.extradata,
                        width: width,
                        height: height
                    )
                case .fragment(_, _, let at, let tfdt, _, _, _):
                    let fragment = try #require(try FragmentParser.fragment(frame.payload))
                    #expect(fragment.baseDecodeTicks == tfdt)
                    times.append(at)
                    for sample in fragment.samples {
                        let bytes = Array(frame.payload[sample.offset..<sample.offset + sample.size])
                        pictures += try decoder?.decode(bytes, ptsTicks: 0, isKey: sample.isKey).count ?? 0
                    }
                case .failed: Issue.record("\(frame.message)")
                default: break
                }
            }
            if options.keysOnly || options.reverse {
                // A key frame every five seconds.
                #expect(pictures == 3 && times.count == 3)
                #expect(times == (options.reverse ? times.sorted(by: >) : times.sorted()))
            } else {
                #expect(pictures == world.frames)
            }
            // A run's times are settled some packets after its beginning.
            #expect(times.allSatisfy { $0 > world.start - .seconds(1) && $0 < world.end })
        }
    }

    @Test("key pictures, a thumbnail strip and a piece of HLS come out too")
    func pictures() async throws {
        let world = try await World()
        let archive = world.fixture.archive
        var thumbnails = 0
        for try await frame in archive.thumbnails(
            cameraId: "c",
            from: world.start,
            to: world.end,
            count: 30,
            width: 160
        ) where frame.payload.starts(with: [0xFF, 0xD8, 0xFF]) { thumbnails += 1 }
        #expect(thumbnails == 3)
        let jpeg = try await archive.picture(cameraId: "c", at: world.start + .seconds(7), maximumWidth: 320)
        #expect(jpeg.starts(with: [0xFF, 0xD8, 0xFF]))
        let playlist = try await archive.hlsPlaylist(
            cameraId: "c",
            from: world.start,
            to: world.end,
            audio: true,
            transcodeWidth: 480
        )
        let entry = try #require(playlist.split(separator: "\n").last { $0.hasPrefix("media/") })
        let parts = try #require(URLComponents(string: String(entry)))
        func number(_ name: String) -> Int {
            parts.queryItems?.first { $0.name == name }?.value.flatMap { Int($0) } ?? -1
        }
        let first = number("first")
        let name = String(parts.path.dropFirst(6))
        let bytes = try await archive.transcodedSegment(
            cameraId: "c",
            name: name,
            width: 480,
            fragments: first..<first + number("count")
        )
        var offset = 0
        var samples = 0
        while let fragment = try FragmentParser.fragment(bytes, at: offset), offset < bytes.count {
            if offset == 0 { #expect(fragment.startsWithKey) }
            samples += fragment.samples.count
            offset += fragment.sizeBytes
        }
        #expect(offset == bytes.count && samples > 10)
        #expect(await eventually(within: .seconds(10)) { archive.transcodeSlots.count == 0 })
    }

    @Test(
        "recorded sound comes beside the pictures, as the browser can play it",
        arguments: [
            ("pcm_alaw", "mov", "aac"), ("mp2", "ts", "aac"), ("aac", "mp4", "aac"), ("libopus", "mkv", "opus"),
        ]
    )
    func sound(encoder: String, container: String, expected: String) async throws {
        let program = try #require(executable)
        let fixture = try ArchiveFixture(settings: ArchiveSettings(renderExecutable: program))
        let clip = try #require(SharedData.video("street_traffic_suburban.mp4"))
        let file = fixture.folder.appending(path: "sound.\(container)")
        let rate = encoder == "pcm_alaw" ? "8000" : "48000"
        let made = try ArchiveFixture.run([
            "ffmpeg", "-v", "error", "-i", clip.path, "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=\(rate)",
            "-map", "0:v", "-map", "1:a", "-c:v", "copy", "-c:a", encoder, "-ac", "1", "-t", "6", file.path,
        ])
        #expect(made.status == 0, "\(made.text)")
        let (info, packets) = try ArchiveFixture.packets(of: file, withSound: true)
        #expect(info.audio != nil && packets.contains { $0.track == .audio })
        let start = try fixture.record("c", info, packets)
        try await fixture.archive.catchUp()
        var codec: String?
        var ticks: (first: Int64, next: Int64)?
        var pictures = 0
        for try await frame in try fixture.archive.playback(
            cameraId: "c",
            from: start,
            to: fixture.clock.now() + .seconds(2),
            options: PlaybackOptions(audio: true)
        ) {
            switch frame.message {
            case .audioInitialisation(_, _, let mime, let name, _, 1):
                codec = name
                #expect(mime.hasPrefix("audio/mp4; codecs="))
            case .audioFragment(_, _, let at, let tfdt, let duration, 90_000):
                if let ticks { #expect(abs(tfdt - ticks.next) < 200, "no hole in the sound") }
                ticks = (ticks?.first ?? tfdt, tfdt + duration)
                #expect(abs((at - start).seconds - Double(tfdt) / 90_000) < 0.2)
            case .fragment:
                pictures += try FragmentParser.fragment(frame.payload)?.samples.count ?? 0
                #expect(try FragmentParser.fragment(frame.payload)?.audio == nil)
            default: break
            }
        }
        let first = try #require(packets.firstIndex { $0.track == .video && $0.isKey })
        let expectedPictures = packets[first...].count { $0.track == .video }
        #expect(codec == expected && pictures == expectedPictures, "\(pictures) of \(expectedPictures)")
        #expect((ticks?.first ?? .max) < 45_000 && (ticks?.next ?? 0) > 5 * 90_000, "\(String(describing: ticks))")
    }
}
