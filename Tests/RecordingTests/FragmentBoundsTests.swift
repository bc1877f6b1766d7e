import Media
import Testing

@testable import Recording

@Suite("bounds of a fragment that its length doesn't give")
struct FragmentBoundsTests {
    private static func cuts(_ packets: [Packet]) -> [FragmentCutter.Cut] {
        var cutter = FragmentCutter(settings: RecordingSettings())
        var actions = packets.flatMap { cutter.append($0) }
        actions += cutter.end()
        return actions.compactMap { if case .write(let cut) = $0 { cut } else { nil } }
    }

    @Test(
        "a camera whose times stand still and that sends no key frames is cut by samples and by bytes",
        arguments: [(count: 5000, bytes: 100), (count: 60, bytes: 1 << 20), (count: 3, bytes: 9 << 20)]
    )
    func standingTimes(count: Int, bytes: Int) {
        // As the recorder hands them on: each at least a tick after the last.
        let packets = (0..<count).map { index in
            Packet(
                bytes: [UInt8](repeating: UInt8(index & 255), count: bytes),
                ptsTicks: 0,
                dtsTicks: Int64(index),
                durationTicks: 1,
                isKey: index == 0
            )
        }
        let cuts = Self.cuts(packets)
        #expect(cuts.count > 1)
        for cut in cuts {
            #expect(cut.samples.count <= 512)
            #expect(cut.samples.count == 1 || cut.samples.reduce(0) { $0 + $1.bytes.count } <= 8 << 20)
        }
        #expect(cuts.flatMap { $0.samples.map(\.dtsTicks) } == packets.map(\.dtsTicks))
        #expect(cuts.map(\.sequence) == (1...UInt32(cuts.count)).map { $0 })
        for (cut, next) in zip(cuts, cuts.dropFirst()) {
            #expect(cut.baseDecodeTicks + cut.durationTicks == next.baseDecodeTicks)
        }
    }

    @Test("a usual stream is cut by length alone")
    func usual() {
        let cuts = Self.cuts(SyntheticStream.packets(0..<100))
        #expect(cuts.count == 12)
    }
}
