import Domain
import Testing

@testable import Archive

@Suite("the storage forecast")
struct StorageForecastTests {
    private static func demand(
        _ id: String,
        _ perDay: Double,
        _ stored: Double = 0,
        days: Int = 30,
        bytes: Int64? = nil,
        priority: Int = 5
    ) -> StorageForecast.Demand {
        StorageForecast.Demand(
            cameraId: id,
            policy: RecordPolicy(keepDays: days, keepBytes: bytes, priority: priority),
            bytesPerDay: perDay,
            freeableBytes: stored
        )
    }

    private static func forecast(
        _ demands: [StorageForecast.Demand],
        free: Double,
        recording: RecordingSettings = RecordingSettings()
    ) -> StorageForecast {
        StorageForecast(demands: demands, recording: recording, freeBytes: free)
    }

    private static func near(_ value: Double?, _ expected: Double) -> Bool {
        value.map { abs($0 - expected) < 0.01 } ?? false
    }

    @Test("policies that fit are never full, and every camera keeps its days")
    func fits() {
        let forecast = Self.forecast([Self.demand("a", 100, 500), Self.demand("b", 10)], free: 2800)
        #expect(forecast.fullInDays == nil)
        #expect(Self.near(forecast.cameras["a"]?.expectedDays, 30))
        #expect(forecast.cameras.values.allSatisfy { !$0.shortfall })
    }

    @Test("too little room is full when the free bytes are recorded, and the lowest priority keeps least")
    func shortfall() {
        let demands = [Self.demand("high", 100, priority: 9), Self.demand("low", 100, priority: 1)]
        let forecast = Self.forecast(demands, free: 4000)
        #expect(Self.near(forecast.fullInDays, 20))
        #expect(Self.near(forecast.cameras["high"]?.expectedDays, 30))
        #expect(forecast.cameras["high"]?.shortfall == false)
        #expect(Self.near(forecast.cameras["low"]?.expectedDays, 10))
        #expect(forecast.cameras["low"]?.shortfall == true)
        let same = Self.forecast([Self.demand("a", 100), Self.demand("b", 300)], free: 4000)
        #expect(Self.near(same.cameras["a"]?.expectedDays, 10) && Self.near(same.cameras["b"]?.expectedDays, 10))
    }

    @Test("a camera that has reached its days grows no more; what is recorded already counts as room")
    func steady() {
        let forecast = Self.forecast([Self.demand("a", 100, 3000), Self.demand("b", 100, 0)], free: 1500)
        #expect(Self.near(forecast.fullInDays, 15))
        #expect(Self.near(forecast.cameras["b"]?.expectedDays, 22.5))
    }

    @Test("limits in bytes shorten what is kept without being a shortfall")
    func limits() {
        let own = Self.forecast([Self.demand("a", 100, bytes: 1000)], free: 5000)
        #expect(own.fullInDays == nil && own.cameras["a"]?.shortfall == false)
        #expect(Self.near(own.cameras["a"]?.expectedDays, 10))
        let site = RecordingSettings(priorities: [5: PriorityPolicy(keepBytes: 1500)])
        let group = Self.forecast([Self.demand("a", 100), Self.demand("b", 200)], free: 50_000, recording: site)
        #expect(Self.near(group.cameras["a"]?.expectedDays, 5) && group.cameras["a"]?.shortfall == false)
        #expect(group.fullInDays == nil)
    }

    @Test("a camera that isn't recorded has no days, and a volume below its floor none left")
    func edges() {
        let forecast = Self.forecast([Self.demand("off", 0), Self.demand("a", 100)], free: -50)
        #expect(forecast.cameras["off"]?.expectedDays == nil)
        #expect(Self.near(forecast.fullInDays, 0))
        #expect(Self.near(forecast.cameras["a"]?.expectedDays, 0))
    }
}
