import Domain
import Testing

@testable import gridwatch

@Suite("Active observations")
struct ActiveObservationsTests {
    private let key = ActiveObservations.Key(cameraId: "a", zoneId: "kerb", kind: .stationary)

    private func observation(_ id: String, _ phase: Observation.Phase, camera: String = "a") -> Observation {
        Observation(
            id: id,
            cameraId: camera,
            zoneId: "kerb",
            kind: .stationary,
            phase: phase,
            box: PictureBox(x: 0, y: 0, width: 0.1, height: 0.1),
            confidence: 1,
            mediaTicks: 0,
            at: .epoch,
            since: .epoch
        )
    }

    @Test("clear a zone's alarm with the last of two objects, not the first")
    func lastOfTwo() {
        var active = ActiveObservations()
        #expect(active.take(observation("1", .begin)) == .raise(key))
        #expect(active.take(observation("2", .begin)) == .raise(key))
        #expect(active.take(observation("1", .end)) == .none)
        #expect(active.take(observation("2", .end)) == .clear(key))
    }

    @Test("clear on the end of one that began before this process did")
    func unknownEnd() {
        var active = ActiveObservations()
        #expect(active.take(observation("old", .end)) == .clear(key))
    }

    @Test("of a camera are all ended when its worker is gone, those of others stay")
    func forgotten() {
        var active = ActiveObservations()
        _ = active.take(observation("1", .begin))
        _ = active.take(observation("2", .begin, camera: "b"))
        #expect(active.forget(cameras: ["a"]) == [key])
        #expect(active.forget(cameras: ["a"]).isEmpty)
        #expect(active.take(observation("2", .end, camera: "b")) != .none)
    }
}
