package import Domain

/// When the volumes are full, and how many days of each camera they will hold once they are. Pure.
///
/// It goes by what retention does: policies first, then the lowest priority gives way with all it has, the oldest first.
/// What is held is room that nobody gets back.
package struct StorageForecast: Sendable, Equatable {
    /// What one camera takes.
    package struct Demand: Sendable, Equatable {
        package var cameraId: String
        package var policy: RecordPolicy
        /// Bytes that it is recorded with in a day.
        package var bytesPerDay: Double
        /// Bytes that are recorded and not held.
        package var freeableBytes: Double

        package init(cameraId: String, policy: RecordPolicy, bytesPerDay: Double, freeableBytes: Double) {
            self.cameraId = cameraId
            self.policy = policy
            self.bytesPerDay = bytesPerDay
            self.freeableBytes = freeableBytes
        }

        /// Bytes that its policy keeps in the long run.
        var wanted: Double {
            min(bytesPerDay * Double(policy.keepDays), policy.keepBytes.map(Double.init) ?? .infinity)
        }
    }

    package struct Camera: Sendable, Equatable {
        /// Days that will be kept; nil while nothing of it is recorded.
        package var expectedDays: Double?
        /// The volumes have no room for what its policy asks.
        package var shortfall: Bool
    }

    /// Days until the floor is reached; nil: policies delete before.
    package private(set) var fullInDays: Double?
    package private(set) var cameras: [String: Camera] = [:]

    /// - Parameter freeBytes: above the floors, of all volumes.
    package init(demands: [Demand], recording: RecordingSettings, freeBytes: Double) {
        let recorded = demands.reduce(0) { $0 + $1.freeableBytes }
        let room = max(0, freeBytes) + recorded
        let groups = Dictionary(grouping: demands) { $0.policy.priority }
        var left = min(room, recording.keepBytes.map(Double.init) ?? .infinity)
        var steady = 0.0
        for (priority, demands) in groups.sorted(by: { $0.key > $1.key }) {
            let limit = recording.priorities[priority]?.keepBytes.map(Double.init) ?? .infinity
            let allowed = min(left, limit)
            let days = Self.days(demands, within: allowed)
            for demand in demands {
                let own = Self.ownDays(demand)
                cameras[demand.cameraId] = Camera(
                    expectedDays: own.map { min($0, days) },
                    // A limit that the site sets itself is no want of room.
                    shortfall: own.map { $0 > days + 0.01 && left < limit } ?? false
                )
                let kept = min(demand.wanted, demand.bytesPerDay * days)
                left = max(0, left - kept)
                steady += kept
            }
        }
        fullInDays = Self.fullIn(demands, free: max(0, freeBytes), steady: min(steady, room), room: room)
    }

    /// Days of a camera by its own limits.
    private static func ownDays(_ demand: Demand) -> Double? {
        demand.bytesPerDay > 0 ? demand.wanted / demand.bytesPerDay : nil
    }

    /// The age up to which cameras of one priority can be kept together within some bytes; infinite when all of it fits.
    private static func days(_ demands: [Demand], within bytes: Double) -> Double {
        func taken(_ days: Double) -> Double { demands.reduce(0) { $0 + min($1.wanted, $1.bytesPerDay * days) } }
        guard demands.reduce(0, { $0 + $1.wanted }) > bytes else { return .infinity }
        return search(upTo: 4000) { taken($0) > bytes }
    }

    /// When what is recorded more than policies delete has eaten up the free bytes.
    private static func fullIn(_ demands: [Demand], free: Double, steady: Double, room: Double) -> Double? {
        func grown(_ days: Double) -> Double {
            demands.reduce(0) { sum, demand in
                sum + min(demand.freeableBytes + demand.bytesPerDay * days, max(demand.wanted, 0))
                    - demand.freeableBytes
            }
        }
        let most = demands.reduce(0) { $0 + $1.wanted - $1.freeableBytes }
        guard most > free else { return nil }
        return search(upTo: 4000) { grown($0) > free }
    }

    /// The least value, to a thousandth, from which on `isBeyond` holds.
    private static func search(upTo most: Double, _ isBeyond: (Double) -> Bool) -> Double {
        var (low, high) = (0.0, most)
        while high - low > 0.001 {
            let middle = (low + high) / 2
            if isBeyond(middle) { high = middle } else { low = middle }
        }
        return high
    }
}
