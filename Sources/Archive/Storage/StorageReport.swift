package import Domain

/// What the volumes hold, for how long it lasts, and what each camera takes of it.
package struct StorageReport: Sendable, Equatable {
    package struct Volume: Sendable, Equatable {
        package var id: String
        package var path: String
        package var state: VolumeFacts.State
        /// What is wrong, as a code: `io`, `full`, `missing`; nil when nothing is.
        package var reason: String?
        package var totalBytes: Int64
        package var freeBytes: Int64
        package var floorBytes: Int64
        /// What the index knows on it.
        package var recordedBytes: Int64
        /// Bytes written to it in a day.
        package var bytesPerDay: Double
    }

    package struct Camera: Sendable, Equatable {
        package var cameraId: String
        package var policy: RecordPolicy
        package var bytes: Int64
        package var heldBytes: Int64
        package var bytesPerDay: Double
        /// When the oldest frame that is kept was taken.
        package var recordedFrom: WallTime?
        package var expectedDays: Double?
        package var shortfall: Bool
        /// False for one that the site no longer names and whose recordings remain.
        package var isDeclared: Bool
    }

    package var volumes: [Volume]
    package var cameras: [Camera]
    package var bytesPerDay: Double
    package var fullInDays: Double?
    package var heldBytes: Int64
    package var recordedBytes: Int64
    package var at: WallTime
}
