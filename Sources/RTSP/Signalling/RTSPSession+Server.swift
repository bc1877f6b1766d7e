extension RTSPSession {
    /// What the server asks of us (RFC 2326 §10): it gets an answer, or it may end the session.
    mutating func asked(_ method: String, _ message: RTSPMessage) -> [Action] {
        let methods = "OPTIONS, GET_PARAMETER, SET_PARAMETER, ANNOUNCE, REDIRECT"
        switch method {
        case "OPTIONS": return [answer(message, 200, "OK", [("Public", methods)])]
        case "GET_PARAMETER", "SET_PARAMETER", "ANNOUNCE": return [answer(message, 200, "OK")]
        case "REDIRECT": return [answer(message, 200, "OK")] + redirected(to: message["location"], now: .zero)
        case "TEARDOWN":
            phase = .over
            return [answer(message, 200, "OK"), .ended]
        default: return [answer(message, 501, "Not Implemented")]
        }
    }

    private func answer(
        _ message: RTSPMessage,
        _ status: Int,
        _ reason: String,
        _ headers: [(String, String)] = []
    ) -> Action {
        var text = "RTSP/1.0 \(status) \(reason)\r\n"
        if let sequence = message.sequence { text += "CSeq: \(sequence)\r\n" }
        if let sessionId { text += "Session: \(sessionId)\r\n" }
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        return .send(Array((text + "\r\n").utf8))
    }

    /// Goes where the server points to (RFC 2326 §10.10, §11.2), within limits.
    ///
    /// Credentials never go from an encrypted connection to an open one. They do go to another host: cameras behind
    /// a gateway are reached like that, and digests don't give the password away; basic does, so it stays here.
    mutating func redirected(to location: String?, now: Duration) -> [Action] {
        guard let location, !location.isEmpty else {
            return fail(RTSPFault(.badRedirect, "the server redirects without saying where to"))
        }
        let absolute =
            RTSPURL(location)
            ?? (location.contains("://") ? nil : RTSPURL(url.root + "/" + location.drop { $0 == "/" }))
        guard let target = absolute else {
            return fail(RTSPFault(.badRedirect, "the server redirects to something that is no RTSP URL"))
        }
        redirects += 1
        guard redirects <= settings.mostRedirects else {
            return fail(RTSPFault(.badRedirect, "more than \(settings.mostRedirects) redirects"))
        }
        guard target.description != url.description else {
            return fail(RTSPFault(.badRedirect, "the server redirects to where it was asked"))
        }
        if url.isEncrypted, !target.isEncrypted, requests.hasCredentials {
            return fail(RTSPFault(.badRedirect, "the server redirects from an encrypted to an open connection"))
        }
        if target.host != url.host || target.port != url.port {
            if requests.usesBasic, target.credentials == nil {
                return fail(RTSPFault(.badRedirect, "the server redirects a password that is not hashed elsewhere"))
            }
            requests.forgetChallenge()
        }
        if let credentials = target.credentials { requests.use(credentials) }
        url = target
        hasReconnected = false
        restart()
        return [.connect(target)]
    }
}
