import Cases
import Domain

/// The schemas of cases.
enum CaseSchemas {
    static let all: [String: JSONValue] = [
        "Case": Schema.object(whole),
        "CaseDetail": Schema.object(whole.merging(detail) { first, _ in first }),
        "CasePlace": Schema.object([
            "id": Schema.text, "class": Schema.text, "state": Schema.oneOf(CaseState.self),
            "position": Schemas.point, "dueAt": Schema.timeOrNull, "openedAt": Schema.time,
        ]),
        "CaseLogReport": Schema.object([
            "cases": Schema.integer, "entries": Schema.integer, "faulty": Schema.integer,
            "faults": Schema.list(
                Schema.object([
                    "caseId": Schema.text, "number": Schema.text,
                    "finding": ["type": "string", "enum": ["broken", "differs"]], "seq": Schema.integerOrNull,
                ])
            ),
        ]),
        "CaseEntry": Schema.object([
            "seq": Schema.integer, "at": Schema.time, "by": Schema.text, "role": Schema.textOrNull,
            "action": Schema.text, "from": Schema.textOrNull, "to": Schema.oneOf(CaseState.self),
            "note": Schema.textOrNull, "data": Schema.anyObject, "hash": Schema.text,
        ]),
        "CaseInput": Schema.request(
            [
                "class": Schema.textOrNull, "level": Schema.integerOrNull, "position": Schema.orNull(Schemas.point),
                "reason": Schema.textOrNull,
                "unit": Schema.textOrNull, "note": Schema.textOrNull, "photo": Schema.textOrNull,
                "passed": ["type": ["boolean", "null"]], "collector": Schema.textOrNull, "into": Schema.textOrNull,
                "units": Schema.orNull(Schema.list(Schema.text)), "owner": Schema.textOrNull,
                "until": Schema.timeOrNull, "review": Schema.timeOrNull, "centre": Schema.textOrNull,
                "committee": Schema.textOrNull, "photoBefore": Schema.textOrNull, "clientId": Schema.textOrNull,
                "ifSeq": Schema.integerOrNull,
            ],
            required: []
        ),
        "CaseTimer": Schema.object(
            [
                "phase": Schema.oneOf(TimedPhase.Phase.self), "start": Schema.oneOf(TimedPhase.Start.self),
                "limit": Schema.reference("Limit"), "startedAt": Schema.time, "dueAt": Schema.time,
                "metAt": Schema.time, "extendedBy": Schema.reference("Limit"),
                "pauses": Schema.list(Schema.object(["from": Schema.time, "to": Schema.time], optional: ["to"])),
            ],
            optional: ["startedAt", "dueAt", "metAt", "extendedBy"]
        ),
    ]

    private static let whole = facts.merging(course) { first, _ in first }

    private static let facts: [String: JSONValue] = [
        "id": Schema.text, "number": Schema.text, "class": Schema.text, "className": Schema.text,
        "classNameEn": Schema.text, "level": Schema.integer, "state": Schema.oneOf(CaseState.self),
        "position": Schema.orNull(Schemas.point), "address": Schema.textOrNull, "cell": Schema.textOrNull,
        "unit": Schema.textOrNull, "unitName": Schema.textOrNull, "openedAt": Schema.time,
        "dueAt": Schema.timeOrNull, "metAt": Schema.timeOrNull, "overdue": Schema.flag, "channel": Schema.text,
        "description": Schema.textOrNull, "reporter": Schema.textOrNull, "alarmIds": Schema.list(Schema.text),
        "clips": Schema.list(Schema.anyObject), "snapshots": Schema.list(Schema.text),
        "cameraId": Schema.textOrNull, "closedAt": Schema.timeOrNull, "limit": Schema.reference("Limit"),
        "timers": Schema.list(Schema.reference("CaseTimer")), "versions": Schema.anyObject,
        "actions": Schema.list(Schema.oneOf(CaseAction.self)),
    ]

    /// What a case's log says of its way.
    private static let course: [String: JSONValue] = [
        "holder": Schema.object(["kind": Schema.oneOf(CaseHolder.Kind.self), "id": Schema.text]),
        "ending": Schema.textOrNull, "sevenStep": Schema.textOrNull, "sixLink": Schema.textOrNull,
        "flow": Schema.textOrNull, "verified": ["type": ["boolean", "null"]], "assignee": Schema.textOrNull,
        "checkUnit": Schema.textOrNull, "inspected": Schema.flag, "returns": Schema.integer, "bound": Schema.flag,
        "extended": Schema.flag, "announcedAt": Schema.timeOrNull,
        "suspension": Schema.orNull(
            Schema.object(
                [
                    "owner": Schema.text, "until": Schema.time, "review": Schema.time, "ownerIsUnit": Schema.flag,
                ],
                optional: ["ownerIsUnit"]
            )
        ),
        "centre": Schema.textOrNull, "committee": Schema.textOrNull,
        "coUnits": Schema.list(
            Schema.object([
                "unit": Schema.text, "state": Schema.oneOf(CaseState.self),
                "timers": Schema.list(Schema.reference("CaseTimer")),
            ])
        ),
        "mergedInto": Schema.textOrNull, "merged": Schema.list(Schema.text), "photoBefore": Schema.textOrNull,
        "photoAfter": Schema.textOrNull, "reopenings": Schema.integer, "reworks": Schema.integer,
        "urgings": Schema.integer,
        "lastStep": Schema.orNull(Schema.object(["action": Schema.text, "by": Schema.text, "at": Schema.time])),
    ]

    /// What the page of one case shows besides.
    private static let detail: [String: JSONValue] = [
        "log": Schema.list(Schema.reference("CaseEntry")), "alarms": Schema.list(Schema.reference("Alarm")),
        "curves": Schema.list(
            Schema.object([
                "sensorId": Schema.text, "name": Schema.text, "alarmId": Schema.text, "from": Schema.time,
                "to": Schema.time, "fields": Schema.anyObject,
            ])
        ),
        "classFacts": Schema.object([
            "condition": Schema.textOrNull, "checkList": Schema.list(Schema.text), "professional": Schema.flag,
            "flowName": Schema.textOrNull, "flowNameEn": Schema.textOrNull, "steps": Schema.anyObject,
        ]),
        "areas": Schema.list(
            Schema.object([
                "id": Schema.text, "kind": Schema.oneOf(Area.Kind.self), "name": Schema.text, "nameEn": Schema.text,
            ])
        ),
        "related": Schema.list(brief(["relation": ["type": "string", "enum": ["mergedInto", "merged"]]])),
        "neighbours": Schema.list(brief(["metres": Schema.number])),
        "cameras": Schema.list(Schema.object(["id": Schema.text, "name": Schema.text, "metres": Schema.number])),
        "reports": Schema.list(Schema.reference("Report")), "pictures": Schema.list(Schema.text),
        "voices": Schema.list(Schema.text),
    ]

    /// Another case in few words.
    private static func brief(_ more: [String: JSONValue]) -> JSONValue {
        let members: [String: JSONValue] = [
            "id": Schema.text, "number": Schema.text, "class": Schema.text, "className": Schema.text,
            "state": Schema.oneOf(CaseState.self), "address": Schema.textOrNull,
            "position": Schema.orNull(Schemas.point), "openedAt": Schema.time, "snapshot": Schema.textOrNull,
        ]
        return Schema.object(members.merging(more) { first, _ in first })
    }
}
