import Domain
import Testing

@testable import Archive

@Suite("a live reader")
struct LiveReaderTests {
    private static func fragment(_ number: Int64, key: Bool, bytes: Int = 1000) -> LiveFrame {
        LiveFrame(
            message: .fragment(
                cameraId: "c",
                run: "r",
                at: WallTime(microseconds: number),
                tfdt: number,
                duration: 1,
                timescale: 90_000,
                key: key
            ),
            payload: [UInt8](repeating: 0, count: bytes)
        )
    }

    private static let initialisation = LiveFrame(
        message: .initialisation(cameraId: "c", run: "r", mime: "", codec: "h264", width: 1, height: 1),
        payload: [1]
    )

    private static func drain(_ reader: LiveReader) async -> [LiveFrame] {
        reader.offer(LiveFrame(message: .ping(at: .epoch)))
        var frames: [LiveFrame] = []
        while let frame = await reader.next(), frame.message != .ping(at: .epoch) { frames.append(frame) }
        return frames
    }

    @Test("gets the init segment and everything from the first key frame on")
    func startsAtKey() async {
        let reader = LiveReader(cameraId: "c")
        reader.offer(Self.initialisation)
        reader.offer(Self.fragment(1, key: false))
        reader.offer(Self.fragment(2, key: true))
        reader.offer(Self.fragment(3, key: false))
        let frames = await Self.drain(reader)
        #expect(frames == [Self.initialisation, Self.fragment(2, key: true), Self.fragment(3, key: false)])
    }

    @Test(
        "that is too slow loses whole groups, is told how many fragments, and goes on at a key frame",
        arguments: 0..<30
    )
    func dropsGroups(seed: UInt64) async {
        var random = SeededRandom(seed: seed)
        let reader = LiveReader(cameraId: "c")
        reader.offer(Self.initialisation)
        let bytes = Int.random(in: 1000...900_000, using: &random)
        let count = Int64.random(in: 1...600, using: &random)
        for number in 0..<count {
            reader.offer(Self.fragment(number, key: number % 8 == 0, bytes: bytes))
        }
        // The next key frame makes what was dropped known.
        let last = (count / 8 + 1) * 8
        reader.offer(Self.fragment(last, key: true, bytes: bytes))
        let frames = await Self.drain(reader)
        #expect(frames.first == Self.initialisation)
        #expect(frames.count <= LiveReader.maximumFrames + 3)
        #expect(frames.reduce(0) { $0 + $1.payload.count } <= LiveReader.maximumBytes + bytes)
        var received: Int64 = 0
        var dropped: Int64 = 0
        var expectsKey = true
        var previous: Int64?
        for frame in frames {
            switch frame.message {
            case .dropped(_, let fragments):
                dropped += Int64(fragments)
                expectsKey = true
            case .fragment(_, _, _, let tfdt, _, _, let key):
                received += 1
                if expectsKey { #expect(key) } else if tfdt != last { #expect(tfdt == previous.map { $0 + 1 }) }
                expectsKey = false
                previous = tfdt
            default: break
            }
        }
        #expect(received + dropped == count + 1)
    }

    @Test("ends when its task is cancelled, also while it waits")
    func cancels() async {
        let reader = LiveReader(cameraId: "c")
        let task = Task { await reader.next() }
        task.cancel()
        #expect(await task.value == nil)
        #expect(reader.hasEnded)
        #expect(await reader.next() == nil)
    }
}
