import Domain

/// Which observations hold at the moment, so that a zone's alarm clears with the last of them. Pure.
struct ActiveObservations: Sendable {
    /// What one alarm is about.
    struct Key: Hashable, Sendable {
        var cameraId: String
        var zoneId: String
        var kind: ZoneRule.Kind
    }

    /// What follows for the alarm of a key.
    enum Effect: Equatable, Sendable {
        case raise(Key)
        case clear(Key)
        case none
    }

    private var active: [Key: Set<String>] = [:]

    /// Takes an observation as the worker sent it.
    mutating func take(_ observation: Observation) -> Effect {
        let key = Key(cameraId: observation.cameraId, zoneId: observation.zoneId, kind: observation.kind)
        switch observation.phase {
        case .begin:
            active[key, default: []].insert(observation.id)
            return .raise(key)
        case .update:
            active[key, default: []].insert(observation.id)
            return .none
        case .end:
            active[key]?.remove(observation.id)
            // An unknown id was begun before this process was: it ends as well.
            guard active[key]?.isEmpty ?? true else { return .none }
            active[key] = nil
            return .clear(key)
        }
    }

    /// The worker that knew them is gone: nothing that it saw will be ended by it any more.
    mutating func forget(cameras: Set<String>) -> [Key] {
        let keys = active.keys.filter { cameras.contains($0.cameraId) }
        for key in keys { active[key] = nil }
        return keys.sorted { ($0.cameraId, $0.zoneId, $0.kind.rawValue) < ($1.cameraId, $1.zoneId, $1.kind.rawValue) }
    }
}
