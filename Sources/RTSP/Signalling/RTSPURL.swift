/// An `rtsp` or `rtsps` URL, taken apart. Its description has no credentials.
package struct RTSPURL: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    package var isEncrypted: Bool
    /// Percent-decoded; nil where the URL has none.
    package var user: String?
    package var password: String?
    /// Without the brackets of an IPv6 address.
    package var host: String
    package var port: UInt16
    /// Path and query as they were written, from the first slash on; empty where there are none.
    package var path: String

    /// Reads `rtsp://user:password@host:port/path?query`; nil where that can't be.
    ///
    /// A password may have `@`, `:`, `/` or `?` that nobody has encoded: the host follows the last `@` of the authority,
    /// and where what is before the first slash is no host, the last `@` of all.
    package init?(_ text: String) {
        let text = text.trimmed
        guard !text.unicodeScalars.contains(where: { $0.value <= 0x20 || $0.value == 0x7F }) else { return nil }
        guard let schemeEnd = text.firstIndex(of: ":"), text[schemeEnd...].hasPrefix("://") else { return nil }
        switch text[..<schemeEnd].lowercased() {
        case "rtsp", "rtspt", "rtspu": isEncrypted = false
        case "rtsps": isEncrypted = true
        default: return nil
        }
        let rest = text[schemeEnd...].dropFirst(3)
        let candidates = [
            rest.prefix { $0 != "/" && $0 != "?" }.lastIndex(of: "@"),
            rest.lastIndex(of: "@"),
        ]
        for at in candidates {
            let place = at.map { rest[rest.index(after: $0)...] } ?? rest
            let authority = place.prefix { $0 != "/" && $0 != "?" }
            guard let (host, port) = Self.place(authority) else { continue }
            self.host = host
            self.port = port ?? (isEncrypted ? 322 : 554)
            let path = place.dropFirst(authority.count)
            self.path = path.hasPrefix("?") ? "/" + path : String(path)
            if let at {
                let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                user = Self.decoded(parts[0])
                password = parts.count > 1 ? Self.decoded(parts[1]) : ""
            }
            return
        }
        return nil
    }

    /// As it goes into a request: without credentials, with the port where it is not the scheme's own.
    package var description: String { root + path }

    package var customMirror: Mirror { Mirror(self, children: ["url": description]) }

    var credentials: Credentials? { user.map { Credentials(user: $0, password: password ?? "") } }

    /// Scheme, host and port.
    var root: String {
        let name = host.contains(":") ? "[\(host)]" : host
        let port = port == (isEncrypted ? 322 : 554) ? "" : ":\(port)"
        return (isEncrypted ? "rtsps://" : "rtsp://") + name + port
    }

    private static func place(_ text: Substring) -> (host: String, port: UInt16?)? {
        var host = text
        var port: Substring?
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
            port = rest.isEmpty ? nil : rest.dropFirst()
        } else if let colon = text.firstIndex(of: ":") {
            host = text[..<colon]
            port = text[text.index(after: colon)...]
        }
        guard !host.isEmpty else { return nil }
        guard let port, !port.isEmpty else { return (String(host), nil) }
        guard let number = UInt16(port), number > 0 else { return nil }
        return (String(host), number)
    }

    private static func decoded(_ text: Substring) -> String {
        var result: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            if byte == UInt8(ascii: "%"), rest.count >= 2, let value = bytes(hexadecimal: digits)?.first {
                result.append(value)
                rest = rest.dropFirst(2)
            } else {
                result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
