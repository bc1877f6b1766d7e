import Domain

/// A JSON text as it stands, read by `JSONParser`.
indirect enum JSONValue: Equatable {
    /// A name and its value, as an object holds them.
    struct Member: Equatable {
        var name: String
        var value: JSONValue
    }

    case null
    case bool(Bool)
    /// Finite; a number beyond a double's range is an error of the parser.
    case number(Double)
    case string(String)
    case array([JSONValue])
    /// In the order of the text; the last of equal names counts.
    case object([Member])

    /// The member `name` of an object.
    subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.name == name }?.value
    }

    /// The word for its type, for messages.
    var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a text"
        case .array: "a list"
        case .object: "an object"
        }
    }

    /// What stands at a path, counted from here, or from `root` where the path says so.
    func at(_ path: JSONPath, root: JSONValue) -> JSONValue? {
        var value = path.isFromRoot ? root : self
        for step in path.steps {
            switch (step, value) {
            case (.name(let name), .object):
                guard let member = value[name] else { return nil }
                value = member
            case (.index(let index), .array(let items)):
                guard items.indices.contains(index) else { return nil }
                value = items[index]
            default: return nil
            }
        }
        return value
    }

    /// An object without one of its members.
    func without(_ name: String) -> JSONValue {
        guard case .object(let members) = self else { return self }
        return .object(members.filter { $0.name != name })
    }

    /// The JSON text; for people who look at what was rejected.
    var text: String {
        switch self {
        case .null: "null"
        case .bool(let bool): bool ? "true" : "false"
        case .number(let number): "\(number)"
        case .string(let string): Self.quoted(string)
        case .array(let items): "[" + items.map(\.text).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { Self.quoted($0.name) + ":" + $0.value.text }.joined(separator: ",") + "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\" + String(scalar)
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
