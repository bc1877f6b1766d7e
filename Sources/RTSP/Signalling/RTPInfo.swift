/// The `RTP-Info` header of an answer to PLAY (RFC 2326 §12.33): where each track's packets begin.
struct RTPInfo: Sendable, Hashable {
    var url: String
    var sequence: UInt16?
    var timestamp: UInt32?

    static func all(_ text: String) -> [RTPInfo] {
        text.fields(separatedBy: ",").map { entry in
            var info = RTPInfo(url: "")
            for field in entry.fields(separatedBy: ";") {
                let (name, value) = field.pair()
                switch name {
                case "url": info.url = value?.unquoted ?? ""
                case "seq": info.sequence = value?.leadingNumber.flatMap { UInt16(exactly: $0) }
                case "rtptime": info.timestamp = value?.leadingNumber.flatMap { UInt32(exactly: $0) }
                default: break
                }
            }
            return info
        }
    }

    /// It is about the track with this URL: servers write all of it or only its end.
    func isAbout(_ track: String) -> Bool {
        !url.isEmpty
            && (url == track || track.hasSuffix("/" + url) || url.hasSuffix(track.split(separator: "/").last ?? " "))
    }
}
