/// Short words for the JSON schemas of `Schemas`.
enum Schema {
    static let text: JSONValue = ["type": "string"]
    static let textOrNull: JSONValue = ["type": ["string", "null"]]
    static let time: JSONValue = ["type": "string", "format": "date-time"]
    static let timeOrNull: JSONValue = ["type": ["string", "null"], "format": "date-time"]
    static let number: JSONValue = ["type": "number"]
    static let numberOrNull: JSONValue = ["type": ["number", "null"]]
    static let integer: JSONValue = ["type": "integer"]
    static let integerOrNull: JSONValue = ["type": ["integer", "null"]]
    static let flag: JSONValue = ["type": "boolean"]
    static let anyObject: JSONValue = ["type": "object"]

    static func list(_ items: JSONValue) -> JSONValue { ["type": "array", "items": items] }

    static func oneOf<T: CaseIterable & RawRepresentable>(_ type: T.Type) -> JSONValue where T.RawValue == String {
        ["type": "string", "enum": .array(T.allCases.map { .string($0.rawValue) })]
    }

    static func reference(_ name: String) -> JSONValue { ["$ref": .string("#/components/schemas/\(name)")] }

    static func orNull(_ schema: JSONValue) -> JSONValue { ["anyOf": [schema, ["type": "null"]]] }

    /// An object whose members are all there, but for the optional ones; others may be there in later versions.
    static func object(_ members: [String: JSONValue], optional: Set<String> = []) -> JSONValue {
        [
            "type": "object", "properties": .object(members),
            "required": .array(members.keys.filter { !optional.contains($0) }.sorted().map { .string($0) }),
        ]
    }

    /// An object in a request: other members are refused.
    static func request(_ members: [String: JSONValue], required: Set<String>) -> JSONValue {
        [
            "type": "object", "properties": .object(members), "additionalProperties": false,
            "required": .array(required.sorted().map { .string($0) }),
        ]
    }
}
