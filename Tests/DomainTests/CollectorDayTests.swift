import Domain
import Testing

@Suite("A collector's day")
struct CollectorDayTests {
    private static let start = WallTime(microseconds: 1_790_000_000_000_000)

    private static func at(_ minutes: Int, _ lon: Double, accuracy: Double? = nil) -> FieldPosition {
        FieldPosition(
            at: start + .seconds(minutes * 60),
            point: GeoPoint(lat: 32.4, lon: lon),
            accuracyMetres: accuracy
        )
    }

    private static func stretch(_ from: Int, _ to: Int) -> Range<WallTime> {
        start + .seconds(from * 60)..<start + .seconds(to * 60)
    }

    private static func cell(_ point: GeoPoint) -> String? {
        point.lon > 121 ? nil : String(Int((point.lon * 1000).rounded(.down)))
    }

    @Test(
        "silences of more than thirty minutes are told, at the beginning and the end of work too, and none outside it"
    )
    func silences() {
        // Work from 0 to 240 and from 360 to 600 minutes.
        let track = [
            Self.at(29, 119.9), Self.at(59, 119.9), Self.at(200, 119.9), Self.at(300, 119.9), Self.at(380, 119.9),
        ]
        let day = CollectorDay(track: track, work: [Self.stretch(0, 240), Self.stretch(360, 600)], cell: Self.cell)
        #expect(day.silences == [Self.stretch(59, 200), Self.stretch(200, 240), Self.stretch(380, 600)])
        let none = CollectorDay(track: [], work: [Self.stretch(0, 30), Self.stretch(60, 91)], cell: Self.cell)
        #expect(none.silences == [Self.stretch(60, 91)])
        #expect(CollectorDay(track: [], work: [], cell: Self.cell).silences.isEmpty)
    }

    @Test("cells are those of exact positions; a way over a silence is not walked")
    func cells() {
        let track = [
            Self.at(0, 119.9005), Self.at(1, 119.9015), Self.at(2, 119.9055, accuracy: 500), Self.at(3, 121.5),
            Self.at(90, 119.9505),
        ]
        let day = CollectorDay(track: Array(track.prefix(2)) + [track[4]], work: [], cell: Self.cell)
        #expect(day.cells == ["119900", "119901", "119950"])
        #expect(
            abs(day.metres - GeoPoint(lat: 32.4, lon: 119.9005).distance(to: GeoPoint(lat: 32.4, lon: 119.9015))) < 0.01
        )
        let all = CollectorDay(track: track, work: [], cell: Self.cell)
        #expect(all.cells == ["119900", "119901", "119950"])
        #expect(all.positions == 5)
    }
}
