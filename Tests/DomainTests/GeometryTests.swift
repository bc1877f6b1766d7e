import Domain
import Testing

@Suite("Geometry")
struct GeometryTests {
    @Test(
        "distances are those of the great circle",
        arguments: [
            (GeoPoint(lat: 0, lon: 0), GeoPoint(lat: 0, lon: 1), 111_195.08),
            (GeoPoint(lat: 0, lon: 0), GeoPoint(lat: 1, lon: 0), 111_195.08),
            (GeoPoint(lat: 60, lon: 0), GeoPoint(lat: 60, lon: 1), 55_595.5),
            (GeoPoint(lat: 0, lon: 179.5), GeoPoint(lat: 0, lon: -179.5), 111_195.08),
            (GeoPoint(lat: 90, lon: 0), GeoPoint(lat: -90, lon: 0), 20_015_114.4),
            (GeoPoint(lat: 32.4912, lon: 119.9234), GeoPoint(lat: 32.4912, lon: 119.9234), 0),
        ] as [(GeoPoint, GeoPoint, Double)]
    )
    func distance(from: GeoPoint, to: GeoPoint, metres: Double) {
        #expect(abs(from.distance(to: to) - metres) < max(2, metres * 1e-4))
        #expect(abs(from.distance(to: to) - to.distance(to: from)) < 1e-6)
    }

    @Test("a position off the globe is none")
    func valid() {
        #expect(GeoPoint(lat: -90, lon: 180).isValid)
        for point in [
            GeoPoint(lat: 90.1, lon: 0), GeoPoint(lat: 0, lon: -180.1), GeoPoint(lat: .nan, lon: 0),
            GeoPoint(lat: 0, lon: .infinity),
        ] {
            #expect(!point.isValid)
        }
    }

    @Test("a hollow polygon holds its legs and not its hollow")
    func polygon() {
        let u = PicturePolygon(
            [(0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.6, 0.9), (0.6, 0.4), (0.4, 0.4), (0.4, 0.9), (0.1, 0.9)]
                .map { PicturePoint(x: $0.0, y: $0.1) }
        )
        #expect(u.contains(PicturePoint(x: 0.2, y: 0.8)))
        #expect(u.contains(PicturePoint(x: 0.8, y: 0.8)))
        #expect(u.contains(PicturePoint(x: 0.5, y: 0.2)))
        #expect(!u.contains(PicturePoint(x: 0.5, y: 0.8)))
        #expect(!u.contains(PicturePoint(x: 0.05, y: 0.5)))
        #expect(!PicturePolygon([]).contains(PicturePoint(x: 0, y: 0)))
    }

    @Test("boxes overlap by their shared area")
    func overlap() {
        let box = PictureBox(x: 0, y: 0, width: 0.5, height: 0.5)
        #expect(box.overlap(with: box) == 1)
        #expect(abs(box.overlap(with: PictureBox(x: 0.25, y: 0, width: 0.5, height: 0.5)) - 1.0 / 3) < 1e-12)
        #expect(box.overlap(with: PictureBox(x: 0.5, y: 0, width: 0.5, height: 0.5)) == 0)
    }
}
