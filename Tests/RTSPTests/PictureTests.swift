import Testing

@testable import RTSP

@Suite("Pictures from packets")
struct PictureTests {
    struct Case: CustomTestStringConvertible {
        var isH265: Bool
        var hasDecodingOrder = false
        var aggregates = true
        var marksEnds = true
        var markers = Packetiser.Markers.onLast
        var isDatagram = false

        var testDescription: String { "\(self)" }

        static let all: [Case] = {
            var all: [Case] = []
            for isH265 in [false, true] {
                for markers in Packetiser.Markers.allCases {
                    for isDatagram in [false, true] {
                        var way = Case(isH265: isH265, markers: markers, isDatagram: isDatagram)
                        all.append(way)
                        way.aggregates = false
                        all.append(way)
                        way.marksEnds = false
                        all.append(way)
                        way.hasDecodingOrder = true
                        if isH265 { all.append(way) }
                    }
                }
            }
            return all
        }()

        func packetiser(most: Int) -> Packetiser {
            var packetiser = Packetiser(isH265: isH265)
            packetiser.hasDecodingOrder = hasDecodingOrder
            packetiser.aggregates = aggregates
            packetiser.marksEnds = marksEnds
            packetiser.markers = markers
            packetiser.most = most
            return packetiser
        }

        func end() throws -> ReceivingEnd {
            try .video(isH265: isH265, hasDecodingOrder: hasDecodingOrder, isDatagram: isDatagram)
        }
    }

    @Test("come out as they were sent, whatever the markers say and however they are packed", arguments: Case.all)
    func roundTrip(_ way: Case) throws {
        for seed in 0..<4 as Range<UInt64> {
            var maker = PictureMaker(isH265: way.isH265, random: SeededRandom(seed), hasDelimiters: seed % 2 == 1)
            let sent = maker.pictures(40)
            var packetiser = way.packetiser(most: [100, 300, 1200][Int(seed % 3)])
            var end = try way.end()
            end.take(sent.flatMap { packetiser.packets($0) })
            end.finish()
            #expect(end.units.map(\.bytes) == sent.map(\.unit), "seed \(seed)")
            #expect(end.units.map(\.isKey) == sent.map(\.isKey))
            #expect(end.units.map { UInt32(truncatingIfNeeded: $0.timestamp) } == sent.map(\.timestamp))
            #expect(end.units.dropFirst().map(\.timestamp) == end.units.dropLast().map { $0.timestamp + 3600 })
            #expect(end.units.dropLast().allSatisfy { !$0.isDamaged && $0.packetsLost == 0 })
            #expect(end.receiver.counts.unusable == 0 && end.receiver.counts.lost == 0)
        }
    }

    @Test("come out with their last packet once markers have proved true")
    func latency() throws {
        var maker = PictureMaker(random: SeededRandom(3))
        let sent = maker.pictures(MarkerTrust.proof + 5)
        var packetiser = Packetiser()
        var end = try ReceivingEnd.video()
        for (index, picture) in sent.enumerated() {
            end.take(packetiser.packets(picture))
            #expect(end.units.count == (index < MarkerTrust.proof ? index : index + 1))
        }
    }

    @Test("wait for no next packet when a marker is all there is to go by")
    func silence() throws {
        var maker = PictureMaker(random: SeededRandom(4))
        var packetiser = Packetiser()
        var end = try ReceivingEnd.video()
        let sent = maker.pictures(2)
        end.take(packetiser.packets(sent[0]))
        #expect(end.units.isEmpty)
        end.tick(after: 2_000_000_000)
        #expect(end.units.map(\.bytes) == [sent[0].unit])
        end.take(packetiser.packets(sent[1]))
        end.tick(after: 2_000_000_000)
        #expect(end.units.map(\.bytes) == sent.map(\.unit))
        #expect(end.units.allSatisfy { !$0.isDamaged })
    }

    @Test("are marked and never trusted again when a proved marker lies")
    func lateLie() throws {
        var maker = PictureMaker(random: SeededRandom(5), sliceCount: 3...3, sliceSize: 50...60)
        let sent = maker.pictures(30, keyEvery: 100)
        var packetiser = Packetiser()
        packetiser.aggregates = false
        var end = try ReceivingEnd.video()
        for (index, picture) in sent.enumerated() {
            packetiser.markers = index == 10 ? .onEverySlice : index > 10 ? .onEveryPacket : .onLast
            end.take(packetiser.packets(picture))
        }
        end.finish()
        let torn = end.units.filter { UInt32(truncatingIfNeeded: $0.timestamp) == sent[10].timestamp }
        #expect(torn.count == 2)
        #expect(torn.last?.isDamaged == true)
        let others = end.units.filter { UInt32(truncatingIfNeeded: $0.timestamp) != sent[10].timestamp }
        #expect(others.map(\.bytes) == sent.enumerated().filter { $0.offset != 10 }.map(\.element.unit))
    }

    @Test("are two where two have the same timestamp and markers between them")
    func sameTimestamp() throws {
        var maker = PictureMaker(random: SeededRandom(6), step: 0)
        let sent = maker.pictures(20)
        var packetiser = Packetiser()
        var end = try ReceivingEnd.video()
        end.take(sent.flatMap { packetiser.packets($0) })
        end.finish()
        #expect(end.units.map(\.bytes) == sent.map(\.unit))
    }

    @Test("begin with the parameter sets in front of them, whatever timestamp those have")
    func setsOfAnotherTime() throws {
        var maker = PictureMaker(random: SeededRandom(7), sliceCount: 1...1)
        let sent = maker.pictures(20, keyEvery: 5)
        var packetiser = Packetiser()
        packetiser.aggregates = false
        for shift in [-3600, -100, 77] as [Int32] {
            for markers in [Packetiser.Markers.onLast, .never, .onSetsToo, .onEveryPacket] {
                packetiser.markers = markers
                var end = try ReceivingEnd.video()
                for picture in sent {
                    for packet in packetiser.packets(picture) {
                        let type = packet[12] & 31
                        var moved = packet
                        if (6...9).contains(type) {
                            let other = picture.timestamp &+ UInt32(bitPattern: shift)
                            for index in 0..<4 { moved[4 + index] = UInt8(other >> UInt32(24 - 8 * index) & 255) }
                        }
                        end.take([moved])
                    }
                }
                end.finish()
                #expect(end.units.map(\.bytes) == sent.map(\.unit), "\(shift) \(markers)")
                #expect(end.units.map { UInt32(truncatingIfNeeded: $0.timestamp) } == sent.map(\.timestamp))
            }
        }
    }

    @Test("have no start codes in them, though cameras send those too")
    func startCodes() throws {
        let sps: [UInt8] = [0x67, 1, 2, 3]
        let pps: [UInt8] = [0x68, 4, 5]
        let idr: [UInt8] = [0x65, 0x88, 9, 9, 9]
        let expected = SentPicture(nals: [sps, pps, idr], timestamp: 0, isKey: true).unit
        let code: [UInt8] = [0, 0, 0, 1]
        let short: [UInt8] = [0, 0, 1]
        var ways: [[[UInt8]]] = []
        ways.append([sps + code + pps + code + idr])
        ways.append([sps + short + pps + short + idr])
        ways.append([code + sps, code + pps, code + idr])
        ways.append([short + sps, pps + [0, 0, 0], idr + [0]])
        ways.append([[0x7C, 0x87] + sps.dropFirst() + code + pps, [0x7C, 0x47] + code + idr])
        for (index, way) in ways.enumerated() {
            var end = try ReceivingEnd.video()
            var packetiser = Packetiser()
            for (place, payload) in way.enumerated() {
                end.take([packetiser.packet(payload, timestamp: 1, isMarked: place == way.count - 1)])
            }
            end.finish()
            #expect(end.units.map(\.bytes) == [expected], "way \(index)")
            #expect(end.units.first?.isKey == true)
        }
    }

    @Test(
        "are marked where a payload makes no sense",
        arguments: [
            [0x7C, 0x05, 1, 2], [0x78, 0, 200, 0x41, 1], [0x7A, 0, 0, 0], [0x7C], [0x78 + 3, 1, 2, 3],
        ] as [[UInt8]]
    )
    func spoiled(payload: [UInt8]) throws {
        var end = try ReceivingEnd.video()
        var packetiser = Packetiser()
        end.take([
            packetiser.packet([0x65, 0x88, 1], timestamp: 1, isMarked: false),
            packetiser.packet(payload, timestamp: 1, isMarked: true),
            packetiser.packet([0x41, 0x9A, 1], timestamp: 2, isMarked: true),
        ])
        end.finish()
        #expect(end.units.count == 2)
        #expect(end.units.first?.isDamaged == true)
        #expect(end.receiver.counts.unusable == 1)
    }

    @Test("are bounded in bytes and NAL units")
    func bounds() throws {
        var end = try ReceivingEnd.video()
        var packetiser = Packetiser()
        packetiser.most = 60_000
        let huge = SentPicture(
            nals: [[0x65, 0x88] + Array(repeating: 7, count: 17 << 20)],
            timestamp: 1,
            isKey: true
        )
        end.take(packetiser.packets(huge))
        let many = SentPicture(nals: Array(repeating: [0x41, 0x88, 1], count: 5000), timestamp: 2, isKey: false)
        end.take(packetiser.packets(many))
        let fine = SentPicture(nals: [[0x41, 0x88, 1]], timestamp: 3, isKey: false)
        end.take(packetiser.packets(fine))
        end.finish()
        #expect(end.units.count == 3)
        #expect(end.units.map(\.isDamaged) == [true, true, false])
        #expect(end.units.allSatisfy { $0.bytes.count <= 16 << 20 })
        #expect(end.units.last?.bytes == fine.unit)
    }
}
