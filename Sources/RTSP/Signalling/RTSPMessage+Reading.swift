extension RTSPMessage {
    /// More headers than that are not kept.
    private static let mostHeaders = 256

    /// Reads a start line and headers; nil where the start line is none.
    ///
    /// Names may be in any case, lines may end with LF alone, a line that begins with white space goes on with the one
    /// before (RFC 2616 §2.2), and a line without a colon is skipped.
    init?(head bytes: Span<UInt8>) {
        var lines: [String] = []
        var line: [UInt8] = []
        for index in bytes.indices {
            guard bytes[index] == 0x0A else {
                line.append(bytes[index])
                continue
            }
            if line.last == 0x0D { line.removeLast() }
            // Values go back to the server in our requests: no control character may come along.
            for index in line.indices where line[index] < 0x20 && line[index] != 0x09 { line[index] = 0x20 }
            let isFolded = line.first == 0x20 || line.first == 0x09
            let text = String(decoding: line, as: UTF8.self)
            if isFolded, lines.count > 1 {
                lines[lines.count - 1] += " " + text.trimmed
            } else {
                lines.append(text)
            }
            line.removeAll(keepingCapacity: true)
        }
        guard let first = lines.first, let start = Start(line: first) else { return nil }
        self.init(start: start)
        for line in lines.dropFirst() where headers.count < Self.mostHeaders {
            let (name, value) = line.pair(":")
            if let value, !name.isEmpty { headers.append(Header(name: name, value: value)) }
        }
    }

    /// Content-Length as far as it is a number; nil where there is none.
    var contentLength: Int? { self["content-length"]?.leadingNumber }

    var isDescription: Bool { self["content-type"]?.hasPrefix(ignoringCase: "application/sdp") ?? false }
}

extension RTSPMessage.Start {
    fileprivate init?(line: String) {
        let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: true)
        guard words.count >= 2 else { return nil }
        if words[0].hasPrefix("RTSP/") {
            guard let status = Int(words[1]), (100...999).contains(status) else { return nil }
            self = .response(status: status, reason: words.count > 2 ? words[2].trimmed : "")
        } else {
            self = .request(method: String(words[0]), url: String(words[1]))
        }
    }
}
