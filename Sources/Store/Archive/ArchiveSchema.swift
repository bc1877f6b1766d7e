/// The tables of the recording's index, bookmarks, holds and attachments.
enum ArchiveSchema {
    static let migration0001 = Migration(
        "0001-archive",
        sql: """
            -- One row per segment file; filled from the journals, can be rebuilt from the files.
            CREATE TABLE segment (
                node TEXT NOT NULL,            -- the node whose volume holds the file
                camera TEXT NOT NULL,          -- slug
                path TEXT NOT NULL,            -- relative to recordings/
                run TEXT NOT NULL,             -- UUIDv7
                fromTime INTEGER NOT NULL,     -- first frame, microseconds since the epoch, UTC
                toTime INTEGER NOT NULL,       -- end of the last frame known, microseconds since the epoch, UTC
                bytes INTEGER NOT NULL,        -- length of the file known, bytes
                fragments INTEGER NOT NULL,    -- number of fragments known
                previousHead TEXT,             -- last chain value of the camera's segment before, SHA-256 in hex; NULL: none
                head TEXT,                     -- its last chain value, SHA-256 in hex; NULL until it is closed
                closed INTEGER NOT NULL,       -- 1 when nothing is appended any more
                PRIMARY KEY (node, path)
            ) WITHOUT ROWID;
            CREATE INDEX segmentByTime ON segment (camera, fromTime);
            CREATE INDEX segmentByEnd ON segment (camera, toTime);

            -- One row per stretch of a camera's time in which nothing was recorded.
            CREATE TABLE gap (
                node TEXT NOT NULL,            -- the node that recorded the camera
                camera TEXT NOT NULL,          -- slug
                fromTime INTEGER NOT NULL,     -- end of the last frame, microseconds since the epoch, UTC
                toTime INTEGER,                -- next frame, microseconds since the epoch, UTC; NULL while there is none
                reason TEXT NOT NULL,          -- a StateReason: what started it
                detail TEXT,                   -- English text, no credentials
                PRIMARY KEY (node, camera, fromTime)
            ) WITHOUT ROWID;
            CREATE INDEX gapByTime ON gap (camera, toTime);

            -- The latest state the journals give for a camera: the reason of a gap that is still open.
            CREATE TABLE recordingState (
                node TEXT NOT NULL,            -- the node that records the camera
                camera TEXT NOT NULL,          -- slug
                state TEXT NOT NULL,           -- a CameraState
                reason TEXT NOT NULL,          -- a StateReason
                detail TEXT,                   -- English text, no credentials
                since INTEGER NOT NULL,        -- microseconds since the epoch, UTC
                PRIMARY KEY (node, camera)
            ) WITHOUT ROWID;

            -- How far each camera's journals have been read.
            CREATE TABLE journal (
                node TEXT NOT NULL,            -- the node whose volume holds the files
                camera TEXT NOT NULL,          -- slug
                position TEXT NOT NULL,        -- JSON: newest segment and day read, and the bytes read of their journals
                PRIMARY KEY (node, camera)
            ) WITHOUT ROWID;

            -- An operator's named mark on a range.
            CREATE TABLE bookmark (
                id TEXT NOT NULL PRIMARY KEY,  -- UUIDv7
                camera TEXT NOT NULL,          -- slug
                fromTime INTEGER NOT NULL,     -- microseconds since the epoch, UTC
                toTime INTEGER NOT NULL,       -- microseconds since the epoch, UTC
                title TEXT NOT NULL,
                who TEXT NOT NULL,             -- user name
                createdAt INTEGER NOT NULL,    -- microseconds since the epoch, UTC
                hold TEXT,                     -- UUIDv7 of the hold made with it
                recorded TEXT NOT NULL         -- how much of the range was recorded then: all, part, none
            ) WITHOUT ROWID;
            CREATE INDEX bookmarkByTime ON bookmark (createdAt, id);
            CREATE INDEX bookmarkByRange ON bookmark (camera, fromTime);

            -- Evidence locks; recordings/holds.journal is the truth, this table answers questions.
            CREATE TABLE hold (
                id TEXT NOT NULL PRIMARY KEY,  -- UUIDv7
                camera TEXT NOT NULL,          -- slug
                fromTime INTEGER NOT NULL,     -- microseconds since the epoch, UTC
                toTime INTEGER NOT NULL,       -- microseconds since the epoch, UTC
                reason TEXT NOT NULL,
                who TEXT NOT NULL,             -- user name, or system
                createdAt INTEGER NOT NULL,    -- microseconds since the epoch, UTC
                caseId TEXT,                   -- UUIDv7 of the case it is evidence of
                releasedAt INTEGER,            -- microseconds since the epoch, UTC; NULL while it holds
                releasedBy TEXT,               -- user name
                releaseReason TEXT,
                recorded TEXT NOT NULL         -- how much of the range was recorded when it was made: all, part, none
            ) WITHOUT ROWID;
            CREATE INDEX holdByTime ON hold (createdAt, id);
            CREATE INDEX holdByRange ON hold (camera, fromTime);

            -- Pictures that alarms and cases refer to; the bytes are DIR/attachments/<id>.
            CREATE TABLE attachment (
                id TEXT NOT NULL PRIMARY KEY,  -- UUIDv7, the file's name
                node TEXT NOT NULL,            -- the node whose volume holds the file
                mediaType TEXT NOT NULL,       -- image/jpeg, image/png
                bytes INTEGER NOT NULL,        -- length, bytes
                sha256 TEXT NOT NULL,          -- of the bytes, hex
                who TEXT NOT NULL,             -- user name, or system
                createdAt INTEGER NOT NULL     -- microseconds since the epoch, UTC
            ) WITHOUT ROWID;
            """
    )

    /// Several volumes, what they hold by camera, later reasons of gaps, and holds with an end of their own.
    static let migration0007 = Migration(
        "0007-volumes",
        sql: """
            -- The volume by its id, out of the path: @b/camera/day/name.mp4 lies on b, camera/day/name.mp4 on main.
            ALTER TABLE segment ADD COLUMN volume TEXT GENERATED ALWAYS AS
                (CASE WHEN substr(path, 1, 1) = '@' THEN substr(path, 2, instr(path, '/') - 2) ELSE 'main' END) VIRTUAL;
            -- Segments of a camera follow each other: their starts find those of any window.
            DROP INDEX segmentByEnd;
            CREATE INDEX segmentByVolume ON segment (node, camera, volume, fromTime);

            -- What a camera's segments take, by volume: kept by the triggers below, so that nobody adds up all rows.
            CREATE TABLE usage (
                node TEXT NOT NULL,            -- the node whose volume it is
                camera TEXT NOT NULL,          -- slug
                volume TEXT NOT NULL,          -- slug
                bytes INTEGER NOT NULL,        -- of the segments that have a row, bytes
                segments INTEGER NOT NULL,     -- number of rows
                PRIMARY KEY (node, camera, volume)
            ) WITHOUT ROWID;
            INSERT INTO usage SELECT node, camera, volume, sum(bytes), count(*) FROM segment GROUP BY node, camera, volume;
            CREATE TRIGGER segmentAdded AFTER INSERT ON segment BEGIN
                INSERT INTO usage VALUES (NEW.node, NEW.camera, NEW.volume, NEW.bytes, 1)
                ON CONFLICT (node, camera, volume) DO UPDATE SET bytes = bytes + NEW.bytes, segments = segments + 1;
            END;
            CREATE TRIGGER segmentGrown AFTER UPDATE OF bytes ON segment WHEN NEW.bytes <> OLD.bytes BEGIN
                UPDATE usage SET bytes = bytes + NEW.bytes - OLD.bytes
                WHERE node = NEW.node AND camera = NEW.camera AND volume = NEW.volume;
            END;
            CREATE TRIGGER segmentForgotten AFTER DELETE ON segment BEGIN
                UPDATE usage SET bytes = bytes - OLD.bytes, segments = segments - 1
                WHERE node = OLD.node AND camera = OLD.camera AND volume = OLD.volume;
                DELETE FROM usage
                WHERE node = OLD.node AND camera = OLD.camera AND volume = OLD.volume AND segments <= 0;
            END;

            -- From when to when a camera was ever recorded: between the two, what has no row was deleted.
            CREATE TABLE recorded (
                node TEXT NOT NULL,            -- the node that recorded it
                camera TEXT NOT NULL,          -- slug
                since INTEGER NOT NULL,        -- first frame or gap ever, microseconds since the epoch, UTC
                until INTEGER NOT NULL,        -- end of the last frame ever, microseconds since the epoch, UTC
                PRIMARY KEY (node, camera)
            ) WITHOUT ROWID;
            INSERT INTO recorded SELECT node, camera, min(fromTime), max(toTime) FROM segment
                WHERE toTime > fromTime GROUP BY node, camera;
            INSERT INTO recorded SELECT node, camera, min(fromTime), min(fromTime) FROM gap WHERE true
                GROUP BY node, camera ON CONFLICT (node, camera) DO UPDATE SET since = min(since, excluded.since);
            CREATE TRIGGER segmentRecorded AFTER INSERT ON segment WHEN NEW.toTime > NEW.fromTime BEGIN
                INSERT INTO recorded VALUES (NEW.node, NEW.camera, NEW.fromTime, NEW.toTime)
                ON CONFLICT (node, camera) DO UPDATE SET
                    since = min(since, NEW.fromTime), until = max(until, NEW.toTime);
            END;
            CREATE TRIGGER segmentRecordedOn AFTER UPDATE OF toTime ON segment WHEN NEW.toTime > NEW.fromTime BEGIN
                INSERT INTO recorded VALUES (NEW.node, NEW.camera, NEW.fromTime, NEW.toTime)
                ON CONFLICT (node, camera) DO UPDATE SET
                    since = min(since, NEW.fromTime), until = max(until, NEW.toTime);
            END;
            CREATE TRIGGER gapRecorded AFTER INSERT ON gap BEGIN
                INSERT INTO recorded VALUES (NEW.node, NEW.camera, NEW.fromTime, NEW.fromTime)
                ON CONFLICT (node, camera) DO UPDATE SET since = min(since, NEW.fromTime);
            END;

            ALTER TABLE gap ADD COLUMN later TEXT;             -- StateReasons that came later, comma separated; NULL: none
            CREATE INDEX gapByStart ON gap (camera, fromTime);

            ALTER TABLE hold ADD COLUMN untilTime INTEGER;     -- ends by itself then, microseconds since the epoch, UTC; NULL: never
            CREATE INDEX holdByRelease ON hold (releasedAt);
            """
    )
}
