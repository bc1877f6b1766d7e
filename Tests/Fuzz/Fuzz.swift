// Coverage-guided fuzzing of what we parse ourselves. `make fuzz` builds and runs it.
import Domain
import Glibc

@testable import Media
@testable import Telemetry

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ target: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// SwiftPM gives `main` this name; libFuzzer's own is not linked then.
@_cdecl("gridwatch_fuzz_main")
public func start(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> CInt {
    var (count, arguments) = (count, arguments)
    return runDriver(&count, &arguments, fuzz)
}

/// The one parser that this run is about (`FUZZ_ONLY`, a number as in `fuzz`); nil: the first byte chooses.
private let only = getenv("FUZZ_ONLY").flatMap { UInt8(String(cString: $0)) }

/// The first byte chooses the parser, the rest is its input.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard let data, count > 1 else { return 0 }
    let input = Array(UnsafeBufferPointer(start: data, count: count)[1...])
    let codecs: [VideoCodec] = [.h264, .hevc, .mpeg4, .mjpeg]
    let codec = codecs[Int(data[0] >> 4) % codecs.count]
    let parser = only ?? data[0] & 15
    switch parser {
    case 0: slices(input, codec)
    case 1: accessUnits(input, codec)
    case 2: fragments(input)
    case 3: frames(input)
    case 4: _ = codec == .h264 ? SequenceParameters(h264: input) : SequenceParameters(hevc: input)
    case 5...12: ReceiveFuzz(rawValue: parser - 5)?.run(input)
    case 13: terminals(input)
    case 14: payloads(input)
    default: slices(input, .h264)
    }
    return 0
}

/// Two bytes tell where the codec's header ends and the packet begins.
private func parts(_ input: [UInt8]) -> ([UInt8], [UInt8])? {
    guard input.count >= 2 else { return nil }
    let split = min(input.count - 2, Int(input[0]) << 8 | Int(input[1]))
    return (Array(input[2..<2 + split]), Array(input[(2 + split)...]))
}

private func slices(_ input: [UInt8], _ codec: VideoCodec) {
    guard let (header, packet) = parts(input) else { return }
    let reader = SliceReader(StreamInfo(codec: codec, width: 0, height: 0, extradata: header, codecString: ""))
    let facts = reader.facts(of: packet)
    if let quantiser = facts.quantiser { precondition((0...51).contains(quantiser)) }
}

private func accessUnits(_ input: [UInt8], _ codec: VideoCodec) {
    guard let (header, packet) = parts(input) else { return }
    var converter = AccessUnitConverter(codec: codec, extradata: header)
    let unit = packet.withUnsafeBufferPointer { converter.convert($0) }
    precondition(unit.bytes.count <= packet.count * 5 + 8)
    _ = converter.sets.configurationRecord
    _ = converter.sets.codecString
}

private func fragments(_ input: [UInt8]) {
    _ = try? FragmentParser.initSegment(input)
    guard let fragment = try? FragmentParser.fragment(input) else { return }
    for sample in fragment.samples {
        precondition(sample.offset >= 0 && sample.size >= 0 && sample.offset + sample.size <= input.count)
    }
}

private func frames(_ input: [UInt8]) {
    var parser = WireFrameParser(limits: WireFrameParser.Limits(header: 1 << 12, payload: 1 << 12))
    for byte in input {
        parser.append([byte])
        guard let frame = try? parser.next() else { continue }
        precondition(frame.header.count <= 1 << 12 && frame.payload.count <= 1 << 12)
    }
}

private func terminals(_ input: [UInt8]) {
    var splitter = JT808Splitter()
    var session = JT808Session(terminals: ["13912345678": JT808Session.Terminal(vehicle: "v", code: "k7")])
    for case .success(let frame) in splitter.take(input.span) {
        // What was read is written as it stood, and read again as the same.
        var again = JT808Splitter()
        let copies = again.take(frame.encoded.span)
        precondition(copies.count == 1 && (try? copies[0].get()) == frame)
        for action in session.take(frame) {
            if case .send(let bytes) = action { precondition(bytes.first == 0x7E && bytes.last == 0x7E) }
        }
    }
    _ = JT808Location(input.span)
    _ = JT808Message(JT808Frame(id: 0x0704, phone: "1", serial: 0, body: input))
}

private func payloads(_ input: [UInt8]) {
    let now = WallTime(microseconds: 1_795_428_000_000_000)
    var own = PayloadProfile(name: "own", words: ["wet": 1], time: JSONPath("t"), isPlain: true)
    own.batch = JSONPath("data[0].s")
    own.fields = JSONPath("$.a.b[1]").map { [PayloadProfile.Field(name: "value", path: $0, scale: 1e300)] }
    for profile in [own, PayloadProfile(name: "any")] + PayloadProfile.builtIn.values {
        let content = PayloadReader.readings(input, sensorId: "s", profile: profile, receivedAt: now)
        for reading in content.readings {
            precondition(!reading.values.isEmpty && reading.values.values.allSatisfy(\.isFinite))
            precondition(reading.occurredAt <= now + PayloadReader.maximumLead)
        }
    }
    _ = PayloadReader.position(input, vehicleId: "v", receivedAt: now)
}
