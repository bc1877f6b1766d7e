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
}
