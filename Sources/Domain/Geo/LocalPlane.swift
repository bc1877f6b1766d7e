#if canImport(Glibc)
    import Glibc
#endif

/// Metres east and north of a point: exact enough within some tens of kilometres of it (equirectangular).
package struct LocalPlane: Sendable {
    /// A place in metres from the origin.
    package struct Place: Sendable, Hashable {
        package var x: Double
        package var y: Double

        package init(x: Double, y: Double) {
            self.x = x
            self.y = y
        }
    }

    private static let metresPerDegree = 6_371_008.8 * Double.pi / 180

    package let origin: GeoPoint
    private let eastPerDegree: Double

    package init(origin: GeoPoint) {
        self.origin = origin
        eastPerDegree = Self.metresPerDegree * cos(origin.lat * .pi / 180)
    }

    package func place(_ point: GeoPoint) -> Place {
        Place(x: (point.lon - origin.lon) * eastPerDegree, y: (point.lat - origin.lat) * Self.metresPerDegree)
    }

    package func point(_ place: Place) -> GeoPoint {
        GeoPoint(lat: origin.lat + place.y / Self.metresPerDegree, lon: origin.lon + place.x / eastPerDegree)
    }

    /// Metres from `place` to the straight line from `a` to `b`, and how far along it (0...1) the nearest point is.
    package static func distance(_ place: Place, from a: Place, to b: Place) -> (metres: Double, along: Double) {
        let (dx, dy) = (b.x - a.x, b.y - a.y)
        let length = dx * dx + dy * dy
        let along = length > 0 ? min(1, max(0, ((place.x - a.x) * dx + (place.y - a.y) * dy) / length)) : 0
        let (ex, ey) = (place.x - a.x - along * dx, place.y - a.y - along * dy)
        return ((ex * ex + ey * ey).squareRoot(), along)
    }
}
