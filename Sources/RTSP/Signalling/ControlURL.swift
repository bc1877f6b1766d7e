/// Where requests for a track or the whole session go (RFC 2326 Appendix C.1.1).
enum ControlURL {
    /// The base of a description's relative URLs: Content-Base, else Content-Location, else what was asked for.
    static func base(of response: RTSPMessage, asked: String) -> String {
        for name in ["content-base", "content-location"] {
            guard let value = response[name], !value.isEmpty else { continue }
            return resolve(value, base: asked)
        }
        return asked
    }

    /// An absolute URL as it is but without credentials; `*`, nothing and an empty text are the base; anything else goes
    /// behind it with one slash between them, behind a query too: so servers expect it, whatever RFC 3986 says.
    static func resolve(_ control: String?, base: String) -> String {
        guard let control = control?.trimmed, !control.isEmpty, control != "*" else { return base }
        // What would break a request's line is no URL.
        guard !control.unicodeScalars.contains(where: { $0.value <= 0x20 || $0.value == 0x7F }) else { return base }
        if control.hasPrefix(ignoringCase: "rtsp://") || control.hasPrefix(ignoringCase: "rtsps://") {
            return RTSPURL(control)?.description ?? base
        }
        if control.hasPrefix("?") { return base + control }
        var base = base[...]
        if base.last == "/" { base.removeLast() }
        return base + "/" + (control.first == "/" ? control.dropFirst() : control[...])
    }
}
