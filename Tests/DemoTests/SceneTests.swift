import Demo
import Domain
import Foundation
import Testing

@Suite("Generated scenes")
struct SceneTests {
    @Test(
        "show a difference from the empty scene where the truth says something stands, while it stands",
        arguments: [0, 1]
    )
    func truthIsDrawn(_ index: Int) throws {
        let scene = Scene.all[index]
        let event = try #require(scene.truth.first)
        let before = SceneRenderer.picture(of: scene, index: Scene.frameRate)
        let during = SceneRenderer.picture(of: scene, index: Int(event.from + 8) * Scene.frameRate)
        let inside = difference(before, during, in: event.box)
        #expect(inside > 12, "mean luma difference inside the box is \(inside)")
    }

    @Test("carry noise of a few steps and no more")
    func noise() {
        let pictures = [0, 1].map { SceneRenderer.picture(of: .square, index: $0) }
        let sky = PictureBox(x: 0.4, y: 0.02, width: 0.2, height: 0.06)
        let moved = difference(pictures[0], pictures[1], in: sky)
        #expect(moved > 0.3 && moved < 3)
    }

    private func difference(_ a: [UInt8], _ b: [UInt8], in box: PictureBox) -> Double {
        var sum = 0
        var count = 0
        let rows = Int(box.y * Double(Scene.height))..<Int((box.y + box.height) * Double(Scene.height))
        let columns = Int(box.x * Double(Scene.width))..<Int((box.x + box.width) * Double(Scene.width))
        for row in rows {
            for column in columns {
                sum += abs(Int(a[row * Scene.width + column]) - Int(b[row * Scene.width + column]))
                count += 1
            }
        }
        return Double(sum) / Double(max(1, count))
    }
}

@Suite("The simulated city")
struct SimulatedCityTests {
    private let start = WallTime(microseconds: 1_795_428_000_000_000)

    private func messages(seconds: Range<Int>) -> [(second: Int, message: SimulatedCity.Message)] {
        var city = SimulatedCity(start: start)
        return seconds.flatMap { second in
            city.step(now: start + .seconds(second)).map { (second, $0) }
        }
    }

    @Test("has 200 lamps, 20 water levels, a gas sensor, 10 trucks and a collector, each with its own id")
    func size() {
        let city = SimulatedCity(start: start)
        #expect(city.sensors.count == 221)
        #expect(city.vehicles.count == 11)
        #expect(Set(city.sensors.map(\.id) + city.vehicles.map(\.id)).count == 232)
    }

    @Test("hears every lamp within 20 s, except the one that falls silent")
    func lamps() {
        let heard = Set(messages(seconds: 70..<90).map(\.message.topic).filter { $0.contains("/lamp/") })
        #expect(heard.count == 199)
        #expect(!heard.contains("city/lamp/lamp-0150/state"))
    }

    @Test("fills its first culvert above 150 within 40 s and keeps it there for more than 10 s")
    func culvert() throws {
        let levels = messages(seconds: 0..<80).filter { $0.message.topic == "city/water/culvert-01/level" }
        let values = try levels.map { level in
            let json = try JSONSerialization.jsonObject(with: Data(level.message.payload.utf8))
            let value = try #require((json as? [String: Any])?["value"] as? Double)
            return (level.second, value)
        }
        let over = values.filter { $0.1 > 150 }
        #expect(try #require(over.first).0 <= 40)
        #expect(values.filter { $0.0 > 45 }.allSatisfy { $0.1 > 150 })
    }

    @Test("sends broken payloads now and then and stamps every good one with the real time")
    func broken() {
        let all = messages(seconds: 0..<60)
        #expect(
            all.contains { $0.message.topic.hasSuffix("culvert-12/level") && !$0.message.payload.contains("value\":4") }
        )
        let stamps = all.filter { $0.message.topic.contains("/lamp/") }
        #expect(stamps.allSatisfy { $0.message.payload.contains((start + .seconds($0.second)).rfc3339) })
    }
}
