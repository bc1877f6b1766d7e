import Testing

@testable import RTSP

@Suite("Loss, duplication and reordering")
struct LossTests {
    struct Network: CustomTestStringConvertible {
        var loss: Double
        var reorder = 0.0
        var duplicate = 0.0
        var testDescription: String { "\(self)" }
    }

    static let networks = [
        Network(loss: 0.001), Network(loss: 0.01), Network(loss: 0.05), Network(loss: 0.3),
        Network(loss: 0, reorder: 0.1, duplicate: 0.1), Network(loss: 0.02, reorder: 0.05, duplicate: 0.05),
    ]

    /// A packet's sequence number: no test sends so many that two have the same.
    private static func number(_ packet: [UInt8]) -> UInt16 { packet.span.u16(2) }

    static func through(_ network: Network, _ packets: [[UInt8]], _ random: inout SeededRandom) -> [[UInt8]] {
        var kept: [(place: Double, bytes: [UInt8])] = []
        for (index, packet) in packets.enumerated() {
            // Where the first packets are missing, nobody knows of them.
            guard index > 2 else {
                kept.append((Double(index), packet))
                continue
            }
            if random.isTrue(network.loss) { continue }
            let late = random.isTrue(network.reorder) ? Double(Int.random(in: 1...20, using: &random)) + 0.5 : 0
            kept.append((Double(index) + late, packet))
            if random.isTrue(network.duplicate) {
                kept.append((Double(index + Int.random(in: 0...30, using: &random)) + 0.25, packet))
            }
        }
        kept.sort { $0.place < $1.place }
        return kept.map(\.bytes)
    }

    @Test("what is not marked is exactly what was sent, and losses are counted", arguments: networks, [false, true])
    func property(_ network: Network, isH265: Bool) throws {
        for seed in 0..<15 as Range<UInt64> {
            var random = SeededRandom(seed)
            var maker = PictureMaker(
                isH265: isH265,
                random: random,
                sliceCount: seed % 3 == 0 ? 1...1 : 1...4,
                hasDelimiters: seed % 4 == 1
            )
            let sent = maker.pictures(120, keyEvery: 12)
            var packetiser = Packetiser(isH265: isH265)
            packetiser.most = [200, 700, 1300][Int(seed % 3)]
            packetiser.aggregates = seed % 2 == 0
            packetiser.markers = Packetiser.Markers.allCases[Int(seed / 3 % 5)]
            let packets = sent.flatMap { packetiser.packets($0) }
            var end = try ReceivingEnd.video(isH265: isH265, isDatagram: true)
            let arrived = Self.through(network, packets, &random)
            end.take(arrived)
            end.tick(after: 100_000_000)
            end.finish()

            let byTime = Dictionary(uniqueKeysWithValues: sent.map { ($0.timestamp, $0.unit) })
            for unit in end.units where !unit.isDamaged {
                #expect(byTime[UInt32(truncatingIfNeeded: unit.timestamp)] == unit.bytes, "seed \(seed)")
            }
            #expect(zip(end.units, end.units.dropFirst()).allSatisfy { $0.timestamp <= $1.timestamp })
            if network.loss == 0 {
                #expect(end.units.map(\.bytes) == sent.map(\.unit), "seed \(seed)")
                #expect(end.receiver.counts.lost == 0)
            }
            // Packets lost before the first and behind the last one that came can't be known of.
            let unique = Set(arrived.map(Self.number))
            let first = packets.firstIndex { unique.contains(Self.number($0)) } ?? 0
            let last = packets.lastIndex { unique.contains(Self.number($0)) } ?? 0
            let missing = packets[first...last].filter { !unique.contains(Self.number($0)) }.count
            let counts = end.receiver.counts
            #expect(counts.lost == missing, "seed \(seed)")
            #expect(counts.packets == unique.count)
            #expect(counts.duplicates == arrived.count - unique.count)
            let told = end.units.reduce(0) { $0 + $1.packetsLost }
            #expect(told <= missing && (told == missing || end.units.last?.isDamaged == true || missing - told < 20))
        }
    }

    @Test("damage ends at the next key picture that came whole", arguments: [false, true])
    func ends(isH265: Bool) throws {
        var falseAlarms = 0
        var keys = 0
        for seed in 0..<25 as Range<UInt64> {
            var random = SeededRandom(seed)
            var maker = PictureMaker(isH265: isH265, random: random, sliceCount: 1...1)
            let sent = maker.pictures(200, keyEvery: 10)
            var packetiser = Packetiser(isH265: isH265)
            packetiser.aggregates = seed % 2 == 0
            var packets: [[UInt8]] = []
            var ofPicture: [UInt32: [[UInt8]]] = [:]
            for picture in sent {
                let made = packetiser.packets(picture)
                ofPicture[picture.timestamp] = made
                packets += made
            }
            var end = try ReceivingEnd.video(isH265: isH265, isDatagram: true)
            let arrived = Self.through(Network(loss: 0.03), packets, &random)
            end.take(arrived)
            end.tick(after: 100_000_000)
            let unique = Set(arrived.map(Self.number))
            for unit in end.units.dropFirst(40) where unit.isKey {
                let made = ofPicture[UInt32(truncatingIfNeeded: unit.timestamp)] ?? []
                guard made.allSatisfy({ unique.contains(Self.number($0)) }) else { continue }
                keys += 1
                if unit.isDamaged { falseAlarms += 1 }
            }
        }
        #expect(keys > 100)
        #expect(falseAlarms * 50 <= keys, "\(falseAlarms) of \(keys) whole key pictures are marked")
    }

    @Test("one packet missing at each place: nothing unmarked differs, and at most two pictures are marked")
    func eachPlace() throws {
        var maker = PictureMaker(random: SeededRandom(9), sliceCount: 1...2, sliceSize: 100...900)
        let sent = maker.pictures(24, keyEvery: 6)
        var packetiser = Packetiser()
        packetiser.most = 300
        let packets = sent.flatMap { packetiser.packets($0) }
        for missing in 1..<packets.count - 1 {
            for isDatagram in [false, true] {
                var end = try ReceivingEnd.video(isDatagram: isDatagram)
                var arrived = packets
                arrived.remove(at: missing)
                end.take(arrived)
                end.tick(after: 100_000_000)
                let byTime = Dictionary(uniqueKeysWithValues: sent.map { ($0.timestamp, $0.unit) })
                for unit in end.units where !unit.isDamaged {
                    #expect(byTime[UInt32(truncatingIfNeeded: unit.timestamp)] == unit.bytes)
                }
                #expect(end.units.filter(\.isDamaged).count <= 2, "packet \(missing)")
                #expect(end.receiver.counts.lost == 1)
                #expect(end.units.reduce(0) { $0 + $1.packetsLost } == 1)
            }
        }
    }
}
