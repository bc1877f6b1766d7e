/// The schema of `series.db`: readings, tracks, rejected messages, the rules' states and the signals that wait.
///
/// Times are microseconds since the epoch, UTC. Sources are numbered: a row repeats four bytes, not a name.
enum SeriesSchema {
    static let migrations: [Migration] = [
        migration0001, migration0002, migration0003, migration0004, migration0005,
    ]

    static let migration0001 = Migration(
        "0001-series",
        sql: """
            CREATE TABLE source (
                ref INTEGER PRIMARY KEY,             -- number within this database
                name TEXT NOT NULL UNIQUE            -- the sensor's or vehicle's id
            ) STRICT;

            -- The key is the whole reading: one that is delivered twice is stored once.
            CREATE TABLE reading (
                source INTEGER NOT NULL REFERENCES source(ref),
                occurred_at INTEGER NOT NULL,        -- µs, the device's time
                content NOT NULL,                    -- REAL: the value; TEXT: named values as JSON, names sorted
                received_at INTEGER NOT NULL,        -- µs, our time
                time_is_arrival INTEGER NOT NULL,    -- 1 when the message carried no time
                PRIMARY KEY (source, occurred_at, content)
            ) WITHOUT ROWID;

            CREATE TABLE position (
                source INTEGER NOT NULL REFERENCES source(ref),
                occurred_at INTEGER NOT NULL,        -- µs, the device's time
                lat REAL NOT NULL,                   -- degrees, WGS-84
                lon REAL NOT NULL,                   -- degrees, WGS-84
                speed_kmh REAL,                      -- km/h
                heading REAL,                        -- degrees clockwise from north
                received_at INTEGER NOT NULL,        -- µs, our time
                time_is_arrival INTEGER NOT NULL,    -- 1 when the message carried no time
                PRIMARY KEY (source, occurred_at, lat, lon)
            ) WITHOUT ROWID, STRICT;

            CREATE TABLE rejected (
                id INTEGER PRIMARY KEY,
                source TEXT NOT NULL,                -- the sensor's or vehicle's id, '' for one unknown to the site
                topic TEXT NOT NULL,
                received_at INTEGER NOT NULL,        -- µs, our time
                reason TEXT NOT NULL,                -- code
                detail TEXT,
                size INTEGER NOT NULL,               -- bytes of the whole payload
                payload BLOB NOT NULL                -- its first bytes
            ) STRICT;
            CREATE INDEX rejected_source ON rejected (source, id);

            CREATE TABLE rejected_count (
                source TEXT PRIMARY KEY,
                count INTEGER NOT NULL,
                last_reason TEXT NOT NULL,           -- code
                last_at INTEGER NOT NULL             -- µs, our time
            ) WITHOUT ROWID, STRICT;

            CREATE TABLE rule_state (
                source TEXT NOT NULL,                -- the sensor's id
                rule TEXT NOT NULL,                  -- what the rule says, so that a changed rule starts anew
                state BLOB NOT NULL,                 -- JSON
                PRIMARY KEY (source, rule)
            ) WITHOUT ROWID, STRICT;

            -- Written with what caused them, deleted once the alarms have stored them.
            CREATE TABLE pending_signal (
                id INTEGER PRIMARY KEY AUTOINCREMENT,
                signal BLOB NOT NULL                 -- JSON
            ) STRICT;

            CREATE TABLE setting (
                name TEXT PRIMARY KEY,
                value TEXT NOT NULL
            ) WITHOUT ROWID, STRICT;
            """
    )

    static let migration0002 = Migration(
        "0002-position-details",
        sql: """
            ALTER TABLE position ADD COLUMN altitude_m REAL;   -- metres above sea level
            ALTER TABLE position ADD COLUMN mileage_km REAL;   -- km driven in all
            ALTER TABLE position ADD COLUMN ignition INTEGER;  -- 1 on, 0 off
            ALTER TABLE position ADD COLUMN quality INTEGER NOT NULL DEFAULT 0;  -- 0 good, 1 no fix, 2 jump, 3 drift
            ALTER TABLE position ADD COLUMN datum INTEGER NOT NULL DEFAULT 0; -- as it came: 0 WGS-84, 1 GCJ-02, 2 BD-09
            """
    )

    static let migration0003 = Migration(
        "0003-touched-days",
        sql: """
            -- Days (since 1970-01-01, UTC) of sensors whose readings are not in their block yet. The blocks themselves
            -- are in tables by month, `reading_block_YYYYMM` and `reading_summary_YYYYMM` (SeriesMonth).
            CREATE TABLE touched_day (
                source INTEGER NOT NULL REFERENCES source(ref),
                day INTEGER NOT NULL,
                PRIMARY KEY (day, source)
            ) WITHOUT ROWID, STRICT;
            INSERT INTO touched_day (source, day)
                SELECT DISTINCT source, occurred_at / 86400000000 FROM reading;
            """
    )

    static let migration0004 = Migration(
        "0004-own-sources",
        sql: """
            -- Sensors that were accepted in the console; those of the site file are not here.
            CREATE TABLE own_sensor (
                id TEXT PRIMARY KEY,
                sensor BLOB NOT NULL,                -- JSON
                accepted_at INTEGER NOT NULL,        -- µs, our time
                accepted_by TEXT NOT NULL            -- the user's name
            ) WITHOUT ROWID, STRICT;
            CREATE TABLE own_profile (
                name TEXT PRIMARY KEY,
                profile BLOB NOT NULL,               -- JSON
                saved_at INTEGER NOT NULL,           -- µs, our time
                saved_by TEXT NOT NULL               -- the user's name
            ) WITHOUT ROWID, STRICT;
            -- Messages of undeclared senders are kept beside the rejected ones, with the sender as their source.
            CREATE INDEX rejected_unknown ON rejected (id) WHERE reason = 'unknownSource';
            """
    )
}
