/// Width and height of a luma plane, in pixels.
public struct PlaneSize: Sendable, Hashable {
    /// Pixels in a row.
    public var width: Int
    /// Rows.
    public var height: Int

    /// Pixels in the plane.
    public var pixels: Int { width &* height }

    /// A size in pixels.
    public init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    /// This size scaled down so that its longer side is at most `longest` pixels, keeping the proportions to the
    /// nearest pixel. A plane that is small already keeps its size.
    public func fitting(longest: Int) -> PlaneSize {
        let side = max(width, height)
        guard side > longest, longest > 0 else { return self }
        return PlaneSize(
            width: max(1, (width * longest + side / 2) / side),
            height: max(1, (height * longest + side / 2) / side)
        )
    }
}
