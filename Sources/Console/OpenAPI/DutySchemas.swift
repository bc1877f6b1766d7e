import Domain

/// The schemas of supervision, duty and the collectors' work in the field.
enum DutySchemas {
    private static let areas = Schema.list(BaseSchemas.area)

    static let all: [String: JSONValue] = [
        "SupervisionCounts": Schema.object([
            "lists": Schema.list(Schema.object(["list": Schema.oneOf(SupervisionList.self), "count": Schema.integer])),
            "overdueOrders": Schema.integer, "callBacksDue": Schema.integer,
        ]),
        "SupervisedCase": Schema.object([
            "case": Schema.reference("Case"), "lastActionAt": Schema.time, "returns": Schema.integer,
            "urges": Schema.integer,
        ]),
        "SupervisionOrder": Schema.object([
            "id": Schema.text, "caseId": Schema.text, "caseNumber": Schema.text, "unit": Schema.textOrNull,
            "text": Schema.text, "by": Schema.text, "at": Schema.time, "dueAt": Schema.time,
            "state": Schema.oneOf(SupervisionOrder.State.self), "overdue": Schema.flag,
            "answers": Schema.list(
                Schema.object([
                    "to": Schema.oneOf(SupervisionOrder.State.self), "by": Schema.text, "at": Schema.time,
                    "note": Schema.text,
                ])
            ),
        ]),
        "NewOrder": Schema.request(["text": Schema.text, "dueAt": Schema.time], required: ["text", "dueAt"]),
        "Answer": Schema.request(["note": Schema.text], required: ["note"]),
        "DutyShift": Schema.object([
            "id": Schema.text, "user": Schema.text, "post": Schema.text, "from": Schema.time, "to": Schema.time,
            "rank": Schema.integer, "note": Schema.textOrNull, "by": Schema.text,
        ]),
        "NewShift": Schema.request(
            [
                "user": Schema.text, "post": Schema.text, "from": Schema.time, "to": Schema.time,
                "rank": Schema.integer, "note": Schema.textOrNull,
            ],
            required: ["user", "post", "from", "to"]
        ),
        "NewRoster": Schema.request(
            [
                "users": Schema.list(Schema.text), "post": Schema.text, "from": Schema.time, "hours": Schema.integer,
                "days": Schema.integer, "rank": Schema.integer, "note": Schema.textOrNull,
            ],
            required: ["users", "post", "from"]
        ),
        "DutyPerson": Schema.object([
            "name": Schema.text, "displayName": Schema.text, "role": Schema.oneOf(Role.self),
            "unit": Schema.textOrNull,
        ]),
        "DutyCall": Schema.object([
            "id": Schema.text, "alarmId": Schema.text, "user": Schema.textOrNull, "step": Schema.integer,
            "at": Schema.time, "answeredAt": Schema.timeOrNull, "answeredBy": Schema.textOrNull,
        ]),
        "HandOver": Schema.object([
            "id": Schema.text, "from": Schema.text, "to": Schema.text, "at": Schema.time,
            "content": Schema.anyObject, "note": Schema.textOrNull, "hash": Schema.text,
            "signedAt": Schema.timeOrNull, "reply": Schema.textOrNull,
        ]),
        "NewHandOver": Schema.request(["to": Schema.text, "note": Schema.textOrNull], required: ["to"]),
        "Collector": Schema.object([
            "name": Schema.text, "displayName": Schema.text, "areas": areas, "last": Schema.orNull(position),
        ]),
        "CollectorDay": Schema.object(
            [
                "name": Schema.text, "displayName": Schema.text, "areas": areas, "positions": Schema.integer,
                "metres": Schema.number, "cells": Schema.integer, "walked": Schema.integer,
                "share": Schema.numberOrNull, "absent": Schema.flag, "last": Schema.orNull(position),
                "silences": Schema.list(Schema.object(["from": Schema.time, "to": Schema.time])),
                "walkedCells": Schema.list(Schema.text),
            ],
            optional: ["walkedCells"]
        ),
        "CollectorAreas": Schema.request(["areas": Schema.list(Schema.text)], required: ["areas"]),
        "FieldTask": Schema.object([
            "case": Schema.reference("Case"), "own": Schema.flag, "asked": Schema.flag,
            "checkList": Schema.list(Schema.text), "kind": Schema.textOrNull, "seq": Schema.integer,
        ]),
        "FieldPosition": position,
        "NewPositions": Schema.request(
            [
                "positions": Schema.list(
                    Schema.request(
                        ["at": Schema.time, "position": Schemas.point, "accuracyMetres": Schema.numberOrNull],
                        required: ["at", "position"]
                    )
                )
            ],
            required: ["positions"]
        ),
        "PositionsTaken": Schema.object([
            "stored": Schema.integer, "known": Schema.integer,
            "refused": Schema.list(
                Schema.object([
                    "index": Schema.integer, "reason": ["type": "string", "enum": ["future", "tooOld"]],
                ])
            ),
        ]),
    ]

    private static let position = Schema.object([
        "at": Schema.time, "position": Schemas.point, "accuracyMetres": Schema.numberOrNull,
    ])
}
