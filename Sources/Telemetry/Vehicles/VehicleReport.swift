import Domain

/// A position as it arrived, with what the terminal says beside it.
struct VehicleReport: Sendable {
    var position: VehiclePosition
    /// The alarm bits of JT/T 808; nil where the way has none.
    var alarmBits: UInt32?

    init(_ position: VehiclePosition, alarmBits: UInt32? = nil) {
        self.position = position
        self.alarmBits = alarmBits
    }

    /// A terminal's position; nil when its time or place can't be used.
    init?(_ location: JT808Location, vehicle: String, receivedAt: WallTime) {
        guard location.point.isValid else { return nil }
        let time = location.at
        let latest = receivedAt + PayloadReader.maximumLead
        let isUsable = time.map { $0 >= PayloadReader.earliest && $0 <= latest } ?? false
        // A call for help counts whatever the terminal's clock says.
        guard isUsable || location.alarmBits & 1 != 0 else { return nil }
        var position = VehiclePosition(
            vehicleId: vehicle,
            occurredAt: isUsable ? time ?? receivedAt : receivedAt,
            receivedAt: receivedAt,
            point: location.point,
            speedKmh: location.speedKmh,
            heading: location.heading,
            timeIsArrival: !isUsable
        )
        position.altitudeMetres = location.altitudeMetres
        position.mileageKm = location.mileageKm
        position.ignition = location.isIgnitionOn
        position.quality = location.isFix ? .good : .noFix
        self.init(position, alarmBits: location.alarmBits)
    }
}
