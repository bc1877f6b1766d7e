#if canImport(Glibc)
    import Glibc
#endif

/// The coordinates that a position arrives in. Inside everything is WGS-84; what comes in another datum is converted
/// once, where it comes in, and keeps a mark of it.
///
/// GCJ-02 ("Mars coordinates") is WGS-84 with an offset of some hundred metres within mainland China; BD-09 adds one
/// more to it. The formulas are those that are publicly known (eviltransform and others); no official text gives them.
package enum Datum: Int, Sendable, Hashable, Codable, CaseIterable {
    case wgs84 = 0
    case gcj02 = 1
    case bd09 = 2

    /// The word for it in the site file and the API.
    package var name: String {
        switch self {
        case .wgs84: "wgs84"
        case .gcj02: "gcj02"
        case .bd09: "bd09"
        }
    }

    /// A position of this datum in WGS-84, to within a centimetre.
    package func toWGS84(_ point: GeoPoint) -> GeoPoint {
        switch self {
        case .wgs84: point
        case .gcj02: Self.undoGCJ02(point)
        case .bd09: Self.undoGCJ02(Self.undoBD09(point))
        }
    }

    /// A WGS-84 position in this datum.
    package func fromWGS84(_ point: GeoPoint) -> GeoPoint {
        switch self {
        case .wgs84: point
        case .gcj02: Self.gcj02(point)
        case .bd09: Self.bd09(Self.gcj02(point))
        }
    }

    /// Outside this box there is no offset.
    private static func isInChina(_ point: GeoPoint) -> Bool {
        (72.004...137.8347).contains(point.lon) && (0.8293...55.8271).contains(point.lat)
    }

    /// Krasovsky 1940.
    private static let axis = 6_378_245.0
    private static let eccentricity = 0.006_693_421_622_965_943_23

    private static func gcj02(_ point: GeoPoint) -> GeoPoint {
        guard isInChina(point) else { return point }
        let (x, y) = (point.lon - 105, point.lat - 35)
        let root = abs(x).squareRoot()
        let waves = (20 * sin(6 * x * .pi) + 20 * sin(2 * x * .pi)) * 2 / 3
        var dLat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + waves
        dLat += (20 * sin(y * .pi) + 40 * sin(y / 3 * .pi)) * 2 / 3
        dLat += (160 * sin(y / 12 * .pi) + 320 * sin(y * .pi / 30)) * 2 / 3
        var dLon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + waves
        dLon += (20 * sin(x * .pi) + 40 * sin(x / 3 * .pi)) * 2 / 3
        dLon += (150 * sin(x / 12 * .pi) + 300 * sin(x / 30 * .pi)) * 2 / 3
        let angle = point.lat / 180 * .pi
        let magic = 1 - eccentricity * sin(angle) * sin(angle)
        dLat = dLat * 180 / (axis * (1 - eccentricity) / (magic * magic.squareRoot()) * .pi)
        dLon = dLon * 180 / (axis / magic.squareRoot() * cos(angle) * .pi)
        return GeoPoint(lat: point.lat + dLat, lon: point.lon + dLon)
    }

    /// The formula has no inverse in closed form: five steps of a fixed-point iteration come closer than a millimetre.
    private static func undoGCJ02(_ point: GeoPoint) -> GeoPoint {
        guard isInChina(point) else { return point }
        var guess = point
        for _ in 0..<5 {
            let moved = gcj02(guess)
            guess = GeoPoint(lat: guess.lat - (moved.lat - point.lat), lon: guess.lon - (moved.lon - point.lon))
        }
        return guess
    }

    private static let turn = Double.pi * 3000 / 180

    private static func bd09(_ point: GeoPoint) -> GeoPoint {
        guard isInChina(point) else { return point }
        let z = (point.lon * point.lon + point.lat * point.lat).squareRoot() + 0.00002 * sin(point.lat * turn)
        let theta = atan2(point.lat, point.lon) + 0.000003 * cos(point.lon * turn)
        return GeoPoint(lat: z * sin(theta) + 0.006, lon: z * cos(theta) + 0.0065)
    }

    private static func undoBD09(_ point: GeoPoint) -> GeoPoint {
        guard isInChina(point) else { return point }
        var guess = GeoPoint(lat: point.lat - 0.006, lon: point.lon - 0.0065)
        for _ in 0..<5 {
            let moved = bd09(guess)
            guess = GeoPoint(lat: guess.lat - (moved.lat - point.lat), lon: guess.lon - (moved.lon - point.lon))
        }
        return guess
    }
}
