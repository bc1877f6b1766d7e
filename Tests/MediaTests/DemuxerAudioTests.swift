import Domain
import Foundation
import Media
import Testing
import TestSupport

@Suite("sound beside the pictures")
struct DemuxerAudioTests {
    struct Source: Sendable, CustomTestStringConvertible {
        var file: String
        var encoder: [String]
        var rate: Int
        /// nil where the sound can't be recorded, then the name under which it is left out.
        var codec: AudioCodec?
        var ignored: String?
        /// What a frame lasts, in 90 kHz ticks; nil where the container decides.
        var frameTicks: Int64?

        var testDescription: String { file }
    }

    static let sources = [
        Source(file: "alaw.mkv", encoder: ["-c:a", "pcm_alaw"], rate: 8000, codec: .alaw),
        Source(file: "ulaw.avi", encoder: ["-c:a", "pcm_mulaw"], rate: 8000, codec: .ulaw),
        Source(file: "aac.ts", encoder: ["-c:a", "aac"], rate: 16_000, codec: .aac, frameTicks: 5760),
        Source(file: "aac44.ts", encoder: ["-c:a", "aac"], rate: 44_100, codec: .aac, frameTicks: 2089),
        Source(file: "aac.mkv", encoder: ["-c:a", "aac"], rate: 48_000, codec: .aac, frameTicks: 1920),
        Source(file: "opus.mkv", encoder: ["-c:a", "libopus"], rate: 48_000, codec: .opus, frameTicks: 1800),
        Source(file: "opus.ts", encoder: ["-c:a", "libopus"], rate: 48_000, codec: .opus, frameTicks: 1800),
        Source(file: "mp2.ts", encoder: ["-c:a", "mp2"], rate: 48_000, codec: .mp2, frameTicks: 2160),
        Source(file: "mp2.avi", encoder: ["-c:a", "mp2"], rate: 32_000, codec: .mp2, frameTicks: 3240),
        Source(file: "mp3.ts", encoder: ["-c:a", "libmp3lame"], rate: 48_000, ignored: "audio/mp3"),
        Source(file: "g722.mkv", encoder: ["-c:a", "g722"], rate: 16_000, ignored: "audio/adpcm_g722"),
        Source(file: "g726.mkv", encoder: ["-c:a", "g726"], rate: 8000, ignored: "audio/adpcm_g726"),
    ]

    struct Read {
        var infos: [StreamInfo]
        var video: [Packet] = []
        var audio: [Packet] = []
        var changes: Int { infos.count - 1 }
    }

    static func read(_ url: String, takesAudio: Bool = true, pictures: Int = .max, loop: Bool = false) throws -> Read {
        let demuxer = try Demuxer(
            opening: url,
            options: DemuxerOptions(loopFile: loop, paceFile: false, takesAudio: takesAudio),
            cancellation: Cancellation()
        )
        var read = Read(infos: [demuxer.info])
        while read.video.count < pictures {
            switch try demuxer.next() {
            case .packet(let packet):
                if packet.track == .audio { read.audio.append(packet) } else { read.video.append(packet) }
            case .parametersChanged(let info): read.infos.append(info)
            case .end: return read
            }
        }
        return read
    }

    @Test("sound of every kind comes whole and in step, and changes nothing about the pictures", arguments: sources)
    func kinds(source: Source) throws {
        let clip = try GeneratedClip(source.file, audio: source.encoder, rate: source.rate)
        let without = try Self.read(clip.url.path, takesAudio: false)
        let with = try Self.read(clip.url.path)
        #expect(with.video == without.video && without.audio.isEmpty && without.infos[0].audio == nil)
        #expect(with.video.count == 100)
        let info = with.infos.last
        guard let codec = source.codec else {
            #expect(with.audio.isEmpty && info?.audio == nil)
            #expect(with.infos.contains { $0.ignoredStreams.contains(source.ignored ?? "") })
            return
        }
        let audio = try #require(with.infos.compactMap(\.audio).last)
        #expect(
            audio.codec == codec && audio.sampleRate == (codec == .opus ? 48_000 : source.rate) && audio.channels == 1
        )
        #expect(audio.extradata.isEmpty == [.alaw, .ulaw, .mp2].contains(codec))
        #expect(Set(with.infos.compactMap(\.audio)).count == 1)
        // All of it: 4 s, but for what the encoder holds and the first packets before the sound is known.
        let total = with.audio.reduce(0) { $0 + $1.durationTicks }
        #expect((350_000...372_000).contains(total))
        if let ticks = source.frameTicks { #expect(with.audio.allSatisfy { abs($0.durationTicks - ticks) <= 1 }) }
        for (one, two) in zip(with.audio, with.audio.dropFirst()) {
            #expect(abs(two.ptsTicks - one.ptsTicks - one.durationTicks) <= one.durationTicks / 50 + 1)
        }
        // In step: both begin together.
        let offset = (with.audio.first?.ptsTicks ?? 0) - (with.video.first?.ptsTicks ?? 0)
        #expect(abs(offset) < 9000)
    }

    @Test("a looped file's sound goes on with its pictures")
    func loops() throws {
        let clip = try GeneratedClip("aac.mkv", seconds: 2, audio: ["-c:a", "aac"], rate: 16_000)
        let read = try Self.read(clip.url.path, pictures: 240, loop: true)
        #expect(read.changes == 0)
        for (one, two) in zip(read.audio, read.audio.dropFirst()) { #expect(two.dtsTicks > one.dtsTicks) }
        let span = (read.audio.last?.ptsTicks ?? 0) - (read.audio.first?.ptsTicks ?? 0)
        #expect(abs(span - 240 * 3600) < 30_000)
    }

    @Test(
        "times of MPEG-TS go on over the end of its 33 bits, wherever in the file it comes",
        arguments: [95_441.0, 95_443.0, 95_380.0]
    )
    func wraps(offset: Double) throws {
        let seconds = offset < 95_400 ? 70.0 : 6
        let clip = try GeneratedClip(
            "wrap.ts",
            seconds: seconds,
            size: "64x64",
            video: GeneratedClip.h264WithB,
            audio: ["-c:a", "aac"],
            rate: 16_000,
            extra: ["-output_ts_offset", "\(offset)"]
        )
        let read = try Self.read(clip.url.path)
        #expect(read.changes == 0 && read.video.count == Int(seconds * 25))
        for (one, two) in zip(read.video, read.video.dropFirst()) { #expect(two.dtsTicks - one.dtsTicks == 3600) }
        #expect(Set(read.video.map(\.ptsTicks)).count == read.video.count)
        for (one, two) in zip(read.audio, read.audio.dropFirst()) {
            #expect(abs(two.ptsTicks - one.ptsTicks - 5760) < 200)
        }
    }

    @Test("a stream that changes its size, codec or sound says so at the key frame, and goes on")
    func changes() throws {
        let parts = [
            try GeneratedClip("a.ts", seconds: 2),
            try GeneratedClip("b.ts", seconds: 2, size: "640x360", audio: ["-c:a", "aac"], rate: 16_000),
            // With other packet numbers, as another programme has them.
            try GeneratedClip(
                "c.ts",
                seconds: 2,
                size: "640x360",
                video: GeneratedClip.hevc,
                extra: ["-mpegts_start_pid", "0x200"]
            ),
            try GeneratedClip(
                "d.ts",
                seconds: 2,
                audio: ["-c:a", "mp2"],
                rate: 48_000,
                extra: ["-mpegts_start_pid", "0x300"]
            ),
        ]
        let clip = try GeneratedClip.joined(parts, name: "all.ts")
        let demuxer = try Demuxer(
            opening: clip.url.path,
            options: DemuxerOptions(loopFile: false, paceFile: false, takesAudio: true),
            cancellation: Cancellation()
        )
        var info = demuxer.info
        var formats: [String] = []
        var pictures = 0
        var last = Int64.min
        reading: while true {
            switch try demuxer.next() {
            case .parametersChanged(let changed): info = changed
            case .end: break reading
            case .packet(let packet):
                guard packet.track == .video else { continue }
                pictures += 1
                #expect(packet.dtsTicks > last)
                last = packet.dtsTicks
                let format = "\(info.codec.rawValue) \(info.width)x\(info.height)"
                if formats.last != format {
                    #expect(packet.isKey)
                    formats.append(format)
                }
            }
        }
        #expect(formats == ["h264 320x180", "h264 640x360", "hevc 640x360", "h264 320x180"])
        // libavformat's parser may keep the last picture of a stream that another one takes the place of.
        #expect(pictures >= 196)
    }

    @Test(
        "a stream that goes on with another codec on the same PID is read as what it is",
        arguments: [[GeneratedClip.h264, GeneratedClip.hevc], [GeneratedClip.hevc, GeneratedClip.h264]]
    )
    func samePID(encoders: [[String]]) throws {
        let parts = try encoders.map { try GeneratedClip("part.ts", seconds: 2, video: $0) }
        let clip = try GeneratedClip.joined(parts, name: "same.ts")
        let read = try Self.read(clip.url.path, takesAudio: false)
        let codecs = encoders.map { $0 == GeneratedClip.h264 ? VideoCodec.h264 : .hevc }
        #expect(read.infos.map(\.codec) == codecs)
        // Not one of the second part is lost; libavformat's parser may keep the last picture of the first.
        #expect((99...100).contains(read.video.count), "\(read.video.count)")
        for (one, two) in zip(read.video, read.video.dropFirst()) { #expect(two.dtsTicks > one.dtsTicks) }
        #expect(
            read.video.count { $0.isKey }
                == (try parts.map { try Self.read($0.url.path, takesAudio: false) })
                .reduce(0) { $0 + $1.video.count { $0.isKey } }
        )
    }

    @Test("a stream that says one codec and goes on with another is given up, and nothing of it is mislabelled")
    func mislabelled() throws {
        let parts = try [GeneratedClip.h264, GeneratedClip.hevc].map {
            try GeneratedClip("part.ts", seconds: 2, video: $0)
        }
        // The tables of the second part are made to name H.264 (stream type 0x1B), as those of the first.
        var second = Array(try Data(contentsOf: parts[1].url))
        var tables = 0
        for start in stride(from: 0, to: second.count, by: 188)
        where second[start + 1] & 0x1F == 0x10 && second[start + 2] == 0 {
            let length = Int(second[start + 6] & 15) << 8 | Int(second[start + 7])
            second[start + 17] = 0x1B
            let end = start + 8 + length - 4
            let crc = Self.checksum(second[start + 5..<end])
            for index in 0..<4 { second[end + index] = UInt8(truncatingIfNeeded: crc >> (24 - 8 * index)) }
            tables += 1
        }
        #expect(tables > 0)
        let url = parts[0].url.deletingLastPathComponent().appending(path: "gridwatch-clip-\(UUID().uuidString).ts")
        let clip = GeneratedClip(owning: url)
        try (Data(contentsOf: parts[0].url) + Data(second)).write(to: url)
        let demuxer = try Demuxer(
            opening: clip.url.path,
            options: DemuxerOptions(loopFile: false, paceFile: false, takesAudio: false),
            cancellation: Cancellation()
        )
        var pictures = 0
        do {
            while case .packet = try demuxer.next() { pictures += 1 }
            Issue.record("it ended, or changed, behind \(pictures) pictures")
        } catch {
            #expect(error.code == .invalidData)
        }
        #expect((49...50).contains(pictures))
        #expect(demuxer.info.codec == .h264)
    }

    /// CRC-32 of MPEG-2 tables.
    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.reduce(0xFFFF_FFFF) { crc, byte in
            (0..<8).reduce(crc ^ UInt32(byte) << 24) { value, _ in value << 1 ^ (value >> 31 == 1 ? 0x04C1_1DB7 : 0) }
        }
    }

    @Test("sound that stops is gone after some seconds, and comes back")
    func comesAndGoes() throws {
        let whole = try GeneratedClip("a.mkv", seconds: 24, size: "64x64", audio: ["-c:a", "aac"], rate: 16_000)
        // The sound of seconds 4 to 14 is taken out.
        let url = whole.url.deletingLastPathComponent().appending(path: "gridwatch-clip-\(UUID().uuidString).mkv")
        let clip = GeneratedClip(owning: url)
        try GeneratedClip.ffmpeg([
            "-i", whole.url.path, "-map", "0", "-c", "copy", "-bsf:a", "noise=drop=between(pts*tb\\,4\\,14)", url.path,
        ])
        let read = try Self.read(clip.url.path)
        #expect(read.infos.map { $0.audio != nil } == [true, false, true])
        #expect(read.infos[1].ignoredStreams == ["audio/aac:absent"])
        #expect(read.video.count == 600)
        for (one, two) in zip(read.audio, read.audio.dropFirst()) { #expect(two.dtsTicks > one.dtsTicks) }
    }
}
