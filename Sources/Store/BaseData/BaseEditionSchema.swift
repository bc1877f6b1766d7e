/// The table of editions of base data.
enum BaseEditionSchema {
    static let migration0021 = Migration(
        "0021-base-editions",
        sql: """
            -- Every text that a set of base data has had, whole; append-only.
            CREATE TABLE baseEdition (
                setName TEXT NOT NULL,         -- a BaseSet
                number INTEGER NOT NULL,       -- 1, 2, 3 … within the set
                validFrom INTEGER NOT NULL,    -- microseconds since the epoch, UTC
                recordedAt INTEGER NOT NULL,   -- microseconds since the epoch, UTC
                who TEXT NOT NULL,             -- user name
                note TEXT,                     -- as the user gave it
                summary TEXT NOT NULL,         -- what it changed, JSON
                hash TEXT NOT NULL,            -- of the text, SHA-256 in hex
                body TEXT NOT NULL,            -- CSV or GeoJSON
                PRIMARY KEY (setName, number)
            );
            CREATE INDEX baseEditionByTime ON baseEdition (setName, validFrom, number);
            CREATE TRIGGER baseEditionNeverChanges BEFORE UPDATE ON baseEdition
                BEGIN SELECT RAISE(ABORT, 'an edition of base data never changes'); END;
            CREATE TRIGGER baseEditionNeverGoes BEFORE DELETE ON baseEdition
                BEGIN SELECT RAISE(ABORT, 'an edition of base data is never deleted'); END;
            """
    )
}
