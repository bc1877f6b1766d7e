extension RTSPSession {
    /// A message has come.
    package mutating func received(_ message: RTSPMessage, now: Duration) -> [Action] {
        guard phase != .over, phase != .idle else { return [] }
        switch message.start {
        case .request(let method, _): return asked(method, message)
        case .response(let status, _):
            // 1xx: the answer proper is still to come.
            guard status >= 200, let request = requests.take(answeredBy: message) else { return [] }
            return answered(request, message, status: status, now: now)
        }
    }

    private mutating func answered(
        _ request: RTSPRequests.Request,
        _ message: RTSPMessage,
        status: Int,
        now: Duration
    ) -> [Action] {
        if case .leaving = phase {
            guard request.method == "TEARDOWN" else { return [] }
            phase = .over
            return [.ended]
        }
        if status == 401 {
            switch requests.answer(message, to: request, isEncrypted: url.isEncrypted, now: now) {
            case .again(let bytes): return [.send(bytes)]
            case .refused(let fault): return fail(fault)
            }
        }
        if (300...399).contains(status), status != 304 { return redirected(to: message["location"], now: now) }
        let isOk = (200...299).contains(status)
        switch (request.method, phase) {
        case ("OPTIONS", .asking):
            // A server that does not know OPTIONS may well describe.
            if isOk { takeMethods(message) }
            phase = .describing
            return [send("DESCRIBE", url.description, [("Accept", "application/sdp")], now: now)]
        case ("DESCRIBE", .describing): return isOk ? described(message, request) : fail(refusal(status, request))
        case ("SETUP", .settingUp(let place)): return setUpAnswered(place, message, request, status: status, now: now)
        case ("PLAY", .starting):
            if status == 457, !leavesOutRange {
                leavesOutRange = true
                return play(now: now)
            }
            return isOk ? started(message, now: now) : fail(refusal(status, request))
        case ("PAUSE", .pausing):
            guard isOk else {
                // It can't pause: then it goes on.
                phase = .playing
                return []
            }
            phase = .paused
            return [.paused]
        default: return keptAlive(request, status: status)
        }
    }

    private mutating func takeMethods(_ message: RTSPMessage) {
        let listed = (message.values("public") + message.values("allow")).flatMap { $0.fields(separatedBy: ",") }
        if !listed.isEmpty { methods = Set(listed.map { $0.uppercased() }) }
    }

    private mutating func described(_ message: RTSPMessage, _ request: RTSPRequests.Request) -> [Action] {
        guard let description = SessionDescription(message.body) else {
            return fail(RTSPFault(.badDescription, "the server's description names no media"))
        }
        base = ControlURL.base(of: message, asked: request.url)
        self.description = description
        phase = .described
        return [.described(description)]
    }

    private mutating func setUpAnswered(
        _ place: Int,
        _ message: RTSPMessage,
        _ request: RTSPRequests.Request,
        status: Int,
        now: Duration
    ) -> [Action] {
        var actions: [Action] = []
        var fault: RTSPFault?
        if (200...299).contains(status) {
            takeSession(message)
            switch track(place, message) {
            case .success(let track):
                tracks.append(track)
                actions.append(.setUp(track))
            case .failure(let found): fault = found
            }
        } else {
            fault = refusal(status, request)
        }
        // Without the first track, the video, there is nothing to play; without another one there is.
        if let fault, tracks.isEmpty { return fail(fault) }
        return actions + (place + 1 < chosen.count ? setUp(place + 1, now: now) : play(now: now))
    }

    private mutating func takeSession(_ message: RTSPMessage) {
        guard let fields = message["session"]?.fields(separatedBy: ";"), let id = fields.first else { return }
        sessionId = id
        for field in fields.dropFirst() {
            let (name, value) = field.pair()
            guard name == "timeout", let seconds = value?.leadingNumber, (1...86_400).contains(seconds) else {
                continue
            }
            timeout = .seconds(seconds)
        }
    }

    private func track(_ place: Int, _ message: RTSPMessage) -> Result<Track, RTSPFault> {
        var track = Track(index: chosen[place], way: settings.way)
        track.rtpChannel = UInt8(truncatingIfNeeded: 2 * place)
        track.rtcpChannel = track.rtpChannel &+ 1
        guard let text = message["transport"] else {
            // What was asked for, then; over UDP the server's ports show with its first packets.
            return .success(track)
        }
        let header = TransportHeader(text)
        if header.isTCP || header.channels != nil {
            track.way = .tcp
        } else if settings.way == .tcp, header.serverRTPPort != nil {
            return .failure(RTSPFault(.unsupportedTransport, "the server answers TCP with UDP"))
        }
        if let channels = header.channels { (track.rtpChannel, track.rtcpChannel) = channels }
        track.serverRTPPort = header.serverRTPPort
        track.serverRTCPPort = header.serverRTCPPort
        track.source = header.source
        track.ssrc = header.ssrc
        let isTaken = tracks.contains { other in
            other.way == .tcp && track.way == .tcp
                && (other.rtpChannel == track.rtpChannel || other.rtcpChannel == track.rtpChannel)
        }
        if isTaken { return .failure(RTSPFault(.badTransport, "two tracks on the same channel")) }
        return .success(track)
    }

    private mutating func started(_ message: RTSPMessage, now: Duration) -> [Action] {
        phase = .playing
        let infos = message["rtp-info"].map(RTPInfo.all) ?? []
        for place in tracks.indices {
            let url = trackURL(tracks[place].index)
            let named = infos.first { $0.isAbout(url) }
            let info = named ?? (infos.count == tracks.count ? infos[place] : nil)
            tracks[place].firstSequence = info?.sequence
            tracks[place].firstTimestamp = info?.timestamp
        }
        nextKeepAlive = now + keepAliveEvery
        return [.playing(tracks)]
    }

    func refusal(_ status: Int, _ request: RTSPRequests.Request) -> RTSPFault {
        let detail = "the server answers \(request.method) with \(status)"
        switch status {
        case 403, 404, 410: return RTSPFault(.notFound, detail, status: status)
        case 454: return RTSPFault(.sessionNotFound, detail, status: status)
        case 461: return RTSPFault(.unsupportedTransport, detail, status: status)
        case 407: return RTSPFault(.unauthorised, detail, status: status)
        default: return RTSPFault(.refused, detail, status: status)
        }
    }
}
