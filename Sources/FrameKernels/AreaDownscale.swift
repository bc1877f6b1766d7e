/// Shrinks a luma plane by averaging areas, in one pass over the source.
///
/// Target pixel (x, y) is the rounded mean of the source pixels of its cell. Cell borders lie on whole source pixels
/// (cell i of n covers `i*s/n ..< (i+1)*s/n`), so cells differ by at most one column or row and no weights are needed.
/// The tables and the row of sums are made once; `shrink` allocates nothing.
public struct AreaDownscale: Sendable {
    /// Size of the planes it reads.
    public let source: PlaneSize
    /// Size of the planes it writes.
    public let target: PlaneSize
    private let columns: [Int]
    private let rows: [Int]
    /// Column sums of the current row of cells. A cell is at most 257 rows high, so 16 bits hold them.
    private var sums: [UInt16]
    /// Sums of the current row of cells, where they fit into 16 bits.
    private var cells: [UInt16]

    /// Prepares for planes of one size.
    ///
    /// - Returns: nil when a size is empty, the target exceeds the source, or a cell would be higher than 257 rows or
    ///   hold more than 65,536 pixels.
    public init?(from source: PlaneSize, to target: PlaneSize) {
        guard target.width > 0, target.height > 0, source.width >= target.width, source.height >= target.height,
            source.width <= 1 << 15, source.height <= 1 << 15
        else { return nil }
        let widest = (source.width + target.width - 1) / target.width
        let highest = (source.height + target.height - 1) / target.height
        guard highest <= 257, widest * highest <= 65_536 else { return nil }
        self.source = source
        self.target = target
        columns = (0...target.width).map { $0 * source.width / target.width }
        rows = (0...target.height).map { $0 * source.height / target.height }
        sums = [UInt16](repeating: 0, count: source.width)
        cells = [UInt16](repeating: 0, count: target.width)
    }

    /// Writes the small plane of `plane`, whose rows start `stride` bytes apart.
    ///
    /// - Returns: false, with `small` untouched, when `plane` or `small` is shorter than the sizes ask for.
    @discardableResult
    public mutating func shrink(_ plane: Span<UInt8>, stride: Int, into small: inout MutableSpan<UInt8>) -> Bool {
        let width = source.width
        guard stride >= width, small.count >= target.pixels,
            plane.count >= stride &* (source.height &- 1) &+ width
        else { return false }
        for y in 0..<target.height {
            let first = rows[y]
            let end = rows[y &+ 1]
            // Strictly one row after the other: the processor fetches ahead of one stream of bytes. Several rows at a
            // time need fewer additions, and took twice as long.
            for row in first..<end { addRow(plane, at: row &* stride, replacing: row == first) }
            collect(into: &small, at: y &* target.width, height: end &- first)
        }
        return true
    }

    private mutating func addRow(_ plane: Span<UInt8>, at start: Int, replacing: Bool) {
        let width = source.width
        let a = plane.extracting(start..<start &+ width)
        var sums = self.sums.mutableSpan
        // Known for the whole loop, so that it needs no check of bounds and can be vectorised.
        guard sums.count >= width else { return }
        if replacing {
            for x in 0..<width { sums[x] = UInt16(a[x]) }
        } else {
            for x in 0..<width { sums[x] = sums[x] &+ UInt16(a[x]) }
        }
    }

    /// Adds the column sums of each cell and divides by its pixels.
    private mutating func collect(into small: inout MutableSpan<UInt8>, at start: Int, height: Int) {
        let narrow = source.width / target.width
        guard narrow &* target.width == source.width, let division = SmallDivision(by: narrow &* height) else {
            collectUneven(into: &small, at: start, narrow: narrow, height: height)
            return
        }
        // Taken out of self for the time of its use, which copies nothing.
        var taken: [UInt16] = []
        swap(&taken, &cells)
        defer { swap(&taken, &cells) }
        var cells = taken.mutableSpan
        let sums = self.sums.span
        // A constant width of cells lets the compiler unroll: the usual pictures have one of these.
        switch narrow {
        case 1: Self.addColumns(of: sums, by: 1, into: &cells)
        case 2: Self.addColumns(of: sums, by: 2, into: &cells)
        case 3: Self.addColumns(of: sums, by: 3, into: &cells)
        case 4: Self.addColumns(of: sums, by: 4, into: &cells)
        case 5: Self.addColumns(of: sums, by: 5, into: &cells)
        case 6: Self.addColumns(of: sums, by: 6, into: &cells)
        case 8: Self.addColumns(of: sums, by: 8, into: &cells)
        case 12: Self.addColumns(of: sums, by: 12, into: &cells)
        default: Self.addColumns(of: sums, by: narrow, into: &cells)
        }
        Self.divide(cells.span, by: division, into: &small, at: start)
    }

    /// Adds `count` neighbouring column sums to one.
    @inline(__always)
    private static func addColumns(of sums: Span<UInt16>, by count: Int, into cells: inout MutableSpan<UInt16>) {
        let width = cells.count
        guard sums.count >= count &* width else { return }
        var column = 0
        for x in 0..<width {
            // One check of bounds per cell instead of one per column.
            let part = sums.extracting(column..<column &+ count)
            var sum: UInt16 = 0
            for offset in 0..<count { sum = sum &+ part[offset] }
            cells[x] = sum
            column = column &+ count
        }
    }

    /// A loop of its own, because as such it is vectorised.
    private static func divide(
        _ cells: Span<UInt16>,
        by division: SmallDivision,
        into small: inout MutableSpan<UInt8>,
        at start: Int
    ) {
        guard start >= 0, small.count >= start &+ cells.count else { return }
        let half = division.half
        let factor = UInt32(division.factor)
        let shift = division.shift
        for x in 0..<cells.count {
            let product = UInt32(cells[x] &+ half) &* factor
            small[start &+ x] = UInt8(truncatingIfNeeded: UInt16(truncatingIfNeeded: product &>> 16) &>> shift)
        }
    }

    private func collectUneven(into small: inout MutableSpan<UInt8>, at start: Int, narrow: Int, height: Int) {
        let sums = self.sums.span
        let columns = self.columns.span
        let narrowPixels = UInt64(truncatingIfNeeded: narrow &* height)
        let widePixels = UInt64(truncatingIfNeeded: (narrow &+ 1) &* height)
        let narrowFactor = ((1 << 40) &+ narrowPixels &- 1) / narrowPixels
        let wideFactor = ((1 << 40) &+ widePixels &- 1) / widePixels
        var left = 0
        for x in 0..<target.width {
            let right = columns[x &+ 1]
            var sum: UInt32 = 0
            for column in left..<right { sum = sum &+ UInt32(sums[column]) }
            let isNarrow = right &- left == narrow
            let pixels = isNarrow ? narrowPixels : widePixels
            let factor = isNarrow ? narrowFactor : wideFactor
            small[start &+ x] = UInt8(truncatingIfNeeded: ((UInt64(sum) &+ pixels / 2) &* factor) >> 40)
            left = right
        }
    }
}

/// Division of sums of up to 256 bytes by their number, rounded to the nearest, in 16 bits and without a divider.
struct SmallDivision: Sendable {
    let half: UInt16
    let factor: UInt16
    let shift: UInt16

    /// - Returns: nil where 16 bits don't give the exact quotient of every sum of `count` bytes.
    init?(by count: Int) {
        guard count > 0, count <= 256 else { return nil }
        // floor(s/n) = s * ceil(2^(16+k) / n) >> (16+k), as long as s * (ceil(2^(16+k) / n) * n - 2^(16+k)) < 2^(16+k).
        var shift = 0
        while 2 << shift < count { shift += 1 }
        let power = 1 << (16 + shift)
        let factor = (power + count - 1) / count
        let largest = 255 * count + count / 2
        guard factor <= 65_535, largest <= 65_535, largest * (factor * count - power) < power else { return nil }
        half = UInt16(count / 2)
        self.factor = UInt16(factor)
        self.shift = UInt16(shift)
    }
}
