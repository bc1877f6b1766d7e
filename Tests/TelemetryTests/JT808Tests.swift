import Domain
import Foundation
import Testing

@testable import Telemetry

@Suite("JT/T 808")
struct JT808Tests {
    static func bytes(_ hex: String) -> [UInt8] {
        let digits = hex.filter { !$0.isWhitespace }
        return stride(from: 0, to: digits.count - 1, by: 2).compactMap { at in
            let from = digits.index(digits.startIndex, offsetBy: at)
            return UInt8(digits[from..<digits.index(from, offsetBy: 2)], radix: 16)
        }
    }

    static func frames(_ bytes: [UInt8]) -> [Result<JT808Frame, JT808Frame.Failure>] {
        var splitter = JT808Splitter()
        return splitter.take(bytes.span)
    }

    /// The worked example of a position with its escapes, 2013 header.
    static let golden = bytes(
        """
        7E 0200 0026 123456789012 007D02 00000001 00000002 00BA7F0E 07E4F11C 0028 003C 0000 181015101010
        01 04 00000064 02 02 007D01 13 7E
        """
    )

    @Test("the golden frame says what it should")
    func goldenFrame() throws {
        let frame = try #require(try Self.frames(Self.golden).first?.get())
        #expect(frame.id == 0x0200 && frame.phone == "123456789012" && frame.serial == 0x7E && frame.edition == 2013)
        guard case .location(let location) = JT808Message(frame) else {
            Issue.record("no position")
            return
        }
        #expect(location.point == GeoPoint(lat: 12.222222, lon: 132.444444))
        #expect(location.altitudeMetres == 40 && location.speedKmh == 6 && location.isFix && !location.isIgnitionOn)
        #expect(location.at == WallTime(rfc3339: "2018-10-15T10:10:10+08:00"))
        #expect(location.mileageKm == 10 && location.fuelLitres == 12.5)
        #expect(TerminalAlarm.kinds(location.alarmBits) == [.sos])
        #expect(frame.encoded == Self.golden)
    }

    @Test("a message is found wherever the stream is cut, and noise between messages is passed over")
    func splits() throws {
        let stream = [0x00, 0x11] + Self.golden + [0xFF] + Self.golden + Self.golden
        for cut in 0...stream.count {
            var splitter = JT808Splitter()
            let (head, tail) = (Array(stream[..<cut]), Array(stream[cut...]))
            let found = splitter.take(head.span) + splitter.take(tail.span)
            #expect(found.count == 3 && found.allSatisfy { (try? $0.get())?.phone == "123456789012" }, "\(cut)")
        }
        var splitter = JT808Splitter()
        _ = splitter.take([UInt8](repeating: 0x7E, count: 3).span)
        let long = splitter.take([UInt8](repeating: 1, count: 100_000).span)
        #expect(long.isEmpty && splitter.skipped > 90_000)
        #expect(splitter.take(Self.golden.span).count == 1)
    }

    @Test("what is damaged is told from what is whole")
    func damaged() {
        for at in 1..<Self.golden.count - 1 {
            var broken = Self.golden
            broken[at] ^= 0x01
            for case .success(let frame) in Self.frames(broken) { Issue.record("byte \(at): \(frame)") }
        }
        for length in 0..<Self.golden.count - 1 {
            let found = Self.frames(Array(Self.golden[..<length]) + [0x7E])
            #expect(!found.contains { if case .success = $0 { true } else { false } })
        }
    }

    @Test("messages of both editions come back as they were encoded, also in packets and out of order")
    func packets() throws {
        var parts = JT808Parts()
        let body: [UInt8] = (0..<2500).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let packets = (0..<3).map { index -> JT808Frame in
            let from = index * 1000
            let to = min(2500, from + 1000)
            return JT808Frame(
                id: 0x0704,
                edition: 2019,
                phone: "00000000013912345678",
                serial: UInt16(65_534) &+ UInt16(index),
                part: JT808Frame.Part(total: 3, index: index + 1),
                body: Array(body[from..<to])
            )
        }
        for packet in packets { #expect(try Self.frames(packet.encoded).first?.get() == packet) }
        for packet in [packets[2], packets[0], packets[0]] {
            let whole = parts.take(packet)
            #expect(whole == nil)
        }
        let last = parts.take(packets[1])
        let whole = try #require(last)
        #expect(whole.body == body && whole.packets == 3 && whole.serial == 65_534)
    }

    // MARK: Conversations

    static let terminals = ["13912345678": JT808Session.Terminal(vehicle: "su-m12345", code: "k7")]

    static func frame(_ id: UInt16, _ body: [UInt8] = [], serial: UInt16 = 1, edition: Int = 2013) -> JT808Frame {
        JT808Frame(
            id: id,
            edition: edition,
            phone: edition == 2019 ? "00000000013912345678" : "013912345678",
            serial: serial,
            body: body
        )
    }

    /// The results of the answers that are sent or would follow: message id, result.
    static func results(_ actions: [JT808Session.Action]) -> [String] {
        actions.flatMap { action -> [String] in
            switch action {
            case .send(let bytes), .store(_, _, let bytes):
                return frames(bytes).compactMap { try? $0.get() }.map { frame in
                    let result = frame.id == 0x8100 ? frame.body[2] : frame.body[4]
                    return "\(String(frame.id, radix: 16)) \(result)"
                }
            case .unknown(let phone): return ["unknown \(phone)"]
            case .close: return ["close"]
            }
        }
    }

    @Test("a terminal registers, authenticates and is answered, in both editions", arguments: [2013, 2019])
    func conversation(_ edition: Int) throws {
        var session = JT808Session(terminals: Self.terminals)
        let location = Array(Self.golden[14..<42])
        let early = session.take(Self.frame(0x0200, location, edition: edition))
        #expect(Self.results(early) == ["8001 1"])
        let registration = session.take(
            Self.frame(0x0100, [UInt8](repeating: 0, count: edition == 2019 ? 80 : 40), edition: edition)
        )
        #expect(Self.results(registration) == ["8100 0"])
        guard case .send(let bytes)? = registration.first else {
            Issue.record("no answer")
            return
        }
        let code = Array(try #require(try Self.frames(bytes).first?.get()).body.dropFirst(3))
        #expect(code == Array("k7".utf8))
        let wrong = session.take(
            Self.frame(0x0102, edition == 2019 ? [2] + Array("xx".utf8) : Array("xx".utf8), edition: edition)
        )
        #expect(Self.results(wrong) == ["8001 1"])
        let right = session.take(Self.frame(0x0102, edition == 2019 ? [2] + code : code, edition: edition))
        #expect(Self.results(right) == ["8001 0"])
        let beat = session.take(Self.frame(0x0002, edition: edition))
        #expect(Self.results(beat) == ["8001 0"])
        let report = session.take(Self.frame(0x0200, location, serial: 77, edition: edition))
        guard case .store(let locations, "su-m12345", let answer)? = report.first else {
            Issue.record("not stored")
            return
        }
        #expect(locations.count == 1)
        #expect(try Self.frames(answer).first?.get().body == [0, 77, 2, 0, 0])
        #expect(Self.results(session.take(Self.frame(0x0200, [1, 2], edition: edition))) == ["8001 2"])
        #expect(Self.results(session.take(Self.frame(0x0F00, edition: edition))) == ["8001 3"])
        #expect(Self.results(session.take(Self.frame(0x0003, edition: edition))) == ["8001 0", "close"])
    }

    @Test("a terminal that the site doesn't know is told so and named")
    func unknown() {
        var session = JT808Session(terminals: [:])
        #expect(Self.results(session.take(Self.frame(0x0100))) == ["unknown 13912345678", "8100 4"])
        #expect(Self.results(session.take(Self.frame(0x0102, Array("k7".utf8)))) == ["unknown 13912345678", "8001 1"])
    }

    // MARK: Frames of real terminals

    private static let recorded: String? = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let folders = [root, root.deletingLastPathComponent()]
        return folders.lazy.compactMap {
            try? String(
                contentsOf: $0.appending(path: "shared/data/gps/traccar_jt808_frames.tsv"),
                encoding: .utf8
            )
        }.first
    }()

    @Test("every recorded frame is read, or told why not", .enabled(if: recorded != nil, "no recorded frames here"))
    func recordedFrames() throws {
        var outcomes: [String: Int] = [:]
        var positions = 0
        for line in (Self.recorded ?? "").split(separator: "\n") where !line.hasPrefix("#") {
            let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
            let found = Self.frames(Self.bytes(String(fields[0])))
            guard let first = found.first else {
                outcomes["no frame", default: 0] += 1
                continue
            }
            switch first {
            case .failure(let failure): outcomes["\(failure)", default: 0] += 1
            case .success(let frame):
                switch JT808Message(frame) {
                case .location(let location):
                    outcomes["location", default: 0] += 1
                    #expect(location.point.isValid, "\(line)")
                    positions += 1
                case .locations(let locations, _):
                    outcomes["locations", default: 0] += 1
                    #expect(!locations.contains(nil), "\(line)")
                    positions += locations.count
                case .registration: outcomes["registration", default: 0] += 1
                case .other: outcomes["other", default: 0] += 1
                case let message: outcomes["\(message)", default: 0] += 1
                }
            }
        }
        // Nine frames of the collection are damaged (their decoder checks neither sum nor length), four are of makers
        // whose header is another (0x55…), one is no JT/T 808 at all.
        #expect(
            outcomes == [
                "location": 27, "locations": 6, "registration": 5, "other": 4, "badChecksum": 8, "badEscape": 1,
                "encrypted": 3, "badLength": 1, "no frame": 1,
            ]
        )
        #expect(positions == 55)
    }
}
