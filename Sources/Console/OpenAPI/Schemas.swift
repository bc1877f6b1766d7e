import Alarms
import Archive
import Domain
import Store
import Telemetry

/// The schemas of what the API takes and gives, by name.
enum Schemas {
    static let all: [String: JSONValue] = requests.merging(answers) { $1 }.merging(domain) { $1 }
        .merging(EvidenceSchemas.all) { $1 }.merging(BaseSchemas.all) { $1 }.merging(CaseSchemas.all) { $1 }
        .merging(ReportSchemas.all) { $1 }.merging(DutySchemas.all) { $1 }
        .merging(SensorSchemas.all) { $1 }

    static let point = Schema.object(["lat": Schema.number, "lon": Schema.number])

    private static let requests: [String: JSONValue] = [
        "Credentials": Schema.request(["name": Schema.text, "password": Schema.text], required: ["name", "password"]),
        "NewUser": Schema.request(
            [
                "name": Schema.text, "password": Schema.text, "role": Schema.oneOf(Role.self),
                "displayName": Schema.textOrNull, "unit": Schema.textOrNull, "language": Schema.textOrNull,
            ],
            required: ["name", "password", "role"]
        ),
        "NewPassword": Schema.request(["password": Schema.text], required: ["password"]),
        "Note": Schema.request(["note": Schema.textOrNull], required: []),
        "Reason": Schema.request(["reason": Schema.text], required: ["reason"]),
        "RecordingSwitch": Schema.request(["paused": Schema.flag, "reason": Schema.text], required: ["paused"]),
        "NewProbe": Schema.request(
            ["url": Schema.text, "transport": Schema.oneOf(SourceTransport.self), "hasSub": Schema.flag],
            required: ["url"]
        ),
        "NewBookmark": Schema.request(
            [
                "cameraId": Schema.text, "from": Schema.time, "to": Schema.time, "title": Schema.text,
                "hold": Schema.flag,
            ],
            required: ["cameraId", "from", "to", "title"]
        ),
        "NewHold": Schema.request(
            [
                "cameraId": Schema.text, "cameraIds": Schema.list(Schema.text), "from": Schema.time, "to": Schema.time,
                "reason": Schema.text, "until": Schema.timeOrNull,
            ],
            required: ["from", "to", "reason"]
        ),
        "HoldExtension": Schema.request(["until": Schema.timeOrNull, "reason": Schema.textOrNull], required: []),
        "NewCase": Schema.request(
            [
                "class": Schema.text, "position": Schema.orNull(point), "address": Schema.textOrNull,
                "channel": Schema.textOrNull,
                "description": Schema.textOrNull, "cameraId": Schema.textOrNull,
                "at": Schema.timeOrNull, "reporter": Schema.textOrNull, "clientId": Schema.textOrNull,
                "photo": Schema.textOrNull,
            ],
            required: ["class"]
        ),
    ]

    private static let answers: [String: JSONValue] = [
        "Problem": Schema.object([
            "type": Schema.text, "title": Schema.text, "status": Schema.integer, "code": Schema.text,
            "detail": Schema.text, "params": Schema.anyObject,
        ]),
        "OpenAPI": Schema.object(["openapi": Schema.text, "info": Schema.anyObject, "paths": Schema.anyObject]),
        "Probe": Schema.object([
            "source": Schema.text, "codec": Schema.text, "profile": Schema.textOrNull,
            "codecString": Schema.textOrNull, "width": Schema.integer, "height": Schema.integer,
            "recordable": Schema.flag, "frameRate": Schema.numberOrNull, "declaredFrameRate": Schema.numberOrNull,
            "keyFrameSeconds": Schema.numberOrNull, "keyFrameSecondsLeast": Schema.numberOrNull,
            "keyFrameSecondsMost": Schema.numberOrNull, "keyFrameFrames": Schema.numberOrNull,
            "constant": ["type": ["boolean", "null"]], "bitRate": Schema.integer,
            "audio": Schema.orNull(
                Schema.object(["codec": Schema.text, "sampleRate": Schema.integer, "channels": Schema.integer])
            ),
            "leftOut": Schema.list(Schema.text), "connectSeconds": Schema.number,
            "firstKeyFrameSeconds": Schema.numberOrNull, "measuredSeconds": Schema.number, "frames": Schema.integer,
            "longestPauseSeconds": Schema.number, "clockDriftMilliseconds": Schema.numberOrNull,
            "reordered": Schema.flag,
            "advice": Schema.list(
                Schema.object([
                    "code": Schema.oneOf(ProbeReport.Advice.Code.self),
                    "severity": Schema.oneOf(ProbeReport.Advice.Severity.self), "params": Schema.anyObject,
                ])
            ),
        ]),
        "SiteChanges": Schema.object([
            "added": Schema.list(Schema.text), "changed": Schema.list(Schema.text),
            "removed": Schema.list(Schema.text), "platformsChanged": Schema.flag,
            "needsRestart": Schema.list(Schema.text),
        ]),
        "Outage": Schema.object([
            "scope": Schema.oneOf(OutageJudge.Scope.self), "platform": Schema.textOrNull, "name": Schema.textOrNull,
            "cameras": Schema.list(Schema.text), "total": Schema.integer, "since": Schema.time,
            "reason": Schema.oneOf(StateReason.self),
        ]),
        "Readiness": Schema.object(["status": Schema.text, "reasons": Schema.list(Schema.text)]),
        "User": Schema.object([
            "name": Schema.text, "role": Schema.oneOf(Role.self), "displayName": Schema.text,
            "unit": Schema.textOrNull, "language": Schema.textOrNull,
            "offices": Schema.list(Schema.oneOf(Office.self)),
        ]),
        "Session": Schema.object(
            ["user": Schema.reference("User"), "serverTime": Schema.time, "token": Schema.text],
            optional: ["token"]
        ),
        "Site": Schema.object([
            "name": Schema.text, "timeZone": Schema.text, "language": Schema.text, "version": Schema.text,
            "classes": Schema.list(Schema.reference("Class")),
            "units": Schema.list(
                Schema.object([
                    "id": Schema.text, "name": Schema.text, "nameEn": Schema.text,
                    "kind": Schema.oneOf(CaseUnit.Kind.self), "parent": Schema.textOrNull,
                ])
            ),
            "areas": Schema.list(BaseSchemas.area),
            "map": Schema.orNull(
                Schema.object([
                    "tiles": Schema.text, "datum": Schema.oneOf(GeoDatum.self), "maxZoom": Schema.integer,
                ])
            ),
            "features": Schema.anyObject,
        ]),
        "Class": Schema.object([
            "code": Schema.text, "name": Schema.text, "nameEn": Schema.text,
            "kind": Schema.oneOf(CaseClass.Kind.self), "system": Schema.text, "major": Schema.text,
            "checkList": Schema.list(Schema.text),
            "levels": Schema.list(
                Schema.object(["level": Schema.integer, "name": Schema.text, "limit": Schema.reference("Limit")])
            ),
        ]),
        "Limit": Schema.object(["value": Schema.integer, "unit": Schema.oneOf(TimeLimit.Unit.self)]),
        "Config": Schema.object([
            "cameras": Schema.list(Schema.anyObject), "sensors": Schema.list(Schema.anyObject),
            "groups": Schema.list(Schema.anyObject), "profiles": Schema.list(Schema.anyObject),
            "gateways": Schema.list(Schema.anyObject), "jt808": Schema.list(Schema.anyObject),
            "vehicles": Schema.list(Schema.anyObject), "brokers": Schema.list(Schema.anyObject),
            "recording": Schema.anyObject, "cases": Schema.anyObject,
        ]),
        "Health": Schema.object([
            "cameras": Schema.object(["live": Schema.integer, "total": Schema.integer]),
            "disk": Schema.object([
                "freeBytes": Schema.integer, "totalBytes": Schema.integer, "floorBytes": Schema.integer,
            ]),
            "recording": Schema.flag,
            "database": Schema.object(["problem": Schema.textOrNull]),
            "brokers": Schema.object(["connected": Schema.integer, "total": Schema.integer]),
            "capture": Schema.list(
                Schema.object(["shard": Schema.integer, "connected": Schema.flag, "since": Schema.time])
            ),
            "reception": Schema.list(
                Schema.object([
                    "cameraId": Schema.text, "lostPackets": Schema.integer, "damagedPictures": Schema.integer,
                ])
            ),
            "dropped": Schema.object([
                "fragments": Schema.integer, "packets": Schema.integer, "observations": Schema.integer,
                "events": Schema.integer,
            ]),
            "sampling": Schema.list(
                Schema.object([
                    "cameraId": Schema.text, "groups": Schema.integer, "sent": Schema.integer, "whole": Schema.integer,
                    "refused": Schema.integer, "shed": Schema.integer, "audits": Schema.integer,
                    "movingAudits": Schema.integer, "missedAudits": Schema.integer, "ranking": Schema.numberOrNull,
                    "skippedKeys": Schema.integer,
                ])
            ),
            "captureRestarts": Schema.integer, "workerRestarts": Schema.integer, "openAlarms": Schema.integer,
            "openCases": Schema.integer, "serverTime": Schema.time,
        ]),
        "AttachmentReference": Schema.object([
            "id": Schema.text, "url": Schema.text, "mediaType": Schema.text, "bytes": Schema.integer,
            "sha256": Schema.text,
        ]),
    ]

    /// A part of a hold's range that is not recorded.
    private static let missing = Schema.object([
        "from": Schema.time, "to": Schema.time, "reason": Schema.oneOf(StateReason.self),
    ])

    private static let storage = Schema.object([
        "volumes": Schema.list(
            Schema.object([
                "id": Schema.text, "path": Schema.textOrNull, "totalBytes": Schema.integer,
                "freeBytes": Schema.integer, "floorBytes": Schema.integer,
                "state": Schema.oneOf(VolumeFacts.State.self),
                "reason": Schema.textOrNull, "recordedBytes": Schema.integer, "bytesPerDay": Schema.integer,
            ])
        ),
        "bytesPerDay": Schema.integer, "fullInDays": Schema.numberOrNull, "fullAt": Schema.timeOrNull,
        "heldBytes": Schema.integer, "recordedBytes": Schema.integer,
        "cameras": Schema.list(
            Schema.object([
                "cameraId": Schema.text, "bytes": Schema.integer, "heldBytes": Schema.integer,
                "bytesPerDay": Schema.integer, "recordedFrom": Schema.timeOrNull, "keepDays": Schema.integer,
                "keepBytes": Schema.integerOrNull, "priority": Schema.integer, "expectedDays": Schema.numberOrNull,
                "shortfall": Schema.flag, "declared": Schema.flag,
            ])
        ),
        "policies": Schema.list(Schema.anyObject), "serverTime": Schema.time,
    ])

    private static let domain: [String: JSONValue] = [
        "Camera": Schema.object([
            "id": Schema.text, "name": Schema.text, "group": Schema.textOrNull,
            "state": Schema.oneOf(CameraState.self), "since": Schema.timeOrNull,
            "reason": Schema.oneOf(StateReason.self), "detail": Schema.textOrNull, "position": Schema.orNull(point),
            "address": Schema.textOrNull, "codec": Schema.textOrNull, "width": Schema.integerOrNull,
            "height": Schema.integerOrNull, "mime": Schema.textOrNull, "zones": Schema.list(Schema.anyObject),
            "recordedFrom": Schema.timeOrNull, "audio": Schema.textOrNull, "isolated": Schema.flag,
            "quarantinedUntil": Schema.timeOrNull,
            "clocks": Schema.orNull(
                Schema.object([
                    "connectedAt": Schema.timeOrNull, "packetAt": Schema.timeOrNull, "keyFrameAt": Schema.timeOrNull,
                    "writtenAt": Schema.timeOrNull,
                ])
            ),
            "recording": Schema.object([
                "paused": Schema.flag, "by": Schema.textOrNull, "since": Schema.timeOrNull,
                "reason": Schema.textOrNull, "bySite": Schema.flag,
            ]),
        ]),
        "Activity": Schema.object([
            "spans": Schema.list(
                Schema.object(["from": Schema.time, "to": Schema.time, "share": Schema.number])
            ),
            "grid": Schema.object(["columns": Schema.integer, "rows": Schema.integer]),
        ]),
        "ActivityMap": Schema.object([
            "columns": Schema.integer, "rows": Schema.integer, "counts": Schema.list(Schema.integer),
            "windows": Schema.integer,
        ]),
        "Timeline": Schema.object([
            "runs": Schema.list(Schema.object(["from": Schema.time, "to": Schema.time])),
            "gaps": Schema.list(
                Schema.object([
                    "from": Schema.time, "to": Schema.time, "reason": Schema.oneOf(StateReason.self),
                    "laterReasons": Schema.list(Schema.oneOf(StateReason.self)), "detail": Schema.textOrNull,
                ])
            ),
            "activity": Schema.list(
                Schema.object([
                    "from": Schema.time, "to": Schema.time, "kind": Schema.text, "zone": Schema.textOrNull,
                ])
            ),
            "alarms": Schema.list(Schema.reference("Alarm")),
            "bookmarks": Schema.list(Schema.reference("Bookmark")), "holds": Schema.list(Schema.reference("Hold")),
            "signedUntil": Schema.timeOrNull, "serverTime": Schema.time,
        ]),
        "Bookmark": Schema.object([
            "id": Schema.text, "cameraId": Schema.text, "from": Schema.time, "to": Schema.time, "title": Schema.text,
            "by": Schema.text, "createdAt": Schema.time, "holdId": Schema.textOrNull,
            "recorded": ["type": "string", "enum": ["all", "part", "none"]],
        ]),
        "Hold": Schema.object(
            [
                "id": Schema.text, "cameraId": Schema.text, "from": Schema.time, "to": Schema.time,
                "reason": Schema.text, "by": Schema.text, "createdAt": Schema.time, "caseId": Schema.textOrNull,
                "releasedAt": Schema.timeOrNull, "releasedBy": Schema.textOrNull, "releaseReason": Schema.textOrNull,
                "recorded": ["type": "string", "enum": ["all", "part", "none"]], "until": Schema.timeOrNull,
                "owner": Schema.text, "state": Schema.oneOf(HoldDetail.State.self), "missing": Schema.list(missing),
                "missingCount": Schema.integer, "bytes": Schema.integer,
            ],
            optional: ["missing", "missingCount", "bytes"]
        ),
        "HoldOrHolds": [
            "anyOf": [Schema.reference("Hold"), Schema.object(["items": Schema.list(Schema.reference("Hold"))])]
        ],
        "Gap": Schema.object([
            "cameraId": Schema.text, "from": Schema.time, "to": Schema.timeOrNull,
            "reason": Schema.oneOf(StateReason.self),
            "laterReasons": Schema.list(Schema.oneOf(StateReason.self)), "detail": Schema.textOrNull,
            "seconds": Schema.number,
        ]),
        "Accounting": Schema.object([
            "cameraId": Schema.text, "recordedSeconds": Schema.number, "gapSeconds": Schema.number,
            "windowSeconds": Schema.number, "byReason": Schema.anyObject, "gaps": Schema.integer,
            "share": Schema.number, "knownSeconds": Schema.number, "knownShare": Schema.number,
        ]),
        "Storage": storage,
        "Alarm": alarm,
        "Sensor": Schema.object(
            [
                "id": Schema.text, "name": Schema.text, "profile": Schema.text, "position": Schema.orNull(point),
                "address": Schema.textOrNull, "last": Schema.orNull(Schema.reference("Reading")),
                "alarmIds": Schema.list(Schema.text), "rejected": Schema.anyObject,
                "rules": Schema.list(Schema.anyObject), "stale": Schema.flag, "own": Schema.flag,
                "group": Schema.text,
            ],
            optional: ["own", "group"]
        ),
        "Reading": Schema.object(
            [
                "occurredAt": Schema.time, "receivedAt": Schema.time, "value": Schema.number,
                "values": Schema.anyObject, "timeIsArrival": Schema.flag,
            ],
            optional: ["value", "values", "timeIsArrival"]
        ),
        "UnknownSource": Schema.object([
            "id": Schema.text, "topic": Schema.text, "profile": Schema.text, "count": Schema.integer,
            "firstAt": Schema.time, "lastAt": Schema.time,
        ]),
        "AcceptedSource": Schema.object(
            [
                "profile": Schema.text, "name": Schema.text, "address": Schema.text,
                "position": point,
            ],
            optional: ["name", "address", "position"]
        ),
        "ReprocessOutcome": Schema.object(["accepted": Schema.integer, "rejected": Schema.integer]),
        "Profile": Schema.object(
            [
                "name": Schema.text, "words": Schema.anyObject, "valueNames": Schema.list(Schema.text),
                "fields": Schema.list(Schema.anyObject), "time": Schema.text, "batch": Schema.text,
                "sensor": Schema.text, "isPlain": Schema.flag, "units": Schema.anyObject, "limits": Schema.anyObject,
                "own": Schema.flag,
            ],
            optional: ["fields", "time", "batch", "sensor"]
        ),
        "NewProfile": Schema.object(
            [
                "name": Schema.text, "words": Schema.anyObject, "valueNames": Schema.list(Schema.text),
                "fields": Schema.list(Schema.anyObject), "time": Schema.text, "batch": Schema.text,
                "sensor": Schema.text, "isPlain": Schema.flag, "units": Schema.anyObject, "limits": Schema.anyObject,
            ],
            optional: ["words", "valueNames", "fields", "time", "batch", "sensor", "isPlain", "units", "limits"]
        ),
        "ProfileTry": Schema.object(
            [
                "profile": Schema.reference("NewProfile"), "source": Schema.text, "like": Schema.text,
                "payloads": Schema.list(Schema.text),
            ],
            optional: ["source", "like", "payloads"]
        ),
        "ProfileTrial": Schema.object(
            [
                "message": Schema.anyObject, "sensor": Schema.text, "readings": Schema.list(Schema.anyObject),
                "reason": Schema.text, "detail": Schema.text,
            ],
            optional: ["sensor", "reason", "detail"]
        ),
        "Curve": Schema.object(["fields": Schema.anyObject]),
        "RejectedPayload": Schema.object(
            [
                "receivedAt": Schema.time, "topic": Schema.text, "reason": Schema.text, "detail": Schema.textOrNull,
                "sizeBytes": Schema.integer, "payload": Schema.text,
            ],
            optional: ["detail"]
        ),
        "NewReadings": [
            "type": "object",
            "description": """
            `items`: readings `{"source", "ts", "value"}` (or named values, or `values`), and positions of vehicles \
            `{"source", "ts", "lat", "lon", "speedKmh", "heading"}`; or one such object
            """,
        ],
        "PostOutcome": Schema.object([
            "accepted": Schema.integer, "rejected": Schema.list(Schema.anyObject),
        ]),
        "Vehicle": Schema.object([
            "id": Schema.text, "name": Schema.text, "kind": Schema.oneOf(Vehicle.Kind.self),
            "last": Schema.orNull(Schema.reference("Position")), "rejected": Schema.anyObject,
            "alarmIds": Schema.list(Schema.text), "rules": Schema.list(Schema.anyObject),
        ]),
        "Plan": Schema.object([
            "id": Schema.text, "name": Schema.text, "vehicles": Schema.list(Schema.text), "sections": Schema.integer,
            "bins": Schema.integer,
        ]),
        "Coverage": Schema.object(
            [
                "sections": Schema.list(Schema.anyObject), "bins": Schema.list(Schema.anyObject),
                "cells": Schema.anyObject,
            ],
            optional: ["cells"]
        ),
        "Position": Schema.object(
            [
                "occurredAt": Schema.time, "receivedAt": Schema.time, "lat": Schema.number, "lon": Schema.number,
                "speedKmh": Schema.numberOrNull, "heading": Schema.numberOrNull, "timeIsArrival": Schema.flag,
                "altitudeMetres": Schema.number, "mileageKm": Schema.number, "ignition": Schema.flag,
                "quality": Schema.text, "datum": Schema.text,
            ],
            optional: [
                "speedKmh", "heading", "timeIsArrival", "altitudeMetres", "mileageKm", "ignition", "quality", "datum",
            ]
        ),
        "Broker": Schema.object(
            [
                "id": Schema.text, "host": Schema.text, "port": Schema.integer, "tls": Schema.flag,
                "state": Schema.oneOf(BrokerState.self), "connected": Schema.flag, "since": Schema.time,
                "reason": Schema.oneOf(StateReason.self), "detail": Schema.textOrNull, "received": Schema.integer,
                "rejected": Schema.integer, "lost": Schema.integer,
            ]
        ),
        "TerminalListener": Schema.object(
            [
                "host": Schema.text, "port": Schema.integer, "listening": Schema.flag, "since": Schema.time,
                "detail": Schema.textOrNull, "terminals": Schema.integer, "connections": Schema.integer,
                "received": Schema.integer, "rejected": Schema.integer, "waiting": Schema.integer,
            ],
            optional: ["detail"]
        ),
    ]

    private static let alarm = Schema.object([
        "id": Schema.text, "source": Schema.text,
        "sourceKind": ["type": "string", "enum": ["camera", "sensor", "group", "vehicle", "system"]],
        "sourceName": Schema.text, "kind": Schema.text, "part": Schema.textOrNull,
        "state": Schema.oneOf(Alarm.State.self), "verdict": Schema.textOrNull,
        "severity": Schema.oneOf(AlarmSignal.Severity.self), "openedAt": Schema.time,
        "clearedAt": Schema.timeOrNull, "lastAt": Schema.time, "occurrences": Schema.integer,
        "class": Schema.textOrNull, "className": Schema.textOrNull, "policy": Schema.oneOf(AlarmPolicy.self),
        "position": Schema.orNull(point), "address": Schema.textOrNull, "cell": Schema.textOrNull,
        "caseId": Schema.textOrNull, "snapshot": Schema.textOrNull, "box": Schema.orNull(Schema.anyObject),
        "value": Schema.numberOrNull, "threshold": Schema.numberOrNull, "decidedBy": Schema.textOrNull,
        "decidedAt": Schema.timeOrNull, "reason": Schema.textOrNull, "parent": Schema.textOrNull,
        "caseAfter": Schema.timeOrNull, "flapping": Schema.flag,
    ])

}
