import Domain

/// The schemas of sensors that are defined in the console.
enum SensorSchemas {
    private static let stateOrWord: JSONValue = ["type": ["number", "string"]]
    private static let definition: [String: JSONValue] = [
        "name": Schema.textOrNull, "profile": Schema.text, "position": Schema.orNull(Schemas.point),
        "address": Schema.textOrNull, "group": Schema.textOrNull, "part": Schema.textOrNull,
        "rules": Schema.list(Schema.reference("RuleDefinition")),
    ]

    static let all: [String: JSONValue] = [
        "SensorDefinition": Schema.object(
            definition.merging(["id": Schema.text]) { first, _ in first },
            optional: ["name", "position", "address", "group"]
        ),
        "NewSensorDefinition": Schema.request(
            definition.merging(["id": Schema.text]) { first, _ in first },
            required: ["profile"]
        ),
        "RuleDefinition": Schema.request(
            [
                "id": Schema.text, "kind": Schema.oneOf(SensorRule.Kind.self), "field": Schema.text,
                "value": Schema.number, "from": Schema.number, "to": Schema.number, "clearBelow": Schema.number,
                "clearAbove": Schema.number, "clearMargin": Schema.number, "per": Schema.text, "for": Schema.text,
                "clearFor": Schema.text, "is": Schema.list(stateOrWord), "isNot": Schema.list(stateOrWord),
                "of": Schema.list(Schema.reference("RuleDefinition")),
                "schedule": Schema.request(
                    ["days": Schema.list(Schema.text), "hours": Schema.list(Schema.text)],
                    required: []
                ),
                "severity": Schema.oneOf(AlarmSignal.Severity.self), "class": Schema.text,
            ],
            required: ["kind"]
        ),
    ]
}
