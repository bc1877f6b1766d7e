/// The tables of supervision orders.
enum SupervisionSchema {
    static let migration0042 = Migration(
        "0042-supervision",
        sql: """
            CREATE TABLE supervisionOrder (
                id TEXT NOT NULL PRIMARY KEY,  -- UUIDv7
                caseId TEXT NOT NULL REFERENCES caseFile (id),
                text TEXT NOT NULL,
                who TEXT NOT NULL,             -- name of the leader
                atTime INTEGER NOT NULL,       -- microseconds since the epoch, UTC
                dueAt INTEGER NOT NULL,        -- microseconds since the epoch, UTC
                state TEXT NOT NULL            -- a SupervisionOrder.State: that of the last answer
            ) WITHOUT ROWID;
            CREATE INDEX supervisionOrderByTime ON supervisionOrder (atTime, id);
            CREATE INDEX supervisionOrderByCase ON supervisionOrder (caseId);
            CREATE INDEX supervisionOrderOpen ON supervisionOrder (dueAt) WHERE state = 'open';
            -- What was said to an order; append-only.
            CREATE TABLE supervisionAnswer (
                orderId TEXT NOT NULL REFERENCES supervisionOrder (id),
                seq INTEGER NOT NULL,          -- 1, 2, 3 …
                state TEXT NOT NULL,           -- what the order is after it
                who TEXT NOT NULL,             -- user name
                atTime INTEGER NOT NULL,       -- microseconds since the epoch, UTC
                note TEXT NOT NULL,
                PRIMARY KEY (orderId, seq)
            ) WITHOUT ROWID;
            CREATE TRIGGER supervisionAnswerNeverChanges BEFORE UPDATE ON supervisionAnswer
                BEGIN SELECT RAISE(ABORT, 'answers are append-only'); END;
            CREATE TRIGGER supervisionAnswerNeverShrinks BEFORE DELETE ON supervisionAnswer
                BEGIN SELECT RAISE(ABORT, 'answers are append-only'); END;
            CREATE TRIGGER supervisionOrderNeverShrinks BEFORE DELETE ON supervisionOrder
                BEGIN SELECT RAISE(ABORT, 'orders are never deleted'); END;
            CREATE TRIGGER supervisionOrderNeverChanges
                BEFORE UPDATE OF id, caseId, text, who, atTime, dueAt ON supervisionOrder
                BEGIN SELECT RAISE(ABORT, 'orders are never changed'); END;
            """
    )
}
