import Synchronization

/// The sensors that the console has accepted, as they are defined at this moment: for whoever names them or shows where
/// they stand.
package final class OwnSensors: Sendable {
    private let sensors = Mutex<[String: Sensor]>([:])

    package init() {}

    /// nil for a sensor of the site file, and for none.
    package subscript(_ id: String) -> Sensor? { sensors.withLock { $0[id] } }

    /// - Parameter sensor: nil where it was let go.
    package func set(_ id: String, _ sensor: Sensor?) {
        sensors.withLock { $0[id] = sensor }
    }
}
