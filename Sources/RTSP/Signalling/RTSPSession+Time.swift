extension RTSPSession {
    /// How long to wait for the answer to TEARDOWN.
    private static let goodbye = Duration.seconds(2)

    /// Half of the session's time-out and at most 30 s: a lost keep-alive leaves time for another one.
    var keepAliveEvery: Duration { min(max(timeout / 2, .milliseconds(500)), .seconds(30)) }

    /// Time passes: keep-alives and time-outs. Call it about every second.
    package mutating func tick(now: Duration) -> [Action] {
        switch phase {
        case .over, .idle, .described: return []
        case .leaving(let since):
            guard now - since >= Self.goodbye else { return [] }
            phase = .over
            return [.ended]
        default: break
        }
        if let late = requests.waiting.first(where: { now - $0.sentAt >= settings.answerWithin }) {
            guard isKeepAlive(late) else {
                return fail(RTSPFault(.timeout, "no answer to \(late.method) in \(settings.answerWithin)"))
            }
            // Some cameras never answer them. Whether the stream lives, its packets tell.
            keepsAliveByOptions = true
            requests.drop { $0.sequence == late.sequence }
        }
        guard phase == .playing || phase == .paused, let due = nextKeepAlive, now >= due else { return [] }
        nextKeepAlive = now + keepAliveEvery
        return [send(keepAliveMethod, sessionURL, now: now)]
    }

    /// GET_PARAMETER without a body does nothing else (RFC 2326 §10.8); OPTIONS every server knows.
    var keepAliveMethod: String {
        guard let methods, !keepsAliveByOptions else { return "OPTIONS" }
        if methods.contains("GET_PARAMETER") { return "GET_PARAMETER" }
        return methods.contains("SET_PARAMETER") && !methods.contains("OPTIONS") ? "SET_PARAMETER" : "OPTIONS"
    }

    private func isKeepAlive(_ request: RTSPRequests.Request) -> Bool {
        guard phase == .playing || phase == .pausing || phase == .paused else { return false }
        return ["GET_PARAMETER", "SET_PARAMETER", "OPTIONS"].contains(request.method)
    }

    /// The answer to a keep-alive, or to something that nobody waits for any more.
    mutating func keptAlive(_ request: RTSPRequests.Request, status: Int) -> [Action] {
        guard isKeepAlive(request) else { return [] }
        if status == 454 { return fail(refusal(status, request)) }
        if status >= 400, request.method != "OPTIONS" { keepsAliveByOptions = true }
        return []
    }
}
