/// The table of the alarms.
enum AlarmSchema {
    static let migration0003 = Migration(
        "0003-alarms",
        sql: """
            -- One row per abnormal condition of one source.
            CREATE TABLE alarm (
                id TEXT NOT NULL PRIMARY KEY,  -- UUIDv7
                source TEXT NOT NULL,          -- slug of the camera, sensor or vehicle, or system
                kind TEXT NOT NULL,            -- stationary, above, offline, …
                part TEXT NOT NULL,            -- zone or field; empty for none
                isOpen INTEGER NOT NULL,       -- 1 while the condition holds
                state TEXT NOT NULL,           -- open, confirmed, rejected, cleared
                judged INTEGER NOT NULL,       -- 1 when a monitor or the policy has said what it is
                policy TEXT NOT NULL,          -- open, ask, record
                openedAt INTEGER NOT NULL,     -- microseconds since the epoch, UTC
                lastAt INTEGER NOT NULL,       -- microseconds since the epoch, UTC
                clearedAt INTEGER,             -- microseconds since the epoch, UTC
                caseId TEXT,                   -- UUIDv7 of the case it opened or joined
                duty TEXT NOT NULL,            -- what is still to be done for it: case, clip, or none
                opens INTEGER NOT NULL,        -- how often it was opened: more than 1 when it flapped
                body TEXT NOT NULL             -- the whole alarm as JSON
            ) WITHOUT ROWID;
            -- At most one open alarm per source, kind and part, whatever the code above does.
            CREATE UNIQUE INDEX alarmOpen ON alarm (source, kind, part) WHERE isOpen = 1;
            CREATE INDEX alarmByTime ON alarm (openedAt, id);
            CREATE INDEX alarmBySource ON alarm (source, openedAt);
            CREATE INDEX alarmByKey ON alarm (source, kind, part, openedAt);
            CREATE INDEX alarmWithDuty ON alarm (duty) WHERE duty <> 'none';
            """
    )

    static let migration0050 = Migration(
        "0050-alarm-parent",
        sql: """
            -- The source of the alarm that stands for it; of its body.
            ALTER TABLE alarm ADD COLUMN parent TEXT GENERATED ALWAYS AS (json_extract(body, '$.parent')) VIRTUAL;
            CREATE INDEX alarmByParent ON alarm (parent, openedAt, id) WHERE parent IS NOT NULL;
            """
    )
}
