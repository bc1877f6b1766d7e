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
        for y in 0..<height {
            let row = y &* width
            for x in 0..<width {
                var sum = mask[row &+ x]
                if x > 0 { sum = sum &+ mask[row &+ x &- 1] }
                if x &+ 1 < width { sum = sum &+ mask[row &+ x &+ 1] }
                rowSums[row &+ x] = sum
            }
        }
        for y in 0..<height {
            let row = y &* width
            for x in 0..<width {
                var sum = rowSums[row &+ x]
                if y > 0 { sum = sum &+ rowSums[row &+ x &- width] }
                if y &+ 1 < height { sum = sum &+ rowSums[row &+ x &+ width] }
                mask[row &+ x] = sum >= votes ? 1 : 0
            }
        }
    }
}
