#if canImport(Glibc)
    import Glibc
#endif

/// What the numbers of a position mean. Everything inside is WGS-84; conversion happens once, where data comes in or
/// goes out.
package enum GeoDatum: String, Sendable, Hashable, Codable, CaseIterable {
    case wgs84
    /// China's geodetic system: within centimetres of WGS-84, so the same numbers.
    case cgcs2000
    /// The offset system of China's public maps.
    case gcj02
    /// GCJ-02 with Baidu's further offset.
    case bd09
}

/// A position as it came from outside, with the system that its numbers are in. The only way to a `GeoPoint` converts.
package struct DatumPoint: Sendable, Hashable {
    package var lat: Double
    package var lon: Double
    package var datum: GeoDatum

    package init(lat: Double, lon: Double, datum: GeoDatum) {
        self.lat = lat
        self.lon = lon
        self.datum = datum
    }

    /// A WGS-84 position in the numbers of another system.
    package init(_ point: GeoPoint, in datum: GeoDatum) {
        self.datum = datum
        switch datum {
        case .wgs84, .cgcs2000: (lat, lon) = (point.lat, point.lon)
        case .gcj02: (lat, lon) = Self.shifted(point.lat, point.lon)
        case .bd09:
            let middle = Self.shifted(point.lat, point.lon)
            (lat, lon) = Self.baidu(middle.lat, middle.lon)
        }
    }

    /// The position in WGS-84.
    package var point: GeoPoint {
        switch datum {
        case .wgs84, .cgcs2000: return GeoPoint(lat: lat, lon: lon)
        case .gcj02: return GeoPoint(Self.inverse(lat, lon, of: Self.shifted))
        case .bd09:
            let middle = Self.inverse(lat, lon, of: Self.baidu)
            return GeoPoint(Self.inverse(middle.lat, middle.lon, of: Self.shifted))
        }
    }

    private typealias Pair = (lat: Double, lon: Double)

    /// Finds what `forward` maps to a position: each step takes off what is still missing. The offsets change by less
    /// than a thousandth of the way, so that a few steps reach the end of the numbers.
    private static func inverse(_ lat: Double, _ lon: Double, of forward: (Double, Double) -> Pair) -> Pair {
        var guess = (lat: lat, lon: lon)
        for _ in 0..<12 {
            let there = forward(guess.lat, guess.lon)
            guess = (guess.lat + lat - there.lat, guess.lon + lon - there.lon)
            if abs(there.lat - lat) < 1e-11, abs(there.lon - lon) < 1e-11 { break }
        }
        return guess
    }

    /// GCJ-02 from WGS-84, as the published reverse engineering of it has it (googollee/eviltransform): on the ellipsoid
    /// of Krasovsky, and only within a box around China.
    private static func shifted(_ lat: Double, _ lon: Double) -> Pair {
        guard (72.004...137.8347).contains(lon), (0.8293...55.8271).contains(lat) else { return (lat, lon) }
        let x = lon - 105
        let y = lat - 35
        let root = abs(x).squareRoot()
        let wave = (20 * sin(6 * x * .pi) + 20 * sin(2 * x * .pi)) * 2 / 3
        var north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + wave
        north += (20 * sin(y * .pi) + 40 * sin(y / 3 * .pi)) * 2 / 3
        north += (160 * sin(y / 12 * .pi) + 320 * sin(y * .pi / 30)) * 2 / 3
        var east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + wave
        east += (20 * sin(x * .pi) + 40 * sin(x / 3 * .pi)) * 2 / 3
        east += (150 * sin(x / 12 * .pi) + 300 * sin(x / 30 * .pi)) * 2 / 3
        let axis = 6_378_245.0
        let eccentricity = 0.00669342162296594323
        let angle = lat * .pi / 180
        let magic = 1 - eccentricity * sin(angle) * sin(angle)
        let meridian = axis * (1 - eccentricity) / (magic * magic.squareRoot())
        return (
            lat + north * 180 / (meridian * .pi),
            lon + east * 180 / (axis / magic.squareRoot() * cos(angle) * .pi)
        )
    }

    /// BD-09 from GCJ-02.
    private static func baidu(_ lat: Double, _ lon: Double) -> Pair {
        let turn = Double.pi * 3000 / 180
        let distance = (lon * lon + lat * lat).squareRoot() + 0.00002 * sin(lat * turn)
        let angle = atan2(lat, lon) + 0.000003 * cos(lon * turn)
        return (distance * sin(angle) + 0.006, distance * cos(angle) + 0.0065)
    }
}

extension GeoPoint {
    fileprivate init(_ pair: (lat: Double, lon: Double)) {
        self.init(lat: pair.lat, lon: pair.lon)
    }
}
