import Cases
import Domain
import Foundation
import Testing

@Suite("The grid")
struct GridTests {
    @Test("every position on the globe has a built-in cell of 15 digits that no Chinese area code begins")
    func everywhere() {
        var random = SeededRandom(seed: 6)
        var points = (0..<20_000).map { _ in
            GeoPoint(lat: .random(in: -90...90, using: &random), lon: .random(in: -180...180, using: &random))
        }
        points += [-90, 0, 90].flatMap { lat in [-180, 0, 180].map { GeoPoint(lat: lat, lon: $0) } }
        for point in points {
            let code = Grid.builtIn.cell(at: point)
            guard let code, code.utf8.count == 15, code.utf8.allSatisfy({ (48...57).contains($0) }),
                code.hasPrefix("900"), let serial = Int(code.suffix(3)), (1...900).contains(serial)
            else {
                Issue.record("\(point) is in \(code ?? "no cell")")
                return
            }
        }
        #expect(Grid.builtIn.cell(at: GeoPoint(lat: .nan, lon: 0)) == nil)
    }

    @Test("positions 200 m apart lie in different built-in cells, and 30 m mostly in the same")
    func apart() {
        var random = SeededRandom(seed: 7)
        var same = 0
        for _ in 0..<5000 {
            let lat = Double.random(in: 18...53, using: &random)
            let here = GeoPoint(lat: lat, lon: .random(in: 75...134, using: &random))
            let angle = Double.random(in: 0..<(2 * .pi), using: &random)
            func there(_ metres: Double) -> GeoPoint {
                GeoPoint(
                    lat: here.lat + metres * cos(angle) / 111_195,
                    lon: here.lon + metres * sin(angle) / 111_195 / cos(here.lat * .pi / 180)
                )
            }
            #expect(Grid.builtIn.cell(at: here) != Grid.builtIn.cell(at: there(200)))
            if Grid.builtIn.cell(at: here) == Grid.builtIn.cell(at: there(30)) { same += 1 }
        }
        #expect(same > 2500)
    }

    private func feature(_ code: String, _ geometry: String) -> String {
        #"{"type":"Feature","properties":{"code":\#(code)},"geometry":\#(geometry)}"#
    }

    private func square(_ lon: Double, _ lat: Double, _ size: Double) -> String {
        let ring = [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]
            .map { "[\(lon + Double($0.0) * size),\(lat + Double($0.1) * size)]" }
        return "[" + ring.joined(separator: ",") + "]"
    }

    private func collection(_ features: [String]) -> Data {
        Data(#"{"type":"FeatureCollection","features":[\#(features.joined(separator: ","))]}"#.utf8)
    }

    @Test("3,000 positions among 900 loaded cells, with holes and gaps, are found as by trying every cell")
    func bruteForce() throws {
        var random = SeededRandom(seed: 8)
        var features: [String] = []
        for row in 0..<30 {
            for column in 0..<30 {
                let serial = String(row * 30 + column)
                let code = "\"321202001" + String(repeating: "0", count: 6 - serial.count) + serial + "\""
                let lon = 119.9 + Double(column) * 0.001
                let lat = 32.4 + Double(row) * 0.001
                let outline = square(lon, lat, 0.0009)
                let hole = square(lon + 0.0003, lat + 0.0003, 0.0002)
                features.append(
                    column % 3 == 0
                        ? feature(code, #"{"type":"MultiPolygon","coordinates":[[\#(outline),\#(hole)]]}"#)
                        : feature(code, #"{"type":"Polygon","coordinates":[\#(outline)]}"#)
                )
            }
        }
        let index = try CellIndex(geoJSON: collection(features))
        #expect(index.cells.count == 900)
        var found = 0
        for _ in 0..<3000 {
            let point = GeoPoint(
                lat: .random(in: 32.395...32.435, using: &random),
                lon: .random(in: 119.895...119.935, using: &random)
            )
            let expected = index.cells.first { Self.winds($0.polygons, around: point) }?.code
            #expect(index.cell(at: point) == expected)
            found += expected == nil ? 0 : 1
        }
        #expect(found > 1000 && found < 2500)
        #expect(Grid.loaded(index).cell(at: GeoPoint(lat: 0, lon: 0)) == nil)
    }

    /// The same question by the winding of angles, so that both can't share a mistake.
    private static func winds(_ polygons: [[[GeoPoint]]], around point: GeoPoint) -> Bool {
        polygons.contains { rings in
            guard rings[0].contains(where: { abs($0.lat - point.lat) < 0.002 && abs($0.lon - point.lon) < 0.002 })
            else {
                return false
            }
            let turns = rings.map { ring in
                zip(ring, ring.dropFirst()).reduce(0.0) { sum, edge in
                    let a = atan2(edge.0.lat - point.lat, edge.0.lon - point.lon)
                    let b = atan2(edge.1.lat - point.lat, edge.1.lon - point.lon)
                    return sum + remainder(b - a, 2 * .pi)
                }
            }
            return turns.filter { abs($0) > .pi }.count % 2 == 1
        }
    }

    @Test("a mistake names its feature, and nothing is loaded")
    func mistakes() throws {
        let good = feature("\"321202001001001\"", #"{"type":"Polygon","coordinates":[\#(square(119.9, 32.4, 0.001))]}"#)
        let table: [(String, String)] = [
            (feature("321202001001002", #"{"type":"Polygon","coordinates":[]}"#), "15 digits as text"),
            (feature("\"32120200100100\"", "null"), "15 digits"),
            (#"{"type":"Feature","properties":{},"geometry":null}"#, "no property code"),
            (good, "stands twice"),
            (feature("\"321202001001002\"", "null"), "no geometry"),
            (feature("\"321202001001002\"", #"{"type":"Point","coordinates":[1,2]}"#), "Point"),
            (feature("\"321202001001002\"", #"{"type":"Polygon","coordinates":[[[1,2],[3,4]]]}"#), "fewer than 4"),
            (
                feature(
                    "\"321202001001002\"",
                    #"{"type":"Polygon","coordinates":[[[1,2],[1,2.01],[1.01,2],[1.01,2.01]]]}"#
                ),
                "not closed"
            ),
            (
                feature("\"321202001001002\"", #"{"type":"Polygon","coordinates":[\#(square(32.4, 119.9, 0.001))]}"#),
                "outside the globe"
            ),
            (
                feature("\"321202001001002\"", #"{"type":"Polygon","coordinates":[\#(square(119, 32, 1))]}"#),
                "km long"
            ),
            (feature("\"321202001001002\"", #"{"type":"Polygon","coordinates":[["a","b","c","d"]]}"#), "no pair"),
        ]
        for (bad, problem) in table {
            let error = try #require(throws: BaseDataError.self) {
                _ = try CellIndex(geoJSON: collection([good, bad]))
            }
            #expect(error.findings.count == 1)
            #expect(error.description.contains("feature 2") && error.description.contains(problem), "\(error)")
        }
        for text in ["", "[]", "{}", #"{"type":"FeatureCollection","features":[]}"#, "{\"type\":"] {
            #expect(throws: BaseDataError.self) { _ = try CellIndex(geoJSON: Data(text.utf8)) }
        }
    }

    @Test("base data from files: every mistake of every file at once, built-in sets for what is not named")
    func files() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "gridwatch-base-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data("id,name\na b,A\n".utf8).write(to: folder.appending(path: "units.csv"))
        try Data([0xFF, 0xFE, 0x41]).write(to: folder.appending(path: "catalogue.csv"))
        let settings = CaseSettings(catalogue: "catalogue.csv", grid: "nowhere.geojson", units: "units.csv")
        let error = try #require(throws: BaseDataError.self) {
            _ = try BaseData(settings: settings, timeZone: "Mars/Base", folder: folder)
        }
        #expect(error.findings.map(\.file) == ["catalogue.csv", "nowhere.geojson", "units.csv", "site"])
        let base = try BaseData(
            settings: CaseSettings(policy: ["09009": .record]),
            timeZone: "Asia/Shanghai",
            folder: folder
        )
        func policy(_ code: String?) -> AlarmPolicy {
            base.policy(
                for: AlarmOrigin(classCode: code, source: "x", sourceKind: .camera, at: WallTime(microseconds: 0))
            )
        }
        #expect(policy("09009") == .record)
        #expect(policy("E-05-06") == .open)
        #expect(policy("06010") == .ask)
        #expect(policy(nil) == .record)
        #expect(policy("no-such") == .record)
    }
}
