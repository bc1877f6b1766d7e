import Domain
import Foundation
import Media
import Recording
import Testing
import TestSupport

@Suite("recording sound")
struct SoundRecordingTests {
    struct Source: Sendable, CustomTestStringConvertible {
        var file: String
        var encoder: [String]
        var rate: Int
        var codec: String
        /// As ffprobe calls it.
        var probed: String
        /// As GStreamer's caps begin.
        var caps: String

        var testDescription: String { file }
    }

    static let sources = [
        Source(
            file: "alaw.mkv",
            encoder: ["-c:a", "pcm_alaw"],
            rate: 8000,
            codec: "alaw",
            probed: "pcm_alaw",
            caps: "audio/x-alaw"
        ),
        Source(
            file: "ulaw.avi",
            encoder: ["-c:a", "pcm_mulaw"],
            rate: 8000,
            codec: "ulaw",
            probed: "pcm_mulaw",
            caps: "audio/x-mulaw"
        ),
        Source(
            file: "aac.ts",
            encoder: ["-c:a", "aac"],
            rate: 16_000,
            codec: "aac",
            probed: "aac",
            caps: "audio/mpeg"
        ),
        Source(
            file: "opus.mkv",
            encoder: ["-c:a", "libopus"],
            rate: 48_000,
            codec: "opus",
            probed: "opus",
            caps: "audio/x-opus"
        ),
        Source(
            file: "mp2.ts",
            encoder: ["-c:a", "mp2"],
            rate: 48_000,
            codec: "mp2",
            probed: "mp2",
            caps: "audio/mpeg"
        ),
    ]

    @Test("sound lies beside the pictures, and two other programs read it", arguments: sources)
    func kinds(source: Source) throws {
        let clip = try GeneratedClip(source.file, seconds: 6, audio: source.encoder, rate: source.rate)
        let folder = RecordingFolder()
        let fed = try Self.record(clip.url.path, folder, segment: .seconds(3))
        let segments = try folder.segments("cam")
        #expect(segments.count == 2)
        var audio: [[UInt8]] = []
        var lastEnd: Int64?
        for (name, index) in segments {
            #expect(index.opened.audio?.codec == source.codec && index.opened.audio?.sampleRate == source.rate)
            let bytes = try folder.bytes("cam", name)
            let start = try #require(try FragmentParser.initSegment(bytes))
            #expect(start.stream.audio == fed.info.audio)
            for record in index.fragments {
                let fragment = try #require(try FragmentParser.fragment(bytes, at: record.offset))
                #expect(
                    record.payloadHash == ContentHash(of: bytes[(record.offset + fragment.payloadOffset)..<record.end])
                )
                guard let sound = fragment.audio else { continue }
                if let lastEnd { #expect(abs(sound.baseDecodeTicks - lastEnd) < 100) }
                lastEnd = sound.baseDecodeTicks + sound.samples.reduce(0) { $0 + $1.durationTicks }
                // Sound lies with the pictures of its time.
                #expect(abs(sound.baseDecodeTicks - fragment.baseDecodeTicks) < 90_000)
                audio += sound.samples.map { sample in
                    Array(bytes[(record.offset + sample.offset)..<(record.offset + sample.offset + sample.size)])
                }
            }
            let path = folder.layout.segment("cam", name)
            let probe = try Self.probe(path)
            #expect(probe.codecs == ["h264", source.probed])
            #expect(probe.errors.isEmpty, "\(probe.errors)")
            #expect(try Self.discovered(path).contains(source.caps))
        }
        // What came before the first picture is all that may be missing.
        #expect(audio.count >= fed.audio.count - 8)
        #expect(audio == fed.audio.map(\.bytes).suffix(audio.count))
    }

    @Test("a clip plays the sound of its range", arguments: sources)
    func clips(source: Source) throws {
        let clip = try GeneratedClip(source.file, seconds: 6, audio: source.encoder, rate: source.rate)
        let folder = RecordingFolder()
        let fed = try Self.record(clip.url.path, folder, segment: .seconds(3))
        var writer = PlainMP4Writer(info: fed.info)
        var payload: [UInt8] = []
        for (name, index) in try folder.segments("cam") {
            let bytes = try folder.bytes("cam", name)
            for record in index.fragments {
                let fragment = try #require(try FragmentParser.fragment(bytes, at: record.offset))
                writer.add(fragment)
                payload += bytes[(record.offset + fragment.payloadOffset)..<record.end]
            }
        }
        #expect(payload.count == writer.payloadBytes)
        let path = folder.path + "/clip.mp4"
        // From 1.5 s on, 3 s.
        let header = try writer.header(startTicks: 135_000, durationTicks: 270_000)
        try Data(header + payload).write(to: URL(filePath: path))
        let probe = try Self.probe(path)
        #expect(probe.codecs == ["h264", source.probed])
        for duration in probe.durations { #expect(abs(duration - 3) < 0.05) }
        #expect(probe.errors.isEmpty, "\(probe.errors)")
        #expect(try Self.discovered(path).contains(source.caps))
        // Decoded, the tone is there and as long.
        let samples = try FrameWalk.output(of: [
            "/usr/bin/ffmpeg", "-v", "error", "-nostdin", "-i", path, "-vn", "-f", "s16le", "-ar", "8000", "-ac", "1",
            "-",
        ])
        #expect(abs(samples.count / 2 - 24_000) < 900)
        let loudest = stride(from: 0, to: samples.count - 1, by: 2).map {
            Int(Int16(truncatingIfNeeded: Int(samples[$0]) | Int(samples[$0 + 1]) << 8).magnitude)
        }.max()
        #expect(loudest ?? 0 > 2000)
    }

    @Test("sound that is promised and never comes holds no picture back")
    func absent() throws {
        var info = SyntheticStream.info
        info.audio = AudioInfo(codec: .alaw, sampleRate: 8000, channels: 1)
        let folder = RecordingFolder()
        let clock = ManualClock()
        let volume = RecordingVolumes(layout: folder.layout, clock: clock)
        volume.start()
        let recorder = try volume.recorder(cameraId: "cam")
        recorder.beginRun(info: info)
        var first: Int?
        for (index, packet) in SyntheticStream.packets(0..<100).enumerated() {
            recorder.append(packet)
            clock.advance(by: .milliseconds(40))
            if recorder.counters.fragments > 0 || recorder.waitingBytes > 0, first == nil { first = index }
        }
        recorder.endRun(reason: .closed)
        volume.stop()
        #expect(first ?? 100 <= 25)
        let segments = try folder.segments("cam")
        #expect(segments.count == 1 && segments[0].index.opened.audio?.codec == "alaw")
        #expect(segments[0].index.fragments.reduce(0) { $0 + $1.sampleCount } == 100)
        let probe = try Self.probe(folder.layout.segment("cam", segments[0].name))
        #expect(probe.codecs == ["h264", "pcm_alaw"])
    }

    @Test("sound that comes, changes or goes begins a segment at the next key frame, without a gap or a lost picture")
    func changes() throws {
        let alaw = AudioInfo(codec: .alaw, sampleRate: 8000, channels: 1)
        let ulaw = AudioInfo(codec: .ulaw, sampleRate: 8000, channels: 1)
        let folder = RecordingFolder()
        let clock = ManualClock()
        let volume = RecordingVolumes(layout: folder.layout, clock: clock)
        volume.start()
        let recorder = try volume.recorder(cameraId: "cam")
        var info = SyntheticStream.info
        recorder.beginRun(info: info)
        for (index, packet) in SyntheticStream.packets(0..<1000).enumerated() {
            let audio = [nil, alaw, ulaw, nil, alaw][index / 200]
            if audio != info.audio, index % 200 == 60 {
                info.audio = audio
                recorder.beginRun(info: info)
            }
            recorder.append(packet)
            if info.audio != nil {
                for half in 0..<2 {
                    let ticks = packet.ptsTicks + Int64(half) * 1800
                    recorder.append(
                        Packet(
                            track: .audio,
                            bytes: [UInt8](repeating: info.audio == alaw ? 1 : 2, count: 160),
                            ptsTicks: ticks,
                            dtsTicks: ticks,
                            durationTicks: 1800,
                            isKey: true
                        )
                    )
                }
            }
            clock.advance(by: .milliseconds(40))
        }
        recorder.endRun(reason: .closed)
        volume.stop()
        let segments = try folder.segments("cam")
        #expect(segments.map { $0.index.opened.audio?.codec } == [nil, "alaw", "ulaw", nil, "alaw"])
        #expect(segments.flatMap(\.index.fragments).reduce(0) { $0 + $1.sampleCount } == 1000)
        for (one, two) in zip(segments, segments.dropFirst()) {
            let end = try #require(one.index.fragments.last?.wallEnd)
            #expect(two.index.fragments.first?.wall == end)
        }
        for gap in try folder.gaps("cam").dropFirst().dropLast() { #expect(gap.to == gap.from) }
        for (name, index) in segments {
            let bytes = try folder.bytes("cam", name)
            for record in index.fragments {
                let fragment = try #require(try FragmentParser.fragment(bytes, at: record.offset))
                for sample in fragment.audio?.samples ?? [] {
                    #expect(bytes[record.offset + sample.offset] == (index.opened.audio?.codec == "alaw" ? 1 : 2))
                }
            }
        }
    }

    /// Records a whole file as fast as it can be read.
    static func record(
        _ path: String,
        _ folder: RecordingFolder,
        segment: Duration
    ) throws -> (info: StreamInfo, audio: [Packet]) {
        let volume = RecordingVolumes(
            layout: folder.layout,
            settings: RecordingSettings(segmentLength: segment)
        )
        volume.start()
        let demuxer = try Demuxer(
            opening: path,
            options: DemuxerOptions(loopFile: false, paceFile: false, takesAudio: true),
            cancellation: Cancellation()
        )
        let recorder = try volume.recorder(cameraId: "cam")
        recorder.beginRun(info: demuxer.info)
        var audio: [Packet] = []
        reading: while true {
            switch try demuxer.next() {
            case .packet(let packet):
                if packet.track == .audio { audio.append(packet) }
                recorder.append(packet)
            case .parametersChanged(let info): recorder.beginRun(info: info)
            case .end: break reading
            }
        }
        recorder.endRun(reason: .closed)
        volume.stop()
        return (demuxer.info, audio)
    }

    /// What ffprobe finds, reading every packet.
    static func probe(_ path: String) throws -> (codecs: [String], durations: [Double], errors: String) {
        let text = try FrameWalk.output(of: [
            "/usr/bin/ffprobe", "-v", "error", "-count_packets", "-show_entries", "stream=codec_name,duration", "-of",
            "compact=p=0", path,
        ])
        var codecs: [String] = []
        var durations: [Double] = []
        for line in String(decoding: text, as: UTF8.self).split(separator: "\n") {
            for field in line.split(separator: "|") {
                if field.hasPrefix("codec_name=") { codecs.append(String(field.dropFirst(11))) }
                if field.hasPrefix("duration="), let value = Double(field.dropFirst(9)) { durations.append(value) }
            }
        }
        let errors = try FrameWalk.output(of: [
            "/bin/sh", "-c", "ffmpeg -v error -nostdin -i \"$0\" -map 0:a -f null - 2>&1", path,
        ])
        return (codecs, durations, String(decoding: errors, as: UTF8.self))
    }

    /// The streams that GStreamer finds.
    static func discovered(_ path: String) throws -> String {
        let text = try FrameWalk.output(of: ["/usr/bin/gst-discoverer-1.0", "-v", path])
        return String(decoding: text, as: UTF8.self)
    }
}
