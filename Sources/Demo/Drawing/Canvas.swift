import Domain

/// A colour as the encoder wants it: BT.601 limited range.
struct Colour: Sendable, Hashable {
    var y: UInt8
    var u: UInt8
    var v: UInt8

    /// From red, green and blue, 0…255 each (ITU-R BT.601 §3.5, limited range).
    init(_ red: Double, _ green: Double, _ blue: Double) {
        y = Self.clamp(16 + 0.257 * red + 0.504 * green + 0.098 * blue)
        u = Self.clamp(128 - 0.148 * red - 0.291 * green + 0.439 * blue)
        v = Self.clamp(128 + 0.439 * red - 0.368 * green - 0.071 * blue)
    }

    /// From `0xRRGGBB`.
    init(hex: UInt32) {
        self.init(Double(hex >> 16 & 255), Double(hex >> 8 & 255), Double(hex & 255))
    }

    /// This colour in other light: 1 leaves it, 0.2 is night.
    func lit(_ light: Double) -> Colour {
        var colour = self
        colour.y = Self.clamp(16 + (Double(y) - 16) * light)
        colour.u = Self.clamp(128 + (Double(u) - 128) * min(1, light + 0.15))
        colour.v = Self.clamp(128 + (Double(v) - 128) * min(1, light + 0.15))
        return colour
    }

    private static func clamp(_ value: Double) -> UInt8 { UInt8(max(0, min(255, value.rounded()))) }
}

/// A picture in planar YUV 4:2:0 that simple shapes are drawn on, in pixels from the upper left corner.
struct Canvas {
    let width: Int
    let height: Int
    /// Luma plane, then both chroma planes at half size.
    private(set) var planes: [UInt8]

    /// A grey picture; both sides must be even.
    init(width: Int, height: Int) {
        self.width = width
        self.height = height
        planes = [UInt8](repeating: 128, count: width * height * 3 / 2)
    }

    /// Takes over the picture of another canvas of the same size.
    mutating func copy(_ other: Canvas) {
        planes = other.planes
    }

    mutating func rectangle(_ x: Double, _ y: Double, _ w: Double, _ h: Double, _ colour: Colour, alpha: Double = 1) {
        let rows = clampedRows(y, y + h)
        for row in rows { span(row: row, from: x, to: x + w, colour, alpha) }
    }

    /// A filled polygon by the even-odd rule, corners in order.
    mutating func polygon(_ corners: [(Double, Double)], _ colour: Colour, alpha: Double = 1) {
        guard let top = corners.map(\.1).min(), let bottom = corners.map(\.1).max() else { return }
        var crossings: [Double] = []
        for row in clampedRows(top, bottom) {
            let centre = Double(row) + 0.5
            crossings.removeAll(keepingCapacity: true)
            var previous = corners[corners.count - 1]
            for corner in corners {
                if (previous.1 > centre) != (corner.1 > centre) {
                    crossings.append(
                        previous.0 + (centre - previous.1) / (corner.1 - previous.1) * (corner.0 - previous.0)
                    )
                }
                previous = corner
            }
            crossings.sort()
            for pair in stride(from: 0, to: crossings.count - 1, by: 2) {
                span(row: row, from: crossings[pair], to: crossings[pair + 1], colour, alpha)
            }
        }
    }

    mutating func ellipse(_ cx: Double, _ cy: Double, _ rx: Double, _ ry: Double, _ colour: Colour, alpha: Double = 1) {
        guard rx > 0, ry > 0 else { return }
        for row in clampedRows(cy - ry, cy + ry) {
            let dy = (Double(row) + 0.5 - cy) / ry
            guard abs(dy) < 1 else { continue }
            let half = rx * (1 - dy * dy).squareRoot()
            span(row: row, from: cx - half, to: cx + half, colour, alpha)
        }
    }

    /// Adds sensor noise of about ±`amount` luma steps; `seed` differs from frame to frame.
    mutating func noise(amount: Int, seed: UInt64) {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        let range = UInt64(2 * amount + 1)
        var index = 0
        while index + 8 <= width * height {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            var bits = state
            for offset in 0..<8 {
                let delta = (Int(bits & 0xFF) * Int(range)) >> 8 - amount
                planes[index + offset] = UInt8(clamping: Int(planes[index + offset]) + delta)
                bits >>= 8
            }
            index += 8
        }
    }

    /// Characters of 5×7 dots, `scale` pixels a dot; what the small font lacks is left blank.
    mutating func text(_ text: String, x: Double, y: Double, scale: Double, _ colour: Colour) {
        var left = x
        for character in text {
            for (row, bits) in DotFont.rows(of: character).enumerated() {
                for column in 0..<5 where bits & (16 >> column) != 0 {
                    rectangle(left + Double(column) * scale, y + Double(row) * scale, scale, scale, colour)
                }
            }
            left += 6 * scale
        }
    }

    private func clampedRows(_ top: Double, _ bottom: Double) -> Range<Int> {
        let first = max(0, min(height, Int(top.rounded())))
        return first..<max(first, min(height, Int(bottom.rounded())))
    }

    private mutating func span(row: Int, from left: Double, to right: Double, _ colour: Colour, _ alpha: Double) {
        let first = max(0, min(width, Int(left.rounded())))
        let last = max(first, min(width, Int(right.rounded())))
        guard first < last else { return }
        let weight = Int((alpha * 256).rounded())
        blend(row * width + first..<row * width + last, colour.y, weight)
        guard row % 2 == 0 else { return }
        let chroma = width * height + row / 2 * (width / 2)
        let quarter = width * height / 4
        let columns = first / 2..<(last + 1) / 2
        blend(chroma + columns.lowerBound..<min(chroma + columns.upperBound, chroma + width / 2), colour.u, weight)
        blend(
            chroma + quarter
                + columns.lowerBound..<min(chroma + quarter + columns.upperBound, chroma + quarter + width / 2),
            colour.v,
            weight
        )
    }

    private mutating func blend(_ range: Range<Int>, _ value: UInt8, _ weight: Int) {
        if weight >= 256 {
            for index in range { planes[index] = value }
        } else {
            for index in range {
                let old = Int(planes[index])
                planes[index] = UInt8(clamping: old + ((Int(value) - old) * weight) >> 8)
            }
        }
    }
}
