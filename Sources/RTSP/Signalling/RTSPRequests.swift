/// The requests of a connection that have no answer yet, their numbers, and the credentials that go with them.
struct RTSPRequests: Sendable {
    struct Request: Sendable, Hashable {
        var sequence: Int
        var method: String
        var url: String
        var headers: [Header]
        var sentAt: Duration
        /// Challenges that were answered for it.
        var attempts = 0

        struct Header: Sendable, Hashable {
            var name: String
            var value: String
        }
    }

    enum Answer: Sendable, Hashable {
        case again([UInt8])
        case refused(RTSPFault)
    }

    private let userAgent: String
    private var random: UInt64
    private var credentials: Credentials?
    private var challenge: Challenge?
    private var uses: UInt32 = 0
    private var nextSequence = 1
    private(set) var waiting: [Request] = []

    init(_ settings: RTSPSession.Settings) {
        userAgent = settings.userAgent.unicodeScalars.allSatisfy { $0.value >= 0x20 } ? settings.userAgent : "gridwatch"
        random = settings.seed
        credentials = settings.url.credentials
    }

    var isIdle: Bool { waiting.isEmpty }
    var hasCredentials: Bool { credentials != nil }
    var isAnsweringChallenge: Bool { waiting.contains { $0.attempts > 0 } }
    var usesBasic: Bool { challenge?.scheme == .basic }

    mutating func forgetAll() { waiting = [] }

    /// Other credentials, for another server: challenges of the one before are void.
    mutating func use(_ credentials: Credentials?) {
        self.credentials = credentials
        challenge = nil
    }

    mutating func forgetChallenge() { challenge = nil }

    /// The bytes of a new request, which waits for its answer from now on.
    mutating func send(_ method: String, _ url: String, _ headers: [(String, String)], now: Duration) -> [UInt8] {
        let headers = headers.map { Request.Header(name: $0.0, value: $0.1) }
        return send(Request(sequence: 0, method: method, url: url, headers: headers, sentAt: now), now: now)
    }

    /// Takes the request that a response answers off the list; nil where it answers none.
    ///
    /// Without a number, or with one that was never sent, it answers the oldest; with a number of the past, none.
    mutating func take(answeredBy response: RTSPMessage) -> Request? {
        guard let oldest = waiting.first else { return nil }
        guard let sequence = response.sequence else { return waiting.removeFirst() }
        if let index = waiting.firstIndex(where: { $0.sequence == sequence }) { return waiting.remove(at: index) }
        return sequence > 0 && sequence < oldest.sequence ? nil : waiting.removeFirst()
    }

    mutating func drop(where isDropped: (Request) -> Bool) { waiting.removeAll(where: isDropped) }

    /// Answers a 401: the request once more with credentials for the strongest challenge.
    mutating func answer(
        _ response: RTSPMessage,
        to request: Request,
        isEncrypted: Bool,
        now: Duration
    ) -> Answer {
        let offered = Challenge.all(response)
        guard credentials != nil else {
            return .refused(RTSPFault(.unauthorised, "the server asks for a name and password", status: 401))
        }
        let usable = offered.filter { isEncrypted || $0.scheme != .basic }
        guard let strongest = usable.max(by: { $0.strength < $1.strength }) else {
            let detail = "the server offers no way of authentication that is known and safe on this connection"
            return .refused(RTSPFault(.unsafeAuthentication, detail, status: 401))
        }
        // A refused answer isn't repeated, or the camera locks the account: only a nonce that has run out is replaced.
        guard request.attempts == 0 || (request.attempts == 1 && strongest.isStale) else {
            return .refused(RTSPFault(.unauthorised, "the server refuses the name or password", status: 401))
        }
        challenge = strongest
        uses = 0
        var request = request
        request.attempts += 1
        return .again(send(request, now: now))
    }

    private mutating func send(_ request: Request, now: Duration) -> [UInt8] {
        var request = request
        request.sequence = nextSequence
        request.sentAt = now
        nextSequence += 1
        waiting.append(request)

        var text = "\(request.method) \(request.url) RTSP/1.0\r\nCSeq: \(request.sequence)\r\n"
        text += "User-Agent: \(userAgent)\r\n"
        if let credentials, let challenge {
            uses &+= 1
            let nonce = nextNonce()
            let value = credentials.answer(
                challenge,
                method: request.method,
                url: request.url,
                uses: uses,
                clientNonce: nonce
            )
            text += "Authorization: \(value)\r\n"
        }
        for header in request.headers { text += "\(header.name): \(header.value)\r\n" }
        return Array((text + "\r\n").utf8)
    }

    /// SplitMix64 from the seed that was handed in.
    private mutating func nextNonce() -> String {
        random &+= 0x9E37_79B9_7F4A_7C15
        var value = random
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        value ^= value >> 31
        return hexadecimal((0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) })
    }
}
