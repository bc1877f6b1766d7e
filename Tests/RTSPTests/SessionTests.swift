import Testing

@testable import RTSP

/// A session and what a test reads of the requests that it sends.
struct SessionRig {
    var session: RTSPSession
    var now = Duration.seconds(100)
    var sent: [RTSPMessage] = []
    var actions: [RTSPSession.Action] = []

    init(_ url: String = "rtsp://u:p@h/live", _ way: RTSPSession.Way = .tcp) throws {
        guard let url = RTSPURL(url) else { throw RTSPFault(.badURL, url) }
        session = RTSPSession(.init(url: url, way: way))
    }

    mutating func take(_ new: [RTSPSession.Action]) {
        actions = new
        for case .send(let bytes) in new {
            var reader = RTSPStreamReader()
            var at = 0
            if case .message(let message) = reader.next(in: bytes.span, at: &at) { sent.append(message) }
        }
    }

    mutating func start() { take(session.start(now: now)) }

    var last: String {
        guard case .request(let method, let url) = sent.last?.start else { return "" }
        return "\(method) \(url)"
    }

    /// Answers the last request.
    mutating func answer(_ status: Int = 200, _ headers: [(String, String)] = [], _ body: String = "") {
        var message = RTSPMessage(start: .response(status: status, reason: ""), body: Array(body.utf8))
        message.headers = headers.map { .init(name: $0.0, value: $0.1) }
        if !headers.contains(where: { $0.0 == "cseq" }), let sequence = sent.last?["cseq"] {
            message.headers.append(.init(name: "cseq", value: sequence))
        }
        take(session.received(message, now: now))
    }

    mutating func tick(_ seconds: Double) {
        now += .seconds(seconds)
        take(session.tick(now: now))
    }

    var fault: RTSPFault? {
        for case .failed(let fault) in actions { return fault }
        return nil
    }

    static let sdp =
        "v=0\nm=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\na=control:trackID=1\n"
        + "m=audio 0 RTP/AVP 8\na=control:trackID=2\n"

    /// As far as PLAY's answer.
    mutating func play(methods: String? = "OPTIONS, DESCRIBE, GET_PARAMETER", session id: String = "42;timeout=60") {
        start()
        answer(200, methods.map { [("public", $0)] } ?? [])
        answer(200, [("content-base", "rtsp://h/live/")], Self.sdp)
        take(session.choose([0], now: now))
        answer(200, [("session", id), ("transport", "RTP/AVP/TCP;unicast;interleaved=0-1")])
        answer()
    }
}

@Suite("Sessions")
struct SessionTests {
    @Test("go from OPTIONS to PLAY over TCP, and end with TEARDOWN")
    func tcp() throws {
        var rig = try SessionRig()
        rig.start()
        #expect(rig.last == "OPTIONS rtsp://h/live")
        rig.answer(200, [("public", "DESCRIBE, GET_PARAMETER")])
        #expect(rig.last == "DESCRIBE rtsp://h/live")
        rig.answer(200, [("content-base", "rtsp://h/live/")], SessionRig.sdp)
        guard case .described(let description) = rig.actions.first else {
            Issue.record("not described")
            return
        }
        #expect(description.media.count == 2)
        rig.take(rig.session.choose([0, 1], now: rig.now))
        #expect(rig.last == "SETUP rtsp://h/live/trackID=1")
        #expect(rig.sent.last?["transport"] == "RTP/AVP/TCP;unicast;interleaved=0-1")
        rig.answer(200, [("session", "ab12 ;timeout=20"), ("transport", "RTP/AVP/TCP;interleaved=4-5;ssrc=DEADBEEF")])
        #expect(rig.last == "SETUP rtsp://h/live/trackID=2")
        #expect(rig.sent.last?["session"] == "ab12")
        rig.answer(200, [("session", "ab12")])
        #expect(rig.last == "PLAY rtsp://h/live/")
        rig.answer(
            200,
            [("rtp-info", "url=rtsp://h/live/trackID=2;seq=7;rtptime=9,url=trackID=1;seq=65535;rtptime=4294967295")]
        )
        guard case .playing(let tracks) = rig.actions.first else {
            Issue.record("not playing")
            return
        }
        #expect(tracks.map(\.rtpChannel) == [4, 2] && tracks.map(\.rtcpChannel) == [5, 3])
        #expect(tracks.map(\.ssrc) == [0xDEAD_BEEF, nil])
        #expect(tracks.map(\.firstSequence) == [65_535, 7])
        #expect(tracks.map(\.firstTimestamp) == [4_294_967_295, 9])
        #expect(rig.session.timeout == .seconds(20) && rig.session.isPlaying)
        rig.take(rig.session.stop(now: rig.now))
        #expect(rig.last == "TEARDOWN rtsp://h/live/")
        rig.answer()
        #expect(rig.actions == [.ended])
        #expect(rig.session.closed(now: rig.now).isEmpty)
    }

    @Test("ask for ports over UDP and tell the server's")
    func udp() throws {
        var rig = try SessionRig("rtsp://h/live", .udp)
        rig.start()
        rig.answer()
        rig.answer(200, [], SessionRig.sdp)
        rig.take(rig.session.choose([0], now: rig.now))
        #expect(rig.actions == [.openPorts(track: 0)])
        rig.take(rig.session.portsOpened(track: 0, rtp: 5000, rtcp: 5001, now: rig.now))
        #expect(rig.sent.last?["transport"] == "RTP/AVP;unicast;client_port=5000-5001")
        rig.answer(200, [("transport", "RTP/AVP;unicast;client_port=5000-5001;server_port=6970;source=10.0.0.9")])
        guard case .setUp(let track) = rig.actions.first else {
            Issue.record("not set up")
            return
        }
        #expect(track.way == .udp && track.serverRTPPort == 6970 && track.serverRTCPPort == 6971)
        #expect(track.source == "10.0.0.9")
    }

    static let digest = ("www-authenticate", "Digest realm=\"r\", nonce=\"n1\", qop=\"auth\"")

    @Test("answer one challenge, and a second one only where the nonce has run out")
    func challenges() throws {
        var rig = try SessionRig()
        rig.start()
        #expect(rig.sent.last?["authorization"] == nil)
        rig.answer(401, [Self.digest])
        #expect(rig.sent.last?["authorization"]?.hasPrefix("Digest username=\"u\"") == true)
        #expect(rig.sent.last?["cseq"] == "2" && rig.last == "OPTIONS rtsp://h/live")
        rig.answer(401, [("www-authenticate", "Digest realm=\"r\", nonce=\"n2\", stale=true")])
        #expect(rig.sent.last?["authorization"]?.contains("nonce=\"n2\"") == true)
        rig.answer(401, [Self.digest])
        #expect(rig.fault?.code == .unauthorised)

        rig = try SessionRig()
        rig.start()
        rig.answer(401, [Self.digest])
        rig.answer(401, [Self.digest])
        #expect(rig.fault?.code == .unauthorised)

        // A nonce that has run out while a session was under way is no wrong password.
        rig = try SessionRig()
        rig.start()
        rig.answer(401, [Self.digest])
        rig.answer(200, [("public", "OPTIONS")])
        #expect(rig.sent.last?["authorization"]?.contains("nc=00000002") == true)
        rig.answer(401, [("www-authenticate", "Digest realm=\"r\", nonce=\"n3\", qop=\"auth\"")])
        #expect(rig.sent.last?["authorization"]?.contains("nc=00000001") == true)
        #expect(rig.last == "DESCRIBE rtsp://h/live")
    }

    @Test("take the strongest challenge, and send no password in the open")
    func strength() throws {
        let basic = ("www-authenticate", "Basic realm=\"r\"")
        let strong = ("www-authenticate", "Digest realm=\"r\", nonce=\"s\", algorithm=SHA-256, qop=\"auth\"")
        var rig = try SessionRig()
        rig.start()
        rig.answer(401, [basic, Self.digest, strong])
        #expect(rig.sent.last?["authorization"]?.contains("algorithm=SHA-256") == true)
        rig = try SessionRig()
        rig.start()
        rig.answer(401, [basic])
        #expect(rig.fault?.code == .unsafeAuthentication)
        rig = try SessionRig("rtsps://u:p@h/live")
        rig.start()
        rig.answer(401, [basic])
        #expect(rig.sent.last?["authorization"] == "Basic dTpw")
        rig = try SessionRig("rtsp://h/live")
        rig.start()
        rig.answer(401, [Self.digest])
        #expect(rig.fault?.code == .unauthorised)
    }

    @Test("connect again where a server closes after its challenge, once")
    func closing() throws {
        var rig = try SessionRig()
        rig.start()
        rig.answer(401, [Self.digest])
        rig.take(rig.session.closed(now: rig.now))
        #expect(rig.actions == [.connect(rig.session.url)])
        rig.start()
        #expect(rig.sent.last?["authorization"] != nil)
        rig.take(rig.session.closed(now: rig.now))
        #expect(rig.fault?.code == .closed)
    }

    @Test(
        "follow redirects within limits",
        arguments: [
            ("rtsp://u:p@h/live", "rtsp://other:8554/x", "rtsp://other:8554/x", nil),
            ("rtsp://u:p@h/live", "/x", "rtsp://h/x", nil),
            ("rtsp://u:p@h/live", "rtsps://h/live", "rtsps://h/live", nil),
            ("rtsps://u:p@h/live", "rtsp://h/live", nil, .badRedirect),
            ("rtsps://h/live", "rtsp://h/live", "rtsp://h/live", nil),
            ("rtsp://h/live", "rtsp://h/live", nil, .badRedirect),
            ("rtsp://h/live", "http://h/live", nil, .badRedirect),
            ("rtsp://h/live", "", nil, .badRedirect),
        ] as [(String, String, String?, RTSPFault.Code?)]
    )
    func redirects(from: String, to: String, reached: String?, code: RTSPFault.Code?) throws {
        for isServersRequest in [false, true] {
            var rig = try SessionRig(from)
            rig.start()
            rig.answer()
            if isServersRequest {
                let request = RTSPMessage(
                    start: .request(method: "REDIRECT", url: from),
                    headers: [.init(name: "location", value: to)]
                )
                rig.take(rig.session.received(request, now: rig.now))
            } else {
                rig.answer(302, [("location", to)])
            }
            #expect(rig.fault?.code == code)
            guard let reached else { continue }
            #expect(rig.session.url.description == reached)
            rig.start()
            #expect(rig.last == "OPTIONS \(reached)")
        }
    }

    @Test("give up after too many redirects")
    func redirectLoop() throws {
        var rig = try SessionRig("rtsp://h/0")
        for step in 1...10 {
            rig.start()
            rig.answer()
            rig.answer(301, [("location", "rtsp://h/\(step)")])
            if rig.fault != nil {
                #expect(step == 5 && rig.fault?.code == .badRedirect)
                return
            }
        }
        Issue.record("goes round for ever")
    }

    @Test(
        "keep alive by what the server knows, at half of its time-out or less",
        arguments: [
            ("OPTIONS, GET_PARAMETER", "1;timeout=20", "GET_PARAMETER", 10.0),
            ("OPTIONS, SET_PARAMETER", "1", "OPTIONS", 30), ("SET_PARAMETER", "1", "SET_PARAMETER", 30),
            (nil, "1;timeout=0", "OPTIONS", 30), ("DESCRIBE", "1;timeout=3600", "OPTIONS", 30),
            ("get_parameter", "1; Timeout = 1 ", "GET_PARAMETER", 0.5),
        ] as [(String?, String, String, Double)]
    )
    func keepAlive(methods: String?, id: String, method: String, after: Double) throws {
        var rig = try SessionRig()
        rig.play(methods: methods, session: id)
        #expect(rig.session.isPlaying)
        let count = rig.sent.count
        rig.tick(after - 0.25)
        #expect(rig.sent.count == count)
        rig.tick(0.25)
        #expect(rig.last == "\(method) rtsp://h/live/")
        #expect(rig.sent.last?["session"] == "1")
        rig.answer()
        rig.tick(after)
        #expect(rig.sent.count == count + 2)
    }

    @Test("go on with OPTIONS where a keep-alive is refused or not answered, and end where the session is gone")
    func keepAliveFaults() throws {
        var rig = try SessionRig()
        rig.play()
        rig.tick(30)
        #expect(rig.last.hasPrefix("GET_PARAMETER"))
        rig.answer(405)
        #expect(rig.fault == nil)
        rig.tick(30)
        #expect(rig.last.hasPrefix("OPTIONS"))
        rig.answer(454)
        #expect(rig.fault?.code == .sessionNotFound)

        rig = try SessionRig()
        rig.play()
        for _ in 0..<5 {
            rig.tick(30)
            #expect(rig.fault == nil)
        }
        #expect(rig.last.hasPrefix("OPTIONS"))
    }

    @Test(
        "name what a server refuses",
        arguments: [
            ("DESCRIBE", 404, .notFound), ("DESCRIBE", 403, .notFound), ("DESCRIBE", 503, .refused),
            ("SETUP", 461, .unsupportedTransport), ("SETUP", 454, .sessionNotFound), ("SETUP", 500, .refused),
            ("PLAY", 454, .sessionNotFound), ("PLAY", 455, .refused),
        ] as [(String, Int, RTSPFault.Code)]
    )
    func refusals(method: String, status: Int, code: RTSPFault.Code) throws {
        var rig = try SessionRig()
        rig.start()
        rig.answer(501)
        if method == "DESCRIBE" {
            rig.answer(status)
        } else {
            rig.answer(200, [], SessionRig.sdp)
            rig.take(rig.session.choose([0], now: rig.now))
            rig.answer(method == "SETUP" ? status : 200, [("session", "1")])
            if method == "PLAY" { rig.answer(status) }
        }
        #expect(rig.fault?.code == code && rig.fault?.status == status)
    }

    @Test("leave out a second track that is refused or on a taken channel, and play the first")
    func secondTrack() throws {
        for isTaken in [false, true] {
            var rig = try SessionRig()
            rig.start()
            rig.answer()
            rig.answer(200, [], SessionRig.sdp)
            rig.take(rig.session.choose([0, 1, 9], now: rig.now))
            let transport = ("transport", "RTP/AVP/TCP;interleaved=0-1")
            rig.answer(200, [transport])
            rig.answer(isTaken ? 200 : 404, [transport])
            #expect(rig.last == "PLAY rtsp://h/live")
            rig.answer()
            guard case .playing(let tracks) = rig.actions.first else {
                Issue.record("not playing")
                continue
            }
            #expect(tracks.map(\.index) == [0])
        }
    }

    @Test("play without a range where the server wants none")
    func range() throws {
        var rig = try SessionRig()
        rig.start()
        rig.answer()
        rig.answer(200, [], SessionRig.sdp)
        rig.take(rig.session.choose([0], now: rig.now))
        rig.answer()
        #expect(rig.sent.last?["range"] == "npt=0.000-")
        rig.answer(457)
        #expect(rig.sent.last?["range"] == nil && rig.last.hasPrefix("PLAY"))
        rig.answer()
        #expect(rig.session.isPlaying)
    }

    @Test("pause and go on")
    func pause() throws {
        var rig = try SessionRig()
        rig.play()
        rig.take(rig.session.pause(now: rig.now))
        #expect(rig.last.hasPrefix("PAUSE"))
        rig.answer()
        #expect(rig.actions == [.paused] && !rig.session.isPlaying)
        rig.take(rig.session.resume(now: rig.now))
        rig.answer()
        #expect(rig.session.isPlaying)
    }

    @Test("answer what the server asks")
    func requests() throws {
        var rig = try SessionRig()
        rig.play()
        for (method, status) in [("OPTIONS", 200), ("GET_PARAMETER", 200), ("ANNOUNCE", 200), ("SOMETHING", 501)] {
            let request = RTSPMessage(
                start: .request(method: method, url: "*"),
                headers: [.init(name: "cseq", value: "77")]
            )
            rig.take(rig.session.received(request, now: rig.now))
            #expect(rig.sent.last?.sequence == 77)
            guard case .response(let answered, _) = rig.sent.last?.start else {
                Issue.record("no answer")
                continue
            }
            #expect(answered == status)
        }
        let goodbye = RTSPMessage(start: .request(method: "TEARDOWN", url: "*"))
        rig.take(rig.session.received(goodbye, now: rig.now))
        #expect(rig.actions.last == .ended)
    }

    @Test("take answers without a number or with one that was never sent, and none twice")
    func numbers() throws {
        for number in ["999", "nonsense", "0"] {
            var rig = try SessionRig()
            rig.start()
            rig.answer(200, [("cseq", number)])
            #expect(rig.last.hasPrefix("DESCRIBE"))
            rig.answer(404, [("cseq", "1")])
            #expect(rig.actions.isEmpty)
        }
    }

    @Test("time out, but not for ever")
    func timeouts() throws {
        var rig = try SessionRig()
        rig.start()
        rig.tick(7.9)
        #expect(rig.actions.isEmpty)
        rig.tick(0.1)
        #expect(rig.fault?.code == .timeout)
        rig = try SessionRig()
        rig.play()
        rig.take(rig.session.stop(now: rig.now))
        rig.tick(2)
        #expect(rig.actions == [.ended])
        rig = try SessionRig()
        rig.start()
        rig.take(rig.session.stop(now: rig.now))
        #expect(rig.actions == [.ended])
    }

    @Test("survive any messages in any order", arguments: 0..<300)
    func disorder(seed: UInt64) throws {
        var random = SeededRandom(seed)
        var rig = try SessionRig("rtsp://u:secretword@h/live", seed % 2 == 0 ? .tcp : .udp)
        let headers = [
            ("session", "1;timeout=2"), ("transport", "RTP/AVP/TCP;interleaved=255"), ("location", "rtsp://x/"),
            ("public", "GET_PARAMETER"), ("www-authenticate", "Digest nonce=\"\\\""), ("cseq", "3"),
            ("rtp-info", ";;,=;"),
            ("transport", "RTP/AVP;server_port=0-99999999999999999999"), ("content-base", "::"),
        ]
        rig.start()
        for _ in 0..<60 {
            switch Int.random(in: 0..<8, using: &random) {
            case 0: rig.tick(Double.random(in: 0...5, using: &random))
            case 1: rig.take(rig.session.choose([1, 0, -1], now: rig.now))
            case 2: rig.take(rig.session.portsOpened(track: 1, rtp: 1, rtcp: 2, now: rig.now))
            case 3: rig.take(rig.session.pause(now: rig.now))
            case 4: rig.take(rig.session.resume(now: rig.now))
            case 5: rig.start()
            default:
                let status = [200, 200, 200, 401, 454, 302, 100, 500].randomElement(using: &random) ?? 200
                let some = headers.filter { _ in random.isTrue(0.3) }
                rig.answer(status, some, random.isTrue(0.5) ? SessionRig.sdp : "")
            }
            for action in rig.actions { #expect(!"\(action)".contains("secretword")) }
        }
    }
}
