/// The tables of the duty roster, its calls and hand-overs, and of collectors' duty grids.
enum DutySchema {
    static let migration0043 = Migration(
        "0043-duty",
        sql: """
            -- Who is on duty from when to when.
            CREATE TABLE dutyShift (
                id TEXT NOT NULL PRIMARY KEY,  -- UUIDv7
                user TEXT NOT NULL,            -- user name
                post TEXT NOT NULL,
                fromTime INTEGER NOT NULL,     -- microseconds since the epoch, UTC
                toTime INTEGER NOT NULL,       -- microseconds since the epoch, UTC; not included
                rank INTEGER NOT NULL,         -- 1 is called first
                note TEXT,
                who TEXT NOT NULL,             -- name of the user who planned it
                atTime INTEGER NOT NULL,       -- microseconds since the epoch, UTC
                cancelledBy TEXT,              -- name of the user who took it back
                cancelledAt INTEGER            -- microseconds since the epoch, UTC
            ) WITHOUT ROWID;
            CREATE INDEX dutyShiftByTime ON dutyShift (toTime) WHERE cancelledAt IS NULL;

            -- Who was called about which unattended alarm.
            CREATE TABLE dutyCall (
                id TEXT NOT NULL PRIMARY KEY,  -- UUIDv7
                alarmId TEXT NOT NULL,         -- UUIDv7
                user TEXT,                     -- user name; NULL: everybody
                step INTEGER NOT NULL,         -- 1, 2, 3 …
                atTime INTEGER NOT NULL,       -- microseconds since the epoch, UTC
                answeredAt INTEGER,            -- microseconds since the epoch, UTC
                answeredBy TEXT,               -- user name
                UNIQUE (alarmId, step)
            ) WITHOUT ROWID;
            CREATE INDEX dutyCallByTime ON dutyCall (atTime, id);

            -- What one shift has handed over to the next; never changed but for the second signature.
            CREATE TABLE handOver (
                id TEXT NOT NULL PRIMARY KEY,  -- UUIDv7
                fromUser TEXT NOT NULL,        -- user name; has signed by handing over
                toUser TEXT NOT NULL,          -- user name
                atTime INTEGER NOT NULL,       -- microseconds since the epoch, UTC
                content TEXT NOT NULL,         -- JSON: what is open
                note TEXT,
                hash TEXT NOT NULL,            -- SHA-256 over all of it, hex
                signedAt INTEGER,              -- microseconds since the epoch, UTC: when toUser has signed
                reply TEXT
            ) WITHOUT ROWID;
            CREATE INDEX handOverByTime ON handOver (atTime, id);
            CREATE TRIGGER handOverNeverShrinks BEFORE DELETE ON handOver
                BEGIN SELECT RAISE(ABORT, 'hand-overs are never deleted'); END;
            CREATE TRIGGER handOverNeverChanges
                BEFORE UPDATE OF id, fromUser, toUser, atTime, content, note, hash ON handOver
                BEGIN SELECT RAISE(ABORT, 'hand-overs are never changed'); END;
            CREATE TRIGGER handOverIsSignedOnce BEFORE UPDATE ON handOver WHEN OLD.signedAt IS NOT NULL
                BEGIN SELECT RAISE(ABORT, 'a signature stays'); END;

            -- The areas that each collector looks after.
            CREATE TABLE collectorArea (
                user TEXT NOT NULL,            -- user name
                area TEXT NOT NULL,            -- an area's id
                who TEXT NOT NULL,             -- name of the user who said so
                atTime INTEGER NOT NULL,       -- microseconds since the epoch, UTC
                PRIMARY KEY (user, area)
            ) WITHOUT ROWID;
            """
    )
}
