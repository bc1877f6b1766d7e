import Archive
import Domain
import Hummingbird
import Store

/// Who did what.
enum AuditRoutes {
    static let routes: [APIRoute] = [
        APIRoute(
            .get,
            "/api/v1/audit",
            "The audit log, newest first",
            access: .only(.leader, .admin),
            parameters: [
                .init(name: "user", summary: "only of this user"),
                .init(
                    name: "action",
                    summary: "only this action",
                    schema: ["type": "string", "enum": .array(AuditAction.allCases.map { .string($0.rawValue) })]
                ),
                .init(name: "subject", summary: "only about this: an id, or `kind:id`"),
            ] + APIRoute.Parameter.range(required: false) + APIRoute.Parameter.page,
            content: .list("AuditEntry"),
            handle: list
        ),
        APIRoute(
            .get,
            "/api/v1/audit/verify",
            "Check every line of the audit log against its hash chain and what was signed",
            access: .only(.leader, .admin),
            content: .json("AuditFinding"),
            handle: { request in
                let archive = request.services.archive
                let finding = try await archive.audit.verify(anchor: archive.signer.auditAnchor)
                return Answer.json([
                    "entries": JSONValue(finding.entries), "head": JSONValue(finding.head),
                    "ok": .bool(finding.isIntact), "firstBad": JSONValue(finding.firstBad),
                ])
            }
        ),
    ]

    private static func list(_ request: APIRequest) async throws -> Response {
        let subject = request.query("subject").map { text in
            guard let colon = text.firstIndex(of: ":"), AuditSubject.Kind(rawValue: String(text[..<colon])) != nil
            else {
                return text
            }
            return String(text[text.index(after: colon)...])
        }
        let filter = AuditFilter(
            user: request.query("user"),
            action: try request.queryChoice("action", as: AuditAction.self)?.rawValue,
            subject: subject,
            from: try request.queryTime("from"),
            to: try request.queryTime("to")
        )
        do {
            let page = try await request.services.archive.audit.list(
                filter,
                limit: try request.queryInt("limit", in: 1...1000) ?? 100,
                cursor: request.query("cursor")
            )
            return Answer.list(page.items.map(view), next: page.next)
        } catch let error as StoreError where error.code == .invalidCursor {
            throw Problem.invalid(field: "cursor", error.message)
        }
    }

    private static func view(_ entry: AuditEntry) -> JSONValue {
        [
            "seq": JSONValue(entry.seq), "at": JSONValue(entry.at), "by": .string(entry.by),
            "role": JSONValue(entry.role), "action": .string(entry.action),
            "subject": ["kind": .string(entry.subjectKind), "id": .string(entry.subjectId)],
            "data": .object(entry.data.mapValues { .string($0) }), "address": JSONValue(entry.address),
            "hash": .string(entry.hash),
        ]
    }
}
