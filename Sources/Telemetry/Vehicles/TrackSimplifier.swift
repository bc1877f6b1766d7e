import Domain

/// Leaves out positions that a drawn line doesn't need (Ramer–Douglas–Peucker); what is stored stays whole.
enum TrackSimplifier {
    /// The positions that draw the same line within `metres`; first and last stay.
    static func simplified(_ track: [VehiclePosition], within metres: Double) -> [VehiclePosition] {
        guard track.count > 2, let origin = track.first?.point else { return track }
        let plane = LocalPlane(origin: origin)
        let places = track.map { plane.place($0.point) }
        var keeps = [Bool](repeating: false, count: track.count)
        keeps[0] = true
        keeps[track.count - 1] = true
        var open = [0..<track.count - 1]
        while let range = open.popLast() {
            var (furthest, at) = (metres, -1)
            for index in range.dropFirst() {
                let (a, b) = (places[range.lowerBound], places[range.upperBound])
                let away = LocalPlane.distance(places[index], from: a, to: b)
                if away.metres > furthest { (furthest, at) = (away.metres, index) }
            }
            guard at >= 0 else { continue }
            keeps[at] = true
            open.append(range.lowerBound..<at)
            open.append(at..<range.upperBound)
        }
        return zip(track, keeps).filter(\.1).map(\.0)
    }
}
