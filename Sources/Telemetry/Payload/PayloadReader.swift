import Domain

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

    /// Readings in one message.
    static let maximumReadings = 1000

    /// Reads a sensor's payload that holds one reading: the first of `readings`.
    static func reading(
        _ payload: [UInt8],
        sensorId: String,
        profile: PayloadProfile,
        receivedAt: WallTime,
        retained: Bool = false
    ) -> PayloadResult<Reading> {
        let content = readings(
            payload,
            sensorId: sensorId,
            profile: profile,
            receivedAt: receivedAt,
            retained: retained
        )
        if let first = content.readings.first { return .accepted(first) }
        return .rejected(content.rejection?.reason ?? .noValue, detail: content.rejection?.detail)
    }

    /// Reads one reading that has been parsed already.
    static func reading(
        _ item: JSONValue,
        sensorId: String,
        profile: PayloadProfile,
        receivedAt: WallTime
    ) -> PayloadResult<Reading> {
        let frame = Frame(sensorId: sensorId, profile: profile, receivedAt: receivedAt, retained: false)
        do throws(PayloadRejection) {
            return .accepted(try reading(item, item, frame))
        } catch {
            return .rejected(error.reason, detail: error.detail)
        }
    }

    /// Reads a sensor's payload.
    ///
    /// - Parameter retained: the broker kept the message for us: without a time it may be of any age.
    static func readings(
        _ payload: [UInt8],
        sensorId: String,
        profile: PayloadProfile,
        receivedAt: WallTime,
        retained: Bool = false
    ) -> PayloadContent {
        var content = PayloadContent()
        do throws(PayloadRejection) {
            let root = try root(payload, profile)
            let frame = Frame(sensorId: sensorId, profile: profile, receivedAt: receivedAt, retained: retained)
            guard let batch = profile.batch else {
                content.readings = [try reading(root, root, frame)]
                return content
            }
            guard case .array(let items)? = root.at(batch, root: root) else {
                throw PayloadRejection(.wrongType, "\(batch) is no list")
            }
            guard items.count <= maximumReadings else { throw PayloadRejection(.tooMany, "\(items.count) readings") }
            guard !items.isEmpty else { throw PayloadRejection(.noValue, "\(batch) is empty") }
            for item in items {
                do throws(PayloadRejection) {
                    content.readings.append(try reading(item, root, frame))
                } catch {
                    content.rejection = content.rejection ?? error
                }
            }
        } catch {
            content.rejection = error
        }
        return content
    }

    /// The id that a payload itself names its sensor by; nil where it doesn't.
    static func sensorId(_ payload: [UInt8], at path: JSONPath) -> String? {
        guard payload.count <= maximumBytes, let root = try? JSONParser.parse(payload),
            case .string(let id)? = root.at(path, root: root), !id.isEmpty, id.utf8.count <= 128
        else { return nil }
        return id
    }

    /// What holds for all readings of one message.
    private struct Frame {
        var sensorId: String
        var profile: PayloadProfile
        var receivedAt: WallTime
        var retained: Bool
    }

    private static func reading(_ item: JSONValue, _ root: JSONValue, _ frame: Frame) throws(PayloadRejection)
        -> Reading
    {
        let profile = frame.profile
        let stamp = profile.time.map { item.at($0, root: root) } ?? item["ts"]
        let time = try occurredAt(stamp, receivedAt: frame.receivedAt, retained: frame.retained)
        var values = try profile.fields == nil ? plainValues(item, profile) : fieldValues(item, root, profile)
        if values["value"] == nil, let name = profile.valueNames.first(where: { values[$0] != nil }) {
            values["value"] = values.removeValue(forKey: name)
        }
        guard !values.isEmpty else { throw PayloadRejection(.noValue, "no value in it") }
        guard values.count <= maximumValues else { throw PayloadRejection(.tooManyValues, "\(values.count) values") }
        for (name, limits) in profile.limits {
            if let value = values[name], value < limits.low || value > limits.high {
                throw PayloadRejection(.outOfRange, "\(name) is \(value), not \(limits.low) to \(limits.high)")
            }
        }
        return Reading(
            sensorId: frame.sensorId,
            occurredAt: time ?? frame.receivedAt,
            receivedAt: frame.receivedAt,
            values: values,
            timeIsArrival: time == nil
        )
    }

    /// The default shapes.
    private static func plainValues(_ item: JSONValue, _ profile: PayloadProfile) throws(PayloadRejection)
        -> [String: Double]
    {
        var values: [String: Double] = [:]
        guard case .object(let members) = item else {
            throw PayloadRejection(.wrongType, "it is \(item.typeName), not an object")
        }
        guard let named = item["values"] else {
            try collect(members.filter { $0.name != "ts" }, profile, strict: false, &values)
            return values
        }
        guard case .object(let inner) = named else { throw PayloadRejection(.wrongType, "values is \(named.typeName)") }
        try collect(inner, profile, strict: true, &values)
        return values
    }

    /// The profile's own fields.
    private static func fieldValues(
        _ item: JSONValue,
        _ root: JSONValue,
        _ profile: PayloadProfile
    ) throws(PayloadRejection) -> [String: Double] {
        var values: [String: Double] = [:]
        for field in profile.fields ?? [] {
            let found = item.at(field.path, root: root)
            if field.name == "*" {
                // Every number of an object, by its own name.
                guard case .object(let members)? = found else {
                    throw PayloadRejection(.noValue, "\(field.path) is no object")
                }
                var all: [String: Double] = [:]
                try collect(members, profile, strict: false, &all)
                for (name, value) in all {
                    let scaled = value * field.scale + field.offset
                    guard scaled.isFinite else { throw PayloadRejection(.notFinite, name) }
                    values[name] = scaled
                }
                continue
            }
            guard let found, found != .null else {
                if field.isRequired { throw PayloadRejection(.noValue, "\(field.path) is missing") }
                continue
            }
            let value = try number(found, field.name, profile) * field.scale + field.offset
            guard value.isFinite else { throw PayloadRejection(.notFinite, field.name) }
            values[field.name] = value
        }
        return values
    }

    /// A number, a boolean, a word of the profile, or digits in a text.
    private static func number(
        _ value: JSONValue,
        _ name: String,
        _ profile: PayloadProfile
    ) throws(PayloadRejection) -> Double {
        switch value {
        case .number(let number): return number
        case .bool(let bool): return profile.words[bool ? "true" : "false"] ?? (bool ? 1 : 0)
        case .string(let text):
            if let number = profile.words[text.lowercased()] { return number }
            if let number = Double(text), number.isFinite { return number }
            throw PayloadRejection(.wrongType, "\(name) is the text \(text)")
        default: throw PayloadRejection(.wrongType, "\(name) is \(value.typeName)")
        }
    }

    /// The whole payload as JSON; one that is a plain number or word stands for `{"value": …}`.
    private static func root(_ payload: [UInt8], _ profile: PayloadProfile) throws(PayloadRejection) -> JSONValue {
        guard payload.count <= maximumBytes else { throw PayloadRejection(.tooLarge, "\(payload.count) bytes") }
        if profile.isPlain, payload.count <= maximumNameBytes,
            let text = String(validating: payload, as: UTF8.self)?.filter({ !$0.isWhitespace })
        {
            if let number = Double(text) {
                guard number.isFinite else { throw PayloadRejection(.notFinite) }
                return .object([JSONValue.Member(name: "value", value: .number(number))])
            }
            if let number = profile.words[text.lowercased()] {
                return .object([JSONValue.Member(name: "value", value: .number(number))])
            }
        }
        return try json(payload)
    }

    private static func json(_ payload: [UInt8]) throws(PayloadRejection) -> JSONValue {
        do {
            return try JSONParser.parse(payload)
        } catch {
            switch error {
            case .notJSON: throw PayloadRejection(.notJSON)
            case .tooDeep: throw PayloadRejection(.tooDeep)
            case .notFinite: throw PayloadRejection(.notFinite)
            }
        }
    }

    static func object(_ payload: [UInt8]) throws(PayloadRejection) -> JSONValue {
        guard payload.count <= maximumBytes else { throw PayloadRejection(.tooLarge, "\(payload.count) bytes") }
        let value = try json(payload)
        guard case .object = value else { throw PayloadRejection(.wrongType, "it is \(value.typeName), not an object") }
        return value
    }

    /// The device's time, or nil when the payload has none.
    static func occurredAt(
        _ value: JSONValue?,
        receivedAt: WallTime,
        retained: Bool
    ) throws(PayloadRejection) -> WallTime? {
        let time: WallTime
        switch value {
        case .string(let text):
            guard let read = WallTime(rfc3339: text) else { throw PayloadRejection(.badTime, "ts is \(text)") }
            time = read
        case .number(let number):
            let seconds = number < 1e11 ? number : number / 1000
            // Beyond this a double no longer turns into an Int64 of microseconds.
            guard abs(seconds) < 9e12 else { throw PayloadRejection(.badTime, "ts is \(number)") }
            time = WallTime(microseconds: Int64((seconds * 1_000_000).rounded()))
        case nil, .null:
            guard !retained else { throw PayloadRejection(.retainedWithoutTime) }
            return nil
        case .some(let other):
            throw PayloadRejection(.badTime, "ts is \(other.typeName)")
        }
        guard time >= earliest else { throw PayloadRejection(.tooOld, "ts is \(time.rfc3339)") }
        guard time <= receivedAt + maximumLead else { throw PayloadRejection(.inFuture, "ts is \(time.rfc3339)") }
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
    ) throws(PayloadRejection) {
        guard members.count <= maximumValues else { throw PayloadRejection(.tooManyValues, "\(members.count) values") }
        for member in members {
            let (name, value) = (member.name, member.value)
            guard name.utf8.count <= maximumNameBytes else {
                throw PayloadRejection(.tooManyValues, "a name is too long")
            }
            switch value {
            case .number(let number): values[name] = number
            case .bool(let bool):
                if let number = profile.words[bool ? "true" : "false"] {
                    values[name] = number
                } else if name == "value" || profile.valueNames.contains(name) {
                    // As 1 or 0 it would be a measurement: `true` of a gauge is no level below 10.
                    throw PayloadRejection(.wrongType, "\(name) is a boolean")
                } else {
                    values[name] = bool ? 1 : 0
                }
            case .null: continue
            case .string(let text):
                if let number = profile.words[text.lowercased()] {
                    values[name] = number
                } else if strict || name == "value" || profile.valueNames.contains(name) {
                    throw PayloadRejection(.wrongType, "\(name) is the text \(text)")
                }
            case .array, .object:
                if strict || name == "value" || profile.valueNames.contains(name) {
                    throw PayloadRejection(.wrongType, "\(name) is \(value.typeName)")
                }
            }
        }
    }
}
