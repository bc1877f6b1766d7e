/// The tables of the audit log and of exports.
enum EvidenceSchema {
    static let migration0009 = Migration(
        "0009-evidence",
        sql: """
            -- Who did what with recordings, users and keys; DIR/audit/<month>.jsonl holds the same lines.
            CREATE TABLE audit (
                seq INTEGER PRIMARY KEY,       -- 1, 2, 3 … without holes
                atTime INTEGER NOT NULL,       -- microseconds since the epoch, UTC
                who TEXT NOT NULL,             -- user name, `-` where nobody is signed in, or system
                action TEXT NOT NULL,          -- an AuditAction
                subjectKind TEXT NOT NULL,     -- camera, hold, export, user, …
                subjectId TEXT NOT NULL,       -- slug, UUIDv7 or user name
                entry TEXT NOT NULL,           -- canonical JSON of the whole line
                hash TEXT NOT NULL             -- SHA-256 over the hash before, a line feed and `entry`, hex
            );
            CREATE INDEX auditBySubject ON audit (subjectId, seq);
            CREATE INDEX auditByTime ON audit (atTime);
            CREATE TRIGGER auditIsNeverChanged BEFORE UPDATE ON audit
                BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
            CREATE TRIGGER auditIsNeverDeleted BEFORE DELETE ON audit
                BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

            -- What was asked to be exported and what became of it; the files are DIR/exports/<id>/.
            CREATE TABLE export (
                id TEXT NOT NULL PRIMARY KEY,  -- UUIDv7, the folder's name
                node TEXT NOT NULL,            -- the node whose volume holds the files
                state TEXT NOT NULL,           -- an ExportState
                who TEXT NOT NULL,             -- user name
                createdAt INTEGER NOT NULL,    -- microseconds since the epoch, UTC
                expiresAt INTEGER,             -- microseconds since the epoch, UTC; NULL until it is done
                content TEXT NOT NULL          -- JSON: request, progress and outcome
            ) WITHOUT ROWID;
            CREATE INDEX exportByTime ON export (createdAt, id);
            """
    )
}
