import Domain
import Foundation
import Media
import Recording
import Synchronization
import TestSupport
import Testing

@testable import Archive

private let clipName = "indoor_persons_one_by_one.mp4"

@Suite(
    "live streams over a recording that goes on",
    .enabled(if: SharedData.video(clipName) != nil, "no shared clips here")
)
struct LiveStreamTests {
    @Test("a reader joins at the last key frame at once, follows rotation and a new run, and shares one tail")
    func follows() async throws {
        let (info, packets) = try ArchiveFixture.packets(of: try #require(SharedData.video(clipName)))
        let fixture = try ArchiveFixture(settings: ArchiveSettings(liveInterval: .milliseconds(20)))
        let volume = RecordingVolumes(
            layout: fixture.layout,
            clock: fixture.clock,
            settings: RecordingSettings(segmentLength: .seconds(5))
        )
        volume.start()
        defer { volume.stop() }
        let recorder = LockedRecorder(try volume.recorder(cameraId: "c"), clock: fixture.clock)
        recorder.begin(info)
        recorder.append(packets[0..<25])
        try await recorder.waitForDisk(fragments: 3)

        // Joined in the middle of a group: the group of 10 frames that has been written is there at once.
        let archive = fixture.archive
        let collector = Task {
            var frames: [LiveFrame] = []
            for await frame in archive.liveFragments(cameraId: "c") {
                frames.append(frame)
                if case .fragment(_, _, _, _, _, _, _) = frame.message, recorder.isDone(frames) { break }
            }
            return frames
        }
        let other = Task {
            var frames: [LiveFrame] = []
            for await frame in archive.liveFragments(cameraId: "c") {
                frames.append(frame)
                if recorder.isDone(frames) { break }
            }
            return frames
        }
        try await Task.sleep(for: .milliseconds(200))
        for start in stride(from: 25, to: 200, by: 5) {
            recorder.append(packets[start..<min(start + 5, 200)])
            try await Task.sleep(for: .milliseconds(10))
        }
        recorder.end()
        recorder.begin(info)
        recorder.append(packets[0..<40])
        recorder.end()
        recorder.finish(lastPacket: packets[39])
        let frames = await collector.value
        let others = await other.value

        #expect(frames.first.map { if case .initialisation = $0.message { true } else { false } } == true)
        #expect(frames.filter { if case .initialisation = $0.message { true } else { false } }.count == 2)
        var samples: [[UInt8]] = []
        for frame in frames {
            guard case .fragment(_, _, _, _, _, _, let key) = frame.message else { continue }
            let fragment = try #require(try FragmentParser.fragment(frame.payload))
            if samples.isEmpty { #expect(key) }
            samples += fragment.samples.map { Array(frame.payload[$0.offset..<$0.offset + $0.size]) }
        }
        let expected = Array(packets[0..<200] + packets[0..<40]).map(\.bytes)
        // Everything from the key frame it joined at, without a hole.
        #expect(samples.count >= 215)
        #expect(samples == Array(expected.suffix(samples.count)))
        #expect(others.count > 10)
        // The tail ends once nobody reads.
        let deadline = ContinuousClock.now + .seconds(3) * patience
        while fixture.archive.hub.watched > 0, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(fixture.archive.hub.watched == 0)
    }

    @Test("each fragment reaches a reader once, in order, while the recording goes on")
    func latency() async throws {
        let (info, packets) = try ArchiveFixture.packets(of: try #require(SharedData.video(clipName)))
        let fixture = try ArchiveFixture()
        let volume = RecordingVolumes(layout: fixture.layout, clock: fixture.clock)
        volume.start()
        defer { volume.stop() }
        let recorder = LockedRecorder(try volume.recorder(cameraId: "c"), clock: fixture.clock)
        recorder.begin(info)
        recorder.append(packets[0..<11])
        try await recorder.waitForDisk(fragments: 2)
        let stream = fixture.archive.liveFragments(cameraId: "c")
        let arrivals = Mutex<[Int64: ContinuousClock.Instant]>([:])
        let reader = Task {
            for await frame in stream {
                guard case .fragment(_, _, _, let tfdt, _, _, _) = frame.message else { continue }
                arrivals.withLock { $0[tfdt] = .now }
            }
        }
        defer { reader.cancel() }
        // Each group of 10 frames ends (and is written) when the key frame after it comes.
        var sent: [ContinuousClock.Instant] = []
        for group in 1...20 {
            sent.append(.now)
            recorder.append(packets[(group * 10 + 1)..<(group * 10 + 11)])
            try await Task.sleep(for: .milliseconds(130))
        }
        #expect(await eventually(within: .seconds(60)) { arrivals.withLock { $0.count } >= 30 })
        let times = arrivals.withLock { $0 }.sorted { $0.key < $1.key }.map(\.value)
        #expect(times == times.sorted())
        // Both fragments of a group come after it was handed over: compare each with the latest hand-over before it. How
        // long it takes says as much about the other tests as about this one: it is told, and measured alone.
        let delays = times.suffix(30).compactMap { arrival in
            sent.last { $0 <= arrival }.map { (arrival - $0).seconds }
        }.sorted()
        #expect(delays.count == 30)
        print("from hand-over to reader: \(delays[delays.count / 2]) s in the middle, \(delays[29]) s at most")
    }
}

/// A recorder that tests drive from tasks.
private final class LockedRecorder: Sendable {
    private struct State: @unchecked Sendable {
        // Safety: only used inside the lock.
        var recorder: Recorder
        var last: [UInt8]?
    }

    private let state: Mutex<State>
    private let clock: ManualClock

    init(_ recorder: sending Recorder, clock: ManualClock) {
        state = Mutex(State(recorder: recorder))
        self.clock = clock
    }

    func begin(_ info: StreamInfo) { state.withLock { $0.recorder.beginRun(info: info) } }

    func end() { state.withLock { $0.recorder.endRun(reason: .closed) } }

    func append(_ packets: ArraySlice<Packet>) {
        state.withLock { state in
            for packet in packets {
                state.recorder.append(packet)
                clock.advance(by: .microseconds(MediaTime.microseconds(packet.durationTicks)))
            }
        }
    }

    /// The writer has a thread of its own: returns when that many fragments are in the file.
    func waitForDisk(fragments: Int) async throws {
        while state.withLock({ $0.recorder.counters.fragments }) < fragments {
            try await Task.sleep(for: .milliseconds(2))
        }
    }

    func finish(lastPacket: Packet) { state.withLock { $0.last = lastPacket.bytes } }

    /// Whether the last packet of all is in the last frame.
    func isDone(_ frames: [LiveFrame]) -> Bool {
        guard let last = state.withLock({ $0.last }), let payload = frames.last?.payload, payload.count > last.count,
            frames.count(where: { if case .initialisation = $0.message { true } else { false } }) == 2
        else { return false }
        return payload.suffix(last.count).elementsEqual(last)
    }
}
