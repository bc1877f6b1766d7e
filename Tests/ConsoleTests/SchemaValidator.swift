import Foundation

@testable import Console

/// Checks values against the part of JSON Schema that the API's description uses; throws on any other keyword, so that
/// none is passed over.
struct SchemaValidator {
    let schemas: JSONValue

    private static let known: Set<String> = [
        "type", "properties", "required", "items", "enum", "format", "anyOf", "$ref", "additionalProperties", "minimum",
        "maximum",
    ]

    /// What is wrong, each with the place in the value.
    func findings(_ value: JSONValue, _ schema: JSONValue, at place: String = "$") -> [String] {
        guard case .object(let keywords) = schema else { return ["\(place): the schema is no object"] }
        var found = keywords.keys.filter { !Self.known.contains($0) }.map { "\(place): unknown keyword \($0)" }
        if let name = keywords["$ref"]?.text {
            guard let target = schemas[String(name.split(separator: "/").last ?? "")] else {
                return ["\(place): nothing behind \(name)"]
            }
            return found + findings(value, target, at: place)
        }
        if let options = keywords["anyOf"]?.elements {
            let best = options.map { findings(value, $0, at: place) }.min { $0.count < $1.count }
            return found + (best ?? [])
        }
        let types = keywords["type"].map { $0.elements ?? [$0] } ?? []
        if !types.isEmpty, !types.contains(where: { Self.matches(value, $0.text ?? "") }) {
            return found + ["\(place): \(value) is none of \(types)"]
        }
        if let allowed = keywords["enum"]?.elements, !allowed.contains(value) {
            found.append("\(place): \(value) is not allowed")
        }
        if keywords["format"] == "date-time", let text = value.text, !text.hasSuffix("Z") {
            found.append("\(place): \(text) is no UTC time")
        }
        return found + members(value, keywords, place)
    }

    private func members(_ value: JSONValue, _ keywords: [String: JSONValue], _ place: String) -> [String] {
        switch value {
        case .object(let members):
            let required = (keywords["required"]?.elements ?? []).compactMap(\.text)
            var found = required.filter { members[$0] == nil }.map { "\(place): \($0) is missing" }
            for (name, member) in members {
                guard let schema = keywords["properties"]?[name] else { continue }
                found += findings(member, schema, at: "\(place).\(name)")
            }
            return found
        case .array(let elements):
            guard let schema = keywords["items"] else { return [] }
            return elements.enumerated().flatMap { findings($1, schema, at: "\(place)[\($0)]") }
        default: return []
        }
    }

    private static func matches(_ value: JSONValue, _ type: String) -> Bool {
        switch (type, value) {
        case ("null", .null), ("boolean", .bool), ("string", .string), ("array", .array), ("object", .object),
            ("integer", .integer), ("number", .integer), ("number", .number):
            true
        default: false
        }
    }
}
