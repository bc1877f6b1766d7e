import Domain

#if canImport(Glibc)
    import Glibc
#endif

/// Roads, their junctions and the numbers on them, by position.
struct StreetMap: Sendable {
    struct Junction: Sendable, Hashable {
        var first: String
        var second: String
        var point: GeoPoint
    }

    private struct Number: Sendable {
        var road: String
        var number: String
        var value: Int?
        var point: GeoPoint
    }

    private struct Piece: Sendable {
        var road: Int
        var from: GeoPoint
        var to: GeoPoint
    }

    private let roads: [Place]
    let junctions: [Junction]
    private let numbers: [Number]
    private let numbersOfRoad: [String: [Int]]
    private let pois: [Place]
    private let junctionIndex: NearIndex
    private let numberIndex: NearIndex
    private let poiIndex: NearIndex
    private let pieces: [Piece]
    /// Pieces of roads by their corners, and a corner every 50 m.
    private let pieceIndex: NearIndex
    private let pieceOfPoint: [Int]

    init(_ places: [Place]) {
        let roads = places.filter { $0.kind == .road && $0.points.count > 1 }
        self.roads = roads
        var pieces: [Piece] = []
        for (road, place) in roads.enumerated() {
            for (from, to) in zip(place.points, place.points.dropFirst()) {
                pieces.append(Piece(road: road, from: from, to: to))
            }
        }
        self.pieces = pieces
        var along: [GeoPoint] = []
        var pieceOfPoint: [Int] = []
        for (index, piece) in pieces.enumerated() {
            let steps = max(1, Int(piece.from.distance(to: piece.to) / 50))
            for step in 0...steps {
                let share = Double(step) / Double(steps)
                along.append(
                    GeoPoint(
                        lat: piece.from.lat + (piece.to.lat - piece.from.lat) * share,
                        lon: piece.from.lon + (piece.to.lon - piece.from.lon) * share
                    )
                )
                pieceOfPoint.append(index)
            }
        }
        self.pieceOfPoint = pieceOfPoint
        pieceIndex = NearIndex(along)
        var listed = places.compactMap { place -> Junction? in
            guard place.kind == .junction, let other = place.other, let point = place.points.first else { return nil }
            return Junction(first: place.name, second: other, point: point)
        }
        let named = Set(listed.flatMap { [[$0.first, $0.second], [$0.second, $0.first]] })
        let crossings = Self.crossings(pieces, roads, pieceIndex, pieceOfPoint)
        listed += crossings.filter { !named.contains([$0.first, $0.second]) }
        junctions = listed
        junctionIndex = NearIndex(listed.map(\.point))
        let numbers = places.compactMap { place -> Number? in
            guard place.kind == .address, let number = place.number, let point = place.points.first else { return nil }
            return Number(road: place.name, number: number, value: Int(number.prefix { $0.isNumber }), point: point)
        }
        self.numbers = numbers
        numbersOfRoad = Dictionary(grouping: numbers.indices) { numbers[$0].road }
        numberIndex = NearIndex(numbers.map(\.point))
        pois = places.filter { $0.kind == .poi }
        poiIndex = NearIndex(pois.compactMap(\.points.first))
    }

    // MARK: - Point to text

    /// `鼓楼路与海陵路口东北角`, `鼓楼路12号`, `鼓楼路12号附近`, `人民公园`, `鼓楼路（近海陵路）`.
    func text(at point: GeoPoint) -> String? {
        if let (index, metres) = junctionIndex.nearest(to: point, within: 45) {
            let junction = junctions[index]
            let title = Place.junctionTitle(junction.first, junction.second)
            return metres < 6 ? title : title + Self.corner(of: junction.point, point)
        }
        if let (index, _) = poiIndex.nearest(to: point, within: 25) { return pois[index].name }
        if let (index, metres) = numberIndex.nearest(to: point, within: 60) {
            return "\(numbers[index].road)\(numbers[index].number)号" + (metres < 25 ? "" : "附近")
        }
        if let (road, foot) = nearestRoad(to: point, within: 60) {
            let name = roads[road].name
            let near = junctions.filter { $0.first == name || $0.second == name }
                .min { $0.point.distance(to: foot) < $1.point.distance(to: foot) }
            guard let near, near.point.distance(to: foot) < 600 else { return name }
            return "\(name)（近\(near.first == name ? near.second : near.first)）"
        }
        return poiIndex.nearest(to: point, within: 150).map { "\(pois[$0.index].name)附近" }
    }

    private static func corner(of junction: GeoPoint, _ point: GeoPoint) -> String {
        let north = point.lat - junction.lat
        let east = (point.lon - junction.lon) * cos(junction.lat * .pi / 180)
        let names = ["东侧", "东北角", "北侧", "西北角", "西侧", "西南角", "南侧", "东南角"]
        let angle: Double = atan2(north, east)
        let eighth = Int((angle / (Double.pi / 4)).rounded())
        return names[(eighth + 8) % 8]
    }

    private func nearestRoad(to point: GeoPoint, within metres: Double) -> (road: Int, foot: GeoPoint)? {
        var best: (road: Int, foot: GeoPoint, metres: Double)?
        for index in pieceIndex.all(near: point, within: metres + 30) {
            let piece = pieces[pieceOfPoint[index]]
            let foot = Self.foot(of: point, on: piece)
            let distance = foot.distance(to: point)
            if distance <= metres, distance < best?.metres ?? .infinity { best = (piece.road, foot, distance) }
        }
        return best.map { ($0.road, $0.foot) }
    }

    private static func foot(of point: GeoPoint, on piece: Piece) -> GeoPoint {
        let shrink = cos(point.lat * .pi / 180)
        let (dx, dy) = ((piece.to.lon - piece.from.lon) * shrink, piece.to.lat - piece.from.lat)
        let (px, py) = ((point.lon - piece.from.lon) * shrink, point.lat - piece.from.lat)
        let length = dx * dx + dy * dy
        let share = length > 0 ? min(1, max(0, (px * dx + py * dy) / length)) : 0
        return GeoPoint(
            lat: piece.from.lat + (piece.to.lat - piece.from.lat) * share,
            lon: piece.from.lon + (piece.to.lon - piece.from.lon) * share
        )
    }

    // MARK: - Numbers

    /// A house number that isn't listed, between the nearest listed ones of its road; even and odd sides apart where
    /// both neighbours are known.
    func interpolated(_ text: String) -> Gazetteer.Hit? {
        let bare = String(text.filter { !$0.isWhitespace })
        guard let digits = bare.firstIndex(where: \.isNumber), let value = Int(bare[digits...].prefix { $0.isNumber })
        else {
            return nil
        }
        let road = String(bare[..<digits])
        guard let listed = numbersOfRoad[road] else { return nil }
        let same = listed.filter { numbers[$0].value.map { $0 % 2 == value % 2 } ?? false }
        for choice in [same, listed] {
            let below = choice.filter { numbers[$0].value ?? .max < value }.max {
                numbers[$0].value ?? 0 < numbers[$1].value ?? 0
            }
            let above = choice.filter { numbers[$0].value ?? .min > value }.min {
                numbers[$0].value ?? 0 < numbers[$1].value ?? 0
            }
            guard let below, let above, let low = numbers[below].value, let high = numbers[above].value else {
                continue
            }
            if choice.contains(where: { numbers[$0].value == value }) { return nil }
            let share = Double(value - low) / Double(high - low)
            let (from, to) = (numbers[below].point, numbers[above].point)
            let point = GeoPoint(
                lat: from.lat + (to.lat - from.lat) * share,
                lon: from.lon + (to.lon - from.lon) * share
            )
            return Gazetteer.Hit(title: "\(road)\(value)号", kind: .address, point: point, score: 0.99)
        }
        return nil
    }

    // MARK: - Junctions

    /// Where lines of two roads cross or meet; one for each pair of roads and place.
    private static func crossings(_ pieces: [Piece], _ roads: [Place], _ index: NearIndex, _ pieceOfPoint: [Int])
        -> [Junction]
    {
        var found: [Junction] = []
        var known: [[String]: [GeoPoint]] = [:]
        var tried: Set<Int> = []
        for (first, piece) in pieces.enumerated() {
            let middle = GeoPoint(lat: (piece.from.lat + piece.to.lat) / 2, lon: (piece.from.lon + piece.to.lon) / 2)
            let reach = piece.from.distance(to: piece.to) / 2 + 60
            for other in index.all(near: middle, within: reach) {
                let second = pieceOfPoint[other]
                guard second > first, pieces[second].road != piece.road,
                    tried.insert(first * pieces.count + second).inserted,
                    let point = crossing(piece, pieces[second])
                else { continue }
                let names = [roads[piece.road].name, roads[pieces[second].road].name]
                guard names[0] != names[1] else { continue }
                // The same two roads may meet at several places, far apart.
                let pair = names.sorted()
                if known[pair, default: []].contains(where: { $0.distance(to: point) < 40 }) { continue }
                known[pair, default: []].append(point)
                found.append(Junction(first: names[0], second: names[1], point: point))
            }
        }
        return found
    }

    /// Where two pieces cross, or an end of one lies within 8 m of the other.
    private static func crossing(_ a: Piece, _ b: Piece) -> GeoPoint? {
        let (ax, ay) = (a.to.lon - a.from.lon, a.to.lat - a.from.lat)
        let (bx, by) = (b.to.lon - b.from.lon, b.to.lat - b.from.lat)
        let cross = ax * by - ay * bx
        if cross != 0 {
            let (dx, dy) = (b.from.lon - a.from.lon, b.from.lat - a.from.lat)
            let onA = (dx * by - dy * bx) / cross
            let onB = (dx * ay - dy * ax) / cross
            if (0...1).contains(onA), (0...1).contains(onB) {
                return GeoPoint(lat: a.from.lat + ay * onA, lon: a.from.lon + ax * onA)
            }
        }
        for (end, piece) in [(a.from, b), (a.to, b), (b.from, a), (b.to, a)] {
            if foot(of: end, on: piece).distance(to: end) < 8 { return end }
        }
        return nil
    }
}
