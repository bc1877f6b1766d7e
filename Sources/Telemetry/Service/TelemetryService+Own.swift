package import Domain
import Logging
import Store
import Synchronization

/// Why something of the console's own can't be made or undone.
package enum OwnSourceFailure: Error, Sendable, Equatable {
    /// A sensor, vehicle or profile of that name is there already.
    case taken
    /// None of that name, or one of the site file.
    case notOwn
    /// A sensor is read by this profile.
    case inUse
    /// Too much waits to be stored; try again.
    case busy
}

/// What became of messages that were read once more.
package struct ReprocessOutcome: Sendable, Equatable, Encodable {
    /// Readings and positions that are stored now.
    package var accepted = 0
    /// Messages that stay rejected.
    package var rejected = 0
}

/// What a profile makes of one message.
package struct ProfileTrial: Sendable, Equatable, Encodable {
    package var message: RecentMessage
    /// What the payload names its sensor; absent where the topic does.
    package var sensor: String?
    package var readings: [ReadingItem]
    /// Why it (or one reading of it) isn't taken.
    package var reason: RejectionReason?
    package var detail: String?
}

/// Sensors that are accepted, profiles that are made, and quarantine that is emptied in the console.
extension TelemetryService {
    /// Brings back what the console has made.
    func restoreOwn() async throws {
        let repository = OwnSourceRepository(series)
        for profile in try await repository.profiles() { adopt(profile) }
        for sensor in try await repository.sensors() {
            guard !isOfSite(sensor.id), roster.withLock({ $0.add(sensor) }) else {
                logger.warning(
                    "the site file declares what was accepted as a sensor in the console: its entry counts",
                    metadata: ["id": "\(sensor.id)"]
                )
                continue
            }
            ownSensors.set(sensor.id, sensor)
            let (whole, profile) = roster.withLock { ($0.whole(sensor), $0.profile(sensor.profile)) }
            // What was judged and stored before comes back after this, in `restore`.
            let now = receptionTime
            ingest.withCore { _ = $0.put(whole, profile: profile, history: [], at: now) }
        }
        let unknown = try await quarantine.unknown()
        ingest.withState { state in
            for item in unknown.suffix(TelemetryIngest.maximumUnknown) {
                guard let id = item.message.source else { continue }
                state.unknown[id] = UnknownSource(
                    id: id,
                    topic: item.message.topic,
                    profile: "",
                    count: item.count,
                    firstAt: item.firstAt,
                    lastAt: item.message.receivedAt
                )
            }
        }
    }

    @discardableResult
    private func adopt(_ profile: PayloadProfile) -> Bool {
        let users: [String]? = roster.withLock { $0.add(profile) ? $0.users(of: profile.name) : nil }
        guard let users else { return false }
        ingest.withCore { $0.adopt(profile, named: profile.name, users: users) }
        return true
    }

    /// Brings a sensor's definition into the rules.
    private func apply(_ sensor: Sensor) async throws {
        let (whole, profile) = roster.withLock { ($0.whole(sensor), $0.profile(sensor.profile)) }
        let history = try await history(of: whole)
        try await offPool { [ingest] in
            try ingest.change { core, now in core.put(whole, profile: profile, history: history, at: now) }
        }
        ownSensors.set(sensor.id, sensor)
        ingest.withState { state in
            state.unknown[sensor.id] = nil
            state.changedSensors.insert(sensor.id)
        }
    }

    // MARK: Sensors

    /// Makes a sensor of a sender that nobody declared, and reads what is kept of it.
    ///
    /// - Throws: `OwnSourceFailure`, `StoreError`.
    package func accept(_ sensor: Sensor, by user: String) async throws -> ReprocessOutcome {
        guard !isOfSite(sensor.id), self.sensor(sensor.id) == nil else { throw OwnSourceFailure.taken }
        try await OwnSourceRepository(series).save(sensor, by: user, at: receptionTime)
        guard roster.withLock({ $0.add(sensor) }) else { throw OwnSourceFailure.taken }
        try await apply(sensor)
        return try await reprocess(source: sensor.id)
    }

    /// An accepted sensor as it was defined: with its own rules only; nil for one of the site file, and for none.
    package func ownSensor(_ id: String) -> Sensor? { roster.withLock { $0.definitions[id] } }

    /// The groups that a sensor can be put into.
    package var groupIds: Set<String> { roster.withLock { Set($0.groups.keys) } }

    /// Gives an accepted sensor another definition. Rules that mean the same go on as they are; what a rule that is gone
    /// held open is cleared. New ones judge from the next reading on.
    ///
    /// - Throws: `OwnSourceFailure.notOwn`, `StoreError`.
    package func changeOwnSensor(_ sensor: Sensor, by user: String) async throws {
        guard ownSensor(sensor.id) != nil else { throw OwnSourceFailure.notOwn }
        try await OwnSourceRepository(series).save(sensor, by: user, at: receptionTime)
        guard roster.withLock({ $0.change(sensor) }) else { throw OwnSourceFailure.notOwn }
        try await apply(sensor)
    }

    /// Lets an accepted sensor go; its readings stay.
    ///
    /// - Throws: `OwnSourceFailure`, `StoreError`.
    package func removeOwnSensor(_ id: String) async throws {
        guard roster.withLock({ $0.own.contains(id) }) else { throw OwnSourceFailure.notOwn }
        try await OwnSourceRepository(series).removeSensor(id)
        guard roster.withLock({ $0.remove(id) }) else { throw OwnSourceFailure.notOwn }
        ownSensors.set(id, nil)
        try await offPool { [ingest] in try ingest.change { core, now in core.release(id, at: now) } }
    }

    // MARK: Quarantine

    /// Reads the messages that are kept of a source once more, by what is declared now; those that are taken leave the
    /// quarantine. What they say corrects the series; it opens an alarm only where nothing newer is known.
    ///
    /// - Throws: `OwnSourceFailure.busy`, `StoreError`.
    package func reprocess(source id: String) async throws -> ReprocessOutcome {
        var outcome = ReprocessOutcome()
        var parts: [IngestPart] = []
        var done: [Int64] = []
        for kept in try await quarantine.kept(source: id).reversed() {
            // Of a larger one only the beginning is there.
            let isWhole = kept.message.sizeBytes == kept.message.payload.count
            let found = isWhole ? read(kept.message, id) : []
            guard !found.isEmpty else {
                outcome.rejected += 1
                continue
            }
            outcome.accepted += found.count
            parts += found
            done.append(kept.id)
        }
        guard !parts.isEmpty else { return outcome }
        guard await stored(parts) else { throw OwnSourceFailure.busy }
        try await quarantine.forget(done)
        return outcome
    }

    /// What a kept message says by what is declared now; nothing when it is still no good.
    private func read(_ message: RejectedPayload, _ id: String) -> [IngestPart] {
        // A clock that was ahead is judged by now; a message without a time happened when it came.
        for arrival in [message.receivedAt, receptionTime] {
            if let profile = profile(ofSensor: id) {
                let content = PayloadReader.readings(
                    message.payload,
                    sensorId: id,
                    profile: profile,
                    receivedAt: arrival
                )
                guard content.rejection == nil, !content.readings.isEmpty else { continue }
                return content.readings.map { reading in
                    var reading = reading
                    reading.receivedAt = message.receivedAt
                    return .kept(reading)
                }
            } else if vehicle(id) != nil,
                case .accepted(var position) = PayloadReader.position(
                    message.payload,
                    vehicleId: id,
                    receivedAt: arrival
                )
            {
                position.receivedAt = message.receivedAt
                return [.report(VehicleReport(position))]
            }
        }
        return []
    }

    // MARK: Profiles

    /// Every profile by name, and whether the console made it.
    package func profiles() -> [(profile: PayloadProfile, isOwn: Bool)] {
        roster.withLock { roster in
            roster.profiles.values.sorted { $0.name < $1.name }.map { ($0, roster.ownProfiles.contains($0.name)) }
        }
    }

    /// Saves a profile of the console's own; sensors that name it are read by it from now on.
    ///
    /// - Throws: `OwnSourceFailure.taken`, `StoreError`.
    package func save(_ profile: PayloadProfile, by user: String) async throws {
        let isFree = roster.withLock { roster in
            roster.profiles[profile.name] == nil || roster.ownProfiles.contains(profile.name)
        }
        guard isFree else { throw OwnSourceFailure.taken }
        try await OwnSourceRepository(series).save(profile, by: user, at: receptionTime)
        adopt(profile)
    }

    /// - Throws: `OwnSourceFailure`, `StoreError`.
    package func removeProfile(_ name: String) async throws {
        let (isOwn, users) = roster.withLock { ($0.ownProfiles.contains(name), $0.users(of: name)) }
        guard isOwn else { throw OwnSourceFailure.notOwn }
        guard users.isEmpty else { throw OwnSourceFailure.inUse }
        try await OwnSourceRepository(series).removeProfile(name)
        guard roster.withLock({ $0.removeProfile(name) }) else { throw OwnSourceFailure.notOwn }
        ingest.withCore { $0.adopt(nil, named: name, users: []) }
    }

    /// The last raw messages: of a source, what is in quarantine; of a profile, the last that came by it.
    package func recentMessages(source: String?, profile: String?) async throws -> [RecentMessage] {
        var found: [RecentMessage] = []
        if let source {
            found += try await quarantine.kept(source: source).map { kept in
                RecentMessage(
                    topic: kept.message.topic,
                    receivedAt: kept.message.receivedAt,
                    bytes: kept.message.payload
                )
            }
        }
        if let profile { found += ingest.withState { $0.recent[profile] ?? [] }.reversed() }
        return found
    }

    /// What a profile, saved or not, makes of messages; nothing of it is stored.
    package func tryOut(_ profile: PayloadProfile, on messages: [RecentMessage]) -> [ProfileTrial] {
        messages.map { message in
            let bytes = Array(message.payload.utf8)
            let content = PayloadReader.readings(
                bytes,
                sensorId: "",
                profile: profile,
                receivedAt: message.receivedAt
            )
            return ProfileTrial(
                message: message,
                sensor: profile.sensor.flatMap { PayloadReader.sensorId(bytes, at: $0) },
                readings: content.readings.map(ReadingItem.init),
                reason: content.rejection?.reason,
                detail: content.rejection?.detail
            )
        }
    }
}
