import Domain
import Foundation
import Media
import Recording
import TestSupport
import Testing

@testable import Archive

private let clipName = "street_traffic_suburban.mp4"

@Suite("transcoded views", .enabled(if: SharedData.video(clipName) != nil, "no shared clips here"))
struct TranscodeTests {
    private struct World {
        var fixture: ArchiveFixture
        var renderer: StandInRenderer
        var start: WallTime

        init(_ body: String = "pass", limit: Int = 2, deadline: Duration = .seconds(20)) throws {
            renderer = try StandInRenderer(body)
            fixture = try ArchiveFixture(
                settings: ArchiveSettings(
                    renderExecutable: renderer.executable,
                    liveInterval: .milliseconds(20),
                    transcodeLimit: limit,
                    transcodeDeadline: deadline
                )
            )
            let (info, packets) = try ArchiveFixture.packets(of: try #require(SharedData.video(clipName)))
            start = try fixture.record("c", info, packets.prefix(200), segmentSeconds: 5)
        }

        func playback(_ options: PlaybackOptions) throws -> AsyncThrowingStream<LiveFrame, any Error> {
            try fixture.archive.playback(cameraId: "c", from: start, to: fixture.clock.now(), options: options)
        }
    }

    private static func kind(_ frame: LiveFrame) -> String {
        switch frame.message {
        case .initialisation: "init"
        case .fragment: "fragment"
        case .gap: "gap"
        case .end: "end"
        case .failed(_, let code): code
        case .refused(_, let code, _): code
        default: "other"
        }
    }

    @Test("a playback is converted fragment by fragment, with the times of what was recorded")
    func playback() async throws {
        let world = try World()
        defer { world.renderer.remove() }
        try await world.fixture.archive.catchUp()
        var plain: [LiveMessage] = []
        for try await frame in try world.playback(PlaybackOptions()) { plain.append(frame.message) }
        var converted: [LiveMessage] = []
        for try await frame in try world.playback(PlaybackOptions(transcodeWidth: 500)) {
            converted.append(frame.message)
        }
        #expect(plain.count == converted.count && plain.count > 12)
        for (before, after) in zip(plain, converted) {
            switch (before, after) {
            case (
                .initialisation(_, let run, _, _, _, _),
                .initialisation("c", let same, let mime, let codec, let width, _)
            ):
                #expect(run == same && mime == "video/mp4; codecs=\"avc1.4d401e\"" && codec == "h264")
                #expect(width == 640, "the next size that is not smaller than the tile")
            case (.fragment(_, _, let at, let tfdt, _, _, _), .fragment(_, _, let other, let same, _, _, _)):
                #expect(at == other && tfdt == same)
            default: #expect(Self.kind(LiveFrame(message: before)) == Self.kind(LiveFrame(message: after)))
            }
        }
        #expect(await eventually(within: .seconds(10)) { world.renderer.running.isEmpty })
        #expect(world.fixture.archive.transcodeSlots.count == 0)
    }

    @Test("more views than the limit are refused, and one that ends makes room")
    func limit() async throws {
        let world = try World()
        defer { world.renderer.remove() }
        try await world.fixture.archive.catchUp()
        var held: [AsyncThrowingStream<LiveFrame, any Error>.AsyncIterator] = []
        for _ in 0..<2 {
            var iterator = try world.playback(PlaybackOptions(transcodeWidth: 320)).makeAsyncIterator()
            #expect(try await iterator.next().map(Self.kind) == "init")
            held.append(iterator)
        }
        let error = #expect(throws: ArchiveError.self) { try world.playback(PlaybackOptions(transcodeWidth: 320)) }
        #expect(error?.code == .tooManyTranscodes && error?.limit == 2)
        let live = #expect(throws: ArchiveError.self) {
            try world.fixture.archive.liveTranscoded(cameraId: "c", width: 320)
        }
        #expect(live?.code == .tooManyTranscodes)
        held.removeLast()
        #expect(await eventually(within: .seconds(10)) { world.fixture.archive.transcodeSlots.count == 1 })
        var again = try world.playback(PlaybackOptions(transcodeWidth: 320)).makeAsyncIterator()
        #expect(try await again.next().map(Self.kind) == "init")
        held = []
    }

    @Test(
        "a process that dies or hangs ends its own view with a message, and no other",
        arguments: ["if count == 4: os.kill(os.getpid(), 9)", "if count == 4: time.sleep(600)"]
    )
    func failing(body: String) async throws {
        let world = try World(body, deadline: .seconds(2))
        defer { world.renderer.remove() }
        try await world.fixture.archive.catchUp()
        var other = try world.playback(PlaybackOptions(transcodeWidth: 320)).makeAsyncIterator()
        #expect(try await other.next().map(Self.kind) == "init")
        var kinds: [String] = []
        for try await frame in try world.playback(PlaybackOptions(transcodeWidth: 320)) {
            kinds.append(Self.kind(frame))
        }
        #expect(kinds == ["init", "fragment", "fragment", "fragment", LiveMessage.transcodeFailed])
        #expect(try await other.next().map(Self.kind) == "fragment")
        // Recording's own stream is untouched by all of it.
        var plain = 0
        for try await _ in try world.playback(PlaybackOptions()) { plain += 1 }
        #expect(plain > 12)
    }

    @Test("viewers of one camera and size share a live process; it ends with the last of them")
    func live() async throws {
        let renderer = try StandInRenderer()
        defer { renderer.remove() }
        let fixture = try ArchiveFixture(
            settings: ArchiveSettings(renderExecutable: renderer.executable, liveInterval: .milliseconds(20))
        )
        let (info, packets) = try ArchiveFixture.packets(of: try #require(SharedData.video(clipName)))
        let volume = RecordingVolumes(layout: fixture.layout, clock: fixture.clock)
        volume.start()
        defer { volume.stop() }
        let recorder = try volume.recorder(cameraId: "c")
        recorder.beginRun(info: info)
        for packet in packets.prefix(100) {
            recorder.append(packet)
            fixture.clock.advance(by: .microseconds(MediaTime.microseconds(packet.durationTicks)))
        }
        let archive = fixture.archive
        try await withThrowingTaskGroup { group in
            for width in [300, 320, 1000] {
                group.addTask {
                    var kinds: [String] = []
                    for await frame in try archive.liveTranscoded(cameraId: "c", width: width) {
                        kinds.append(Self.kind(frame))
                        if kinds.count == 3 { break }
                    }
                    #expect(kinds == ["init", "fragment", "fragment"])
                }
            }
            try await group.waitForAll()
        }
        #expect(Set(renderer.notes.map(\.pid)).count == 2, "one for both small tiles")
        // The camera goes on and nobody watches.
        #expect(
            await eventually(within: .seconds(10)) { renderer.running.isEmpty && archive.transcodeSlots.count == 0 }
        )
        recorder.endRun(reason: .closed)
    }

    @Test("a live process that dies tells its viewers and makes room")
    func liveFailure() async throws {
        let world = try World("if job == 'fragment': sys.exit(1)")
        defer { world.renderer.remove() }
        let (info, packets) = try ArchiveFixture.packets(of: try #require(SharedData.video(clipName)))
        let volume = RecordingVolumes(layout: world.fixture.layout, clock: world.fixture.clock)
        volume.start()
        defer { volume.stop() }
        let recorder = try volume.recorder(cameraId: "d")
        recorder.beginRun(info: info)
        for packet in packets.prefix(100) {
            recorder.append(packet)
            world.fixture.clock.advance(by: .microseconds(MediaTime.microseconds(packet.durationTicks)))
        }
        var kinds: [String] = []
        for await frame in try world.fixture.archive.liveTranscoded(cameraId: "d", width: nil) {
            kinds.append(Self.kind(frame))
        }
        #expect(kinds == ["init", LiveMessage.transcodeFailed])
        #expect(await eventually(within: .seconds(10)) { world.fixture.archive.transcodeSlots.count == 0 })
        recorder.endRun(reason: .closed)
    }
}
