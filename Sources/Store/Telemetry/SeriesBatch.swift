package import Domain

/// What one batch of messages leads to: stored in one transaction, before any of them is acknowledged.
package struct SeriesBatch: Sendable {
    /// The state of one rule of one sensor, opaque to the store.
    package struct RuleState: Sendable, Equatable {
        package var sensorId: String
        package var rule: String
        /// JSON; nil deletes the state.
        package var state: [UInt8]?

        package init(sensorId: String, rule: String, state: [UInt8]?) {
            self.sensorId = sensorId
            self.rule = rule
            self.state = state
        }
    }

    package var readings: [Reading] = []
    package var positions: [VehiclePosition] = []
    package var rejected: [RejectedPayload] = []
    /// Messages of senders that the site doesn't declare, with the sender's name as their source.
    package var unknown: [RejectedPayload] = []
    package var ruleStates: [RuleState] = []
    package var signals: [AlarmSignal] = []

    package init() {}

    package var isEmpty: Bool {
        readings.isEmpty && positions.isEmpty && rejected.isEmpty && unknown.isEmpty && ruleStates.isEmpty
            && signals.isEmpty
    }
}

/// What storing a batch did.
package struct SeriesOutcome: Sendable, Equatable {
    /// Readings and positions that were new.
    package var stored = 0
    /// Those that had been stored before (QoS 1 delivers at least once).
    package var duplicates = 0
    /// The numbers of the batch's signals, in their order, for `SeriesDatabase.delivered`.
    package var signalIds: [Int64] = []

    package init() {}
}

/// A signal that the alarms have not confirmed yet.
package struct PendingSignal: Sendable, Equatable {
    package var id: Int64
    package var signal: AlarmSignal

    package init(id: Int64, signal: AlarmSignal) {
        self.id = id
        self.signal = signal
    }
}
