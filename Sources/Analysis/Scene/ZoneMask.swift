import Domain
import FrameKernels

/// A zone's polygon on the small plane: 1 for pixels whose centre lies inside.
struct ZoneMask {
    let pixels: [UInt8]
    /// Pixels inside.
    let area: Int

    init(_ polygon: PicturePolygon, size: PlaneSize) {
        var pixels = [UInt8](repeating: 0, count: size.pixels)
        var area = 0
        for y in 0..<size.height {
            for x in 0..<size.width {
                let centre = PicturePoint(
                    x: (Double(x) + 0.5) / Double(size.width),
                    y: (Double(y) + 0.5) / Double(size.height)
                )
                if polygon.contains(centre) {
                    pixels[y * size.width + x] = 1
                    area += 1
                }
            }
        }
        self.pixels = pixels
        self.area = area
    }
}
