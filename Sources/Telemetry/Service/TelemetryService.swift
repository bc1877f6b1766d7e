package import Domain
package import Logging
package import Store

/// The sensors and vehicles of a site: listens to its brokers, stores what they say, judges it by the rules.
package final class TelemetryService: Sendable {
    private let series: SeriesDatabase
    private let readings: ReadingRepository
    private let tracks: TrackRepository
    private let quarantine: QuarantineRepository

    /// - Parameter openAlarmIds: the ids of a sensor's open alarms, for `SensorStatus`; called on any thread.
    package init(
        site: Site,
        series: SeriesDatabase,
        alarms: any AlarmSink,
        feed: ChangeFeed,
        clock: any HostClock = SystemClock(),
        logger: Logger,
        openAlarmIds: @escaping @Sendable (_ sensorId: String) -> [String] = { _ in [] }
    ) {
        self.series = series
        readings = ReadingRepository(series)
        tracks = TrackRepository(series)
        quarantine = QuarantineRepository(series)
    }

    /// Works until the task is cancelled; then says goodbye to the brokers and returns.
    ///
    /// - Throws: `StoreError` when the stored state can't be read at the start.
    package func run() async throws {}

    /// Every declared sensor, in the site's order.
    package func sensors() -> [SensorStatus] { [] }

    /// One sensor, or nil when the site declares none by that id.
    package func sensor(_ id: String) -> SensorStatus? { nil }

    /// Every declared vehicle, in the site's order.
    package func vehicles() -> [VehicleStatus] { [] }

    package func vehicle(_ id: String) -> VehicleStatus? { nil }

    /// Every declared broker, in the site's order.
    package func brokers() -> [BrokerStatus] { [] }

    /// Who sends without being declared: the 1000 that were heard last.
    package func unknownSources() -> [UnknownSource] { [] }

    /// A sensor's readings of `from...to`, oldest first.
    package func readings(
        sensorId: String,
        from: WallTime,
        to: WallTime,
        page: PageRequest
    ) async throws -> Page<ReadingItem> {
        try await readings.readings(sensorId: sensorId, from: from, to: to, page: page).map(ReadingItem.init)
    }

    /// A vehicle's positions of `from...to`, oldest first.
    package func track(
        vehicleId: String,
        from: WallTime,
        to: WallTime,
        page: PageRequest
    ) async throws -> Page<PositionItem> {
        try await tracks.track(vehicleId: vehicleId, from: from, to: to, page: page).map(PositionItem.init)
    }

    /// The last messages that were rejected for a sensor or vehicle (nil: for unknown ones), newest first.
    package func rejected(source: String?) async throws -> [RejectedItem] {
        try await quarantine.rejected(source: source).map(RejectedItem.init)
    }
}
