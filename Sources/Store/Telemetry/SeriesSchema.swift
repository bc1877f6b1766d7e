/// The schema of `series.db`: readings, tracks, rejected messages, the rules' states and the signals that wait.
///
/// Times are microseconds since the epoch, UTC. Sources are numbered: a row repeats four bytes, not a name.
enum SeriesSchema {
    static let migrations: [Migration] = [migration0001]

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
}
