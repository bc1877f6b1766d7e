/// The tables of reports and call-backs.
enum ReportSchema {
    static let migration0041 = Migration(
        "0041-reports",
        sql: """
            -- What each reporter has told, one row per report; several may belong to one case.
            CREATE TABLE report (
                id TEXT NOT NULL PRIMARY KEY,  -- UUIDv7
                ticket TEXT NOT NULL UNIQUE,   -- R, local day and serial, R20261123-0001
                code TEXT NOT NULL,            -- what a reporter without a login asks for its progress with
                caseId TEXT NOT NULL,          -- the case that it belongs to now
                openedCaseId TEXT NOT NULL,    -- the case that it opened or was linked to when it came in
                channel TEXT NOT NULL,         -- a channel's id
                who TEXT NOT NULL,             -- name of the user who entered it, or system
                clientId TEXT,                 -- makes it idempotent, per user
                unit TEXT,                     -- slug of the unit of the user who entered it
                isSelfFound INTEGER NOT NULL,  -- 1 for an owner's own find
                callsBack INTEGER NOT NULL,    -- 1 when the reporter is called back once the case is closed
                callBack TEXT,                 -- the latest CallBack.Result
                happenedAt INTEGER NOT NULL,   -- microseconds since the epoch, UTC
                receivedAt INTEGER NOT NULL,   -- microseconds since the epoch, UTC
                body TEXT NOT NULL             -- the report as JSON
            ) WITHOUT ROWID;
            CREATE INDEX reportByCase ON report (caseId, receivedAt, id);
            CREATE INDEX reportByTime ON report (receivedAt, id);
            CREATE INDEX reportByUser ON report (who, receivedAt, id);
            CREATE INDEX reportByChannel ON report (channel, receivedAt, id);
            CREATE INDEX reportToCallBack ON report (caseId) WHERE callsBack = 1 AND callBack IS NULL;
            CREATE UNIQUE INDEX reportByClient ON report (who, clientId) WHERE clientId IS NOT NULL;
            -- Before the triggers: what was reported before there were tickets.
            INSERT INTO report
                SELECT caseFile.id, 'R' || caseFile.number, lower(hex(randomblob(4))), caseFile.id, caseFile.id,
                    json_extract(entry, '$.data.channel'), json_extract(entry, '$.by'), caseReport.clientId, NULL, 0,
                    0, NULL, caseFile.openedAt, caseFile.openedAt,
                    json_object('id', caseFile.id, 'ticket', 'R' || caseFile.number, 'openedCaseId', caseFile.id,
                        'channel', json_extract(entry, '$.data.channel'),
                        'classCode', json_extract(entry, '$.data.class'),
                        'position', json(json_extract(entry, '$.data.position')),
                        'address', json_extract(entry, '$.data.address'),
                        'description', json_extract(entry, '$.data.description'),
                        'by', json_extract(entry, '$.by'), 'role', json_extract(entry, '$.role'),
                        'clientId', caseReport.clientId, 'isSelfFound', json('false'),
                        'alarmId', json_extract(entry, '$.data.alarmId'),
                        'photos', json(iif(json_extract(entry, '$.data.snapshot') IS NULL, '[]',
                            json_array(json_extract(entry, '$.data.snapshot')))), 'voices', json('[]'),
                        'happenedAt', json_extract(entry, '$.data.happenedAt'),
                        'receivedAt', json_extract(entry, '$.at'))
                FROM caseFile JOIN caseLog ON caseLog.caseId = caseFile.id AND caseLog.seq = 1
                LEFT JOIN caseReport ON caseReport.caseId = caseFile.id
                -- One whose log doesn't begin as it should has no report that could be told.
                WHERE json_extract(entry, '$.data.channel') IS NOT NULL
                    AND json_extract(entry, '$.data.class') IS NOT NULL
                    AND json_extract(entry, '$.data.happenedAt') IS NOT NULL
                    AND json_extract(entry, '$.at') IS NOT NULL AND json_extract(entry, '$.by') IS NOT NULL;
            INSERT INTO caseSerial (day, last) SELECT 'R' || day, last FROM caseSerial;
            CREATE TRIGGER reportIsNeverDeleted BEFORE DELETE ON report
                BEGIN SELECT RAISE(ABORT, 'a report is never deleted'); END;
            CREATE TRIGGER reportIsNeverChanged
                BEFORE UPDATE OF id, ticket, openedCaseId, channel, who, clientId, happenedAt, receivedAt, body ON report
                BEGIN SELECT RAISE(ABORT, 'a report is never changed'); END;

            -- What was found when a reporter was called back; append-only.
            CREATE TABLE callBack (
                id TEXT NOT NULL PRIMARY KEY,  -- UUIDv7
                reportId TEXT NOT NULL REFERENCES report (id),
                caseId TEXT NOT NULL,          -- UUIDv7
                result TEXT NOT NULL,          -- a CallBack.Result
                note TEXT,
                who TEXT NOT NULL,             -- name of the user who called
                atTime INTEGER NOT NULL,       -- microseconds since the epoch, UTC
                reopened INTEGER NOT NULL      -- 1 when it opened the case again
            ) WITHOUT ROWID;
            CREATE INDEX callBackByReport ON callBack (reportId, atTime);
            CREATE INDEX callBackByTime ON callBack (atTime);
            CREATE TRIGGER callBackIsNeverChanged BEFORE UPDATE ON callBack
                BEGIN SELECT RAISE(ABORT, 'call-backs are append-only'); END;
            CREATE TRIGGER callBackIsNeverDeleted BEFORE DELETE ON callBack
                BEGIN SELECT RAISE(ABORT, 'call-backs are append-only'); END;

            -- The same file sent twice over a broken link is kept once.
            CREATE INDEX attachmentByHash ON attachment (sha256, who);

            -- Cases of a class near a place, also closed ones: for suggesting duplicates.
            CREATE INDEX caseByClassAndTime ON caseFile (class, lastAt);
            """
    )
}
