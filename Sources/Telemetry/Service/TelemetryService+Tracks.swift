package import Domain
import Store

/// Tracks as a whole: for drawing, and for what they prove.
extension TelemetryService {
    /// Positions read for one answer.
    static let maximumPositions = 200_000

    /// The positions of `from...to` without those within `metres` of the line that the others draw; at most 5000.
    package func simplifiedTrack(vehicleId: String, from: WallTime, to: WallTime, within metres: Double) async throws
        -> [PositionItem]
    {
        let track = try await wholeTrack(vehicleId, from: from, to: to).filter { $0.quality != .jump }
        var tolerance = metres
        var line = TrackSimplifier.simplified(track, within: tolerance)
        while line.count > 5000 {
            tolerance *= 2
            line = TrackSimplifier.simplified(line, within: tolerance)
        }
        return line.map(PositionItem.init)
    }

    /// A vehicle's positions of `from...to` as CSV (RFC 4180, UTF-8), oldest first; at most 200,000 rows.
    package func table(vehicleId: String, from: WallTime, to: WallTime) async throws -> [UInt8] {
        var text = "occurredAt,receivedAt,lat,lon,speedKmh,heading,altitudeMetres,mileageKm,ignition,quality,datum\r\n"
        for position in try await wholeTrack(vehicleId, from: from, to: to) {
            let numbers = [
                position.point.lat, position.point.lon, position.speedKmh, position.heading, position.altitudeMetres,
                position.mileageKm,
            ].map { number in number.map { "\($0)" } ?? "" }
            let words = [position.ignition.map { "\($0)" } ?? "", position.quality.name, position.datum.name]
            let row = [position.occurredAt.rfc3339, position.receivedAt.rfc3339] + numbers + words
            text += row.joined(separator: ",") + "\r\n"
        }
        return Array(text.utf8)
    }

    /// What a plan's vehicles did of it in `from...to`.
    package func coverage(of plan: CoveragePlan, from: WallTime, to: WallTime) async throws -> Coverage {
        var tracks: [String: [VehiclePosition]] = [:]
        for vehicle in plan.vehicles { tracks[vehicle] = try await wholeTrack(vehicle, from: from, to: to) }
        return Coverage(plan: plan, tracks: tracks)
    }

    private func wholeTrack(_ vehicleId: String, from: WallTime, to: WallTime) async throws -> [VehiclePosition] {
        var track: [VehiclePosition] = []
        var cursor: String?
        repeat {
            let page = try await positions(
                vehicleId: vehicleId,
                from: from,
                to: to,
                page: PageRequest(limit: 1000, cursor: cursor)
            )
            track += page.items
            cursor = page.next
        } while cursor != nil && track.count < Self.maximumPositions
        return track
    }
}
