/// The address of a camera's stream, taken apart as far as choosing and naming it needs. Nothing is looked up or opened.
package struct SourceURL: Sendable, Hashable {
    package enum Scheme: String, Sendable, Hashable, CaseIterable {
        case rtsp, rtsps
        case rtmp, rtmps
        /// HLS, FLV, MPEG-TS or motion JPEG, whatever comes.
        case http, https
        /// MPEG-TS, to one host or to a multicast group.
        case udp
        case file

        /// Whether nobody else is needed to open it.
        package var isLocal: Bool { self == .file }
    }

    /// What is wrong with a text that is no such address.
    package enum Mistake: Error, Sendable, Hashable {
        case scheme
        case host
        case port
        case relativePath
        /// Blanks, line ends or other characters that an address can't hold.
        case characters

        /// For people, in English.
        package var problem: String {
            switch self {
            case .scheme: "is not a source that can be recorded"
            case .host: "has no host"
            case .port: "has a port that doesn't exist, or needs one"
            case .relativePath: "is a relative path"
            case .characters: "holds characters that an address can't hold"
            }
        }

        package var remedy: String {
            switch self {
            case .scheme:
                "write rtsp://, rtsps://, rtmp://, rtmps://, http://, https://, udp://HOST:PORT or file:/PATH"
            case .host, .port: "write SCHEME://HOST[:PORT]/PATH; udp:// needs a port"
            case .relativePath: "write the whole path, like file:/srv/clips/a.mp4"
            case .characters: "write blanks and the like as %20"
            }
        }
    }

    package let scheme: Scheme
    /// Without the brackets of an IPv6 address; empty for files and for `udp://:PORT`.
    package let host: String
    package let port: Int?
    /// The path of a file, as written; empty for others.
    package let path: String
    /// As it was written, credentials and all: never for logs or answers.
    package let text: String
    /// For people: without user, password and query.
    package let redacted: String

    package init(_ text: String) throws(Mistake) {
        guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7f }) else { throw .characters }
        self.text = text
        guard let colon = text.firstIndex(of: ":"),
            let scheme = Scheme(rawValue: text[..<colon].lowercased())
        else { throw .scheme }
        self.scheme = scheme
        var rest = text[text.index(after: colon)...]
        let hasAuthority = rest.hasPrefix("//")
        if hasAuthority { rest = rest.dropFirst(2) }
        if scheme == .file {
            guard rest.hasPrefix("/") else { throw .relativePath }
            host = ""
            port = nil
            path = String(rest)
            redacted = path
            return
        }
        guard hasAuthority else { throw .scheme }
        guard !text.contains(" ") else { throw .characters }
        let end = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
        var authority = rest[..<end]
        if let at = authority.lastIndex(of: "@") { authority = authority[authority.index(after: at)...] }
        let after: Substring
        if authority.hasPrefix("[") {
            guard let bracket = authority.firstIndex(of: "]") else { throw .host }
            host = String(authority[authority.index(after: authority.startIndex)..<bracket])
            after = authority[authority.index(after: bracket)...]
        } else {
            let hostEnd = authority.firstIndex(of: ":") ?? authority.endIndex
            host = String(authority[..<hostEnd])
            after = authority[hostEnd...]
        }
        guard !host.isEmpty || scheme == .udp else { throw .host }
        if after.isEmpty {
            port = nil
        } else {
            guard after.first == ":", let number = Int(after.dropFirst()), (1...65_535).contains(number) else {
                throw .port
            }
            port = number
        }
        guard scheme != .udp || port != nil else { throw .port }
        path = ""
        let shown = rest[end...].prefix { $0 != "?" && $0 != "#" }
        redacted = "\(scheme.rawValue)://\(authority)\(shown)"
    }

    /// The same address with another host, like the number that its name stands for.
    package func replacingHost(with number: String) -> String {
        guard let start = text.authorityRange else { return text }
        var from = start.lowerBound
        if let at = text[start].lastIndex(of: "@") { from = text.index(after: at) }
        let bracketed = number.contains(":") ? "[\(number)]" : number
        let port = port.map { ":\($0)" } ?? ""
        return String(text[..<from]) + bracketed + port + String(text[start.upperBound...])
    }
}

extension String {
    /// Where `user@host:port` stands.
    fileprivate var authorityRange: Range<String.Index>? {
        guard let colon = firstIndex(of: ":") else { return nil }
        let start = index(colon, offsetBy: 3, limitedBy: endIndex) ?? endIndex
        let end = self[start...].firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? endIndex
        return start..<end
    }
}

/// How RTSP's pictures travel.
package enum SourceTransport: String, Sendable, Hashable, Codable, CaseIterable {
    /// TCP; UDP where the server refuses it.
    case auto
    case tcp
    /// UDP; TCP after an attempt on which nothing came.
    case udp
    /// RTSP inside HTTP, through firewalls.
    case http
    case multicast
    /// As `auto`, but received by libavformat: for a camera that our own receiving doesn't like.
    case libav
}

/// How a camera's sources are opened: its `input:` section.
package struct SourceOptions: Sendable, Hashable, Codable {
    package var transport: SourceTransport
    /// The name that is given to HTTP servers; nil for libavformat's.
    package var userAgent: String?
    /// HTTP's `Referer`, which some platforms ask for.
    package var referer: String?
    /// Whether a server's certificate has to be one that this host trusts; cameras usually have none of that kind.
    package var verifyTLS: Bool

    package init(
        transport: SourceTransport = .auto,
        userAgent: String? = nil,
        referer: String? = nil,
        verifyTLS: Bool = false
    ) {
        self.transport = transport
        self.userAgent = userAgent
        self.referer = referer
        self.verifyTLS = verifyTLS
    }
}
