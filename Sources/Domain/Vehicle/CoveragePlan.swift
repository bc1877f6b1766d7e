/// What is to be swept or collected: streets, and bins beside them.
package struct CoveragePlan: Sendable, Hashable, Codable {
    /// A street section.
    package struct Section: Sendable, Hashable, Codable {
        package var name: String
        package var line: [GeoPoint]

        package init(name: String, line: [GeoPoint]) {
            self.name = name
            self.line = line
        }
    }

    /// A bin to be emptied.
    package struct Bin: Sendable, Hashable, Codable {
        package var id: String
        package var position: GeoPoint

        package init(id: String, position: GeoPoint) {
            self.id = id
            self.position = position
        }
    }

    package var id: String
    package var name: String?
    /// Who may do it; each one's track counts.
    package var vehicles: [String]
    package var sections: [Section]
    package var bins: [Bin]
    /// How far from the line (or the bin) a vehicle may be, in metres.
    package var withinMetres: Double
    /// What is faster than this has driven past, not swept.
    package var maximumKmh: Double
    /// The share of a section that has to be covered, 0...1.
    package var share: Double
    /// An area to be walked cell by cell: a collector's duty grid.
    package var area: GeoArea?
    /// The side of such a cell in metres; a unit grid cell has about 10,000 m².
    package var cellMetres = 100.0
    /// The hours of each round: what is missing at their end is an alarm. Nil for no alarms.
    package var schedule: WeeklySchedule?
    package var classCode: String?

    package init(
        id: String,
        name: String? = nil,
        vehicles: [String],
        sections: [Section] = [],
        bins: [Bin] = [],
        withinMetres: Double = 20,
        maximumKmh: Double = 25,
        share: Double = 0.9
    ) {
        self.id = id
        self.name = name
        self.vehicles = vehicles
        self.sections = sections
        self.bins = bins
        self.withinMetres = withinMetres
        self.maximumKmh = maximumKmh
        self.share = share
    }
}
