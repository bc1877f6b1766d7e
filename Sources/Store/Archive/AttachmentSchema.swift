/// What each picture and voice note belongs to: who may see one follows from it.
///
/// Triggers keep it, so that whatever writes a log, a report or an alarm can't forget to.
enum AttachmentSchema {
    static let migration0047 = Migration(
        "0047-attachment-use",
        sql: """
            -- What an attachment belongs to; one that nothing refers to is its uploader's.
            CREATE TABLE attachmentUse (
                attachmentId TEXT NOT NULL,    -- UUIDv7
                kind TEXT NOT NULL,            -- case, report, alarm
                ownerId TEXT NOT NULL,         -- UUIDv7 of the case, report or alarm
                PRIMARY KEY (attachmentId, kind, ownerId)
            ) WITHOUT ROWID;

            -- A log that was damaged is no reason not to start.
            INSERT INTO attachmentUse
                SELECT value, 'case', caseId
                FROM caseLog, json_each(iif(json_valid(entry), json_array(json_extract(entry, '$.data.snapshot'),
                    json_extract(entry, '$.data.photo'), json_extract(entry, '$.data.photoBefore')), '[]'))
                WHERE value IS NOT NULL
                ON CONFLICT DO NOTHING;
            INSERT INTO attachmentUse
                SELECT value, 'report', report.id FROM report, json_each(report.body, '$.photos')
                WHERE value IS NOT NULL ON CONFLICT DO NOTHING;
            INSERT INTO attachmentUse
                SELECT value, 'report', report.id FROM report, json_each(report.body, '$.voices')
                WHERE value IS NOT NULL ON CONFLICT DO NOTHING;
            INSERT INTO attachmentUse
                SELECT json_extract(body, '$.snapshot'), 'alarm', id FROM alarm
                WHERE json_extract(body, '$.snapshot') IS NOT NULL ON CONFLICT DO NOTHING;

            CREATE TRIGGER caseLogUsesAttachments AFTER INSERT ON caseLog WHEN json_valid(NEW.entry) BEGIN
                INSERT INTO attachmentUse
                    SELECT value, 'case', NEW.caseId
                    FROM json_each(json_array(json_extract(NEW.entry, '$.data.snapshot'),
                        json_extract(NEW.entry, '$.data.photo'), json_extract(NEW.entry, '$.data.photoBefore')))
                    WHERE value IS NOT NULL
                    ON CONFLICT DO NOTHING;
            END;
            CREATE TRIGGER reportUsesAttachments AFTER INSERT ON report WHEN json_valid(NEW.body) BEGIN
                INSERT INTO attachmentUse
                    SELECT value, 'report', NEW.id FROM json_each(NEW.body, '$.photos')
                    WHERE value IS NOT NULL ON CONFLICT DO NOTHING;
                INSERT INTO attachmentUse
                    SELECT value, 'report', NEW.id FROM json_each(NEW.body, '$.voices')
                    WHERE value IS NOT NULL ON CONFLICT DO NOTHING;
            END;
            CREATE TRIGGER alarmUsesAttachment AFTER INSERT ON alarm
                WHEN json_valid(NEW.body) AND json_extract(NEW.body, '$.snapshot') IS NOT NULL
            BEGIN
                INSERT INTO attachmentUse
                    SELECT json_extract(NEW.body, '$.snapshot'), 'alarm', NEW.id
                    WHERE true ON CONFLICT DO NOTHING;
            END;
            """
    )
}
