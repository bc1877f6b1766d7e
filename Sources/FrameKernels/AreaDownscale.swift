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
            var row = rows[y]
            let end = rows[y &+ 1]
            let height = end &- row
            // Rows are taken six, four or two at a time: one store of a sum for as many loads of pixels.
            var first = true
            while row &+ 6 <= end {
                addSix(plane, at: row &* stride, stride: stride, replacing: first)
                first = false
                row &+= 6
            }
            while row &+ 4 <= end {
                addFour(plane, at: row &* stride, stride: stride, replacing: first)
                first = false
                row &+= 4
            }
            while row &+ 2 <= end {
                addTwo(plane, at: row &* stride, stride: stride, replacing: first)
                first = false
                row &+= 2
            }
            while row < end {
                addOne(plane, at: row &* stride, replacing: first)
                first = false
                row &+= 1
            }
            collect(into: &small, at: y &* target.width, height: height)
        }
        return true
    }

    private mutating func addSix(_ plane: Span<UInt8>, at start: Int, stride: Int, replacing: Bool) {
        let width = source.width
        let a = plane.extracting(start..<start &+ width)
        let b = plane.extracting(start &+ stride..<start &+ stride &+ width)
        let c = plane.extracting(start &+ 2 &* stride..<start &+ 2 &* stride &+ width)
        let d = plane.extracting(start &+ 3 &* stride..<start &+ 3 &* stride &+ width)
        let e = plane.extracting(start &+ 4 &* stride..<start &+ 4 &* stride &+ width)
        let f = plane.extracting(start &+ 5 &* stride..<start &+ 5 &* stride &+ width)
        var sums = self.sums.mutableSpan
        // Known for the whole loop, so that it needs no check of bounds and can be vectorised.
        guard sums.count >= width else { return }
        if replacing {
            for x in 0..<width {
                sums[x] = UInt16(a[x]) &+ UInt16(b[x]) &+ UInt16(c[x]) &+ UInt16(d[x]) &+ UInt16(e[x]) &+ UInt16(f[x])
            }
        } else {
            for x in 0..<width {
                sums[x] =
                    sums[x] &+ UInt16(a[x]) &+ UInt16(b[x]) &+ UInt16(c[x]) &+ UInt16(d[x]) &+ UInt16(e[x])
                    &+ UInt16(f[x])
            }
        }
    }

    private mutating func addFour(_ plane: Span<UInt8>, at start: Int, stride: Int, replacing: Bool) {
        let width = source.width
        let a = plane.extracting(start..<start &+ width)
        let b = plane.extracting(start &+ stride..<start &+ stride &+ width)
        let c = plane.extracting(start &+ 2 &* stride..<start &+ 2 &* stride &+ width)
        let d = plane.extracting(start &+ 3 &* stride..<start &+ 3 &* stride &+ width)
        var sums = self.sums.mutableSpan
        // Known for the whole loop, so that it needs no check of bounds and can be vectorised.
        guard sums.count >= width else { return }
        if replacing {
            for x in 0..<width { sums[x] = UInt16(a[x]) &+ UInt16(b[x]) &+ UInt16(c[x]) &+ UInt16(d[x]) }
        } else {
            for x in 0..<width {
                sums[x] = sums[x] &+ UInt16(a[x]) &+ UInt16(b[x]) &+ UInt16(c[x]) &+ UInt16(d[x])
            }
        }
    }

    private mutating func addTwo(_ plane: Span<UInt8>, at start: Int, stride: Int, replacing: Bool) {
        let width = source.width
        let a = plane.extracting(start..<start &+ width)
        let b = plane.extracting(start &+ stride..<start &+ stride &+ width)
        var sums = self.sums.mutableSpan
        // Known for the whole loop, so that it needs no check of bounds and can be vectorised.
        guard sums.count >= width else { return }
        if replacing {
            for x in 0..<width { sums[x] = UInt16(a[x]) &+ UInt16(b[x]) }
        } else {
            for x in 0..<width { sums[x] = sums[x] &+ UInt16(a[x]) &+ UInt16(b[x]) }
        }
    }

    private mutating func addOne(_ plane: Span<UInt8>, at start: Int, replacing: Bool) {
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

    /// Adds the column sums of each cell and divides by its pixels, by a reciprocal that is exact for these ranges:
    /// with at most 2^16 pixels a sum is below 2^24, and `(sum + n/2) * ceil(2^40 / n) >> 40` is the quotient.
    private func collect(into small: inout MutableSpan<UInt8>, at start: Int, height: Int) {
        let narrow = source.width / target.width
        guard narrow &* target.width == source.width else {
            collectUneven(into: &small, at: start, narrow: narrow, height: height)
            return
        }
        // A constant width of cells lets the compiler unroll: the usual pictures have one of these.
        switch narrow {
        case 1: collectEven(1, into: &small, at: start, height: height)
        case 2: collectEven(2, into: &small, at: start, height: height)
        case 3: collectEven(3, into: &small, at: start, height: height)
        case 4: collectEven(4, into: &small, at: start, height: height)
        case 6: collectEven(6, into: &small, at: start, height: height)
        case 8: collectEven(8, into: &small, at: start, height: height)
        case 12: collectEven(12, into: &small, at: start, height: height)
        default: collectEven(narrow, into: &small, at: start, height: height)
        }
    }

    @inline(__always)
    private func collectEven(_ cell: Int, into small: inout MutableSpan<UInt8>, at start: Int, height: Int) {
        let width = target.width
        let sums = self.sums.span.extracting(0..<cell &* width)
        let pixels = UInt64(truncatingIfNeeded: cell &* height)
        let factor = ((1 << 40) &+ pixels &- 1) / pixels
        let half = pixels / 2
        guard start >= 0, small.count >= start &+ width else { return }
        var column = 0
        for x in start..<start &+ width {
            var sum: UInt32 = 0
            // One check of bounds per cell instead of one per column.
            let part = sums.extracting(column..<column &+ cell)
            for offset in 0..<cell { sum = sum &+ UInt32(part[offset]) }
            column = column &+ cell
            small[x] = UInt8(truncatingIfNeeded: ((UInt64(sum) &+ half) &* factor) >> 40)
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
