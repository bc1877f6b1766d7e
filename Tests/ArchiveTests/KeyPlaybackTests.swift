import Domain
import Foundation
import Media
import TestSupport
import Testing

@testable import Archive

private let clipName = "street_traffic_suburban.mp4"

@Suite("fast and reverse play", .enabled(if: SharedData.video(clipName) != nil, "no shared clips here"))
struct KeyPlaybackTests {
    private struct Step: Equatable {
        var at: WallTime
        var tfdt: Int64
        var bytes: [UInt8]
    }

    @Test("key frames come one by one, each until the next, and the newest first in reverse", arguments: [false, true])
    func keys(reverse: Bool) async throws {
        let fixture = try ArchiveFixture()
        let (info, packets) = try ArchiveFixture.packets(of: try #require(SharedData.video(clipName)))
        let start = try fixture.record("c", info, packets, segmentSeconds: 10)
        fixture.clock.advance(by: .seconds(9))
        try fixture.record("c", info, packets, segmentSeconds: 10)
        let end = fixture.clock.now()
        try await fixture.archive.catchUp()
        let keys = packets.filter(\.isKey)
        var kinds: [String] = []
        var steps: [Step] = []
        var ends: [WallTime] = []
        let options = PlaybackOptions(keysOnly: true, reverse: reverse)
        for try await frame in try fixture.archive.playback(cameraId: "c", from: start, to: end, options: options) {
            switch frame.message {
            case .initialisation: kinds.append("init")
            case .fragment(_, _, let at, let tfdt, let duration, _, let key):
                let fragment = try #require(try FragmentParser.fragment(frame.payload))
                #expect(key && fragment.samples.count == 1 && fragment.startsWithKey)
                #expect(fragment.baseDecodeTicks == tfdt && fragment.durationTicks == duration)
                let sample = fragment.samples[0]
                let bytes = Array(frame.payload[sample.offset..<sample.offset + sample.size])
                steps.append(Step(at: at, tfdt: tfdt, bytes: bytes))
                ends.append(at + .microseconds(MediaTime.microseconds(duration)))
            case .gap(_, let from, let to, _):
                kinds.append("gap")
                #expect(abs((to - from).seconds - 9) < 0.3)
            case .end: kinds.append("end")
            default: Issue.record("unexpected \(frame.message)")
            }
        }
        #expect(kinds == ["init", "gap", "init", "end"])
        let expected = (keys + keys).map(\.bytes)
        #expect(steps.map(\.bytes) == (reverse ? expected.reversed() : expected))
        let forwards = reverse ? steps.reversed() : steps
        let forwardEnds = reverse ? ends.reversed() : ends
        for index in forwards.indices.dropLast() {
            #expect(forwards[index].at < forwards[index + 1].at)
            guard index + 1 != keys.count else { continue }
            #expect(abs((forwards[index + 1].at - forwardEnds[index]).seconds) < 0.01, "no hole within a run")
        }
    }

    @Test("a range in the middle begins with the key frame shown at its start")
    func range() async throws {
        let fixture = try ArchiveFixture()
        let (info, packets) = try ArchiveFixture.packets(of: try #require(SharedData.video(clipName)))
        let start = try fixture.record("c", info, packets, segmentSeconds: 10)
        try await fixture.archive.catchUp()
        let (from, to) = (start + .milliseconds(9500), start + .milliseconds(15_500))
        var times: [[WallTime]] = []
        for reverse in [false, true] {
            var found: [WallTime] = []
            let options = PlaybackOptions(keysOnly: true, reverse: reverse)
            for try await frame in try fixture.archive.playback(cameraId: "c", from: from, to: to, options: options) {
                if case .fragment(_, _, let at, _, _, _, _) = frame.message { found.append(at) }
            }
            times.append(found)
        }
        #expect(times[0] == times[1].reversed())
        let first = try #require(times[0].first)
        #expect(first <= from && from - first < .seconds(2.1))
        #expect(times[0].dropFirst().allSatisfy { $0 > from && $0 < to })
        #expect(times[0].count >= 3)
    }

    @Test("thumbnails are spread evenly over what is recorded, come in order and are made once")
    func thumbnails() async throws {
        let renderer = try StandInRenderer()
        defer { renderer.remove() }
        let fixture = try ArchiveFixture(settings: ArchiveSettings(renderExecutable: renderer.executable))
        let (info, packets) = try ArchiveFixture.packets(of: try #require(SharedData.video(clipName)))
        let start = try fixture.record("c", info, packets, segmentSeconds: 10)
        let end = fixture.clock.now()
        try await fixture.archive.catchUp()
        for _ in 0..<2 {
            var times: [WallTime] = []
            var ended = false
            // As long again after the end nothing is recorded.
            let to = end + (end - start)
            for try await frame in fixture.archive.thumbnails(
                cameraId: "c",
                from: start,
                to: to,
                count: 20,
                width: 160
            ) {
                if case .end = frame.message { ended = true }
                guard case .picture("c", let at) = frame.message else { continue }
                #expect(frame.payload.starts(with: [0xFF, 0xD8, 0xFF]))
                times.append(at)
            }
            #expect(ended && (9...11).contains(times.count))
            let part = (to - start).seconds / 20
            for (index, at) in times.enumerated() {
                #expect(abs((at - start).seconds - (Double(index) + 0.5) * part) <= max(2.1, part / 2 + 0.1))
            }
            for (one, next) in zip(times, times.dropFirst()) { #expect(one < next) }
        }
        let pictures = renderer.notes.filter { $0.text == "keyPicture" }
        #expect((9...11).contains(pictures.count), "the second time they are at hand")
        #expect(Set(renderer.notes.map(\.pid)).count <= 2, "a process makes many")
        var none = 0
        for try await frame in fixture.archive.thumbnails(
            cameraId: "other",
            from: start,
            to: end,
            count: 5,
            width: 160
        ) {
            if case .end = frame.message { none += 1 } else { Issue.record("\(frame.message)") }
        }
        #expect(none == 1)
    }
}
