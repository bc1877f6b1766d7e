/// The tables of the parts register.
enum PartSchema {
    static let migration0022 = Migration(
        "0022-parts",
        sql: """
            -- What each part is now.
            CREATE TABLE part (
                code TEXT NOT NULL PRIMARY KEY,  -- 16 or 17 digits
                class TEXT NOT NULL,             -- class code
                name TEXT,
                owner TEXT,                      -- 权属单位
                maintainer TEXT,                 -- 养护单位
                state TEXT NOT NULL,             -- a Part.State
                lat REAL NOT NULL,               -- WGS-84, degrees
                lon REAL NOT NULL,               -- WGS-84, degrees
                cell TEXT,                       -- 15 digits
                since TEXT,                      -- local day, 2026-11-23
                note TEXT,
                seq INTEGER NOT NULL             -- of its last change
            ) WITHOUT ROWID;
            CREATE INDEX partByClass ON part (class, code);
            CREATE INDEX partByCell ON part (cell, code);

            -- What each part was, from a day on; append-only.
            CREATE TABLE partChange (
                code TEXT NOT NULL,
                seq INTEGER NOT NULL,            -- 1, 2, 3 … of the code
                since TEXT,                      -- local day from which on it holds
                recordedAt INTEGER NOT NULL,     -- microseconds since the epoch, UTC
                who TEXT NOT NULL,               -- user name
                body TEXT NOT NULL,              -- the part as JSON
                PRIMARY KEY (code, seq)
            ) WITHOUT ROWID;

            -- Which cameras and sensors watch a part, or are one.
            CREATE TABLE partBinding (
                device TEXT NOT NULL PRIMARY KEY, -- slug of a camera or sensor
                code TEXT NOT NULL,               -- the part's
                who TEXT NOT NULL,                -- user name
                since INTEGER NOT NULL            -- microseconds since the epoch, UTC
            ) WITHOUT ROWID;
            CREATE INDEX partBindingByPart ON partBinding (code);
            """
    )
}
