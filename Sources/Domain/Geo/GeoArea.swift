/// A part of the city: a polygon, or a circle.
package struct GeoArea: Sendable, Hashable, Codable {
    package enum Shape: Sendable, Hashable, Codable {
        case polygon([GeoPoint])
        case circle(centre: GeoPoint, metres: Double)
    }

    package var id: String
    package var name: String?
    package var shape: Shape

    package init(id: String, name: String? = nil, shape: Shape) {
        self.id = id
        self.name = name
        self.shape = shape
    }

    /// Metres from the area's edge: negative inside, positive outside.
    package func edgeDistance(_ point: GeoPoint) -> Double {
        switch shape {
        case .circle(let centre, let metres): return centre.distance(to: point) - metres
        case .polygon(let corners):
            let plane = LocalPlane(origin: point)
            let places = corners.map(plane.place)
            let here = LocalPlane.Place(x: 0, y: 0)
            var nearest = Double.infinity
            var isInside = false
            var previous = places.count - 1
            for current in places.indices {
                let (a, b) = (places[current], places[previous])
                nearest = min(nearest, LocalPlane.distance(here, from: a, to: b).metres)
                // Even-odd rule.
                if (a.y > 0) != (b.y > 0), 0 < (b.x - a.x) * (0 - a.y) / (b.y - a.y) + a.x { isInside.toggle() }
                previous = current
            }
            return isInside ? -nearest : nearest
        }
    }
}

/// A way through the city: what a truck is to drive, a sweeper to sweep.
package struct GeoRoute: Sendable, Hashable, Codable {
    package var id: String
    package var name: String?
    package var line: [GeoPoint]

    package init(id: String, name: String? = nil, line: [GeoPoint]) {
        self.id = id
        self.name = name
        self.line = line
    }

    /// Metres from the route; infinite where it has no points.
    package func distance(_ point: GeoPoint) -> Double {
        let plane = LocalPlane(origin: point)
        let here = LocalPlane.Place(x: 0, y: 0)
        let places = line.map(plane.place)
        guard places.count > 1 else { return line.first?.distance(to: point) ?? .infinity }
        return zip(places, places.dropFirst()).map { LocalPlane.distance(here, from: $0, to: $1).metres }.min()
            ?? .infinity
    }
}
