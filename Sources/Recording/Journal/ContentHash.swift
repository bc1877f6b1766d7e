import Crypto

/// A SHA-256 value.
package struct ContentHash: Sendable, Hashable, CustomStringConvertible {
    private let words: (UInt64, UInt64, UInt64, UInt64)

    private init(_ words: (UInt64, UInt64, UInt64, UInt64)) {
        self.words = words
    }

    /// The hash of some bytes.
    package init(of bytes: some Sequence<UInt8>) {
        self = Array(bytes).withUnsafeBytes { ContentHash(ofBytes: $0) }
    }

    init(ofBytes bytes: UnsafeRawBufferPointer) {
        self.init(SHA256.hash(data: bytes))
    }

    /// The chain's next value: SHA-256 over the values one after the other.
    package init(chaining values: ContentHash...) {
        var hash = SHA256()
        for value in values {
            withUnsafeBytes(of: value.words) { hash.update(bufferPointer: $0) }
        }
        self.init(hash.finalize())
    }

    private init(_ digest: SHA256.Digest) {
        words = digest.withUnsafeBytes { $0.loadUnaligned(as: (UInt64, UInt64, UInt64, UInt64).self) }
    }

    /// Takes the 32 bytes of a hash.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        words = Array(bytes).withUnsafeBytes { $0.loadUnaligned(as: (UInt64, UInt64, UInt64, UInt64).self) }
    }

    /// Its 32 bytes.
    package var bytes: [UInt8] { withUnsafeBytes(of: words) { Array($0) } }

    /// Reads 64 hexadecimal digits.
    package init?(_ text: some StringProtocol) {
        let digits = Array(text.utf8)
        guard digits.count == 64 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        for index in stride(from: 0, to: 64, by: 2) {
            guard let high = Self.value(digits[index]), let low = Self.value(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        words = bytes.withUnsafeBytes { $0.loadUnaligned(as: (UInt64, UInt64, UInt64, UInt64).self) }
    }

    /// 64 hexadecimal digits.
    package var description: String {
        var text = ""
        text.reserveCapacity(64)
        withUnsafeBytes(of: words) { bytes in
            for byte in bytes {
                text.unicodeScalars.append(Self.digit(byte >> 4))
                text.unicodeScalars.append(Self.digit(byte & 15))
            }
        }
        return text
    }

    package static func == (left: ContentHash, right: ContentHash) -> Bool { left.words == right.words }

    package func hash(into hasher: inout Hasher) { hasher.combine(words.0) }

    private static func digit(_ value: UInt8) -> Unicode.Scalar {
        Unicode.Scalar(value < 10 ? 48 + value : 87 + value)
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 48...57: digit - 48
        case 97...102: digit - 87
        case 65...70: digit - 55
        default: nil
        }
    }
}
