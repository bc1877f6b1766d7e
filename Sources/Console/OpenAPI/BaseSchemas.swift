import Cases
import Domain

/// The schemas of base data and parts.
enum BaseSchemas {
    private static let point = Schema.object(["lat": Schema.number, "lon": Schema.number])
    private static let counts = Schema.object([
        "added": Schema.integer, "changed": Schema.integer, "removed": Schema.integer,
    ])
    private static let caseCounts = Schema.object([
        "open": Schema.integer, "overdue": Schema.integer, "closed": Schema.integer, "invalid": Schema.integer,
        "total": Schema.integer,
    ])
    private static let order: [String: JSONValue] = [
        "note": Schema.textOrNull, "validFrom": Schema.timeOrNull, "trial": Schema.flag,
    ]
    static let area = Schema.object([
        "id": Schema.text, "kind": Schema.oneOf(Area.Kind.self), "name": Schema.text, "nameEn": Schema.text,
        "parent": Schema.textOrNull,
    ])
    private static let part: [String: JSONValue] = [
        "code": Schema.text, "class": Schema.text, "name": Schema.textOrNull, "owner": Schema.textOrNull,
        "maintainer": Schema.textOrNull, "state": Schema.oneOf(Part.State.self), "position": point,
        "cell": Schema.textOrNull, "since": Schema.textOrNull, "note": Schema.textOrNull,
    ]
    private static let responsible = Schema.object([
        "unit": Schema.textOrNull, "unitName": Schema.textOrNull, "unclear": Schema.textOrNull,
        "basis": Schema.textOrNull, "byCatalogue": Schema.flag,
    ])

    static let all: [String: JSONValue] = [
        "BaseSet": Schema.object([
            "set": Schema.oneOf(BaseSet.self), "origin": Schema.text, "file": Schema.textOrNull,
            "edition": Schema.integer, "validFrom": Schema.timeOrNull, "editable": Schema.flag,
            "count": Schema.integer,
            "columns": Schema.list(
                Schema.object([
                    "name": Schema.text, "kind": Schema.text, "choices": Schema.list(Schema.text),
                    "required": Schema.flag, "key": Schema.flag,
                ])
            ),
        ]),
        "Area": area,
        "BaseRow": Schema.anyObject,
        "BaseEdition": Schema.object([
            "set": Schema.text, "number": Schema.integer, "validFrom": Schema.time, "recordedAt": Schema.time,
            "by": Schema.text, "note": Schema.textOrNull, "effect": Schema.anyObject, "hash": Schema.text,
        ]),
        "BaseEdit": Schema.request(
            order.merging([
                "put": Schema.list(Schema.anyObject), "remove": Schema.list(Schema.anyObject),
            ]) { first, _ in first },
            required: []
        ),
        "BaseRollback": Schema.request(order.merging(["to": Schema.time]) { first, _ in first }, required: ["to"]),
        "BaseFinding": Schema.object([
            "file": Schema.text, "line": Schema.integerOrNull, "column": Schema.textOrNull, "value": Schema.textOrNull,
            "problem": Schema.text, "remedy": Schema.text,
        ]),
        "GridFault": Schema.object([
            "kind": Schema.oneOf(GridAudit.Kind.self), "cells": Schema.list(Schema.text), "areaM2": Schema.numberOrNull,
            "at": Schema.orNull(point), "outline": Schema.list(point), "detail": Schema.textOrNull,
        ]),
        "BaseReport": Schema.object([
            "findings": Schema.list(Schema.reference("BaseFinding")), "rows": Schema.anyObject,
            "effect": Schema.orNull(Schema.anyObject), "faults": Schema.list(Schema.reference("GridFault")),
            "editions": Schema.list(Schema.reference("BaseEdition")),
        ]),
        "Locality": Schema.object([
            "position": point, "cell": Schema.textOrNull, "address": Schema.textOrNull, "areas": Schema.list(area),
        ]),
        "PlaceHit": Schema.object([
            "title": Schema.text, "kind": Schema.oneOf(Place.Kind.self), "position": point, "score": Schema.number,
        ]),
        "GridOrder": Schema.request(
            [
                "sideM": Schema.number,
                "boundaries": Schema.list(
                    Schema.request(
                        ["code": Schema.text, "outline": Schema.list(point)],
                        required: ["code", "outline"]
                    )
                ),
            ],
            required: ["boundaries"]
        ),
        "Responsible": responsible,
        "AtlasEntry": Schema.object([
            "class": Schema.text, "className": Schema.text, "places": Schema.list(Schema.text), "cells": Schema.integer,
            "example": Schema.textOrNull, "answer": responsible,
        ]),
        "CaseSum": Schema.object([
            "id": Schema.textOrNull, "kind": Schema.textOrNull, "name": Schema.textOrNull, "nameEn": Schema.textOrNull,
            "depth": Schema.integer, "own": caseCounts, "all": caseCounts,
        ]),
        "Part": Schema.object(part),
        "NearPart": Schema.object(["part": Schema.reference("Part"), "metres": Schema.number]),
        "PartHistory": Schema.object([
            "part": Schema.reference("Part"), "devices": Schema.list(Schema.text),
            "history": Schema.list(
                Schema.object([
                    "seq": Schema.integer, "recordedAt": Schema.time, "by": Schema.text,
                    "part": Schema.reference("Part"),
                ])
            ),
        ]),
        "NewPart": Schema.request(
            part.filter { $0.key != "cell" }.merging(["state": Schema.text]) { first, _ in first },
            required: ["code", "position"]
        ),
        "PartReport": Schema.object([
            "findings": Schema.list(Schema.reference("BaseFinding")), "mistakes": Schema.integer,
            "outside": Schema.integer, "moved": Schema.integer, "added": Schema.integer, "changed": Schema.integer,
            "same": Schema.integer, "byClass": Schema.anyObject,
        ]),
        "PartBinding": Schema.request(["device": Schema.text, "bound": Schema.flag], required: ["device"]),
    ]
}
