import Domain

/// Reads the members of a JSON object strictly: a wrong type, a missing, too long or unknown member is answered with
/// 422 and its name. `null` counts as absent.
struct RequestObject {
    private var members: [String: JSONValue]
    private let prefix: String

    init(_ value: JSONValue, prefix: String = "") throws(Problem) {
        guard case .object(let members) = value else {
            throw .invalid(field: prefix, "a JSON object is needed")
        }
        self.members = members.filter { $0.value != .null }
        self.prefix = prefix
    }

    private func name(_ key: String) -> String { prefix.isEmpty ? key : "\(prefix).\(key)" }

    mutating func value(_ key: String) -> JSONValue? { members.removeValue(forKey: key) }

    mutating func string(_ key: String, maximum: Int = 200) throws(Problem) -> String {
        guard let text = try optionalString(key, maximum: maximum), !text.isEmpty else {
            throw .invalid(field: name(key), "\(name(key)) is needed")
        }
        return text
    }

    mutating func optionalString(_ key: String, maximum: Int = 200) throws(Problem) -> String? {
        guard let value = value(key) else { return nil }
        guard let text = value.text else { throw .invalid(field: name(key), "\(name(key)) must be a text") }
        guard text.unicodeScalars.count <= maximum else {
            throw .invalid(field: name(key), "\(name(key)) has more than \(maximum) characters")
        }
        // SQLite ends a text at its first NUL, and nothing else of this kind is meant by anybody.
        guard
            !text.unicodeScalars.contains(where: {
                $0.properties.generalCategory == .control && !"\n\r\t".unicodeScalars.contains($0)
            })
        else { throw .invalid(field: name(key), "\(name(key)) holds control characters") }
        return text
    }

    /// A list of texts, at most `maximum` of at most 200 characters each.
    mutating func optionalStrings(_ key: String, maximum: Int) throws(Problem) -> [String]? {
        guard let value = value(key) else { return nil }
        guard case .array(let items) = value, items.count <= maximum else {
            throw .invalid(field: name(key), "\(name(key)) must be a list of at most \(maximum) texts")
        }
        return try items.map { item throws(Problem) in
            guard let text = item.text, !text.isEmpty, text.unicodeScalars.count <= 200,
                !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
            else { throw .invalid(field: name(key), "\(name(key)) must be a list of texts") }
            return text
        }
    }

    mutating func optionalBool(_ key: String) throws(Problem) -> Bool? {
        guard let value = value(key) else { return nil }
        guard case .bool(let flag) = value else {
            throw .invalid(field: name(key), "\(name(key)) must be true or false")
        }
        return flag
    }

    mutating func optionalTime(_ key: String) throws(Problem) -> WallTime? {
        guard let value = value(key) else { return nil }
        guard let time = value.text.flatMap({ WallTime(rfc3339: $0) }) else {
            throw .invalid(field: name(key), "\(name(key)) must be an RFC 3339 time, like 2026-11-23T10:00:00Z")
        }
        return time
    }

    mutating func time(_ key: String) throws(Problem) -> WallTime {
        guard let time = try optionalTime(key) else {
            throw .invalid(field: name(key), "\(name(key)) is needed")
        }
        return time
    }

    mutating func optionalPoint(_ key: String) throws(Problem) -> GeoPoint? {
        guard let value = value(key) else { return nil }
        var object = try RequestObject(value, prefix: name(key))
        guard let lat = object.value("lat")?.double, let lon = object.value("lon")?.double else {
            throw .invalid(field: name(key), "\(name(key)) needs the numbers lat and lon")
        }
        try object.finish()
        let point = GeoPoint(lat: lat, lon: lon)
        guard point.isValid else {
            throw .invalid(field: name(key), "\(name(key)) is not on the globe")
        }
        return point
    }

    /// Whether a member is not there.
    func isAbsent(_ key: String) -> Bool { members[key] == nil }

    func isPresent(_ key: String) -> Bool { members[key] != nil }

    mutating func optionalInt(_ key: String, in range: ClosedRange<Int>) throws(Problem) -> Int? {
        guard let value = value(key) else { return nil }
        guard let number = value.double, number == number.rounded(), let whole = Int(exactly: number),
            range.contains(whole)
        else {
            throw .invalid(
                field: name(key),
                "\(name(key)) must be a whole number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return whole
    }

    mutating func optionalNumber(_ key: String) throws(Problem) -> Double? {
        guard let value = value(key) else { return nil }
        guard let number = value.double, number.isFinite else {
            throw .invalid(field: name(key), "\(name(key)) must be a number")
        }
        return number
    }

    /// A list of texts that may be absent.
    mutating func texts(_ key: String, most: Int) throws(Problem) -> [String] {
        guard let value = value(key) else { return [] }
        guard let elements = value.elements, elements.count <= most else {
            throw .invalid(field: name(key), "\(name(key)) holds at most \(most) texts")
        }
        var texts: [String] = []
        for element in elements {
            guard let text = element.text, !text.isEmpty, text.utf8.count <= 200,
                !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
            else { throw .invalid(field: name(key), "\(name(key)) holds texts of at most 200 characters") }
            texts.append(text)
        }
        return texts
    }

    /// A value of an enumeration of texts.
    mutating func choice<T: RawRepresentable & CaseIterable>(_ key: String, as type: T.Type) throws(Problem) -> T
    where T.RawValue == String {
        let text = try string(key)
        guard let value = T(rawValue: text) else {
            let known = T.allCases.map(\.rawValue).joined(separator: ", ")
            throw .invalid(field: name(key), "\(name(key)) is one of \(known)")
        }
        return value
    }

    /// - Throws: the first member that nobody asked for.
    func finish() throws(Problem) {
        guard let unknown = members.keys.min() else { return }
        throw .invalid(field: name(unknown), "there is no field \(name(String(unknown.prefix(64))))")
    }
}
