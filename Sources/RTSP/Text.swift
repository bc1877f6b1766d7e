/// Text of protocols: ASCII, case-insensitive names, lenient numbers. No Foundation here.
extension StringProtocol {
    /// Without spaces, tabs and line ends around it.
    var trimmed: String {
        var text = Substring(self)
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }

    /// The pieces between `separator`, trimmed, empty ones left out. Inside of double quotes it separates nothing.
    func fields(separatedBy separator: Character) -> [String] {
        var found: [String] = []
        var piece = ""
        var isQuoted = false
        var isEscaped = false
        for character in self {
            if isEscaped {
                isEscaped = false
            } else if isQuoted, character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                isQuoted.toggle()
            } else if character == separator, !isQuoted {
                found.append(piece.trimmed)
                piece = ""
                continue
            }
            piece.append(character)
        }
        found.append(piece.trimmed)
        return found.filter { !$0.isEmpty }
    }

    /// Name and value around the first `separator`, trimmed, the name in lower case; the value is nil without one.
    func pair(_ separator: Character = "=") -> (name: String, value: String?) {
        guard let at = firstIndex(of: separator) else { return (trimmed.lowercased(), nil) }
        return (self[..<at].trimmed.lowercased(), self[index(after: at)...].trimmed)
    }

    /// Without double quotes around it and the backslashes in it (RFC 2616 §2.2).
    var unquoted: String {
        let text = trimmed
        guard text.count >= 2, text.first == "\"", text.last == "\"" else { return text }
        var result = ""
        var isEscaped = false
        for character in text.dropFirst().dropLast() {
            if !isEscaped, character == "\\" {
                isEscaped = true
            } else {
                result.append(character)
                isEscaped = false
            }
        }
        return result
    }

    /// The number that the text begins with; nil where there is none or it does not fit.
    var leadingNumber: Int? {
        let digits = trimmed.prefix { $0.isASCII && $0.isNumber }
        return Int(digits)
    }

    func hasPrefix(ignoringCase prefix: String) -> Bool {
        self.prefix(prefix.count).lowercased() == prefix.lowercased()
    }
}

/// The bytes of a hexadecimal text; nil where it is none.
func bytes(hexadecimal text: some StringProtocol) -> [UInt8]? {
    let digits = text.utf8.map { byte -> UInt8 in
        switch byte {
        case 48...57: byte - 48
        case 65...70: byte - 55
        case 97...102: byte - 87
        default: 255
        }
    }
    guard digits.count % 2 == 0, !digits.contains(255) else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
}
