package import Domain

/// A reading as the API gives it: `value` for a plain one, else `values`.
package struct ReadingItem: Sendable, Hashable, Encodable {
    package var occurredAt: WallTime
    package var receivedAt: WallTime
    package var value: Double?
    package var values: [String: Double]?
    /// True when the message carried no time; absent otherwise.
    package var timeIsArrival: Bool?

    package init(_ reading: Reading) {
        occurredAt = reading.occurredAt
        receivedAt = reading.receivedAt
        if reading.values.count == 1, let value = reading.values["value"] {
            self.value = value
        } else {
            values = reading.values
        }
        timeIsArrival = reading.timeIsArrival ? true : nil
    }
}

/// A position as the API gives it.
package struct PositionItem: Sendable, Hashable, Encodable {
    package var occurredAt: WallTime
    package var receivedAt: WallTime
    /// Degrees, WGS-84.
    package var lat: Double
    package var lon: Double
    /// Kilometres per hour.
    package var speedKmh: Double?
    /// Degrees clockwise from north.
    package var heading: Double?
    package var altitudeMetres: Double?
    package var mileageKm: Double?
    package var ignition: Bool?
    /// `noFix`, `jump` or `drift`; absent for a good one.
    package var quality: String?
    /// `gcj02` or `bd09` where it was converted from that; absent otherwise.
    package var datum: String?
    /// True when the message carried no time; absent otherwise.
    package var timeIsArrival: Bool?

    package init(_ position: VehiclePosition) {
        occurredAt = position.occurredAt
        receivedAt = position.receivedAt
        lat = position.point.lat
        lon = position.point.lon
        speedKmh = position.speedKmh
        heading = position.heading
        altitudeMetres = position.altitudeMetres
        mileageKm = position.mileageKm
        ignition = position.ignition
        datum = position.datum == .wgs84 ? nil : position.datum.name
        quality = position.quality == .good ? nil : position.quality.name
        timeIsArrival = position.timeIsArrival ? true : nil
    }
}

/// A rejected message as the API gives it.
package struct RejectedItem: Sendable, Hashable, Encodable {
    package var receivedAt: WallTime
    package var topic: String
    package var reason: RejectionReason
    package var detail: String?
    /// The whole payload's size in bytes.
    package var sizeBytes: Int
    /// Its first 512 characters; bytes that are no UTF-8 show as U+FFFD.
    package var payload: String

    package init(_ rejected: RejectedPayload) {
        receivedAt = rejected.receivedAt
        topic = rejected.topic
        reason = rejected.reason
        detail = rejected.detail
        sizeBytes = rejected.sizeBytes
        payload = String(String(decoding: rejected.payload, as: UTF8.self).prefix(512))
    }
}
