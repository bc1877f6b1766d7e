package import Domain
import GRDB

/// Positions of vehicles as they came, by the device's time.
package struct TrackRepository: Sendable {
    private let database: Database

    package init(_ series: SeriesDatabase) {
        database = series.database
    }

    /// A vehicle's positions that occurred in `from...to`, oldest first.
    package func track(
        vehicleId: String,
        from: WallTime,
        to: WallTime,
        page: PageRequest
    ) async throws -> Page<VehiclePosition> {
        let place = SeriesPlace(page.after, from: from)
        let rows = try await database.read { connection in
            try Row.fetchAll(
                connection,
                sql: """
                    SELECT * FROM position
                    WHERE source = (SELECT ref FROM source WHERE name = ?) AND occurred_at BETWEEN ? AND ?
                    ORDER BY occurred_at, lat, lon LIMIT ? OFFSET ?
                    """,
                arguments: [
                    vehicleId, place.from.microseconds, to.microseconds, page.limit + 1, place.given,
                ]
            ).map { Self.position($0, vehicleId: vehicleId) }
        }
        return place.page(rows, limit: page.limit) { $0.occurredAt }
    }

    /// The newest position (by the device's time) of each vehicle that has one.
    package func last() async throws -> [String: VehiclePosition] {
        try await database.read { connection in
            let rows = try Row.fetchAll(
                connection,
                sql: """
                    SELECT name, position.* FROM source JOIN position ON position.source = source.ref
                    AND occurred_at = (SELECT max(occurred_at) FROM position AS p WHERE p.source = source.ref)
                    """
            )
            var last: [String: VehiclePosition] = [:]
            for row in rows {
                let name: String = row["name"]
                last[name] = Self.position(row, vehicleId: name)
            }
            return last
        }
    }

    private static func position(_ row: Row, vehicleId: String) -> VehiclePosition {
        var position = VehiclePosition(
            vehicleId: vehicleId,
            occurredAt: row.time("occurred_at"),
            receivedAt: row.time("received_at"),
            point: GeoPoint(lat: row["lat"], lon: row["lon"]),
            speedKmh: row["speed_kmh"],
            heading: row["heading"],
            timeIsArrival: row["time_is_arrival"]
        )
        position.altitudeMetres = row["altitude_m"]
        position.mileageKm = row["mileage_km"]
        position.ignition = row["ignition"]
        position.quality = VehiclePosition.Quality(rawValue: row["quality"]) ?? .good
        position.datum = Datum(rawValue: row["datum"]) ?? .wgs84
        return position
    }
}
