import Archive
import Domain

/// The schemas of exports, the audit log and signatures.
enum EvidenceSchemas {
    private static let span = Schema.object(["from": Schema.time, "to": Schema.time])

    static let all: [String: JSONValue] = [
        "NewExport": Schema.request(
            [
                "title": Schema.text, "format": Schema.oneOf(ExportRequest.Format.self),
                "items": Schema.list(
                    Schema.request(
                        ["cameraId": Schema.text, "from": Schema.time, "to": Schema.time],
                        required: ["cameraId", "from", "to"]
                    )
                ),
                "caseId": Schema.textOrNull, "note": Schema.textOrNull, "audio": Schema.flag,
            ],
            required: ["title", "format", "items"]
        ),
        "Export": Schema.object([
            "id": Schema.text, "title": Schema.text, "format": Schema.oneOf(ExportRequest.Format.self),
            "state": Schema.oneOf(ExportState.self), "progress": Schema.number,
            "items": Schema.list(
                Schema.object([
                    "cameraId": Schema.text, "from": Schema.time, "to": Schema.time, "delivered": Schema.list(span),
                    "gaps": Schema.list(
                        Schema.object([
                            "from": Schema.time, "to": Schema.time, "reason": Schema.oneOf(StateReason.self),
                            "detail": Schema.textOrNull,
                        ])
                    ),
                    "file": Schema.textOrNull, "clips": Schema.list(Schema.text),
                ])
            ),
            "bytes": Schema.integerOrNull, "sha256": Schema.textOrNull,
            "files": Schema.list(
                Schema.object([
                    "name": Schema.text, "bytes": Schema.integer, "sha256": Schema.text, "url": Schema.text,
                ])
            ),
            "name": Schema.textOrNull, "url": Schema.textOrNull, "by": Schema.text, "createdAt": Schema.time,
            "finishedAt": Schema.timeOrNull, "expiresAt": Schema.timeOrNull,
            "error": Schema.orNull(Schema.oneOf(ExportJob.Failure.self)), "errorDetail": Schema.textOrNull,
            "caseId": Schema.textOrNull, "note": Schema.textOrNull,
        ]),
        "AuditEntry": Schema.object([
            "seq": Schema.integer, "at": Schema.time, "by": Schema.text, "role": Schema.textOrNull,
            "action": Schema.text, "subject": Schema.object(["kind": Schema.text, "id": Schema.text]),
            "data": Schema.anyObject, "address": Schema.textOrNull, "hash": Schema.text,
        ]),
        "AuditFinding": Schema.object([
            "entries": Schema.integer, "head": Schema.textOrNull, "ok": Schema.flag, "firstBad": Schema.integerOrNull,
        ]),
        "SigningKey": Schema.object([
            "keyId": Schema.textOrNull, "publicKey": Schema.textOrNull, "createdAt": Schema.timeOrNull,
            "previous": Schema.list(
                Schema.object(["keyId": Schema.text, "publicKey": Schema.text, "createdAt": Schema.time])
            ),
        ]),
        "Signatures": Schema.object([
            "signedUntil": Schema.timeOrNull,
            "items": Schema.list(
                Schema.object([
                    "segment": Schema.text, "fragments": Schema.integer, "head": Schema.text, "until": Schema.time,
                    "at": Schema.time, "keyId": Schema.text, "signature": Schema.text,
                ])
            ),
        ]),
    ]
}
