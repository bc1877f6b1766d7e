/// A user's name and password. Neither shows in any description.
struct Credentials: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    var user: String
    var password: String

    var description: String { "credentials" }
    var customMirror: Mirror { Mirror(self, children: []) }

    /// The value of `Authorization` that answers a challenge.
    ///
    /// - Parameters:
    ///   - uses: how often the challenge has been answered, this time included.
    ///   - clientNonce: anything that is hard to guess.
    func answer(_ challenge: Challenge, method: String, url: String, uses: UInt32, clientNonce: String) -> String {
        guard case .digest(let algorithm, let isSession) = challenge.scheme else {
            return "Basic " + Base64.text(Array("\(user):\(password)".utf8))
        }
        let count = String(uses, radix: 16)
        let uses = String(repeating: "0", count: 8 - count.count) + count
        // RFC 7616 §3.4.2 hashes the realm without its escapes.
        let realm = "\"\(challenge.realm)\"".unquoted
        let nonce = "\"\(challenge.nonce)\"".unquoted
        var secret = algorithm.hash("\(user):\(realm):\(password)")
        if isSession { secret = algorithm.hash("\(secret):\(nonce):\(clientNonce)") }
        let request = algorithm.hash("\(method):\(url)")
        let response =
            challenge.hasQuality
            ? algorithm.hash("\(secret):\(nonce):\(uses):\(clientNonce):auth:\(request)")
            : algorithm.hash("\(secret):\(nonce):\(request)")

        var text = "Digest username=\"\(Self.escaped(user))\", realm=\"\(challenge.realm)\""
        text += ", nonce=\"\(challenge.nonce)\", uri=\"\(url)\", response=\"\(response)\""
        if let name = challenge.algorithm { text += ", algorithm=\(name)" }
        if challenge.hasQuality { text += ", qop=auth, nc=\(uses)" }
        if challenge.hasQuality || isSession { text += ", cnonce=\"\(clientNonce)\"" }
        if let opaque = challenge.opaque { text += ", opaque=\"\(opaque)\"" }
        return text
    }

    private static func escaped(_ text: String) -> String {
        String(text.flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : [$0] })
    }
}
