/// A point in fractions of the picture: (0, 0) is the upper left corner, (1, 1) the lower right one.
package struct PicturePoint: Sendable, Hashable, Codable {
    package var x: Double
    package var y: Double

    package init(x: Double, y: Double) {
        self.x = x
        self.y = y
    }

    package init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        x = try container.decode(Double.self)
        y = try container.decode(Double.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        try container.encode(x)
        try container.encode(y)
    }

    fileprivate func squaredDistance(to other: PicturePoint) -> Double {
        (x - other.x) * (x - other.x) + (y - other.y) * (y - other.y)
    }
}

/// An upright box in fractions of the picture.
package struct PictureBox: Sendable, Hashable, Codable {
    package var x: Double
    package var y: Double
    package var width: Double
    package var height: Double

    package init(x: Double, y: Double, width: Double, height: Double) {
        self.x = x
        self.y = y
        self.width = width
        self.height = height
    }

    /// Intersection over union, 0…1.
    package func overlap(with other: PictureBox) -> Double {
        let w = min(x + width, other.x + other.width) - max(x, other.x)
        let h = min(y + height, other.y + other.height) - max(y, other.y)
        guard w > 0, h > 0 else { return 0 }
        let shared = w * h
        return shared / (width * height + other.width * other.height - shared)
    }
}

/// A closed polygon in fractions of the picture; the last corner joins the first.
package struct PicturePolygon: Sendable, Hashable, Codable {
    package var corners: [PicturePoint]

    package init(_ corners: [PicturePoint]) {
        self.corners = corners
    }

    package init(from decoder: any Decoder) throws {
        corners = try decoder.singleValueContainer().decode([PicturePoint].self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(corners)
    }

    /// Whether its corners span an area at all: not when they lie on one line or in one point.
    package var enclosesArea: Bool {
        guard let first = corners.first,
            let far = corners.max(by: { first.squaredDistance(to: $0) < first.squaredDistance(to: $1) })
        else { return false }
        return corners.contains { corner in
            let cross = (far.x - first.x) * (corner.y - first.y) - (far.y - first.y) * (corner.x - first.x)
            return abs(cross) > 1e-9
        }
    }

    /// Whether `point` lies inside, by the even-odd rule.
    package func contains(_ point: PicturePoint) -> Bool {
        var inside = false
        var previous = corners.count - 1
        for current in corners.indices {
            let a = corners[current]
            let b = corners[previous]
            if (a.y > point.y) != (b.y > point.y),
                point.x < (b.x - a.x) * (point.y - a.y) / (b.y - a.y) + a.x
            {
                inside.toggle()
            }
            previous = current
        }
        return inside
    }
}
