import GRDB

/// One numbered step of a schema. Steps are only ever added; one that has been released never changes.
package struct Migration: Sendable {
    /// `0001-archive`: the number fixes the order, the word says whose tables it makes.
    package let name: String
    let apply: @Sendable (GRDB.Database) throws -> Void

    /// A step that runs `sql`; every column carries its unit in a comment.
    init(_ name: String, sql: String) {
        self.name = name
        apply = { try $0.execute(sql: sql) }
    }

    /// A step that runs `sql` and then puts rows into another form.
    init(_ name: String, sql: String, then convert: @escaping @Sendable (GRDB.Database) throws -> Void) {
        self.name = name
        apply = {
            try $0.execute(sql: sql)
            try convert($0)
        }
    }
}

/// The schema of `gridwatch.db`, one line per aggregate's step, in order of their numbers.
enum Migrations {
    static let gridwatch: [Migration] = [
        ArchiveSchema.migration0001,
        AlarmSchema.migration0003,
        CaseSchema.migration0004,
        // 0002 telemetry, 0003 alarms, 0004 cases, 0005 users: add your line in the order of the numbers.
        UserSchema.migration0005,
        CaseSchema.migration0006,
        ArchiveSchema.migration0007,
        EvidenceSchema.migration0009,
        RecordingPauseSchema.migration0011,
        BaseEditionSchema.migration0021,
        PartSchema.migration0022,
        CaseSchema.migration0031,
        CaseSchema.migration0032,
        ReportSchema.migration0041,
        SupervisionSchema.migration0042,
        DutySchema.migration0043,
        AttachmentSchema.migration0047,
        FieldSchema.migration0048,
        CaseSchema.migration0049,
        AlarmSchema.migration0050,
    ]
}
