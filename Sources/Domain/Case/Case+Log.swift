/// The case as the projection of its log.
extension Case {
    /// The case that an opening entry (`report`, `open`) makes; nil for any other or where facts are absent.
    package init?(opening entry: CaseEntry) {
        guard entry.kind == .report || entry.kind == .open, entry.seq == 1, entry.from == nil else { return nil }
        let data = entry.data
        guard let number = data.number, let classCode = data.class, let level = data.level, let limit = data.limit,
            let channel = data.channel, let happenedAt = data.happenedAt
        else { return nil }
        self.init(
            id: entry.caseId,
            number: number,
            classCode: classCode,
            level: level,
            state: entry.to,
            position: data.position,
            address: data.address,
            cell: data.cell,
            unit: data.unit,
            openedAt: entry.at,
            limit: limit,
            dueAt: data.dueAt,
            timers: data.timers,
            versions: data.versions,
            channel: channel,
            description: data.description,
            reporter: data.reporter,
            clientId: data.clientId,
            cameraId: data.cameraId,
            alarmIds: data.alarmId.map { [$0] } ?? [],
            clips: data.clip.map { [$0] } ?? [],
            snapshots: data.snapshot.map { [$0] } ?? [],
            lastAt: happenedAt,
            closedAt: nil
        )
        course.flow = data.flow == .usual ? nil : data.flow
        course.last = CaseCourse.Step(action: entry.kind.name, by: entry.by, at: entry.at)
        course.follow(entry.to, at: entry.at)
    }

    /// Takes in the next entry of its log.
    package mutating func apply(_ entry: CaseEntry) {
        let data = entry.data
        state = entry.to
        if let value = data.class { classCode = value }
        if let value = data.level { level = value }
        if let value = data.position {
            position = value
            // A new place has the cell of its own, or none.
            cell = data.cell
        }
        if let value = data.address { address = value }
        if let value = data.unit { unit = value }
        if let value = data.limit { limit = value }
        if let value = data.timers {
            timers = value
            // Also a limit that no longer runs.
            dueAt = value.last?.dueAt
        }
        if let value = data.dueAt { dueAt = value }
        if let value = data.versions { versions = value }
        if let value = data.alarmId, !alarmIds.contains(value) { alarmIds.append(value) }
        if let value = data.clip, !clips.contains(value) { clips.append(value) }
        for value in [data.photoBefore, data.snapshot ?? data.photo].compactMap(\.self) where !snapshots.contains(value)
        {
            snapshots.append(value)
        }
        if let value = data.happenedAt { lastAt = max(lastAt, value) }
        course.apply(entry)
        if state.isOpen { closedAt = nil } else if closedAt == nil { closedAt = entry.at }
    }

    /// The case that a whole log tells of; nil when it doesn't begin with an opening entry.
    package static func replay(_ log: [CaseEntry]) -> Case? {
        guard let first = log.first, var result = Case(opening: first) else { return nil }
        for entry in log.dropFirst() { result.apply(entry) }
        return result
    }
}
