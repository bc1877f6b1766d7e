import Domain
import Foundation
import GRDB

/// The tables of the cases and their logs.
enum CaseSchema {
    static let migration0004 = Migration(
        "0004-cases",
        sql: """
            -- One row per case: the projection of its log, written in the log's transaction.
            CREATE TABLE caseFile (
                id TEXT NOT NULL PRIMARY KEY,  -- UUIDv7
                number TEXT NOT NULL UNIQUE,   -- local day and serial, 20261123-0001
                clientId TEXT UNIQUE,          -- makes a report idempotent
                state TEXT NOT NULL,           -- a CaseState
                isOpen INTEGER NOT NULL,       -- 0 when closed or invalid
                class TEXT NOT NULL,           -- class code
                unit TEXT,                     -- slug
                cell TEXT,                     -- 15 digits
                lat REAL,                      -- WGS-84, degrees
                lon REAL,                      -- WGS-84, degrees
                openedAt INTEGER NOT NULL,     -- microseconds since the epoch, UTC
                dueAt INTEGER,                 -- microseconds since the epoch, UTC
                lastAt INTEGER NOT NULL,       -- last alarm, microseconds since the epoch, UTC
                searched TEXT NOT NULL,        -- number, address, description, reporter in lower case
                seq INTEGER NOT NULL,          -- number of entries in its log
                hash TEXT NOT NULL,            -- of the log's last entry, SHA-256 in hex
                body TEXT NOT NULL             -- the whole case as JSON
            ) WITHOUT ROWID;
            CREATE INDEX caseByTime ON caseFile (openedAt, id);
            CREATE INDEX caseByUnit ON caseFile (unit, openedAt, id);
            CREATE INDEX caseToJoin ON caseFile (class, lastAt) WHERE isOpen = 1;
            CREATE INDEX caseOpen ON caseFile (openedAt, id) WHERE isOpen = 1;

            -- Append-only: each entry's hash covers the hash before it and its own bytes.
            CREATE TABLE caseLog (
                caseId TEXT NOT NULL REFERENCES caseFile (id) DEFERRABLE INITIALLY DEFERRED,
                seq INTEGER NOT NULL,          -- 1, 2, 3 …
                entry TEXT NOT NULL,           -- canonical JSON of the entry
                hash TEXT NOT NULL,            -- SHA-256 in hex
                PRIMARY KEY (caseId, seq)
            ) WITHOUT ROWID;
            CREATE TRIGGER caseLogNeverChanges BEFORE UPDATE ON caseLog
                BEGIN SELECT RAISE(ABORT, 'the log of a case is append-only'); END;
            CREATE TRIGGER caseLogNeverShrinks BEFORE DELETE ON caseLog
                BEGIN SELECT RAISE(ABORT, 'the log of a case is append-only'); END;

            -- Which case each alarm belongs to, so that asking again opens nothing twice.
            CREATE TABLE caseAlarm (
                alarmId TEXT NOT NULL PRIMARY KEY,  -- UUIDv7
                caseId TEXT NOT NULL                -- UUIDv7
            ) WITHOUT ROWID;

            -- The last serial of case numbers of each local day.
            CREATE TABLE caseSerial (
                day TEXT NOT NULL PRIMARY KEY, -- 20261123 in the site's zone
                last INTEGER NOT NULL
            ) WITHOUT ROWID;
            """
    )

    /// `clientId` was unique over all reporters: one of them could take the place of another's report.
    static let migration0006 = Migration(
        "0006-reports",
        sql: """
            -- Which case each reporter's clientId has opened: makes a report idempotent.
            CREATE TABLE caseReport (
                reporter TEXT NOT NULL,        -- name of the user who sent it
                clientId TEXT NOT NULL,
                caseId TEXT NOT NULL,          -- UUIDv7
                PRIMARY KEY (reporter, clientId)
            ) WITHOUT ROWID;
            INSERT INTO caseReport (reporter, clientId, caseId)
                SELECT json_extract(caseLog.entry, '$.by'), caseFile.clientId, caseFile.id
                FROM caseFile JOIN caseLog ON caseLog.caseId = caseFile.id AND caseLog.seq = 1
                WHERE caseFile.clientId IS NOT NULL;
            -- The column stays, empty from here on.
            UPDATE caseFile SET clientId = NULL;
            """
    )

    /// What is asked for in lists, in columns with indices of their own; the units beside the one that leads; the text
    /// that is searched, apart from the cases' bodies. Every row is written anew from its log.
    static let migration0031 = Migration(
        "0031-case-course",
        sql: """
            ALTER TABLE caseFile ADD COLUMN channel TEXT NOT NULL DEFAULT '';  -- camera, 12345, …
            ALTER TABLE caseFile ADD COLUMN holder TEXT NOT NULL DEFAULT '';   -- a CaseHolder, unit:gas
            ALTER TABLE caseFile ADD COLUMN ending TEXT NOT NULL DEFAULT '';   -- how it ended; the state of an open one
            -- Each with the place in the list, newest first.
            CREATE INDEX caseByState ON caseFile (state, openedAt, id);
            CREATE INDEX caseByClass ON caseFile (class, openedAt, id);
            CREATE INDEX caseByCell ON caseFile (cell, openedAt, id);
            CREATE INDEX caseByChannel ON caseFile (channel, openedAt, id);
            CREATE INDEX caseByHolder ON caseFile (holder, openedAt, id);
            CREATE INDEX caseByUnitAndState ON caseFile (unit, state, openedAt, id);
            CREATE INDEX caseByPlace ON caseFile (lat, lon, openedAt, id);
            CREATE INDEX caseByDue ON caseFile (dueAt, openedAt, id) WHERE isOpen = 1;
            -- With all that is asked for, so that walking from the newest on reads no bodies.
            DROP INDEX caseByTime;
            CREATE INDEX caseByTime ON caseFile
                (openedAt, id, state, isOpen, class, unit, cell, channel, holder, dueAt, lat, lon);

            -- The units that take part in a case beside the one that leads it, or check it.
            CREATE TABLE caseParty (
                unit TEXT NOT NULL,            -- slug
                caseId TEXT NOT NULL,          -- UUIDv7
                openedAt INTEGER NOT NULL,     -- of the case, microseconds since the epoch, UTC
                PRIMARY KEY (caseId, unit)
            ) WITHOUT ROWID;
            CREATE INDEX casePartyByUnit ON caseParty (unit, openedAt, caseId);

            -- What is searched for text, in the order of the list.
            CREATE TABLE caseText (
                openedAt INTEGER NOT NULL,     -- microseconds since the epoch, UTC
                id TEXT NOT NULL,              -- UUIDv7
                searched TEXT NOT NULL,        -- number, address, description, reporter in lower case
                PRIMARY KEY (openedAt, id)
            ) WITHOUT ROWID;
            INSERT INTO caseText (openedAt, id, searched) SELECT openedAt, id, searched FROM caseFile;
            -- The column stays, empty from here on. A row whose log can't be read stays as it is otherwise.
            UPDATE caseFile SET searched = '', channel = coalesce(json_extract(body, '$.channel'), ''), ending = state,
                body = json_set(body, '$.course', json('{}'));
            """
    )

    static let migration0032 = Migration(
        "0032-case-review",
        sql: """
            -- When somebody has to look at a suspended case; microseconds since the epoch, UTC.
            ALTER TABLE caseFile ADD COLUMN reviewAt INTEGER;
            CREATE INDEX caseByReview ON caseFile (reviewAt, id) WHERE reviewAt IS NOT NULL;
            -- From here on dueAt is empty once what was asked for was done in time, and reporters aren't searched for.
            UPDATE caseText SET searched =
                (SELECT lower(number || coalesce(char(10) || json_extract(body, '$.address'), '')
                    || coalesce(char(10) || json_extract(body, '$.description'), ''))
                FROM caseFile WHERE caseFile.id = caseText.id)
                WHERE id IN (SELECT id FROM caseFile WHERE json_extract(body, '$.reporter') IS NOT NULL);
            """
    )

    /// What supervision, call-backs, counts and the search for duplicates ask for, in indices: none of them reads the
    /// cases' bodies or walks through a table. The columns are read out of the body, so that they can't differ from it.
    /// Every row is written anew from its log, which tells since when it is filed.
    static let migration0049 = Migration(
        "0049-asked-of-cases",
        sql: """
            -- 1 while it is open and was returned since it was filed.
            ALTER TABLE caseFile ADD COLUMN isReturned INTEGER GENERATED ALWAYS AS
                (isOpen = 1 AND coalesce(json_extract(body, '$.course.returns'), 0) > 0) VIRTUAL;
            -- When somebody last did something about it but urging, RFC 3339, UTC.
            ALTER TABLE caseFile ADD COLUMN lastStepAt TEXT GENERATED ALWAYS AS
                (coalesce(json_extract(body, '$.course.last.at'), json_extract(body, '$.openedAt'))) VIRTUAL;
            -- Since when it is a case, RFC 3339, UTC; NULL for a mere report.
            ALTER TABLE caseFile ADD COLUMN filedAt TEXT
                GENERATED ALWAYS AS (json_extract(body, '$.course.filedAt')) VIRTUAL;
            -- The case that it was joined to, UUIDv7.
            ALTER TABLE caseFile ADD COLUMN mergedInto TEXT
                GENERATED ALWAYS AS (json_extract(body, '$.course.mergedInto')) VIRTUAL;
            -- None begins with isOpen: SQLite would take it for every question about open cases, and sort.
            CREATE INDEX caseReturned ON caseFile (isReturned, openedAt, id) WHERE isReturned = 1;
            CREATE INDEX IF NOT EXISTS caseByClassAndState ON caseFile (class, state, openedAt, id);
            CREATE INDEX caseByLastStep ON caseFile (lastStepAt, id) WHERE isOpen = 1;
            CREATE INDEX caseWithoutUnit ON caseFile (unit, openedAt, id, state) WHERE isOpen = 1 AND unit IS NULL;
            CREATE INDEX caseByMerger ON caseFile (mergedInto) WHERE mergedInto IS NOT NULL;
            -- Few of a class lie within some metres of latitude.
            CREATE INDEX caseByClassAndPlace ON caseFile (class, lat, lon, isOpen, lastAt, ending);
            DROP INDEX caseByClassAndTime;
            -- What is counted of reports' cases, without their bodies.
            CREATE INDEX caseCounted ON caseFile (id, state, ending, unit, filedAt);

            -- 1 while its reporter has not yet said that all is well, nor been given up; it is called back once its case
            -- is closed.
            ALTER TABLE report ADD COLUMN awaitsCallBack INTEGER GENERATED ALWAYS AS
                (callsBack = 1 AND (callBack IS NULL OR callBack = 'unsatisfied')) VIRTUAL;
            DROP INDEX reportToCallBack;
            CREATE INDEX reportToCallBack ON report (awaitsCallBack, receivedAt, id, caseId) WHERE awaitsCallBack = 1;
            -- With all that is counted, so that no words are read.
            DROP INDEX reportByTime;
            CREATE INDEX reportByTime ON report (receivedAt, id, caseId, openedCaseId, channel, isSelfFound);
            CREATE INDEX reportByOpened ON report (openedCaseId, receivedAt, id);
            CREATE INDEX reportByOwner ON report (unit, receivedAt, id) WHERE unit IS NOT NULL;
            -- Of a report only the case that it belongs to and what its call-back has found change.
            DROP TRIGGER reportIsNeverChanged;
            CREATE TRIGGER reportIsNeverChanged
                BEFORE UPDATE OF id, ticket, code, openedCaseId, channel, who, clientId, unit, isSelfFound, callsBack,
                    happenedAt, receivedAt, body ON report
                BEGIN SELECT RAISE(ABORT, 'a report is never changed'); END;
            """,
        then: { connection in try CaseTransaction(connection: connection).projectAgain() }
    )
}

extension CaseTransaction {
    /// Writes every case's row as its log says it is; one whose log can't be read stays.
    fileprivate func projectAgain() throws {
        let decoder = JSONDecoder()
        for row in try Row.fetchAll(connection, sql: "SELECT id, seq, hash FROM caseFile ORDER BY id") {
            let id: String = row["id"]
            let lines = try String.fetchAll(
                connection,
                sql: "SELECT entry FROM caseLog WHERE caseId = ? ORDER BY seq",
                arguments: [id]
            )
            let entries = lines.compactMap { try? decoder.decode(CaseEntry.self, from: Data($0.utf8)) }
            guard entries.count == lines.count, let value = Case.replay(entries) else { continue }
            try write(StoredCase(value: value, seq: row["seq"], hash: row["hash"]))
        }
    }
}
