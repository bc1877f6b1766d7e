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
        rowSums = [UInt8](repeating: 0, count: max(0, size.pixels))
    }

    /// Filters `mask` (0 or 1 per pixel) in place.
    public mutating func vote(_ mask: inout MutableSpan<UInt8>, votes: UInt8 = 5) {
        let width = size.width
        let height = size.height
        guard mask.count >= size.pixels, width > 0, height > 0 else { return }
        guard self.rowSums.count >= size.pixels else { return }
        var rowSums = self.rowSums.mutableSpan
        for y in 0..<height {
            let row = y &* width
            var before: UInt8 = 0
            var here = mask[row]
            for x in 0..<width {
                let after: UInt8 = x &+ 1 < width ? mask[row &+ x &+ 1] : 0
                rowSums[row &+ x] = before &+ here &+ after
                before = here
                here = after
            }
        }
        for y in 0..<height {
            let row = y &* width
            let above = y > 0 ? row &- width : -1
            let below = y &+ 1 < height ? row &+ width : -1
            for x in 0..<width {
                var sum = rowSums[row &+ x]
                if above >= 0 { sum = sum &+ rowSums[above &+ x] }
                if below >= 0 { sum = sum &+ rowSums[below &+ x] }
                mask[row &+ x] = sum >= votes ? 1 : 0
            }
        }
    }
}
