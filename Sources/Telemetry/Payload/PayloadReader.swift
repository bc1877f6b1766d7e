import Domain

/// What a payload says, or why it isn't accepted.
enum PayloadResult<Content: Sendable>: Sendable {
    case accepted(Content)
    case rejected(RejectionReason, detail: String?)
}

/// Turns payloads into readings and positions: the door where everything is validated.
///
/// Shapes of a sensor: `{"ts", "value": 152.0}`, `{"ts", "level": 1.5, "battery": 3.6}`, `{"ts", "values": {…}}`. A
/// boolean counts as 1 or 0 (as the value itself only where the profile knows switch words), null as absent, a word as
/// the profile says. `ts` is an RFC 3339 text, or Unix time as a number: seconds below 10¹¹, milliseconds from there on.
/// Without `ts` the time of arrival counts, and the reading is marked.
enum PayloadReader {
    /// The largest payload in bytes.
    static let maximumBytes = 64 << 10
    static let maximumValues = 64
    static let maximumNameBytes = 64
    /// 2020-01-01T00:00:00Z: no device of ours is older, a clock that says so isn't set.
    static let earliest = WallTime(microseconds: 1_577_836_800_000_000)
    /// How far a device's clock may be ahead of ours.
    static let maximumLead = Duration.seconds(300)

    /// Reads a sensor's payload.
    ///
    /// - Parameter retained: the broker kept the message for us: without a time it may be of any age.
    static func reading(
        _ payload: [UInt8],
        sensorId: String,
        profile: PayloadProfile,
        receivedAt: WallTime,
        retained: Bool = false
    ) -> PayloadResult<Reading> {
        do throws(Rejection) {
            let object = try object(payload)
            let time = try occurredAt(object["ts"], receivedAt: receivedAt, retained: retained)
            var values: [String: Double] = [:]
            if let named = object["values"] {
                guard case .object(let members) = named else {
                    throw Rejection(.wrongType, "values is \(named.typeName)")
                }
                try collect(members, profile, strict: true, &values)
            } else if case .object(let members) = object {
                try collect(members.filter { $0.name != "ts" }, profile, strict: false, &values)
                if values["value"] == nil, let name = profile.valueNames.first(where: { values[$0] != nil }) {
                    values["value"] = values.removeValue(forKey: name)
                }
            }
            guard !values.isEmpty else { throw Rejection(.noValue, "no value in it") }
            return .accepted(
                Reading(
                    sensorId: sensorId,
                    occurredAt: time ?? receivedAt,
                    receivedAt: receivedAt,
                    values: values,
                    timeIsArrival: time == nil
                )
            )
        } catch {
            return .rejected(error.reason, detail: error.detail)
        }
    }

    /// Reads a vehicle's payload: `{"ts", "lat", "lon", "speedKmh", "heading"}`; the last two may be absent.
    static func position(
        _ payload: [UInt8],
        vehicleId: String,
        receivedAt: WallTime,
        retained: Bool = false
    ) -> PayloadResult<VehiclePosition> {
        do throws(Rejection) {
            let object = try object(payload)
            let time = try occurredAt(object["ts"], receivedAt: receivedAt, retained: retained)
            guard let lat = try number(object, "lat"), let lon = try number(object, "lon") else {
                throw Rejection(.noValue, "lat or lon is missing")
            }
            let point = GeoPoint(lat: lat, lon: lon)
            guard point.isValid else { throw Rejection(.badPosition, "lat \(lat), lon \(lon)") }
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

    private struct Rejection: Error {
        var reason: RejectionReason
        var detail: String?

        init(_ reason: RejectionReason, _ detail: String? = nil) {
            self.reason = reason
            self.detail = detail.map { String($0.prefix(200)) }
        }
    }

    private static func object(_ payload: [UInt8]) throws(Rejection) -> JSONValue {
        guard payload.count <= maximumBytes else { throw Rejection(.tooLarge, "\(payload.count) bytes") }
        let value: JSONValue
        do {
            value = try JSONParser.parse(payload)
        } catch {
            switch error {
            case .notJSON: throw Rejection(.notJSON)
            case .tooDeep: throw Rejection(.tooDeep)
            case .notFinite: throw Rejection(.notFinite)
            }
        }
        guard case .object = value else { throw Rejection(.wrongType, "it is \(value.typeName), not an object") }
        return value
    }

    /// The device's time, or nil when the payload has none.
    private static func occurredAt(
        _ value: JSONValue?,
        receivedAt: WallTime,
        retained: Bool
    ) throws(Rejection) -> WallTime? {
        let time: WallTime
        switch value {
        case .string(let text):
            guard let read = WallTime(rfc3339: text) else { throw Rejection(.badTime, "ts is \(text)") }
            time = read
        case .number(let number):
            let seconds = number < 1e11 ? number : number / 1000
            // Beyond this a double no longer turns into an Int64 of microseconds.
            guard abs(seconds) < 9e12 else { throw Rejection(.badTime, "ts is \(number)") }
            time = WallTime(microseconds: Int64((seconds * 1_000_000).rounded()))
        case nil, .null:
            guard !retained else { throw Rejection(.retainedWithoutTime) }
            return nil
        case .some(let other):
            throw Rejection(.badTime, "ts is \(other.typeName)")
        }
        guard time >= earliest else { throw Rejection(.tooOld, "ts is \(time.rfc3339)") }
        guard time <= receivedAt + maximumLead else { throw Rejection(.inFuture, "ts is \(time.rfc3339)") }
        return time
    }

    /// Takes the numbers out of `members`.
    ///
    /// - Parameter strict: every member must be one. Otherwise only `value` and the fields that the profile names must;
    ///   a unit, a serial number or other things that stand beside them are passed over.
    private static func collect(
        _ members: [JSONValue.Member],
        _ profile: PayloadProfile,
        strict: Bool,
        _ values: inout [String: Double]
    ) throws(Rejection) {
        guard members.count <= maximumValues else { throw Rejection(.tooManyValues, "\(members.count) values") }
        for member in members {
            let (name, value) = (member.name, member.value)
            guard name.utf8.count <= maximumNameBytes else { throw Rejection(.tooManyValues, "a name is too long") }
            switch value {
            case .number(let number): values[name] = number
            case .bool(let bool):
                if let number = profile.words[bool ? "true" : "false"] {
                    values[name] = number
                } else if name == "value" || profile.valueNames.contains(name) {
                    // As 1 or 0 it would be a measurement: `true` of a gauge is no level below 10.
                    throw Rejection(.wrongType, "\(name) is a boolean")
                } else {
                    values[name] = bool ? 1 : 0
                }
            case .null: continue
            case .string(let text):
                if let number = profile.words[text.lowercased()] {
                    values[name] = number
                } else if strict || name == "value" || profile.valueNames.contains(name) {
                    throw Rejection(.wrongType, "\(name) is the text \(text)")
                }
            case .array, .object:
                if strict || name == "value" || profile.valueNames.contains(name) {
                    throw Rejection(.wrongType, "\(name) is \(value.typeName)")
                }
            }
        }
    }

    /// Degrees brought to 0..<360.
    private static func turned(_ degrees: Double) -> Double {
        let rest = degrees.truncatingRemainder(dividingBy: 360)
        return rest < 0 ? rest + 360 : rest
    }

    private static func number(_ object: JSONValue, _ name: String) throws(Rejection) -> Double? {
        switch object[name] {
        case .number(let number): return number
        case nil, .null: return nil
        case .some(let other): throw Rejection(.wrongType, "\(name) is \(other.typeName)")
        }
    }
}
