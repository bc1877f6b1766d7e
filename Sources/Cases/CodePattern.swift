/// A code, or the beginning of one: `E-05-06`, `E-05*`, `*`.
package struct CodePattern: Sendable, Hashable, CustomStringConvertible {
    package let text: String
    package let isPrefix: Bool

    package static let all = CodePattern("*")

    package init(_ text: some StringProtocol) {
        isPrefix = text.hasSuffix("*")
        self.text = isPrefix ? String(text.dropLast()) : String(text)
    }

    package func matches(_ code: String) -> Bool {
        isPrefix ? code.utf8.starts(with: text.utf8) : code == text
    }

    /// Longer is more particular; the whole code beats a beginning of the same length.
    package var rank: Int { text.utf8.count * 2 + (isPrefix ? 0 : 1) }

    package var description: String { isPrefix ? text + "*" : text }

    /// Whether it can match cells: 15 digits, or fewer and a `*`.
    package var isCell: Bool {
        guard text.utf8.allSatisfy({ (48...57).contains($0) }) else { return false }
        return isPrefix ? text.utf8.count < 15 : text.utf8.count == 15
    }
}
