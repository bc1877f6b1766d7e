import Domain

extension PayloadReader {
    /// Reads a vehicle's payload: `{"ts", "lat", "lon", "speedKmh", "heading"}`; the last two may be absent.
    static func position(
        _ payload: [UInt8],
        vehicleId: String,
        receivedAt: WallTime,
        retained: Bool = false
    ) -> PayloadResult<VehiclePosition> {
        do throws(PayloadRejection) {
            return position(try object(payload), vehicleId: vehicleId, receivedAt: receivedAt, retained: retained)
        } catch {
            return .rejected(error.reason, detail: error.detail)
        }
    }

    /// Reads a vehicle's position that has been parsed already.
    static func position(
        _ object: JSONValue,
        vehicleId: String,
        receivedAt: WallTime,
        retained: Bool = false
    ) -> PayloadResult<VehiclePosition> {
        do throws(PayloadRejection) {
            let time = try occurredAt(object["ts"], receivedAt: receivedAt, retained: retained)
            guard let lat = try number(object, "lat"), let lon = try number(object, "lon") else {
                throw PayloadRejection(.noValue, "lat or lon is missing")
            }
            let point = GeoPoint(lat: lat, lon: lon)
            guard point.isValid else { throw PayloadRejection(.badPosition, "lat \(lat), lon \(lon)") }
            let heading = try number(object, "heading")
            return .accepted(
                VehiclePosition(
                    vehicleId: vehicleId,
                    occurredAt: time ?? receivedAt,
                    receivedAt: receivedAt,
                    point: point,
                    speedKmh: try number(object, "speedKmh"),
                    heading: heading.map(turned),
                    timeIsArrival: time == nil
                )
            )
        } catch {
            return .rejected(error.reason, detail: error.detail)
        }
    }

    /// Degrees brought to 0..<360.
    private static func turned(_ degrees: Double) -> Double {
        let rest = degrees.truncatingRemainder(dividingBy: 360)
        return rest < 0 ? rest + 360 : rest
    }

    private static func number(_ object: JSONValue, _ name: String) throws(PayloadRejection) -> Double? {
        switch object[name] {
        case .number(let number): return number
        case nil, .null: return nil
        case .some(let other): throw PayloadRejection(.wrongType, "\(name) is \(other.typeName)")
        }
    }
}
