package import Domain

/// Something with a name and a place: what addresses are made of.
package struct Place: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        /// A road with its line.
        case road
        /// A number on a road.
        case address
        /// Where two roads meet; those that roads' lines say need not be listed.
        case junction
        /// 兴趣点.
        case poi
    }

    package var kind: Kind
    /// Of the road, the first of two roads, or the point of interest.
    package var name: String
    /// The house number, `12` or `12-3`.
    package var number: String?
    /// The second road of a junction.
    package var other: String?
    package var category: String?
    /// One point, or a road's line.
    package var points: [GeoPoint]

    package init(
        kind: Kind,
        name: String,
        number: String? = nil,
        other: String? = nil,
        category: String? = nil,
        points: [GeoPoint]
    ) {
        self.kind = kind
        self.name = name
        self.number = number
        self.other = other
        self.category = category
        self.points = points
    }

    /// As people say it: `鼓楼路12号`, `鼓楼路与海陵路口`, a name.
    package var title: String {
        switch kind {
        case .road, .poi: name
        case .address: number.map { "\(name)\($0)号" } ?? name
        case .junction: other.map { Self.junctionTitle(name, $0) } ?? name
        }
    }

    /// As it stands in a table; positions to a centimetre.
    var row: [String] {
        func number(_ value: Double) -> String { String((value * 1e7).rounded() / 1e7) }
        let point = kind == .road ? nil : points.first
        let line = kind == .road ? points.map { number($0.lon) + " " + number($0.lat) }.joined(separator: "; ") : ""
        return [
            kind.rawValue, name, self.number ?? "", point.map { number($0.lat) } ?? "",
            point.map { number($0.lon) } ?? "", line, other ?? "", category ?? "",
        ]
    }

    static func junctionTitle(_ first: String, _ second: String) -> String {
        // 鼓楼路与海陵路口, but 东进街与海陵大道路口.
        second.hasSuffix("路") ? "\(first)与\(second)口" : "\(first)与\(second)路口"
    }

    /// Reads `places.csv`; a `line` is `lon lat; lon lat; …`.
    ///
    /// - Parameter datum: what the file's numbers are in.
    package static func read(
        _ text: String,
        file: String = "places.csv",
        datum: GeoDatum = .wgs84
    ) throws(BaseDataError) -> [Place] {
        guard !text.isEmpty else { return [] }
        let table = try CSVTable(
            text,
            file: file,
            required: ["kind", "name"],
            known: BaseSet.places.columns.map(\.name)
        )
        var rows = RowReader(file: file)
        var places: [Place] = []
        for row in table.rows {
            guard let kind = rows.choice(row, "kind", Kind.self), let name = rows.text(row, "name") else { continue }
            var points: [GeoPoint] = []
            if kind == .road {
                points = line(row, &rows, datum)
            } else {
                let lat = rows.number(row, "lat", in: -90...90)
                let lon = rows.number(row, "lon", in: -180...180)
                if let lat, let lon {
                    points = [DatumPoint(lat: lat, lon: lon, datum: datum).point]
                } else if row["lat"] == nil || row["lon"] == nil {
                    rows.note(row, "lat", "is empty", "write lat and lon in degrees")
                }
            }
            if kind == .address, row["number"] == nil { rows.note(row, "number", "is empty", "write the house number") }
            if kind == .junction, row["other"] == nil { rows.note(row, "other", "is empty", "name the second road") }
            places.append(
                Place(
                    kind: kind,
                    name: name,
                    number: row["number"].map(bareNumber),
                    other: row["other"],
                    category: row["category"],
                    points: points
                )
            )
        }
        try rows.finish()
        return places
    }

    private static func bareNumber(_ text: String) -> String {
        text.hasSuffix("号") ? String(text.dropLast()) : text
    }

    private static func line(_ row: CSVTable.Row, _ rows: inout RowReader, _ datum: GeoDatum) -> [GeoPoint] {
        let corners = (row["line"] ?? "").split { $0 == ";" || $0 == "；" }
        var points: [GeoPoint] = []
        for corner in corners {
            let numbers = corner.split { $0 == " " || $0 == "," }.compactMap { Double($0) }
            let point = numbers.count == 2 ? GeoPoint(lat: numbers[1], lon: numbers[0]) : GeoPoint(lat: .nan, lon: 0)
            guard point.isValid else {
                rows.note(row, "line", "has the corner \(corner.prefix(30)), no position", "write lon lat; lon lat; …")
                return []
            }
            points.append(DatumPoint(lat: point.lat, lon: point.lon, datum: datum).point)
        }
        if points.count < 2 { rows.note(row, "line", "has fewer than two corners", "write lon lat; lon lat; …") }
        return points
    }
}
