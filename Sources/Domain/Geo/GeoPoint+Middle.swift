extension GeoPoint {
    /// The middle of some points that lie close together; nil of none.
    package static func middle(of points: [GeoPoint]) -> GeoPoint? {
        guard !points.isEmpty else { return nil }
        let count = Double(points.count)
        return GeoPoint(
            lat: points.reduce(0) { $0 + $1.lat } / count,
            lon: points.reduce(0) { $0 + $1.lon } / count
        )
    }
}
