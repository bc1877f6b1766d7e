package import Domain

/// The places of a site, found by their names and by their position.
package struct Gazetteer: Sendable {
    /// A place that a search has found.
    package struct Hit: Sendable, Hashable {
        package var title: String
        package var kind: Place.Kind
        package var point: GeoPoint
        /// 1 for the name itself, less the more differs.
        package var score: Double
    }

    /// In the order of the file.
    package let places: [Place]
    /// Roads with their lines, addresses on them, junctions.
    let streets: StreetMap
    /// What can be found by name: places and the junctions of roads.
    private let entries: [Entry]
    private let index: NameIndex

    private struct Entry: Sendable {
        var title: String
        var kind: Place.Kind
        var point: GeoPoint
        var names: [PlaceName]
    }

    package init(_ places: [Place] = []) {
        self.places = places
        streets = StreetMap(places)
        var named: [(title: String, kind: Place.Kind, point: GeoPoint, other: String?)] = places.compactMap { place in
            guard !place.points.isEmpty else { return nil }
            let swapped = place.kind == .junction ? place.other.map { Place.junctionTitle($0, place.name) } : nil
            return (place.title, place.kind, place.points[place.points.count / 2], swapped)
        }
        for junction in streets.junctions {
            let title = Place.junctionTitle(junction.first, junction.second)
            named.append((title, .junction, junction.point, Place.junctionTitle(junction.second, junction.first)))
        }
        let titles = PlaceName.all(named.map(\.title))
        let others = PlaceName.all(named.map { $0.other ?? "" })
        entries = named.indices.map { index in
            let place = named[index]
            let names = place.other == nil ? [titles[index]] : [titles[index], others[index]]
            return Entry(title: place.title, kind: place.kind, point: place.point, names: names)
        }
        index = NameIndex(entries.map(\.names))
    }

    /// Finds places by what somebody has typed: characters, pinyin, or either with mistakes.
    ///
    /// - Returns: the best first, at most `most`; none that has little in common with the text.
    package func search(_ text: String, most: Int = 10) -> [Hit] {
        let wanted = PlaceName(text)
        guard !wanted.text.isEmpty else { return [] }
        var hits: [Hit] = []
        for candidate in index.candidates(wanted) {
            let entry = entries[candidate]
            let score = entry.names.map { NameMatch.score(wanted, $0) }.max() ?? 0
            guard score > 0.5 else { continue }
            hits.append(Hit(title: entry.title, kind: entry.kind, point: entry.point, score: score))
        }
        // Numbers between known ones of a road.
        if let between = streets.interpolated(text) { hits.append(between) }
        var seen: Set<String> = []
        return Array(
            hits.sorted { ($0.score, $1.title.count) > ($1.score, $0.title.count) }
                .filter { seen.insert($0.title).inserted }.prefix(most)
        )
    }

    /// Where a position is, in words; nil where nothing is near.
    package func text(at point: GeoPoint) -> String? { streets.text(at: point) }
}
