import Domain
import Store

/// What a batch of messages leads to, before it is stored: nothing of it counts until then.
struct TelemetryBatch {
    var series = SeriesBatch()
    private let receivedAt: WallTime
    /// The rules after the batch, of the sensors that it touches.
    private(set) var judges: [String: SensorJudge] = [:]
    private var readings: [String: Reading] = [:]
    private var positions: [String: VehiclePosition] = [:]
    private var heard: Set<String> = []
    private var unknown: [String: UnknownSource] = [:]

    init(receivedAt: WallTime) {
        self.receivedAt = receivedAt
    }

    mutating func add(_ message: MQTTMessage, broker: Int, core: inout TelemetryIngest.Core) {
        switch core.routers[broker].route(message.topic) {
        case .sensor(let id, let profile): addReading(message, id, profile, core)
        case .vehicle(let id): addPosition(message, id)
        case .unknown(let id, let profile): addUnknown(message, id, profile)
        }
    }

    private mutating func addReading(
        _ message: MQTTMessage,
        _ id: String,
        _ profile: PayloadProfile,
        _ core: borrowing TelemetryIngest.Core
    ) {
        if rejectIfTooLarge(message, id) { return }
        let result = PayloadReader.reading(
            message.payload,
            sensorId: id,
            profile: profile,
            receivedAt: receivedAt,
            retained: message.retained
        )
        switch result {
        case .rejected(let reason, let detail): reject(message, id, reason, detail)
        case .accepted(let reading):
            series.readings.append(reading)
            if readings[id].map({ $0.occurredAt <= reading.occurredAt }) ?? true { readings[id] = reading }
            if !message.retained { heard.insert(id) }
            guard var judge = judges[id] ?? core.judges[id] else { return }
            series.signals += judge.take(reading, fresh: !message.retained)
            keep(&judge, id)
        }
    }

    private mutating func addPosition(_ message: MQTTMessage, _ id: String) {
        if rejectIfTooLarge(message, id) { return }
        let result = PayloadReader.position(
            message.payload,
            vehicleId: id,
            receivedAt: receivedAt,
            retained: message.retained
        )
        switch result {
        case .rejected(let reason, let detail): reject(message, id, reason, detail)
        case .accepted(let position):
            series.positions.append(position)
            if positions[id].map({ $0.occurredAt <= position.occurredAt }) ?? true { positions[id] = position }
        }
    }

    private mutating func addUnknown(
        _ message: MQTTMessage,
        _ id: String,
        _ profile: String
    ) {
        var source =
            unknown[id]
            ?? UnknownSource(
                id: id,
                topic: "",
                profile: profile,
                count: 0,
                firstAt: receivedAt,
                lastAt: receivedAt
            )
        source.topic = String(message.topic.prefix(256))
        source.count += 1
        source.lastAt = receivedAt
        unknown[id] = source
    }

    /// Lets time speak to one sensor's rules.
    mutating func tick(_ id: String, _ current: SensorJudge, silence: Silence?) {
        var judge = current
        series.signals += judge.tick(now: receivedAt, silence: silence)
        keep(&judge, id)
    }

    private mutating func keep(_ judge: inout SensorJudge, _ id: String) {
        for change in judge.takeChanges() {
            series.ruleStates.append(SeriesBatch.RuleState(sensorId: id, rule: change.rule, state: change.json))
        }
        judges[id] = judge
    }

    private mutating func rejectIfTooLarge(_ message: MQTTMessage, _ id: String) -> Bool {
        guard message.sizeBytes > PayloadReader.maximumBytes else { return false }
        reject(message, id, .tooLarge, "\(message.sizeBytes) bytes, at most \(PayloadReader.maximumBytes)")
        return true
    }

    private mutating func reject(_ message: MQTTMessage, _ id: String, _ reason: RejectionReason, _ detail: String?) {
        series.rejected.append(
            RejectedPayload(
                source: id,
                topic: message.topic,
                receivedAt: receivedAt,
                reason: reason,
                detail: detail,
                sizeBytes: message.sizeBytes,
                payload: message.payload
            )
        )
    }

    /// The batch is stored: it counts.
    ///
    /// - Parameter arrival: when and from where it came; nil for a turn of the timer.
    func apply(to state: inout TelemetryIngest.State, heard arrival: TelemetryIngest.Heard?) {
        for (id, reading) in readings {
            if let last = state.lastReadings[id], last.occurredAt > reading.occurredAt { continue }
            state.lastReadings[id] = reading
            state.changedSensors.insert(id)
        }
        for (id, position) in positions {
            if let last = state.lastPositions[id], last.occurredAt > position.occurredAt { continue }
            state.lastPositions[id] = position
            state.changedVehicles.insert(id)
        }
        for id in heard { state.heard[id] = arrival }
        for signal in series.signals { state.changedSensors.insert(signal.source) }
        for rejected in series.rejected {
            let id = rejected.source ?? ""
            state.rejected[id, default: RejectionCount()].count += 1
            state.rejected[id]?.lastReason = rejected.reason
            state.rejected[id]?.lastAt = rejected.receivedAt
            state.changedSensors.insert(id)
            state.changedVehicles.insert(id)
        }
        for (id, source) in unknown {
            var source = source
            if let earlier = state.unknown[id] {
                source.count += earlier.count
                source.firstAt = earlier.firstAt
            }
            state.unknown[id] = source
        }
        while state.unknown.count > TelemetryIngest.maximumUnknown,
            let oldest = state.unknown.values.min(by: { $0.lastAt < $1.lastAt })
        {
            state.unknown.removeValue(forKey: oldest.id)
        }
    }
}
