import Domain
import TestSupport
import Testing

@testable import Capture

@Suite("Choice of the packets that are analysed") struct AnalysisSamplerTests {
    /// A stream with `rate` frames a second and a key frame every `gop` frames; `size` gives each packet's bytes.
    private func stream(
        rate: Int,
        gop: Int,
        seconds: Int,
        size: (Int) -> Int = { _ in 2000 }
    ) -> [KeptPacket] {
        (0..<rate * seconds).map { index in
            KeptPacket(
                mediaTicks: Int64(index) * 90_000 / Int64(rate),
                at: .epoch,
                isKey: index % gop == 0,
                bytes: [UInt8](repeating: 0, count: index % gop == 0 ? 40_000 : size(index))
            )
        }
    }

    /// What a sampler chooses of `stream`, with `isMoving` as the worker's answer to each picture.
    private func choose(
        _ stream: [KeptPacket],
        hasRules: Bool = true,
        seed: UInt64 = 1,
        pressure: Int = 0,
        isMoving: (Int64) -> Bool = { _ in false }
    ) -> (chosen: [AnalysisSampler.Chosen], facts: SamplingFacts) {
        var sampler = AnalysisSampler(needs: SamplingNeeds(hasRules: hasRules), seed: seed)
        var all: [AnalysisSampler.Chosen] = []
        for packet in stream {
            for one in sampler.take(packet, pressure: pressure) {
                all.append(one)
                let ticks = one.packet.mediaTicks
                if one.isWanted { sampler.looked(ticks: ticks, isMoving: isMoving(ticks)) }
            }
        }
        return (all, sampler.facts)
    }

    @Test("of an idle camera key frames alone are sent, the fewer the longer it is still, but for audits")
    func idle() {
        let (chosen, facts) = choose(stream(rate: 25, gop: 50, seconds: 1200))
        let keys = chosen.filter { $0.packet.isKey && $0.isWanted }.map(\.packet.mediaTicks)
        func sent(_ seconds: Range<Int64>) -> Int { keys.count { seconds.contains($0 / 90_000) } }
        // Every one for half a minute, then one in 4 s, from two minutes on one in 8 s.
        #expect(sent(0..<30) == 15)
        #expect((10...15).contains(sent(40..<80)))
        #expect((50...65).contains(sent(200..<600)))
        for (one, next) in zip(keys, keys.dropFirst()) { #expect(next - one <= KeyFrameThrift.pauseTicks.long) }
        #expect(facts.skippedKeys == 600 - keys.count)
        #expect(facts.whole.keys.sorted() == ["audit"])
        #expect((1...40).contains(facts.whole["audit"] ?? 0))
        #expect(facts.missedAudits == 0)
    }

    @Test("a rule's own time bounds the pause between key frames of a still camera")
    func ruleBound() {
        for (after, longest) in [(5.0, Int64(4)), (3, 2), (60, 8)] {
            let zone = Zone(
                id: "z",
                polygon: PicturePolygon([]),
                rules: [ZoneRule(kind: .stationary, afterSeconds: after)]
            )
            var sampler = AnalysisSampler(needs: SamplingNeeds([zone]), seed: 9)
            var judged: [Int64] = []
            for packet in stream(rate: 25, gop: 50, seconds: 600) {
                for one in sampler.take(packet, pressure: 0) where one.isWanted {
                    judged.append(one.packet.mediaTicks)
                    sampler.looked(ticks: one.packet.mediaTicks, isMoving: false)
                }
            }
            // Behind an audit the last picture was judged shortly before the next key frame.
            let pause = zip(judged, judged.dropFirst()).map { $1 - $0 }.max() ?? 0
            #expect((longest * 90_000...Int64(min(after, 8) * 90_000)).contains(pause))
        }
    }

    @Test("where something begins to move that no size has told, every key frame is decoded for longer and longer")
    func distrust() {
        // Every five minutes something is in a key frame's place for ten seconds; sizes stay the same.
        let packets = stream(rate: 25, gop: 50, seconds: 3000)
        let (chosen, facts) = choose(packets) { ($0 / 90_000) % 300 < 10 }
        let keys = chosen.filter { $0.packet.isKey && $0.isWanted }.map { $0.packet.mediaTicks / 90_000 }
        // Before the first movement some were passed over, after the third none: 480 s of stillness never come.
        #expect(keys.count { (150..<300).contains($0) } < 40)
        #expect(keys.count { (1000..<3000).contains($0) } == 1000)
        #expect((facts.skippedKeys ?? 0) > 50)
    }

    @Test("an odd size of the key frame, a rise of the sizes and a viewer bring key frames back")
    func comeBack() {
        var packets = stream(rate: 25, gop: 50, seconds: 600)
        let odd = 400 * 25
        packets[odd].bytes = [UInt8](repeating: 0, count: 47_000)
        let (chosen, _) = choose(packets)
        #expect(chosen.contains { $0.packet.mediaTicks == packets[odd].mediaTicks && $0.isWanted })
        // Not long enough for a group of its own, so little is left of the budget: but the next key frames are decoded.
        var sampler = AnalysisSampler(needs: SamplingNeeds(hasRules: true), seed: 1)
        var keys: [Int64] = []
        for packet in stream(rate: 25, gop: 50, seconds: 600, size: { (10_020..<10_030).contains($0) ? 9000 : 2000 }) {
            for one in sampler.take(packet, pressure: 1000) where one.isWanted {
                keys.append(one.packet.mediaTicks / 90_000)
                sampler.looked(ticks: one.packet.mediaTicks, isMoving: false)
            }
            if packet.mediaTicks == 501 * 90_000, let last = keys.last, last < 500 {
                #expect(sampler.watch().map(\.packet.mediaTicks) == [500 * 90_000])
                #expect(sampler.watch().isEmpty)
            }
        }
        #expect(keys.contains(402) && keys.contains(404) && keys.contains(406))
    }

    @Test("a stream of key frames only is thinned out")
    func intraOnly() {
        let (chosen, _) = choose(stream(rate: 25, gop: 1, seconds: 10))
        #expect(chosen.count == 25)
    }

    @Test("a jump of the packet sizes brings the group from its key frame on, with what came before the jump")
    func jump() {
        // Quiet for a minute; between 61 and 62 s, in the middle of a group, the packets are four times as large.
        let moving: Range<Int64> = 61 * 90_000 + 36_000..<62 * 90_000
        let packets = stream(rate: 25, gop: 50, seconds: 64) {
            moving.contains(Int64($0) * 3600) ? 8000 : 1900 + $0 * 7919 % 200
        }
        let (chosen, facts) = choose(packets, isMoving: moving.contains)
        #expect(facts.whole["sizes"] == 1)
        let group = chosen.filter { (60 * 90_000..<62 * 90_000).contains($0.packet.mediaTicks) }
        #expect(group.count == 50)
        #expect(group.map(\.packet.mediaTicks) == group.map(\.packet.mediaTicks).sorted())
        #expect(group.contains { $0.isWanted && moving.contains($0.packet.mediaTicks) })
    }

    @Test("where sizes say nothing about movement they lose their trust, and the budget is spent on any group")
    func uselessSizes() {
        // What moves moves in the first second of every group; sizes jump at other moments.
        let packets = stream(rate: 25, gop: 50, seconds: 2400) { $0 % 97 < 13 ? 8000 : 2000 }
        let (_, facts) = choose(packets) { ($0 / 90_000) % 2 == 0 && $0 % 180_000 != 0 }
        #expect(facts.ranking.map { $0 < WitnessTrust.trustworthy } == true)
        #expect(facts.whole["unpredicted", default: 0] > 10)
        #expect(facts.missedAudits > 0)
    }

    @Test("what is decoded beyond the key frames keeps to the budget, however much moves")
    func budget() {
        let packets = stream(rate: 25, gop: 50, seconds: 600) { $0 / 25 % 3 == 0 ? 9000 : 2000 }
        let (chosen, facts) = choose(packets) { _ in true }
        let between = chosen.count { !$0.packet.isKey }
        // A ninth of the pictures, what was saved up at the start, and the audits, which are apart.
        #expect(between <= 600 * 25 * 110 / 1024 + 250 + 49 * facts.whole["audit", default: 0])
        #expect(between > 600)
    }

    @Test("long groups are sent whole from the second key frame on, and judged as often as others")
    func longGroups() {
        let (chosen, _) = choose(stream(rate: 10, gop: 100, seconds: 60))
        let rest = chosen.filter { $0.packet.mediaTicks >= 10 * 90_000 }
        #expect(rest.count == 500)
        let wanted = rest.filter(\.isWanted).map(\.packet.mediaTicks)
        for (one, next) in zip(wanted, wanted.dropFirst()) { #expect(next - one <= 36_000 + 9000) }
    }

    @Test("for the activity map alone long groups are not sent whole: their key frames are enough")
    func longGroupsWithoutRules() {
        let (chosen, facts) = choose(stream(rate: 10, gop: 100, seconds: 60), hasRules: false)
        #expect(facts.whole["longGroup"] == nil)
        #expect(chosen.count { $0.packet.isKey } == 6)
    }

    @Test("pictures that no other one needs are left out of whole groups")
    func disposable() {
        var packets = stream(rate: 10, gop: 100, seconds: 60)
        for index in packets.indices where !packets[index].isKey && index % 2 == 1 {
            packets[index].isDisposable = true
        }
        let (chosen, _) = choose(packets)
        #expect(chosen.allSatisfy { !$0.packet.isDisposable })
        #expect(chosen.count > 200)
    }

    @Test("while somebody looks whole groups are sent, and then no more")
    func viewer() {
        var sampler = AnalysisSampler(needs: SamplingNeeds(hasRules: true), seed: 3)
        var counts = (watched: 0, later: 0)
        for packet in stream(rate: 25, gop: 50, seconds: 40) {
            if packet.mediaTicks == 4 * 90_000 { _ = sampler.watch() }
            let sent = sampler.take(packet, pressure: 0).count { $0.cause == .viewer }
            if packet.mediaTicks < 16 * 90_000 { counts.watched += sent } else { counts.later += sent }
        }
        #expect(counts.watched > 80)
        #expect(counts.later == 0)
    }

    @Test("while the worker is behind, weak causes are refused first, then all, key frames never; each is counted")
    func overload() {
        let packets = stream(rate: 25, gop: 50, seconds: 600) { $0 / 25 % 31 == 1 ? 9000 : 2000 }
        let (chosen, facts) = choose(packets, pressure: 1000)
        #expect(chosen.count + (facts.skippedKeys ?? 0) == 300)
        #expect(chosen.allSatisfy { $0.packet.isKey })
        #expect(facts.refused > 0)
        let (_, half) = choose(packets, pressure: 600)
        #expect(half.whole["audit"] == nil)
        #expect(half.whole["sizes", default: 0] > 0)
    }

    @Test("a new run whose times begin anew is sampled at once")
    func newRun() {
        var sampler = AnalysisSampler(needs: SamplingNeeds(hasRules: true), seed: 1)
        let late = KeptPacket(mediaTicks: 90_000_000, at: .epoch, isKey: true, bytes: [1])
        #expect(sampler.take(late, pressure: 0).map(\.isWanted) == [true])
        sampler.beginRun()
        let early = KeptPacket(mediaTicks: 0, at: .epoch, isKey: true, bytes: [1])
        #expect(sampler.take(early, pressure: 0).map(\.isWanted) == [true])
    }

    @Test("whatever comes, what is sent can be decoded: in order, once, and nothing behind a gap", arguments: 0..<40)
    func property(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var sampler = AnalysisSampler(needs: SamplingNeeds(hasRules: seed % 4 != 0), seed: seed)
        var index = 0
        var ticks: Int64 = 0
        /// Position of each packet in its group, and how far the group was sent.
        var (group, sentGroup, sentPosition) = (0, -1, -1)
        var position = 0
        var needed: [Int] = []
        var numbers: [[UInt8]: (group: Int, position: Int, isDisposable: Bool)] = [:]
        for _ in 0..<4000 {
            let isKey = index == 0 || Int.random(in: 0..<[3, 25, 60, 400][Int(seed % 4)], using: &random) == 0
            if isKey {
                group += 1
                position = 0
                needed = []
            }
            // Times step on, back, and sometimes to the ends of what there is.
            switch Int.random(in: 0..<400, using: &random) {
            case 0: ticks = Int64.max - 5
            case 1: ticks = Int64.min + 5
            case 2: ticks = 0
            default: ticks = ticks &+ Int64.random(in: -4000...12_000, using: &random)
            }
            let isDisposable = !isKey && Int.random(in: 0..<3, using: &random) == 0
            let name = [UInt8(index >> 16 & 255), UInt8(index >> 8 & 255), UInt8(index & 255)]
            let size = Int.random(in: 0..<100, using: &random) == 0 ? 900_000 : Int.random(in: 0..<3000, using: &random)
            numbers[name] = (group, position, isDisposable)
            let packet = KeptPacket(
                mediaTicks: ticks,
                at: .epoch,
                isKey: isKey,
                isDisposable: isDisposable,
                bytes: name + [UInt8](repeating: 0, count: size)
            )
            let shown = Int.random(in: 0..<300, using: &random) == 0 ? sampler.watch() : []
            for chosen in shown {
                #expect(numbers[Array(chosen.packet.bytes.prefix(3))].map { $0.position } == 0)
                (sentGroup, sentPosition) = (isKey ? group - 1 : group, 0)
            }
            let pressure = Int.random(in: 0..<10, using: &random) == 0 ? 900 : 100
            if !isDisposable { needed.append(position) }
            for chosen in sampler.take(packet, pressure: pressure) {
                guard let sent = numbers[Array(chosen.packet.bytes.prefix(3))] else { continue }
                #expect(sent.group == group)
                #expect(!sent.isDisposable)
                if sent.position == 0 {
                    #expect(sentGroup != sent.group)
                    sentGroup = sent.group
                } else {
                    #expect(sentGroup == sent.group, "a group without its key frame")
                    let before = needed.last { $0 < sent.position }
                    #expect(before == sentPosition, "a gap before packet \(sent.position)")
                }
                sentPosition = sent.position
                if Bool.random(using: &random) {
                    sampler.looked(ticks: chosen.packet.mediaTicks, isMoving: Bool.random(using: &random))
                }
            }
            index += 1
            position += 1
        }
    }
}

@Suite("Packets that are kept for analysis") struct GroupBufferTests {
    private func packet(_ size: Int, key: Bool = false) -> KeptPacket {
        KeptPacket(mediaTicks: 0, at: .epoch, isKey: key, bytes: [UInt8](repeating: 0, count: size))
    }

    @Test("a group beyond the bound is given up, and the next one is kept again")
    func bound() {
        var buffer = GroupBuffer()
        buffer.begin(packet(1000, key: true))
        for _ in 0..<5 {
            buffer.append(packet(1 << 20))
            #expect(buffer.bytes <= GroupBuffer.limitBytes)
        }
        #expect(!buffer.isWhole)
        #expect(buffer.packets.isEmpty)
        buffer.begin(packet(10, key: true))
        buffer.append(packet(10))
        #expect(buffer.isWhole)
        #expect(buffer.take().count == 2)
        #expect(buffer.bytes == 0)
    }

    @Test("many small packets are bounded as well")
    func count() {
        var buffer = GroupBuffer()
        buffer.begin(packet(1, key: true))
        for _ in 0..<3000 { buffer.append(packet(1)) }
        #expect(buffer.packets.count <= GroupBuffer.limitPackets)
        #expect(!buffer.isWhole)
    }
}

@Suite("What packet sizes say") struct PacketWitnessTests {
    @Test("still noise scores low, larger packets score high, whatever the bit rate")
    func scores() {
        for base in [300, 3000, 60_000] {
            var random = SeededRandom(seed: 5)
            var witness = PacketWitness()
            var still = 0.0
            for index in 0..<1000 {
                let size = base + Int.random(in: 0..<base / 5, using: &random)
                still = witness.take(ticks: Int64(index) * 3600, sizeBytes: size, quantiser: nil) ?? 0
            }
            var moving = 0.0
            for index in 1000..<1013 {
                moving = witness.take(ticks: Int64(index) * 3600, sizeBytes: base * 2, quantiser: nil) ?? 0
            }
            #expect(still < WitnessTrust.unlearnedThreshold)
            #expect(moving > WitnessTrust.unlearnedThreshold)
        }
    }

    @Test("where a constant bit rate hides movement in the quantiser, that tells")
    func constantBitRate() {
        var witness = PacketWitness()
        var random = SeededRandom(seed: 6)
        for index in 0..<1000 {
            let size = 2000 + Int.random(in: 0..<200, using: &random)
            _ = witness.take(ticks: Int64(index) * 3600, sizeBytes: size, quantiser: 24)
        }
        var moving = 0.0
        for index in 1000..<1013 {
            moving = witness.take(ticks: Int64(index) * 3600, sizeBytes: 2100, quantiser: 33) ?? 0
        }
        #expect(moving > WitnessTrust.unlearnedThreshold)
    }

    @Test("sizes that rank moving pictures first are trusted, others not")
    func trust() {
        var good = WitnessTrust()
        var bad = WitnessTrust()
        var random = SeededRandom(seed: 7)
        for index in 0..<200 {
            let isMoving = index % 3 == 0
            let noise = Double.random(in: 0..<1, using: &random)
            good.learn(score: isMoving ? 2 + noise : noise, isMoving: isMoving)
            bad.learn(score: noise, isMoving: isMoving)
        }
        #expect(good.isTrusted)
        #expect(good.threshold > 0.95 && good.threshold <= 2.2)
        #expect(!bad.isTrusted)
        good.learn(score: .nan, isMoving: true)
        #expect(good.ranking == 1)
    }
}
