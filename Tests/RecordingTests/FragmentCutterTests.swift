import Domain
import Media
import Testing

@testable import Recording

@Suite("cutting fragments and segments")
struct FragmentCutterTests {
    @Test("any packet sequence comes out whole, in order and within the limits", arguments: 0..<200)
    func property(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let settings = RecordingSettings(segmentLength: .seconds(Int.random(in: 1...20, using: &random)))
        var cutter = FragmentCutter(settings: settings)
        var dts: Int64 = 0
        let usual = Int64.random(in: 1000...20_000, using: &random)
        var fed: [Packet] = []
        var actions: [FragmentCutter.Action] = []
        for index in 0..<600 {
            let isKey = index == 0 ? Bool.random(using: &random) : Int.random(in: 0..<40, using: &random) == 0
            let packet = Packet(
                bytes: [UInt8(index & 255), UInt8(index >> 8)],
                ptsTicks: dts + Int64.random(in: -usual...3 * usual, using: &random),
                dtsTicks: dts,
                durationTicks: usual,
                isKey: isKey
            )
            if !fed.isEmpty || isKey { fed.append(packet) }
            actions += cutter.append(packet, rotate: Int.random(in: 0..<50, using: &random) == 0)
            let silence = Int.random(in: 0..<150, using: &random) == 0
            dts += silence ? 900_000 : max(1, usual + Int64.random(in: -900...900, using: &random))
        }
        actions += cutter.end()

        var samples: [Packet] = []
        var isOpen = false
        var firstOfSegment = false
        var end: Int64?
        var paused = false
        for action in actions {
            switch action {
            case .openSegment:
                #expect(!isOpen)
                isOpen = true
                firstOfSegment = true
            case .closeSegment:
                #expect(isOpen && !firstOfSegment)
                isOpen = false
            case .pause(let from, let to):
                #expect(from == end && to > from)
                paused = true
            case .write(let cut):
                #expect(isOpen)
                if firstOfSegment { #expect(cut.startsWithKey) }
                #expect(cut.samples.dropFirst().allSatisfy { !$0.isKey })
                let span = (cut.samples.last?.dtsTicks ?? 0) - cut.baseDecodeTicks
                #expect(span <= 45_000)
                if let end { #expect(cut.baseDecodeTicks == end || paused) }
                end = cut.baseDecodeTicks + cut.durationTicks
                paused = false
                firstOfSegment = false
                samples += cut.samples
            }
        }
        #expect(samples.map(\.bytes) == fed.map(\.bytes))
        #expect(samples.map(\.dtsTicks) == fed.map(\.dtsTicks))
        #expect(!isOpen)
    }
}
