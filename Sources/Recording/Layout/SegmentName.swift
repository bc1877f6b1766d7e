package import Domain

/// The name of a segment: the wall time of its first frame in UTC and a number that tells those of one millisecond
/// apart, like `20261123T100000123Z-00`; and the volume that it lies on. Names of one camera sort by time.
package struct SegmentName: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The file's name without its extension.
    package let text: String
    /// The id of the volume, `RecordingLayout.mainVolume` for the root's.
    package let volume: String

    /// - Parameter number: 0 unless that name is taken.
    package init(startedAt: WallTime, number: Int = 0, volume: String = RecordingLayout.mainVolume) {
        self.volume = volume
        let milliseconds = WallTime(microseconds: startedAt.microseconds / 1000 * 1000)
        // 2026-11-23T10:00:00.123Z, the fraction absent when 0
        let digits = milliseconds.rfc3339.utf8.filter { (48...57).contains($0) }
        var stamp = String(decoding: digits.prefix(8), as: UTF8.self) + "T"
        stamp += String(decoding: digits.dropFirst(8), as: UTF8.self)
        if digits.count == 14 { stamp += "000" }
        text = stamp + "Z-" + (number < 10 ? "0" : "") + String(number)
    }

    /// A file name without folder and extension; nil when it is not of this form.
    package init?(_ text: String, volume: String = RecordingLayout.mainVolume) {
        self.volume = volume
        let bytes = Array(text.utf8)
        guard bytes.count >= 22, bytes.count <= 26, bytes[8] == 84, bytes[18] == 90, bytes[19] == 45 else { return nil }
        for (index, byte) in bytes.enumerated() where ![8, 18, 19].contains(index) {
            guard (48...57).contains(byte) else { return nil }
        }
        self.text = text
    }

    /// The day's folder, `2026-11-23`.
    package var day: String {
        let bytes = Array(text.utf8)
        let parts = [bytes[0..<4], bytes[4..<6], bytes[6..<8]]
        return parts.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "-")
    }

    package var description: String { text }

    package static func < (left: SegmentName, right: SegmentName) -> Bool {
        (left.text, left.volume) < (right.text, right.volume)
    }
}
