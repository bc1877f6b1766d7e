import Testing

@testable import RTSP

@Suite("Messages and frames on one connection")
struct StreamReaderTests {
    /// What a reader finds, with frames' bytes in the place of where they were.
    enum Found: Hashable {
        case frame(UInt8, [UInt8])
        case message(RTSPMessage)
        case failed(RTSPFault.Code)
    }

    /// Reads `bytes` as they arrive in pieces of these sizes; the last size goes on.
    static func read(
        _ bytes: [UInt8],
        pieces: [Int],
        settles: Bool = false,
        limits: RTSPStreamReader.Limits = .init()
    ) -> [Found] {
        var reader = RTSPStreamReader(limits: limits)
        reader.channels = [0, 1]
        var found: [Found] = []
        var buffer: [UInt8] = []
        var sizes = pieces
        var at = 0
        func drain(_ isEnd: Bool) -> Bool {
            var offset = 0
            defer { buffer.removeFirst(offset) }
            while true {
                let piece =
                    isEnd ? reader.settle(in: buffer.span, at: &offset) : reader.next(in: buffer.span, at: &offset)
                switch piece {
                case .frame(let channel, let range): found.append(.frame(channel, Array(buffer[range])))
                case .message(let message): found.append(.message(message))
                case .needsMore: return true
                case .failed(let fault):
                    found.append(.failed(fault.code))
                    return false
                }
            }
        }
        while at < bytes.count {
            let size = max(1, sizes.count > 1 ? sizes.removeFirst() : sizes[0])
            let end = min(bytes.count, at + size)
            buffer += bytes[at..<end]
            at = end
            guard drain(false) else { return found }
        }
        if settles { _ = drain(true) }
        return found
    }

    static let rtp: [UInt8] = [0x80, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 7, 1, 2, 3]
    static func frame(_ channel: UInt8, _ payload: [UInt8]) -> [UInt8] {
        [0x24, channel, UInt8(payload.count >> 8), UInt8(payload.count & 255)] + payload
    }

    static func response(_ body: String = "", _ headers: String = "") -> [UInt8] {
        Array("RTSP/1.0 200 OK\r\nCSeq: 3\r\n\(headers)\r\n\(body)".utf8)
    }

    static let sdp = "v=0\r\nm=video 0 RTP/AVP 96\r\n"
    static let mixed: [[UInt8]] = [
        frame(0, rtp), response(), frame(1, rtp),
        response(sdp, "Content-Type: application/sdp\r\nContent-Length: \(sdp.utf8.count)\r\n"),
        Array("GET_PARAMETER rtsp://h/ RTSP/1.0\r\nCSeq: 9\r\nX: a\r\n  b\r\n\r\n".utf8), frame(0, []), frame(0, rtp),
    ]

    static let streams: [(name: String, bytes: [UInt8], found: Int)] = [
        ("all kinds", mixed.flatMap { $0 }, 7),
        ("line feeds alone", Array("RTSP/1.0 200 OK\nCSeq: 1\n\nRTSP/1.0 404 Not Found\ncseq: 2\n\n".utf8), 2),
        ("empty lines between", Array("\r\n\r\n".utf8) + response() + Array("\r\n".utf8) + frame(0, rtp), 2),
        (
            "garbage in front of frames",
            Array("$$$ garbage $ \u{1}".utf8) + frame(0, rtp) + frame(0, rtp) + response(), 3
        ),
        (
            "Content-Length too long, another answer in the body",
            response("", "Content-Length: 60\r\n") + response() + response() + frame(0, rtp), 4
        ),
        ("Content-Length and no body, frames follow", response("", "Content-Length: 10\r\n") + frame(0, rtp), 2),
        (
            "Content-Length too short",
            response(sdp, "Content-Type: application/sdp\r\nContent-Length: 20\r\n") + frame(0, rtp) + frame(0, rtp), 3
        ),
        (
            "a description without Content-Length",
            response(sdp, "Content-Type: application/sdp\r\n") + response(), 2
        ),
        ("nonsense for Content-Length", response("", "Content-Length: x\r\n") + frame(0, rtp), 2),
        ("a negative Content-Length", response("", "Content-Length: -4\r\n") + frame(0, rtp), 2),
        ("headers without colons", response("", "what is this\r\n: x\r\n") + response(), 2),
        ("a frame on an unknown channel, in step", frame(9, rtp) + frame(0, rtp), 2),
        ("another protocol's answer", Array("HTTP/1.1 400 Bad\r\n\r\n".utf8) + response(), 1),
    ]

    @Test("are the same at every split", arguments: streams)
    func everySplit(stream: (name: String, bytes: [UInt8], found: Int)) {
        let whole = Self.read(stream.bytes, pieces: [stream.bytes.count])
        #expect(whole.count == stream.found)
        for split in 1..<stream.bytes.count {
            #expect(Self.read(stream.bytes, pieces: [split, stream.bytes.count]) == whole, "split at \(split)")
        }
        for size in 1...7 { #expect(Self.read(stream.bytes, pieces: [size]) == whole, "pieces of \(size)") }
    }

    @Test("are the same at every split of damaged streams", arguments: 0..<60)
    func damaged(seed: UInt64) {
        var random = SeededRandom(seed)
        var bytes = Self.mixed.shuffled(using: &random).flatMap { $0 }
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let at = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.remove(at: at)
            default: bytes.removeSubrange(at..<min(bytes.count, at + 9))
            }
        }
        let whole = Self.read(bytes, pieces: [bytes.count])
        for size in [1, 2, 3, 5, 11, 50] { #expect(Self.read(bytes, pieces: [size]) == whole) }
    }

    @Test("are cut short without anything coming of it")
    func truncated() {
        let bytes = Self.mixed[3]
        for count in 0..<bytes.count { #expect(Self.read(Array(bytes[..<count]), pieces: [count]).isEmpty) }
        let frame = Self.frame(0, Self.rtp)
        for count in 0..<frame.count { #expect(Self.read(Array(frame[..<count]), pieces: [count]).isEmpty) }
    }

    @Test("come with what there is when Content-Length promises too much and nothing follows")
    func settled() {
        for headers in ["Content-Type: application/sdp\r\nContent-Length: 99\r\n", "Content-Type: application/sdp\r\n"]
        {
            let bytes = Self.response(Self.sdp, headers)
            #expect(Self.read(bytes, pieces: [7]).isEmpty)
            guard case .message(let message) = Self.read(bytes, pieces: [7], settles: true).first else {
                Issue.record("no message")
                continue
            }
            #expect(SessionDescription(message.body)?.media.count == 1)
        }
    }

    @Test("are bounded: a head, a body and garbage that never end are named errors")
    func bounds() {
        var limits = RTSPStreamReader.Limits()
        (limits.head, limits.body, limits.garbage) = (200, 100, 300)
        let head = Array("RTSP/1.0 200 OK\r\nX: ".utf8) + Array(repeating: 65, count: 400)
        let body = Self.response("", "Content-Length: 101\r\n")
        let lines = Self.response(String(repeating: "a=b\r\n", count: 40), "Content-Type: application/sdp\r\n")
        let status = Array("RTSP/1.0 OK\r\n\r\n".utf8)
        for size in [1, 13, 1000] {
            #expect(Self.read(head, pieces: [size], limits: limits) == [.failed(.messageTooLarge)])
            #expect(Self.read(body, pieces: [size], limits: limits) == [.failed(.messageTooLarge)])
            #expect(Self.read(lines, pieces: [size], limits: limits) == [.failed(.messageTooLarge)])
            #expect(Self.read(status, pieces: [size], limits: limits) == [.failed(.malformedMessage)])
            #expect(Self.read(Array(repeating: 1, count: 400), pieces: [size], limits: limits) == [.failed(.garbage)])
        }
    }

    @Test("have names in any case, folded lines, and numbers that may be missing")
    func headers() throws {
        let text =
            "RTSP/1.0  200   All fine \r\nCSEQ : 12\r\nPublic: A,\r\n\tB\r\nSession:x;timeout=9\r\npublic: C\r\n\r\n"
        guard case .message(let message) = Self.read(Array(text.utf8), pieces: [5]).first else {
            Issue.record("no message")
            return
        }
        #expect(message.start == .response(status: 200, reason: "All fine"))
        #expect(message.sequence == 12)
        #expect(message.values("public") == ["A, B", "C"])
        #expect(message["session"] == "x;timeout=9")
        #expect(RTSPMessage(start: message.start).sequence == nil)
    }
}
