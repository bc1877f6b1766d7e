/// Cleans a mask: a pixel is set when at least `votes` of the nine pixels around it (itself included) are.
///
/// Five votes take away single pixels and thin lines and close pinholes. Pixels outside the plane count as not set.
public struct MaskFilter: Sendable {
    /// Size of the masks it takes.
    public let size: PlaneSize
    private var rowSums: [UInt8]

    /// Prepares for masks of one size.
    public init(size: PlaneSize) {
        self.size = size
        // With an empty row above and below.
        rowSums = [UInt8](repeating: 0, count: max(0, size.width) * (max(0, size.height) + 2))
    }

    /// Filters `mask` (0 or 1 per pixel) in place.
    public mutating func vote(_ mask: inout MutableSpan<UInt8>, votes: UInt8 = 5) {
        let width = size.width
        let height = size.height
        guard mask.count >= size.pixels, width > 0, height > 0, rowSums.count >= width &* (height &+ 2) else { return }
        do {
            var sums = rowSums.mutableSpan
            let pixels = mask.span
            for y in 0..<height {
                let row = pixels.extracting(y &* width..<(y &+ 1) &* width)
                let start = (y &+ 1) &* width
                guard start &+ width <= sums.count, row.count == width else { return }
                for x in 0..<width { sums[start &+ x] = row[x] }
                let last = width &- 1
                for x in 0..<last { sums[start &+ x] = sums[start &+ x] &+ row[x &+ 1] }
                for x in 0..<last { sums[start &+ 1 &+ x] = sums[start &+ 1 &+ x] &+ row[x] }
            }
        }
        let sums = rowSums.span
        for y in 0..<height {
            let above = sums.extracting(y &* width..<(y &+ 1) &* width)
            let here = sums.extracting((y &+ 1) &* width..<(y &+ 2) &* width)
            let below = sums.extracting((y &+ 2) &* width..<(y &+ 3) &* width)
            let start = y &* width
            guard start &+ width <= mask.count, above.count == width, here.count == width, below.count == width
            else { return }
            for x in 0..<width { mask[start &+ x] = above[x] &+ here[x] &+ below[x] >= votes ? 1 : 0 }
        }
    }
}
