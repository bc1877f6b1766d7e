import Domain
import Testing

@Suite("Frames on a wire")
struct WireFrameParserTests {
    private static let frames = [
        WireFrame(header: Array("{}".utf8)),
        WireFrame(header: Array(#"{"type":"x"}"#.utf8), payload: [1, 2, 3, 255, 0]),
        WireFrame(header: [], payload: []),
        WireFrame(header: [9], payload: Array(repeating: 7, count: 40)),
    ]

    private func drain(_ parser: inout WireFrameParser) throws -> [WireFrame] {
        var frames: [WireFrame] = []
        while let frame = try parser.next() { frames.append(frame) }
        return frames
    }

    @Test("frames come out whole wherever the bytes are split in two")
    func everySplit() throws {
        let bytes = Self.frames.flatMap(\.encoded)
        for split in 0...bytes.count {
            var parser = WireFrameParser()
            parser.append(bytes[..<split])
            var frames = try drain(&parser)
            parser.append(bytes[split...])
            frames += try drain(&parser)
            #expect(frames == Self.frames, "split at \(split)")
        }
    }

    @Test("frames come out whole from single bytes, over megabytes of them")
    func singleBytes() throws {
        var parser = WireFrameParser()
        let large = WireFrame(header: Array("{}".utf8), payload: Array(repeating: 3, count: 70_000))
        for round in 0..<3 {
            var found: [WireFrame] = []
            for byte in large.encoded {
                parser.append(CollectionOfOne(byte))
                if let frame = try parser.next() { found.append(frame) }
            }
            #expect(found == [large], "round \(round)")
        }
    }

    @Test("nothing comes of a frame that is cut short")
    func truncated() throws {
        let bytes = Self.frames[1].encoded
        for length in 0..<bytes.count {
            var parser = WireFrameParser()
            parser.append(bytes[..<length])
            #expect(try parser.next() == nil)
        }
    }

    @Test(
        "a length beyond the limits is an error before its bytes are waited for",
        arguments: [([0, 0, 0, 17, 0, 0, 0, 0], 17, 0), ([0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF], 0, 4_294_967_295)]
            as [([UInt8], Int, Int)]
    )
    func tooLarge(bytes: [UInt8], header: Int, payload: Int) {
        var parser = WireFrameParser(limits: .init(header: 16, payload: 16))
        parser.append(bytes)
        let error = #expect(throws: WireFrameParser.TooLarge.self) { try parser.next() }
        #expect(error?.headerBytes == header)
        #expect(error?.payloadBytes == payload)
    }
}
