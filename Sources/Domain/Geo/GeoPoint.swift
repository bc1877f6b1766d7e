#if canImport(Glibc)
    import Glibc
#endif

/// A position in WGS-84 degrees.
package struct GeoPoint: Sendable, Hashable, Codable {
    /// Latitude in degrees, −90…90.
    package var lat: Double
    /// Longitude in degrees, −180…180.
    package var lon: Double

    package init(lat: Double, lon: Double) {
        self.lat = lat
        self.lon = lon
    }

    /// Whether both numbers are finite and on the globe.
    package var isValid: Bool {
        lat.isFinite && lon.isFinite && abs(lat) <= 90 && abs(lon) <= 180
    }

    /// The great-circle distance in metres (haversine on a sphere of radius 6,371,008.8 m, the IUGG mean radius).
    package func distance(to other: GeoPoint) -> Double {
        let toRadians = Double.pi / 180
        let dLat = (other.lat - lat) * toRadians
        let dLon = (other.lon - lon) * toRadians
        let a =
            sin(dLat / 2) * sin(dLat / 2)
            + cos(lat * toRadians) * cos(other.lat * toRadians) * sin(dLon / 2) * sin(dLon / 2)
        return 2 * 6_371_008.8 * asin(min(1, a.squareRoot()))
    }
}
