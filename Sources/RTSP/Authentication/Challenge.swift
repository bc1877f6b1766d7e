/// A way of authentication that a server offers: one challenge of `WWW-Authenticate` (RFC 7616 §3.3, RFC 7617).
struct Challenge: Sendable, Hashable {
    enum Scheme: Sendable, Hashable {
        case basic
        case digest(Algorithm, isSession: Bool)
    }

    enum Algorithm: Sendable, Hashable {
        case md5
        case sha256

        func hash(_ text: String) -> String {
            switch self {
            case .md5: hexadecimal(MD5.digest(Array(text.utf8)))
            case .sha256: hexadecimal(SHA256.digest(Array(text.utf8)))
            }
        }
    }

    var scheme: Scheme
    /// As the server wrote it, with escapes, since it goes back like that.
    var realm = ""
    var nonce = ""
    var opaque: String?
    /// The algorithm as the server wrote it; nil where it left it out.
    var algorithm: String?
    /// `qop` is offered and `auth` is among its values.
    var hasQuality = false
    var isStale = false

    /// The stronger, the greater; basic is only for encrypted connections and below all digests.
    var strength: Int {
        switch scheme {
        case .basic: 0
        case .digest(.md5, let isSession): isSession ? 2 : 1
        case .digest(.sha256, let isSession): isSession ? 4 : 3
        }
    }

    /// All challenges of a response that are understood.
    ///
    /// A header can hold several, and commas separate challenges as well as their parameters: a new challenge begins at
    /// a word that a space and no `=` follows.
    static func all(_ message: RTSPMessage) -> [Challenge] {
        message.values("www-authenticate").flatMap(read)
    }

    private static func read(_ header: String) -> [Challenge] {
        var found: [(scheme: String, parameters: [String: String])] = []
        for field in header.fields(separatedBy: ",") {
            var rest = Substring(field)
            let word = rest.prefix { $0 != " " && $0 != "=" && $0 != "\t" }
            let after = rest.dropFirst(word.count)
            if after.isEmpty || (after.first != "=" && !after.trimmed.hasPrefix("=")) {
                found.append((word.lowercased(), [:]))
                rest = after
            }
            let (name, value) = rest.pair()
            guard let value, !name.isEmpty, !found.isEmpty else { continue }
            found[found.count - 1].parameters[name] = value
        }
        return found.compactMap { Challenge($0.scheme, $0.parameters) }
    }

    private init?(_ scheme: String, _ parameters: [String: String]) {
        switch scheme {
        case "basic": self.scheme = .basic
        case "digest":
            guard let nonce = parameters["nonce"] else { return nil }
            algorithm = parameters["algorithm"]?.unquoted
            switch (algorithm ?? "md5").lowercased() {
            case "", "md5": self.scheme = .digest(.md5, isSession: false)
            case "md5-sess": self.scheme = .digest(.md5, isSession: true)
            case "sha-256", "sha256": self.scheme = .digest(.sha256, isSession: false)
            case "sha-256-sess", "sha256-sess": self.scheme = .digest(.sha256, isSession: true)
            default: return nil
            }
            self.nonce = Self.inner(nonce)
            opaque = parameters["opaque"].map(Self.inner)
            isStale = parameters["stale"]?.unquoted.lowercased() == "true"
            if let quality = parameters["qop"]?.unquoted, !quality.isEmpty {
                hasQuality = quality.lowercased().fields(separatedBy: ",").contains("auth")
                // Only auth-int is offered: it protects bodies, which we do not send.
                guard hasQuality else { return nil }
            }
        default: return nil
        }
        realm = parameters["realm"].map(Self.inner) ?? ""
    }

    /// Without the quotes around it, with the escapes in it.
    private static func inner(_ value: String) -> String {
        guard value.count >= 2, value.first == "\"", value.last == "\"" else { return value }
        return String(value.dropFirst().dropLast())
    }
}
