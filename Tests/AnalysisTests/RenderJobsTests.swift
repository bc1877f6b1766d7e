import Domain
import Foundation
import Media
import TestSupport
import Testing

@testable import Analysis

private let clips = [
    "night_ir_person_hevc.mp4", "street_traffic_suburban.mp4", "abandoned_backpack_indoor_aboda.mp4",
]

@Suite("render jobs", .enabled(if: SharedData.video(clips[0]) != nil, "no shared clips here"))
struct RenderJobsTests {
    private func send(
        _ request: RenderRequest,
        _ payload: [UInt8] = [],
        to jobs: inout RenderJobs
    ) throws -> [RenderJobs.Reply] {
        jobs.answer(WireFrame(header: Array(try JSONEncoder().encode(request)), payload: payload))
    }

    @Test("every frame becomes H.264 of the tile's size at its own time, key frames where they were", arguments: clips)
    func video(_ name: String) throws {
        let clip = try #require(try RecordedClip(name))
        var jobs = RenderJobs()
        let opened = try send(.openVideo(maximumWidth: 320, keysOnly: false), clip.initialisation, to: &jobs)
        guard case .initialisation(let codec, let width, let height, 0, 0)? = opened.first?.reply else {
            Issue.record("\(opened)")
            return
        }
        #expect(codec.hasPrefix("avc1.") && width == 320 && height % 2 == 0)
        #expect(abs(Double(height) / 320 - Double(clip.info.height) / Double(clip.info.width)) < 0.01)
        let start = try #require(try FragmentParser.initSegment(opened[0].payload))
        #expect(start.stream.codec == .h264 && start.stream.codecString == codec)

        let decoder = try VideoDecoder(
            codec: .h264,
            extradata: start.stream.extradata,
            width: width,
            height: height
        )
        var times: [Int64] = []
        var keys: [Int64] = []
        var pictures = 0
        var replies: [[RenderJobs.Reply]] = []
        for fragment in clip.fragments { replies.append(try send(.fragment, fragment, to: &jobs)) }
        replies.append(try send(.flush, to: &jobs))
        for answer in replies {
            #expect(answer.last?.reply == .done)
            for part in answer.dropLast() {
                guard case .fragment(let base, let duration, let key) = part.reply else {
                    Issue.record("\(part.reply)")
                    return
                }
                let info = try #require(try FragmentParser.fragment(part.payload))
                #expect(info.baseDecodeTicks == base && info.durationTicks == duration && info.startsWithKey == key)
                // The wall time of its first frame, which the fragment's own time line starts at.
                #expect(abs((info.wall?.microseconds ?? 0) - MediaTime.microseconds(base)) < 100)
                var ticks = base
                for sample in info.samples {
                    times.append(ticks)
                    if sample.isKey { keys.append(ticks) }
                    let bytes = Array(part.payload[sample.offset..<sample.offset + sample.size])
                    pictures += try decoder.decode(bytes, ptsTicks: ticks, isKey: sample.isKey).count
                    ticks += sample.durationTicks
                }
            }
        }
        pictures += decoder.flush().count
        #expect(times.count == clip.times.count, "no frame is lost")
        for (made, source) in zip(times, clip.times) { #expect(abs(made - source) <= 3600) }
        #expect(keys.first == times.first && keys.count == clip.keyCount)
        #expect(pictures == clip.times.count)
    }

    @Test("key frames alone come out at once, also backwards", arguments: clips)
    func keys(_ name: String) throws {
        let clip = try #require(try RecordedClip(name, frames: 600))
        var jobs = RenderJobs()
        _ = try send(.openVideo(maximumWidth: 160, keysOnly: true), clip.initialisation, to: &jobs)
        let starts = clip.fragments.filter { (try? FragmentParser.fragment($0))??.startsWithKey == true }
        #expect(starts.count >= 2)
        for fragment in starts.reversed() {
            let answer = try send(.fragment, fragment, to: &jobs)
            #expect(answer.count == 2, "one picture and no waiting")
            guard case .fragment(_, _, key: true)? = answer.first?.reply else {
                Issue.record("\(answer.map(\.reply))")
                return
            }
        }
        for fragment in starts {
            let answer = try send(.keyPicture(maximumWidth: 160), clip.initialisation + fragment, to: &jobs)
            guard case .picture(160, _)? = answer.first?.reply else {
                Issue.record("\(answer.map(\.reply))")
                return
            }
            #expect(answer[0].payload.starts(with: [0xFF, 0xD8, 0xFF]))
        }
    }

    @Test("after a damaged fragment and a flush it goes on at the next key frame")
    func damage() throws {
        let clip = try #require(try RecordedClip(clips[1]))
        var jobs = RenderJobs()
        #expect(try send(.fragment, clip.fragments[0], to: &jobs).first?.reply.isLast == true, "nothing is open yet")
        _ = try send(.openVideo(maximumWidth: 320, keysOnly: false), clip.initialisation, to: &jobs)
        var random = SeededRandom(seed: 7)
        for fragment in clip.fragments {
            var damaged = fragment
            for _ in 0..<20 { damaged[Int.random(in: damaged.count / 2..<damaged.count, using: &random)] ^= 0xFF }
            _ = try send(.fragment, damaged, to: &jobs)
        }
        _ = try send(.flush, to: &jobs)
        let answer = try send(.fragment, clip.fragments[0], to: &jobs) + send(.flush, to: &jobs)
        guard case .fragment(_, _, key: true)? = answer.first?.reply else {
            Issue.record("\(answer.map(\.reply))")
            return
        }
    }

    @Test("A-law becomes AAC at its own time")
    func audio() throws {
        let clip = try #require(try RecordedClip(clips[1], withTone: true))
        var jobs = RenderJobs()
        let opened = try send(.openAudio, clip.initialisation, to: &jobs)
        guard case .initialisation("mp4a.40.2", 0, 0, 8000, 1)? = opened.first?.reply else {
            Issue.record("\(opened.map(\.reply))")
            return
        }
        var loud: [Int64] = []
        var silent: [Int64] = []
        var expected: Int64?
        var specific: [UInt8] = []
        // AAC LC of 8 kHz, one channel.
        specific = [0x15, 0x88]
        let decoder = try AudioDecoder(
            AudioInfo(codec: .aac, sampleRate: 8000, channels: 1, extradata: specific)
        )
        for fragment in clip.fragments {
            for part in try send(.fragment, fragment, to: &jobs) {
                guard case .fragment(var ticks, let duration, _) = part.reply else { continue }
                if let expected { #expect(abs(ticks - expected) <= 1, "no hole in the sound") }
                expected = ticks + duration
                for (bytes, length) in try Self.samples(part.payload) {
                    let samples = try decoder.decode(bytes).first ?? []
                    let level = samples.map(abs).reduce(0, +) / Float(max(1, samples.count))
                    if level > 0.05 { loud.append(ticks) } else { silent.append(ticks) }
                    ticks += length
                }
            }
        }
        #expect((expected ?? 0) > 4 * 90_000 && !silent.isEmpty)
        // Each packet lasts 128 ms; what a decoder gives for it lies up to one packet later.
        for ticks in loud { #expect((ticks + 23_040) / 90_000 % 2 == 1 || ticks / 90_000 % 2 == 1, "\(ticks)") }
        #expect(loud.contains { $0 < 90_000 + 23_040 }, "the tone begins at the second second")
    }

    /// The samples of a fragment of sound alone and their durations.
    private static func samples(_ bytes: [UInt8]) throws -> [([UInt8], Int64)] {
        // moof: mfhd, traf (tfhd, tfdt, trun); read where this writer puts them.
        func u32(_ at: Int) -> Int { bytes[at..<at + 4].reduce(0) { $0 << 8 | Int($1) } }
        var at = try #require(bytes.indices.first { Array(bytes[$0..<min($0 + 4, bytes.count)]) == Array("trun".utf8) })
        let count = u32(at + 8)
        var offset = u32(at + 12)
        at += 16
        var found: [([UInt8], Int64)] = []
        for _ in 0..<count {
            let size = u32(at + 4)
            found.append((Array(bytes[offset..<offset + size]), Int64(u32(at))))
            offset += size
            at += 8
        }
        #expect(offset == bytes.count)
        return found
    }
}

extension RecordedClip {
    /// How many key frames there are.
    var keyCount: Int {
        fragments.filter { (try? FragmentParser.fragment($0))??.startsWithKey == true }.count
    }
}
