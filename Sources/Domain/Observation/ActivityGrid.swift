/// Where something moved in a picture: a grid of 32 × 18 cells, one bit each.
package struct ActivityGrid: Sendable, Hashable {
    package static let columns = 32
    package static let rows = 18

    /// One word per row from the top; the highest bit is the leftmost cell. Always `rows` words.
    package private(set) var words: [UInt32]

    /// Nothing moved.
    package init() {
        words = [UInt32](repeating: 0, count: Self.rows)
    }

    /// The cells that a box (fractions of the picture) touches; a box without area still touches one cell.
    package init(touching box: PictureBox) {
        self.init()
        let left = Self.cell(box.x, Self.columns)
        let top = Self.cell(box.y, Self.rows)
        let right = max(left + 1, Self.edge(box.x + box.width, Self.columns))
        let bottom = max(top + 1, Self.edge(box.y + box.height, Self.rows))
        for row in top..<bottom {
            for column in left..<right { self[column, row] = true }
        }
    }

    /// Whether something moved in a cell; columns and rows beyond the grid are never set.
    package subscript(column: Int, row: Int) -> Bool {
        get {
            guard (0..<Self.columns).contains(column), (0..<Self.rows).contains(row) else { return false }
            return words[row] & (0x8000_0000 >> UInt32(column)) != 0
        }
        set {
            guard (0..<Self.columns).contains(column), (0..<Self.rows).contains(row) else { return }
            let bit: UInt32 = 0x8000_0000 >> UInt32(column)
            if newValue { words[row] |= bit } else { words[row] &= ~bit }
        }
    }

    package var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

    /// Cells that are set.
    package var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    package mutating func formUnion(_ other: ActivityGrid) {
        for row in 0..<Self.rows { words[row] |= other.words[row] }
    }

    package func intersects(_ other: ActivityGrid) -> Bool {
        for row in 0..<Self.rows where words[row] & other.words[row] != 0 { return true }
        return false
    }

    /// Cells that both have.
    package func countShared(with other: ActivityGrid) -> Int {
        var count = 0
        for row in 0..<Self.rows { count += (words[row] & other.words[row]).nonzeroBitCount }
        return count
    }

    // MARK: - Text

    /// 144 hexadecimal digits: 72 bytes, row by row from the top, the leftmost cell in the highest bit; `-` when empty.
    package var text: String {
        guard !isEmpty else { return "-" }
        var digits: [UInt8] = []
        digits.reserveCapacity(Self.rows * 8)
        for word in words {
            for shift in stride(from: UInt32(28), through: 0, by: -4) {
                let digit = UInt8(truncatingIfNeeded: (word >> shift) & 15)
                digits.append(digit < 10 ? 48 + digit : 87 + digit)
            }
        }
        return String(decoding: digits, as: UTF8.self)
    }

    /// Reads `text`; nil when it is not of that form.
    package init?(text: some StringProtocol) {
        self.init(digits: Array(text.utf8)[...])
    }

    /// Reads the bytes of `text`; nil when they are not of that form.
    package init?(digits: ArraySlice<UInt8>) {
        self.init()
        if digits.count == 1, digits.first == 45 { return }
        guard digits.count == Self.rows * 8 else { return nil }
        var index = digits.startIndex
        for row in 0..<Self.rows {
            var word: UInt32 = 0
            for _ in 0..<8 {
                let digit = digits[index]
                index += 1
                let value: UInt8
                switch digit {
                case 48...57: value = digit - 48
                case 97...102: value = digit - 87
                case 65...70: value = digit - 55
                default: return nil
                }
                word = word << 4 | UInt32(value)
            }
            words[row] = word
        }
    }

    private static func cell(_ fraction: Double, _ cells: Int) -> Int {
        guard fraction.isFinite else { return 0 }
        return min(max(Int((min(max(fraction, 0), 1) * Double(cells)).rounded(.down)), 0), cells - 1)
    }

    private static func edge(_ fraction: Double, _ cells: Int) -> Int {
        guard fraction.isFinite else { return cells }
        return min(max(Int((min(max(fraction, 0), 1) * Double(cells)).rounded(.up)), 0), cells)
    }
}

extension ActivityGrid: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let grid = ActivityGrid(text: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a grid of 32 × 18 cells")
        }
        self = grid
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

/// Where something moved within about ten seconds of one camera.
package struct ActivityWindow: Sendable, Hashable, Codable {
    /// Wall time of the first picture that was looked at.
    package var from: WallTime
    /// Milliseconds from there to the end of the window.
    package var milliseconds: Int
    package var grid: ActivityGrid

    package init(from: WallTime, milliseconds: Int, grid: ActivityGrid) {
        self.from = from
        self.milliseconds = milliseconds
        self.grid = grid
    }

    package var to: WallTime { from + .milliseconds(milliseconds) }
}
