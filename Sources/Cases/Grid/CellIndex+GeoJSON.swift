package import Domain
package import Foundation

/// Cells as GeoJSON (RFC 7946): a FeatureCollection of Polygons and MultiPolygons with the property `code`.
extension CellIndex {
    /// No cell is longer or wider, in degrees: what is larger is no cell but a district, or in metres.
    private static let largestSpan = 0.1

    /// Reads all cells.
    ///
    /// - Parameters:
    ///   - file: the name that findings carry.
    ///   - datum: what the file's numbers are in.
    /// - Throws: `BaseDataError` with every mistake, naming the feature; nothing is taken of a file that has one.
    package init(
        geoJSON data: Data,
        file: String = "grid.geojson",
        datum: GeoDatum = .wgs84
    ) throws(BaseDataError) {
        let root: Any
        do {
            root = try JSONSerialization.jsonObject(with: data)
        } catch {
            throw BaseDataError(findings: [
                .init(
                    file: file,
                    problem: "is no JSON (\((error as NSError).userInfo["NSDebugDescription"] ?? "unreadable"))",
                    remedy: "export it again as GeoJSON"
                )
            ])
        }
        guard let object = root as? [String: Any], object["type"] as? String == "FeatureCollection",
            let features = object["features"] as? [Any]
        else {
            throw BaseDataError(findings: [
                .init(file: file, problem: "is no FeatureCollection", remedy: "export the cells as one")
            ])
        }
        var findings: [BaseDataError.Finding] = []
        var cells: [Cell] = []
        var seen: [String: Int] = [:]
        for (index, feature) in features.enumerated() {
            let properties = (feature as? [String: Any])?["properties"] as? [String: Any]
            let code = properties?["code"].map { "\($0)" }
            func note(_ problem: String, _ remedy: String, value: String? = nil) {
                let name = "feature \(index + 1)" + (code.map { " (code \($0.prefix(20)))" } ?? "")
                findings.append(.init(file: file, column: name, value: value, problem: problem, remedy: remedy))
            }
            guard let code else {
                note("has no property code", "give it its 15 digits as text")
                continue
            }
            guard properties?["code"] is String, code.utf8.count == 15,
                code.utf8.allSatisfy({ (48...57).contains($0) })
            else {
                note("code is not 15 digits as text", "write area code (12) and serial (3) in quotes")
                continue
            }
            if let other = seen[code] {
                note("the code stands twice, first at feature \(other)", "give each cell a code of its own")
                continue
            }
            seen[code] = index + 1
            switch Self.polygons((feature as? [String: Any])?["geometry"], datum) {
            case .success(let polygons): cells.append(Cell(code: code, polygons: polygons))
            case .failure(let mistake): note(mistake.problem, mistake.remedy)
            }
        }
        if features.isEmpty {
            findings.append(.init(file: file, problem: "no cell in it", remedy: "export at least one feature"))
        }
        let box = GeoBox(cells.flatMap { $0.polygons.joined().joined() })
        if findings.isEmpty, max(box.north - box.south, box.east - box.west) > Self.largestExtent {
            let problem = "the cells lie up to \(Int(max(box.north - box.south, box.east - box.west)))° apart"
            findings.append(.init(file: file, problem: problem, remedy: "load the cells of one city"))
        }
        guard findings.isEmpty else { throw BaseDataError(findings: findings) }
        self.init(cells: cells)
    }

    /// The cells as GeoJSON; reading it gives the same cells.
    ///
    /// - Parameters:
    ///   - datum: what the numbers are to be in.
    ///   - box: only cells that lie in it, where given.
    ///   - codes: only these cells, where given.
    package func geoJSON(
        in datum: GeoDatum = .wgs84,
        within box: GeoBox? = nil,
        of codes: Set<String>? = nil,
        most: Int = .max
    ) -> [UInt8] {
        var text = #"{"type":"FeatureCollection","features":["#
        var count = 0
        for cell in cells {
            if let codes, !codes.contains(cell.code) { continue }
            if let box, !GeoBox(cell.polygons.joined().joined()).overlaps(box) { continue }
            if count == most { break }
            text += count == 0 ? "\n" : ",\n"
            count += 1
            text += #"{"type":"Feature","properties":{"code":"\#(cell.code)"},"geometry":"#
            if cell.polygons.count == 1 {
                text += #"{"type":"Polygon","coordinates":\#(Self.text(cell.polygons[0], datum))}}"#
            } else {
                let polygons = cell.polygons.map { Self.text($0, datum) }.joined(separator: ",")
                text += #"{"type":"MultiPolygon","coordinates":[\#(polygons)]}}"#
            }
        }
        return Array((text + "\n]}\n").utf8)
    }

    private static func text(_ rings: [[GeoPoint]], _ datum: GeoDatum) -> String {
        let rings = rings.map { ring in
            let points = ring.map { point -> String in
                let there = DatumPoint(point, in: datum)
                return "[\((there.lon * scale).rounded() / scale),\((there.lat * scale).rounded() / scale)]"
            }
            return "[" + points.joined(separator: ",") + "]"
        }
        return "[" + rings.joined(separator: ",") + "]"
    }

    private struct Mistake: Error {
        var problem: String
        var remedy: String
    }

    private static func polygons(_ geometry: Any?, _ datum: GeoDatum) -> Result<[[[GeoPoint]]], Mistake> {
        guard let geometry = geometry as? [String: Any], let type = geometry["type"] as? String,
            let coordinates = geometry["coordinates"] as? [Any]
        else { return .failure(Mistake(problem: "has no geometry", remedy: "draw its outline")) }
        let listed: [Any]
        switch type {
        case "Polygon": listed = [coordinates]
        case "MultiPolygon": listed = coordinates
        default:
            return .failure(Mistake(problem: "is a \(type.prefix(20))", remedy: "use Polygon or MultiPolygon"))
        }
        var polygons: [[[GeoPoint]]] = []
        for polygon in listed {
            guard let rings = polygon as? [Any], !rings.isEmpty else {
                return .failure(Mistake(problem: "has a polygon without a ring", remedy: "draw its outline"))
            }
            var read: [[GeoPoint]] = []
            for ring in rings {
                switch self.ring(ring, datum) {
                case .success(let points): read.append(points)
                case .failure(let mistake): return .failure(mistake)
                }
            }
            polygons.append(read)
        }
        guard !polygons.isEmpty else {
            return .failure(Mistake(problem: "has no polygon", remedy: "draw its outline"))
        }
        let points = polygons.flatMap { $0.flatMap { $0 } }
        let lats = points.map(\.lat)
        let lons = points.map(\.lon)
        let span = max((lats.max() ?? 0) - (lats.min() ?? 0), (lons.max() ?? 0) - (lons.min() ?? 0))
        guard span <= largestSpan else {
            return .failure(
                Mistake(
                    problem: "is \(Int(span * 111)) km long: no cell of about 100 m",
                    remedy: "load unit grid cells, not districts"
                )
            )
        }
        return .success(polygons)
    }

    private static func ring(_ value: Any, _ datum: GeoDatum) -> Result<[GeoPoint], Mistake> {
        guard let positions = value as? [Any], positions.count >= 4 else {
            return .failure(Mistake(problem: "has a ring of fewer than 4 positions", remedy: "draw its outline anew"))
        }
        var points: [GeoPoint] = []
        for position in positions {
            guard let numbers = position as? [NSNumber], numbers.count >= 2 else {
                return .failure(Mistake(problem: "has a position that is no pair of numbers", remedy: "use [lon, lat]"))
            }
            let point = GeoPoint(lat: numbers[1].doubleValue, lon: numbers[0].doubleValue)
            guard point.isValid else {
                return .failure(
                    Mistake(
                        problem: "has the position [\(numbers[0]), \(numbers[1])] outside the globe",
                        remedy: "use degrees, longitude first, WGS-84"
                    )
                )
            }
            points.append(DatumPoint(lat: point.lat, lon: point.lon, datum: datum).point)
        }
        guard points.first == points.last else {
            return .failure(Mistake(problem: "has a ring that is not closed", remedy: "repeat its first position last"))
        }
        return .success(points)
    }
}
