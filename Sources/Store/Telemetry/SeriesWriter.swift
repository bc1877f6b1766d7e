import Domain
import Foundation
import GRDB

/// Writes a batch within a transaction, by statements that are prepared once per connection.
struct SeriesWriter {
    let connection: GRDB.Database
    let known: SeriesKnown

    func write(_ batch: SeriesBatch) throws -> SeriesOutcome {
        var outcome = SeriesOutcome()
        try writeReadings(batch.readings, &outcome)
        try writePositions(batch.positions, &outcome)
        for rejected in batch.rejected {
            try keep(rejected)
            try count(rejected)
        }
        for rejected in batch.unknown { try keep(rejected) }
        for source in Set((batch.rejected + batch.unknown).map { $0.source ?? "" }) { try trimRejected(of: source) }
        if !batch.unknown.isEmpty { try trimUnknown() }
        for state in batch.ruleStates { try write(state) }
        for signal in batch.signals {
            let json = try JSONEncoder().encode(StoredSignal(signal))
            try connection.cachedStatement(sql: "INSERT INTO pending_signal (signal) VALUES (?)")
                .execute(arguments: [json])
            outcome.signalIds.append(connection.lastInsertedRowID)
        }
        return outcome
    }

    private func writeReadings(_ readings: [Reading], _ outcome: inout SeriesOutcome) throws {
        guard !readings.isEmpty else { return }
        let insert = try connection.cachedStatement(
            sql: """
                INSERT INTO reading (source, occurred_at, content, received_at, time_is_arrival)
                VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                """
        )
        var refs = known.refs(of: readings.map(\.sensorId))
        var new: [String: Int64] = [:]
        var touched: Set<SeriesKnown.TouchedDay> = []
        for reading in readings {
            let source = try ref(of: reading.sensorId, &refs, &new)
            try insert.execute(arguments: [
                source, reading.occurredAt.microseconds, ReadingContent.encode(reading.values),
                reading.receivedAt.microseconds, reading.timeIsArrival,
            ])
            count(&outcome)
            touched.insert(
                SeriesKnown.TouchedDay(source: source, day: reading.occurredAt.microseconds / 86_400_000_000)
            )
        }
        let touch = try connection.cachedStatement(
            sql: "INSERT INTO touched_day (source, day) VALUES (?, ?) ON CONFLICT DO NOTHING"
        )
        let unmarked = known.unmarked(touched)
        for item in unmarked { try touch.execute(arguments: [item.source, item.day]) }
        known.learn(refs: new, touched: unmarked, after: connection)
    }

    private func writePositions(_ positions: [VehiclePosition], _ outcome: inout SeriesOutcome) throws {
        guard !positions.isEmpty else { return }
        let insert = try connection.cachedStatement(
            sql: """
                INSERT INTO position
                    (source, occurred_at, lat, lon, speed_kmh, heading, received_at, time_is_arrival, altitude_m,
                    mileage_km, ignition, quality, datum)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                """
        )
        var refs = known.refs(of: positions.map(\.vehicleId))
        var new: [String: Int64] = [:]
        for position in positions {
            let source = try ref(of: position.vehicleId, &refs, &new)
            try insert.execute(arguments: [
                source, position.occurredAt.microseconds, position.point.lat, position.point.lon, position.speedKmh,
                position.heading, position.receivedAt.microseconds, position.timeIsArrival, position.altitudeMetres,
                position.mileageKm, position.ignition, position.quality.rawValue,
                position.datum.rawValue,
            ])
            count(&outcome)
        }
        known.learn(refs: new, touched: [], after: connection)
    }

    private func count(_ outcome: inout SeriesOutcome) {
        if connection.changesCount == 1 { outcome.stored += 1 } else { outcome.duplicates += 1 }
    }

    /// The number of a source, given out on its first row.
    private func ref(of name: String, _ refs: inout [String: Int64], _ new: inout [String: Int64]) throws -> Int64 {
        if let ref = refs[name] { return ref }
        let select = try connection.cachedStatement(sql: "SELECT ref FROM source WHERE name = ?")
        let ref: Int64
        if let found = try Int64.fetchOne(select, arguments: [name]) {
            ref = found
        } else {
            try connection.cachedStatement(sql: "INSERT INTO source (name) VALUES (?)").execute(arguments: [name])
            ref = connection.lastInsertedRowID
        }
        refs[name] = ref
        new[name] = ref
        return ref
    }

    private func keep(_ rejected: RejectedPayload) throws {
        let source = rejected.source ?? ""
        try connection.cachedStatement(
            sql: """
                INSERT INTO rejected (source, topic, received_at, reason, detail, size, payload)
                VALUES (?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            source, rejected.topic, rejected.receivedAt.microseconds, rejected.reason.rawValue, rejected.detail,
            rejected.sizeBytes, Data(rejected.payload),
        ])
    }

    private func count(_ rejected: RejectedPayload) throws {
        try connection.cachedStatement(
            sql: """
                INSERT INTO rejected_count (source, count, last_reason, last_at) VALUES (?, ?, ?, ?)
                ON CONFLICT (source) DO UPDATE SET
                    count = count + excluded.count, last_reason = excluded.last_reason, last_at = excluded.last_at
                """
        ).execute(arguments: [
            rejected.source ?? "", rejected.times, rejected.reason.rawValue, rejected.receivedAt.microseconds,
        ])
    }

    private func trimUnknown() throws {
        try connection.cachedStatement(
            sql: """
                DELETE FROM rejected WHERE reason = 'unknownSource' AND id <=
                    (SELECT id FROM rejected WHERE reason = 'unknownSource' ORDER BY id DESC LIMIT 1 OFFSET ?)
                """
        ).execute(arguments: [SeriesDatabase.unknownKept])
    }

    private func trimRejected(of source: String) throws {
        try connection.cachedStatement(
            sql: """
                DELETE FROM rejected WHERE source = ?1 AND id <=
                    (SELECT id FROM rejected WHERE source = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)
                """
        ).execute(arguments: [source, SeriesDatabase.rejectedKept])
    }

    private func write(_ state: SeriesBatch.RuleState) throws {
        guard let json = state.state else {
            try connection.cachedStatement(sql: "DELETE FROM rule_state WHERE source = ? AND rule = ?")
                .execute(arguments: [state.sensorId, state.rule])
            return
        }
        try connection.cachedStatement(
            sql: """
                INSERT INTO rule_state (source, rule, state) VALUES (?, ?, ?)
                ON CONFLICT (source, rule) DO UPDATE SET state = excluded.state
                """
        ).execute(arguments: [state.sensorId, state.rule, Data(json)])
    }
}
