import Domain
import Testing

@Suite("Datums")
struct GeoDatumTests {
    @Test(
        "published reference points come out within a metre",
        arguments: [
            // googollee/eviltransform, its table of tests.
            (31.1774276, 121.5272106, 31.17530398364597, 121.531541859215),
            (22.543847, 113.912316, 22.540796131694766, 113.9171764808363),
            (39.911954, 116.377817, 39.91334545536069, 116.38404722455657),
            (39.739200, -104.990300, 39.739200, -104.990300),
            (51.4934, 0.0098, 51.4934, 0.0098),
            // wandergis/coordtransform, its example.
            (39.915, 116.404, 39.91640428150164, 116.41024449916938),
        ]
    )
    func published(lat: Double, lon: Double, shiftedLat: Double, shiftedLon: Double) {
        let here = GeoPoint(lat: lat, lon: lon)
        let shifted = DatumPoint(here, in: .gcj02)
        #expect(GeoPoint(lat: shifted.lat, lon: shifted.lon).distance(to: .init(lat: shiftedLat, lon: shiftedLon)) < 1)
        #expect(DatumPoint(lat: shiftedLat, lon: shiftedLon, datum: .gcj02).point.distance(to: here) < 1)
    }

    @Test("BD-09 is GCJ-02 with the published further offset")
    func baidu() {
        // wandergis/coordtransform: gcj02tobd09(116.404, 39.915) = (116.41036949371029, 39.92133699351021).
        let there = DatumPoint(lat: 39.915, lon: 116.404, datum: .gcj02).point
        let found = DatumPoint(there, in: .bd09)
        #expect(
            GeoPoint(lat: found.lat, lon: found.lon).distance(
                to: .init(lat: 39.92133699351021, lon: 116.41036949371029)
            )
                < 1
        )
    }

    @Test("there and back is the same place to within a millimetre, all over China and beyond its borders")
    func roundTrip() {
        var random = SeededRandom(seed: 12)
        for _ in 0..<5000 {
            let here = GeoPoint(
                lat: .random(in: 3...53.5, using: &random),
                lon: .random(in: 73.5...135, using: &random)
            )
            for datum in GeoDatum.allCases {
                let back = DatumPoint(here, in: datum).point
                guard back.distance(to: here) < 0.001 else {
                    Issue.record("\(here) comes back from \(datum) as \(back)")
                    return
                }
            }
            let shift = DatumPoint(here, in: .gcj02)
            let metres = GeoPoint(lat: shift.lat, lon: shift.lon).distance(to: here)
            #expect(metres > 10 && metres < 1500)
        }
        let abroad = GeoPoint(lat: 48.2, lon: 16.37)
        #expect(DatumPoint(abroad, in: .gcj02).point == abroad)
        #expect(DatumPoint(abroad, in: .cgcs2000).point == abroad)
    }
}
