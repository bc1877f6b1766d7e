/// Where a collector was, by the phone.
package struct FieldPosition: Sendable, Hashable, Codable {
    package var at: WallTime
    package var point: GeoPoint
    /// Metres that the phone says it may be off.
    package var accuracyMetres: Double?

    package init(at: WallTime, point: GeoPoint, accuracyMetres: Double? = nil) {
        self.at = at
        self.point = point
        self.accuracyMetres = accuracyMetres
    }
}
