/// What collectors and the watch look up again and again.
enum FieldSchema {
    static let migration0048 = Migration(
        "0048-field-and-watch",
        sql: """
            -- Who has which open case, what ends first before the others; one without a limit comes last.
            CREATE INDEX caseHeldByDue ON caseFile (holder, coalesce(dueAt, 9223372036854775807), id) WHERE isOpen = 1;
            -- Every 5 s: the open alarms of the last day.
            CREATE INDEX alarmOpenByTime ON alarm (openedAt, id) WHERE isOpen = 1;
            """
    )
}
