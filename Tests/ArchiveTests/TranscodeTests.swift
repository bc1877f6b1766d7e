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

        init(
            _ body: String = "pass",
            limit: Int = 2,
            deadline: Duration = .seconds(20),
            linger: Duration = .seconds(12)
        ) throws {
            renderer = try StandInRenderer(body)
            fixture = try ArchiveFixture(
                settings: ArchiveSettings(
                    renderExecutable: renderer.executable,
                    liveInterval: .milliseconds(20),
                    transcodeLimit: limit,
                    transcodeDeadline: deadline,
                    transcodeLinger: linger
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

    /// The entries of the whole recording's playlist, as players ask for them, and how many fragments they hold.
    private static func pieces(_ world: World) async throws -> (pieces: [(name: String, range: Range<Int>)], count: Int)
    {
        try await world.fixture.archive.catchUp()
        world.fixture.clock.advance(by: .seconds(60))
        let playlist = try await world.fixture.archive.hlsPlaylist(
            cameraId: "c",
            from: world.start,
            to: world.fixture.clock.now() - .seconds(30),
            audio: true,
            transcodeWidth: 320
        )
        let pieces = playlist.split(separator: "\n").compactMap { line -> (name: String, range: Range<Int>)? in
            guard line.hasPrefix("media/"), let parts = URLComponents(string: String(line)) else { return nil }
            func number(_ name: String) -> Int? {
                parts.queryItems?.first { $0.name == name }?.value.flatMap { Int($0) }
            }
            guard let first = number("first"), let count = number("count") else { return nil }
            return (String(parts.path.dropFirst(6)), first..<first + count)
        }
        return (pieces, pieces.reduce(0) { $0 + $1.range.count })
    }

    @Test("an HLS player's entries are made by one process, each once, and a while after the last it ends")
    func hls() async throws {
        let world = try World(linger: .seconds(3))
        defer { world.renderer.remove() }
        let archive = world.fixture.archive
        let (pieces, count) = try await Self.pieces(world)
        #expect(pieces.count > 1)
        // One after the other, as a player does; then all of them by several players at once.
        var first: [[UInt8]] = []
        for piece in pieces {
            first.append(
                try await archive.transcodedSegment(
                    cameraId: "c",
                    name: piece.name,
                    width: 320,
                    fragments: piece.range
                )
            )
        }
        #expect(first.allSatisfy { !$0.isEmpty } && Set(first).count == pieces.count)
        #expect(archive.transcodeSlots.count == 1)
        try await withThrowingTaskGroup { group in
            for _ in 0..<3 {
                for (index, piece) in pieces.enumerated() {
                    let wanted = first[index]
                    group.addTask {
                        let again = try await archive.transcodedSegment(
                            cameraId: "c",
                            name: piece.name,
                            width: 300,
                            fragments: piece.range
                        )
                        #expect(again == wanted)
                    }
                }
            }
            try await group.waitForAll()
        }
        let notes = world.renderer.notes
        #expect(Set(notes.map(\.pid)).count == 1)
        #expect(notes.filter { $0.text == "fragment" }.count == count)
        #expect(
            await eventually(within: .seconds(20)) {
                world.renderer.running.isEmpty && archive.transcodeSlots.count == 0
            }
        )
        await #expect(throws: ArchiveError.self) {
            try await archive.transcodedSegment(cameraId: "c", name: pieces[0].name, width: 320, fragments: 0..<9999)
        }
    }

    @Test("an HLS process that dies fails one entry, and the next request starts another")
    func hlsFailure() async throws {
        let world = try World(
            "if count == 2 and not os.path.exists(__file__ + '.died'): open(__file__ + '.died', 'w'); os.kill(os.getpid(), 9)"
        )
        defer { world.renderer.remove() }
        let piece = try #require(try await Self.pieces(world).pieces.first)
        func ask() async throws -> [UInt8] {
            try await world.fixture.archive.transcodedSegment(
                cameraId: "c",
                name: piece.name,
                width: 320,
                fragments: piece.range
            )
        }
        let error = await #expect(throws: ArchiveError.self) { _ = try await ask() }
        #expect(error?.code == .renderFailed)
        #expect(try await !ask().isEmpty)
        #expect(world.fixture.archive.transcodeSlots.count == 1)
        #expect(Set(world.renderer.notes.map(\.pid)).count == 2)
    }

    @Test("an HLS entry that several ask for at once is made once; other views keep the limit")
    func hlsTogether() async throws {
        let world = try World(limit: 1)
        defer { world.renderer.remove() }
        let archive = world.fixture.archive
        let piece = try #require(try await Self.pieces(world).pieces.first)
        try await withThrowingTaskGroup { group in
            for _ in 0..<6 {
                group.addTask {
                    _ = try await archive.transcodedSegment(
                        cameraId: "c",
                        name: piece.name,
                        width: 320,
                        fragments: piece.range
                    )
                }
            }
            try await group.waitForAll()
        }
        #expect(world.renderer.notes.filter { $0.text == "fragment" }.count == piece.range.count)
        let error = await #expect(throws: ArchiveError.self) {
            try await archive.transcodedSegment(cameraId: "c", name: piece.name, width: 640, fragments: piece.range)
        }
        #expect(error?.code == .tooManyTranscodes && error?.limit == 1)
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
