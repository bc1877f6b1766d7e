/// The rule for ids that people choose (cameras, sensors, vehicles, zones, units): they become file names, topics and URLs.
package enum Slug {
    /// The longest id in characters.
    package static let maximumLength = 63

    /// Whether `text` is 1–63 of `a–z A–Z 0–9 - _ .`, starts with a letter or digit and holds no `..`.
    package static func isValid(_ text: some StringProtocol) -> Bool {
        let bytes = Array(text.utf8)
        guard let first = bytes.first, bytes.count <= maximumLength, isAlphanumeric(first) else { return false }
        guard bytes.allSatisfy({ isAlphanumeric($0) || $0 == 45 || $0 == 95 || $0 == 46 }) else { return false }
        return !zip(bytes, bytes.dropFirst()).contains { $0 == 46 && $1 == 46 }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }
}
