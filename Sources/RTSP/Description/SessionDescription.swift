/// What a server says about its media: SDP (RFC 8866), read leniently.
package struct SessionDescription: Sendable, Hashable {
    /// More media than that are not kept.
    static let mostMedia = 32
    /// Bytes of the longest line that is read.
    private static let longestLine = 65_536

    /// `s=`; empty where there is none.
    package var name: String = ""
    /// The session's `a=control`; nil where there is none.
    package var control: String?
    /// `a=range`, as written.
    package var range: String?
    /// In the order of the description: a track's index is its place here.
    package var media: [MediaDescription] = []
    /// Lines that made no sense and were skipped.
    package var skippedLines = 0

    package init() {}

    /// Reads a description; nil where it names no media at all.
    ///
    /// Line ends may be CR LF, LF or CR; lines that are no `x=…` are skipped, and so are attributes that can't be read.
    package init?(_ bytes: [UInt8]) {
        var attributes: [(name: String, value: String)] = []
        for line in bytes.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D || $0 == 0 }) {
            guard line.count <= Self.longestLine, let (kind, value) = Self.line(line) else {
                skippedLines += 1
                continue
            }
            switch kind {
            case "m":
                finish(attributes)
                attributes = []
                if media.count < Self.mostMedia, let section = MediaDescription(line: value) {
                    media.append(section)
                } else {
                    skippedLines += 1
                }
            case "s" where media.isEmpty: name = value
            case "a":
                let (name, value) = value.pair(":")
                attributes.append((name, value ?? ""))
            default: break
            }
        }
        finish(attributes)
        if media.isEmpty { return nil }
    }

    private static func line(_ bytes: ArraySlice<UInt8>) -> (kind: String, value: String)? {
        let text = String(decoding: bytes, as: UTF8.self).trimmed
        let (name, value) = text.pair()
        guard name.count == 1, let value else { return nil }
        return (name, value)
    }

    /// Gives attributes to the section that they were found in.
    private mutating func finish(_ attributes: [(name: String, value: String)]) {
        guard !media.isEmpty else {
            for (name, value) in attributes {
                switch name {
                case "control" where !value.isEmpty: control = value
                case "range": range = value
                default: break
                }
            }
            return
        }
        media[media.count - 1].take(attributes)
    }
}
