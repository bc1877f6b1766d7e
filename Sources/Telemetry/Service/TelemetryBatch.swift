import Domain
import Store

/// What a batch of messages leads to, before it is stored: nothing of it counts until then.
struct TelemetryBatch {
    var series = SeriesBatch()
    private let receivedAt: WallTime
    /// The rules after the batch, of the sensors that it touches.
    private var judges: [String: SensorJudge] = [:]
    private var groups: [Int: GroupJudge] = [:]
    private var storms: StormJudge?
    private var vehicles: [String: VehicleJudge] = [:]
    private var readings: [String: Reading] = [:]
    private var positions: [String: VehiclePosition] = [:]
    private var heard: Set<String> = []
    private var unknown: [String: UnknownSource] = [:]
    private var retained: Set<String> = []
    /// The last message of each profile in this batch.
    private var recent: [String: MQTTMessage] = [:]
    /// Messages of each source that were too many.
    private var flood: [String: Int] = [:]

    /// Undeclared messages that are kept of one batch, and rejected ones of a flood from one source.
    private static let unknownKept = 50
    private static let floodKept = 3

    init(receivedAt: WallTime) {
        self.receivedAt = receivedAt
    }

    mutating func add(_ message: MQTTMessage, broker: Int, at now: Duration, core: inout TelemetryIngest.Core) {
        switch core.routers[broker].route(message.topic) {
        case .sensor(let id, let profile):
            recent[profile.name] = message
            if core.admits(id, at: now) { addReading(message, id, profile, core) } else { refuse(message, id) }
        case .vehicle(let id):
            if core.admits(id, at: now) { addPosition(message, id, core) } else { refuse(message, id) }
        case .unknown(let id, let profile):
            recent[profile] = message
            addUnknown(id, topic: message.topic, profile: profile, payload: message.payload, size: message.sizeBytes)
        case .named(let path, let profile):
            recent[profile.name] = message
            let id = PayloadReader.sensorId(message.payload, at: path)
            guard let id, core.judges[id] != nil else {
                let name = id ?? String(message.topic.prefix(128))
                addUnknown(
                    name,
                    topic: message.topic,
                    profile: profile.name,
                    payload: message.payload,
                    size: message.sizeBytes
                )
                return
            }
            if core.admits(id, at: now) { addReading(message, id, profile, core) } else { refuse(message, id) }
        }
    }

    /// One message too many of a device. Of a flood only the first are kept, the others are counted with the last.
    private mutating func refuse(_ message: MQTTMessage, _ id: String) {
        let before = flood[id, default: 0]
        flood[id] = before + 1
        if before >= Self.floodKept,
            let index = series.rejected.lastIndex(where: { $0.source == id && $0.reason == .tooMany })
        {
            series.rejected[index].times += 1
        } else {
            reject(message, id, .tooMany, "more messages than one device may send")
        }
    }

    private mutating func addReading(
        _ message: MQTTMessage,
        _ id: String,
        _ profile: PayloadProfile,
        _ core: borrowing TelemetryIngest.Core
    ) {
        if rejectIfTooLarge(message, id) { return }
        let content = PayloadReader.readings(
            message.payload,
            sensorId: id,
            profile: profile,
            receivedAt: receivedAt,
            retained: message.retained
        )
        if let rejection = content.rejection { reject(message, id, rejection.reason, rejection.detail) }
        if message.retained, !content.readings.isEmpty { retained.insert(id) }
        for reading in content.readings { take(reading, fresh: !message.retained, core) }
    }

    /// Takes a valid reading, whichever way it came.
    mutating func take(_ reading: Reading, fresh: Bool, _ core: borrowing TelemetryIngest.Core) {
        let id = reading.sensorId
        series.readings.append(reading)
        if readings[id].map({ $0.occurredAt <= reading.occurredAt }) ?? true { readings[id] = reading }
        if fresh {
            heard.insert(id)
            retained.remove(id)
        }
        judge(reading, fresh: fresh, core)
    }

    /// Lets the rules of the sensor and of its groups see a reading; the groups' first: they may stand for its own.
    private mutating func judge(_ reading: Reading, fresh: Bool, _ core: borrowing TelemetryIngest.Core) {
        let id = reading.sensorId
        for index in core.groupsOf[id] ?? [] {
            var group = groups[index] ?? core.groups[index]
            series.signals += group.take(reading)
            groups[index] = group
        }
        guard var judge = judges[id] ?? core.judges[id] else { return }
        signal(judge.take(reading, fresh: fresh), core)
        keep(&judge, id)
    }

    /// Adds a sensor's signals, with the alarm that stands for them where there is one.
    private mutating func signal(_ signals: [AlarmSignal], _ core: borrowing TelemetryIngest.Core) {
        guard !signals.isEmpty else { return }
        var storms = self.storms ?? core.storms
        for var signal in signals {
            if signal.phase == .raised, !AlarmSignal.neverFiltered.contains(signal.kind) {
                for index in core.groupsOf[signal.source] ?? [] {
                    let group = groups[index] ?? core.groups[index]
                    if group.standsFor(signal) { signal.parent = group.group.id }
                }
            }
            if let parent = storms.take(&signal, now: receivedAt) { series.signals.append(parent) }
            series.signals.append(signal)
        }
        self.storms = storms
    }

    private mutating func addPosition(
        _ message: MQTTMessage,
        _ id: String,
        _ core: borrowing TelemetryIngest.Core
    ) {
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
            add(VehicleReport(position), core)
        }
    }

    /// Takes one thing of a message that came over another way than MQTT; what is more than a device may send is not.
    mutating func add(_ part: IngestPart, at now: Duration, core: inout TelemetryIngest.Core) {
        if case .reading(let reading) = part, !core.admits(reading.sensorId, at: now) {
            let message = MQTTMessage(topic: "http", payload: Array("\(reading.values)".utf8))
            refuse(message, reading.sensorId)
            return
        }
        add(part, core)
    }

    private mutating func add(_ part: IngestPart, _ core: borrowing TelemetryIngest.Core) {
        switch part {
        case .report(let report): add(report, core)
        case .reading(let reading): take(reading, fresh: true, core)
        case .kept(let reading): if core.judges[reading.sensorId] != nil { take(reading, fresh: false, core) }
        case .rejected(let rejected): series.rejected.append(rejected)
        case .unknown(let id, let way, let payload):
            addUnknown(id, topic: way, profile: "", payload: payload, size: payload.count)
        }
    }

    /// Takes a position, whichever way it came.
    mutating func add(_ report: VehicleReport, _ core: borrowing TelemetryIngest.Core) {
        let id = report.position.vehicleId
        guard var judge = vehicles[id] ?? core.vehicles[id] else { return }
        let (position, signals) = judge.take(report)
        vehicles[id] = judge
        heard.insert(id)
        series.positions.append(position)
        series.signals += signals
        if positions[id].map({ $0.occurredAt <= position.occurredAt }) ?? true { positions[id] = position }
    }

    private mutating func addUnknown(_ id: String, topic: String, profile: String, payload: [UInt8], size: Int) {
        var source =
            unknown[id]
            ?? UnknownSource(id: id, topic: "", profile: profile, count: 0, firstAt: receivedAt, lastAt: receivedAt)
        source.topic = String(topic.prefix(256))
        source.count += 1
        source.lastAt = receivedAt
        unknown[id] = source
        guard series.unknown.count < Self.unknownKept, !id.isEmpty else { return }
        series.unknown.append(
            RejectedPayload(
                source: id,
                topic: String(topic.prefix(256)),
                receivedAt: receivedAt,
                reason: .unknownSource,
                sizeBytes: size,
                payload: payload
            )
        )
    }

    /// Lets time speak to one sensor's rules.
    mutating func tick(
        _ id: String,
        _ current: SensorJudge,
        silence: Silence?,
        _ core: borrowing TelemetryIngest.Core
    ) {
        var judge = current
        signal(judge.tick(now: receivedAt, silence: silence), core)
        keep(&judge, id)
    }

    /// Lets time speak to one vehicle's rules.
    mutating func tick(vehicle current: VehicleJudge, silence: Silence?) {
        var judge = current
        series.signals += judge.tick(now: receivedAt, silence: silence?.lasted)
        vehicles[judge.vehicle.id] = judge
    }

    /// Lets time speak to one group's rules.
    mutating func tick(group index: Int, _ core: borrowing TelemetryIngest.Core) {
        var group = groups[index] ?? core.groups[index]
        series.signals += group.tick(now: receivedAt)
        groups[index] = group
    }

    /// Everything has been judged: what the groups and storms know now is to be stored with it.
    mutating func close(_ core: borrowing TelemetryIngest.Core) {
        for (index, group) in groups {
            var group = group
            for change in group.takeChanges() {
                series.ruleStates.append(
                    SeriesBatch.RuleState(sensorId: group.group.id, rule: change.rule, state: change.json)
                )
            }
            groups[index] = group
        }
        for (id, judge) in vehicles {
            var judge = judge
            for change in judge.takeChanges() {
                series.ruleStates.append(SeriesBatch.RuleState(sensorId: id, rule: change.rule, state: change.json))
            }
            vehicles[id] = judge
        }
        guard var storms else { return }
        for change in storms.takeChanges() {
            series.ruleStates.append(
                SeriesBatch.RuleState(sensorId: change.area, rule: change.rule, state: change.json)
            )
        }
        self.storms = storms
    }

    /// The batch is stored: what was judged counts.
    func apply(to core: inout TelemetryIngest.Core) {
        for (id, judge) in judges { core.judges[id] = judge }
        for (index, group) in groups { core.groups[index] = group }
        for (id, judge) in vehicles { core.vehicles[id] = judge }
        if let storms { core.storms = storms }
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
            if retained.contains(id) { state.retained.insert(id) }
            state.changedSensors.insert(id)
        }
        for (id, position) in positions {
            if let last = state.lastPositions[id], last.occurredAt > position.occurredAt { continue }
            state.lastPositions[id] = position
            state.changedVehicles.insert(id)
        }
        for id in heard { state.heard[id] = arrival }
        state.retained.subtract(heard)
        for (profile, message) in recent {
            guard state.recent.count < TelemetryIngest.recentProfiles || state.recent[profile] != nil else { continue }
            let item = RecentMessage(topic: message.topic, receivedAt: receivedAt, bytes: message.payload)
            var kept = state.recent[profile] ?? []
            if kept.count >= TelemetryIngest.recentKept { kept.removeFirst() }
            state.recent[profile] = kept + [item]
        }
        for signal in series.signals where signal.sourceKind == .sensor { state.changedSensors.insert(signal.source) }
        for signal in series.signals where signal.sourceKind == .vehicle { state.changedVehicles.insert(signal.source) }
        for rejected in series.rejected {
            let id = rejected.source ?? ""
            state.rejected[id, default: RejectionCount()].count += rejected.times
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
