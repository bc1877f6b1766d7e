package import Domain

/// The text form of a segment's activity, `X.activity` beside `X.mp4`, and of its summary, `day.activity` in the day's
/// folder: `CRC TAG FIELD…` and a line feed like the journals, CRC-32 (ISO 3309) of what follows the first blank.
///
/// - `act FROM MILLISECONDS GRID`: a window; microseconds since the epoch, UTC; see `ActivityGrid.text`.
/// - `sum SEGMENT WINDOWS GRID`: all windows of a segment together, written when it is over. A segment without this line
///   is read itself.
package enum ActivityLine: Sendable, Hashable {
    case window(ActivityWindow)
    case summary(segment: String, windows: Int, grid: ActivityGrid)

    /// The summaries of a day's segments.
    package static let dayFile = "day.activity"

    package var encoded: [UInt8] {
        let body: String
        switch self {
        case .window(let window):
            body = "act \(window.from.microseconds) \(window.milliseconds) \(window.grid.text)"
        case .summary(let segment, let windows, let grid):
            body = "sum \(segment) \(windows) \(grid.text)"
        }
        let bytes = Array(body.utf8)
        let digits = String(Checksum.crc32(bytes), radix: 16)
        return Array((String(repeating: "0", count: 8 - digits.count) + digits + " ").utf8) + bytes + [10]
    }

    /// Reads one line without its line feed; nil when it is damaged or of another kind.
    package init?(_ line: ArraySlice<UInt8>) {
        guard line.count > 13, line[line.startIndex + 8] == 32 else { return nil }
        let body = line[(line.startIndex + 9)...]
        guard Self.hexadecimal(line.prefix(8)) == Checksum.crc32(body) else { return nil }
        let fields = body.split(separator: 32, maxSplits: 3, omittingEmptySubsequences: false)
        guard fields.count == 4, let grid = ActivityGrid(digits: fields[3]) else { return nil }
        switch fields[0] {
        case [97, 99, 116]:  // act
            guard let from = Self.decimal(fields[1]), let length = Self.decimal(fields[2]), length < 1 << 31 else {
                return nil
            }
            self = .window(
                ActivityWindow(from: WallTime(microseconds: from), milliseconds: Int(length), grid: grid)
            )
        case [115, 117, 109]:  // sum
            guard let windows = Self.decimal(fields[2]), windows < 1 << 31 else { return nil }
            self = .summary(segment: String(decoding: fields[1], as: UTF8.self), windows: Int(windows), grid: grid)
        default: return nil
        }
    }

    /// All whole lines of a file; damaged ones are left out.
    package static func all(in bytes: [UInt8]) -> [ActivityLine] {
        var lines: [ActivityLine] = []
        lines.reserveCapacity(bytes.count / 60)
        for line in bytes.split(separator: 10) {
            if let line = ActivityLine(line) { lines.append(line) }
        }
        return lines
    }

    private static func decimal(_ digits: ArraySlice<UInt8>) -> Int64? {
        guard !digits.isEmpty, digits.count <= 18 else { return nil }
        var value: Int64 = 0
        for digit in digits {
            guard (48...57).contains(digit) else { return nil }
            value = value * 10 + Int64(digit - 48)
        }
        return value
    }

    private static func hexadecimal(_ digits: ArraySlice<UInt8>) -> UInt32? {
        var value: UInt32 = 0
        for digit in digits {
            switch digit {
            case 48...57: value = value << 4 | UInt32(digit - 48)
            case 97...102: value = value << 4 | UInt32(digit - 87)
            default: return nil
            }
        }
        return value
    }
}
