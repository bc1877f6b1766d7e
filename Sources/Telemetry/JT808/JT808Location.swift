import Domain

/// The body of a position report (0x0200): alarm and status bits, place, motion, time, and what stands behind them.
struct JT808Location: Equatable, Sendable {
    /// JT/T 808-2019 table 24; see `TerminalAlarm`.
    var alarmBits: UInt32
    var statusBits: UInt32
    /// Degrees, WGS-84.
    var point: GeoPoint
    var altitudeMetres: Double
    var speedKmh: Double
    /// Degrees clockwise from north.
    var heading: Double
    /// The terminal's time; nil for what is no time.
    var at: WallTime?
    /// Total kilometres driven (0x01).
    var mileageKm: Double?
    /// Litres (0x02).
    var fuelLitres: Double?
    /// The recorder's speed in km/h (0x03).
    var recorderKmh: Double?
    var satellites: Int?

    /// Bit 1: the receiver has a fix.
    var isFix: Bool { statusBits & 0b10 != 0 }
    /// Bit 0: the ignition is on.
    var isIgnitionOn: Bool { statusBits & 1 != 0 }

    static let fixedBytes = 28

    /// - Returns: nil when the body is too short, or its items don't fit into it.
    init?(_ body: Span<UInt8>) {
        guard let alarmBits = body.u32(0), let statusBits = body.u32(4), let lat = body.u32(8), let lon = body.u32(12),
            let altitude = body.u16(16), let speed = body.u16(18), let heading = body.u16(20),
            body.count >= Self.fixedBytes
        else { return nil }
        self.alarmBits = alarmBits
        self.statusBits = statusBits
        // Status bits 2 and 3: south and west.
        point = GeoPoint(
            lat: Double(lat) / 1e6 * (statusBits & 0b100 != 0 ? -1 : 1),
            lon: Double(lon) / 1e6 * (statusBits & 0b1000 != 0 ? -1 : 1)
        )
        altitudeMetres = Double(Int16(bitPattern: altitude))
        speedKmh = Double(speed) / 10
        self.heading = Double(heading % 360)
        at = body.time(22)
        var next = Self.fixedBytes
        while let id = body.u8(next), let length = body.u8(next + 1) {
            let start = next + 2
            guard start + Int(length) <= body.count else { break }
            take(id, Int(length), body, start)
            next = start + Int(length)
        }
    }

    /// Items of other lengths than the standard's belong to makers' own extensions, and are passed over.
    private mutating func take(_ id: UInt8, _ length: Int, _ body: Span<UInt8>, _ at: Int) {
        switch (id, length) {
        case (0x01, 4): mileageKm = body.u32(at).map { Double($0) / 10 }
        case (0x02, 2): fuelLitres = body.u16(at).map { Double($0) / 10 }
        case (0x03, 2): recorderKmh = body.u16(at).map { Double($0) / 10 }
        case (0x31, 1): satellites = body.u8(at).map(Int.init)
        default: break
        }
    }
}
