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
