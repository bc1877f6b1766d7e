import Domain
import Foundation
import TestSupport
import Testing

@testable import Media

@Suite("Access units that are put together elsewhere") struct StreamAssemblyTests {
    private static let sps: [UInt8] = [0x67, 0x42, 0xC0, 0x1E, 0xD9, 0x00, 0xA0, 0x5B, 0x20]
    private static let pps: [UInt8] = [0x68, 0xCE, 0x38, 0x80]

    private func unit(_ nals: [[UInt8]]) -> [UInt8] {
        var bytes: [UInt8] = []
        for nal in nals {
            withUnsafeBytes(of: UInt32(nal.count).bigEndian) { bytes.append(contentsOf: $0) }
            bytes += nal
        }
        return bytes
    }

    private func assembly() -> StreamAssembly {
        var assembly = StreamAssembly(
            codec: .h264,
            extradata: [0, 0, 0, 1] + Self.sps + [0, 0, 0, 1] + Self.pps,
            frameRate: nil,
            hasDecodingTimes: false,
            isFile: false,
            sound: nil,
            ignoredStreams: []
        )
        assembly.opened()
        return assembly
    }

    private func packet(_ taken: StreamAssembly.Taken) -> Packet? {
        if case .packet(let packet) = taken { packet } else { nil }
    }

    @Test("lose their parameter sets, delimiters and trailing zeros in place, and nothing else")
    func inPlace() {
        let slice: [UInt8] = [0x65, 0x88, 1, 2, 3]
        let information: [UInt8] = [6, 5, 1, 9, 0x80]
        for nals in [
            [slice], [[9, 0xF0], Self.sps, Self.pps, information, slice], [slice + [0, 0]],
            [Self.sps, slice, Self.pps], [[12, 255, 255], slice, [9]],
        ] {
            var converter = AccessUnitConverter(codec: .h264, extradata: [])
            var other = AccessUnitConverter(codec: .h264, extradata: [])
            let mine = converter.convert(owned: unit(nals))
            var annexB: [UInt8] = []
            for nal in nals { annexB += [0, 0, 0, 1] + nal }
            let theirs = annexB.withUnsafeBufferPointer { other.convert($0) }
            #expect(mine.bytes == theirs.bytes && mine.bytes.suffix(slice.count).elementsEqual(slice))
            #expect(mine.hasRandomAccessPicture && mine.hasPicture && mine.setsChanged == theirs.setsChanged)
        }
    }

    @Test("are taken apart where a camera sends several as one, and cut off where lengths lie")
    func peculiar() {
        var converter = AccessUnitConverter(codec: .h264, extradata: [])
        let slice: [UInt8] = [0x65, 0x88, 1, 2, 3]
        let mixed = Self.sps + [0, 0, 0, 1] + Self.pps + [0, 0, 1] + slice
        #expect(converter.convert(owned: unit([mixed])).bytes == unit([slice]))
        #expect(converter.sets.sequence != nil)
        for count in 0..<30 {
            var short = unit([[9, 0xF0], slice, [0x41, 0x9A, 7, 7]])
            short.removeLast(min(count, short.count))
            let bytes = converter.convert(owned: short).bytes
            #expect(bytes.count <= short.count)
        }
        var lying = unit([slice])
        lying[2] = 255
        #expect(converter.convert(owned: lying).bytes == unit([slice]))
    }

    @Test("a recovery point is a key frame")
    func recovery() {
        var assembly = assembly()
        let point: [UInt8] = [6, 5, 2, 1, 2, 6, 1, 0x84, 0x80]
        let slice: [UInt8] = [0x41, 0x9A, 1, 2]
        #expect(packet(assembly.takePicture(units: unit([point, slice]), .init(pts: 0)))?.isKey == true)
        #expect(packet(assembly.takePicture(units: unit([slice]), .init(pts: 3600)))?.isKey == false)
    }

    @Test("damage lasts until a key frame that is whole")
    func damage() {
        var assembly = assembly()
        let (key, other): ([UInt8], [UInt8]) = ([0x65, 0x88, 1, 2], [0x41, 0x9A, 1, 2])
        var damaged: [Bool] = []
        let history: [([UInt8], StreamAssembly.UnitDamage)] = [
            (key, .none), (other, .none), (other, .within), (other, .none), (key, .before), (other, .none),
            (other, .before), (other, .none), (key, .within), (other, .none), (key, .none), (other, .none),
        ]
        for (index, (nal, damage)) in history.enumerated() {
            let facts = StreamAssembly.UnitFacts(pts: Int64(index) * 3600, damage: damage)
            damaged.append(packet(assembly.takePicture(units: unit([nal]), facts))?.isDamaged ?? true)
        }
        let expected = [false, false, true, true, false, false, true, true, true, true, false, false]
        #expect(damaged == expected)
        #expect(assembly.damagedPictures == expected.count { $0 })
    }

    @Test("damaged pictures are marked in a fragment's sample flags, and read back")
    func marked() throws {
        var packets: [Packet] = []
        for index: Int64 in 0..<3 {
            let ticks = index * 3600
            let bytes: [UInt8] = [0, 0, 0, 1, UInt8(index)]
            packets.append(
                Packet(
                    bytes: bytes,
                    ptsTicks: ticks,
                    dtsTicks: ticks,
                    durationTicks: 3600,
                    isKey: index == 0,
                    isDamaged: index == 1
                )
            )
        }
        let fragment = FragmentWriter.fragment(samples: packets, sequence: 1, baseDecodeTicks: 0, wall: .epoch)
        let read = try #require(try FragmentParser.fragment(fragment.bytes))
        #expect(read.samples.map(\.isDamaged) == [false, true, false])
        #expect(read.samples.map(\.isKey) == [true, false, false])
    }
}
