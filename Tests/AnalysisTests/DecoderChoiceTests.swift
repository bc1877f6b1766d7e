import Domain
import Foundation
import Media
import TestSupport
import Testing

@testable import Analysis

@Suite("Choice between a device and the processor") struct DecoderChoiceTests {
    /// A device's decoder that fails after a number of packets; a software decoder stands behind it.
    private final class FailingDecoder: PictureDecoder {
        private let behind: any PictureDecoder
        private var left: Int

        init(_ behind: any PictureDecoder, after left: Int) {
            self.behind = behind
            self.left = left
        }

        func decode(_ packet: [UInt8], ptsTicks: Int64, isKey: Bool) throws(MediaError) -> [DecodedFrame] {
            left -= 1
            guard left >= 0 else { throw MediaError(.unsupported, "the device is gone") }
            return try behind.decode(packet, ptsTicks: ptsTicks, isKey: isKey)
        }

        func flush() -> [DecodedFrame] { behind.flush() }
        func reset() { behind.reset() }
    }

    private func packets(_ clip: String) throws -> (DecoderWish, [SampledPacket])? {
        guard let url = SharedData.video(clip) else {
            print("skipped: no shared clips here")
            return nil
        }
        var options = DemuxerOptions(loopFile: false)
        options.paceFile = false
        let demuxer = try Demuxer(opening: "file:\(url.path)", options: options, cancellation: Cancellation())
        let info = demuxer.info
        let wish = DecoderWish(
            codec: info.codec,
            extradata: info.extradata,
            width: info.width,
            height: info.height,
            keyFramesOnly: false
        )
        var packets: [SampledPacket] = []
        while packets.count < 300, case .packet(let packet) = try demuxer.next() {
            packets.append(
                SampledPacket(
                    bytes: packet.bytes,
                    ticks: packet.ptsTicks,
                    at: .epoch,
                    isKey: packet.isKey,
                    isWanted: true
                )
            )
        }
        return (wish, packets)
    }

    @Test("a machine without a device decodes in software")
    func noDevice() throws {
        let choice = DecoderChoice(find: { nil })
        #expect(choice.name(for: .h264) == "software")
        let wish = DecoderWish(codec: .h264, extradata: [], width: 64, height: 64, keyFramesOnly: true)
        let opened = try choice.decoder(wish)
        #expect(!opened.isDevice)
    }

    @Test("kinds of devices are asked for in a fixed order, VAAPI first, and unknown ones are none")
    func kinds() {
        let kinds = HardwareDevice.knownKinds
        #expect(kinds.isEmpty || kinds.first == "vaapi" || !kinds.contains("vaapi"))
        #expect(HardwareDevice.first(of: ["no such thing"]) == nil)
    }

    @Test("the first failure of a device hands over to software: all key frames are seen", arguments: [0, 1, 3])
    func fallBack(after: Int) throws {
        guard let (wish, packets) = try packets("street_traffic_suburban.mp4") else { return }
        let keys = packets.filter(\.isKey)
        var plain = try PictureSource(wish, choice: DecoderChoice(find: { nil }))
        let expected = try keys.flatMap { try plain.take($0) }.map(\.frame.ptsTicks)
        let choice = DecoderChoice(find: { DecodingDevice(name: "stand-in") }) { (wish, device) throws(MediaError) in
            let decoder = try DecoderChoice.openLibav(wish, nil)
            return device == nil ? decoder : FailingDecoder(decoder, after: after)
        }
        #expect(choice.name(for: wish.codec) == "stand-in")
        var source = try PictureSource(wish, choice: choice)
        let seen = try keys.flatMap { try source.take($0) }.map(\.frame.ptsTicks)
        #expect(seen == expected)
        #expect(seen.count == keys.count)
        #expect(choice.name(for: wish.codec) == "software")
    }

    @Test("a failure between two key frames costs the pictures up to the next key frame, and no more")
    func fallBackBetween() throws {
        guard let (wish, packets) = try packets("lot_person_bicycle_car.mp4") else { return }
        let choice = DecoderChoice(find: { DecodingDevice(name: "stand-in") }) { (wish, device) throws(MediaError) in
            let decoder = try DecoderChoice.openLibav(wish, nil)
            return device == nil || wish.keyFramesOnly ? decoder : FailingDecoder(decoder, after: 10)
        }
        var source = try PictureSource(wish, choice: choice)
        var (seen, failures) = (0, 0)
        for packet in packets {
            do { seen += try source.take(packet).count } catch { failures += 1 }
        }
        #expect(failures == 1)
        let keys = packets.indices.filter { packets[$0].isKey }
        // From the first key frame behind the failure on everything is there again.
        if keys.count > 1 { #expect(seen >= packets.count - keys[1] - 20) }
        #expect(choice.name(for: wish.codec) == "software")
    }

    @Test("a device that no decoder opens on is asked once per codec")
    func refusal() throws {
        var asked = 0
        let choice = DecoderChoice(find: { DecodingDevice(name: "stand-in") }) { (wish, device) throws(MediaError) in
            if device != nil {
                asked += 1
                throw MediaError(.unsupported, "not this one")
            }
            return try DecoderChoice.openLibav(wish, nil)
        }
        let wish = DecoderWish(codec: .h264, extradata: [], width: 64, height: 64, keyFramesOnly: true)
        for _ in 0..<3 {
            let opened = try choice.decoder(wish)
            #expect(!opened.isDevice)
        }
        #expect(asked == 1)
    }

    @Test("streams that begin alike share a decoder for their key frames, and each gets its own pictures")
    func shared() throws {
        guard let (wish, packets) = try packets("street_traffic_suburban.mp4") else { return }
        let keys = packets.filter(\.isKey)
        var opened = 0
        let choice = DecoderChoice(find: { nil }) { (wish, device) throws(MediaError) in
            opened += 1
            return try DecoderChoice.openLibav(wish, device)
        }
        var sources = try (0..<5).map { _ in try PictureSource(wish, choice: choice) }
        for key in keys {
            for index in sources.indices {
                var own = key
                own.ticks += Int64(index)
                #expect(try sources[index].take(own).map(\.frame.ptsTicks) == [own.ticks])
            }
        }
        #expect(opened == 1)
        // Those of more kinds of streams than are kept are opened anew.
        for size in 1...KeyDecoders.capacity {
            var other = wish
            other.width += size
            _ = try PictureSource(other, choice: choice)
        }
        #expect(try sources[2].take(keys[0]).count == 1)
        #expect(opened == 2 + KeyDecoders.capacity)
    }
}
