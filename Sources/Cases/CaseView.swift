package import Domain

/// A case as the API shows it; every field is always there, null where there is none.
package struct CaseView: Sendable, Encodable, Equatable {
    package var value: Case
    package var className: String
    package var classNameEn: String
    package var unitName: String?
    package var overdue: Bool
    /// Whether the asking person may know who has reported it.
    package var showsReporter = false
    /// What the asking person may do now; nil (and absent) where nobody in particular asks, as on the change feed.
    package var actions: [CaseAction]?
    /// How many entries its log has, on the change feed; nil (and absent) elsewhere.
    package var seq: Int?

    private enum Key: String, CodingKey {
        case id, number, `class`, className, classNameEn, level, state, position, address, cell, unit, unitName
        case openedAt, dueAt, metAt, overdue, channel, description, reporter, alarmIds, clips, snapshots, cameraId,
            closedAt
        case limit, timers, versions, actions, holder, ending, sevenStep, sixLink, flow, verified, assignee, checkUnit
        case inspected, returns, bound, extended, announcedAt, suspension, centre, committee, coUnits, mergedInto,
            merged, seq
        case photoBefore, photoAfter, reopenings, reworks, urgings, lastStep
    }

    private struct Clip: Encodable {
        var cameraId: String
        var from: WallTime
        var to: WallTime
        var holdId: String?
        var url: String

        init(_ clip: CaseClip) {
            cameraId = clip.cameraId
            from = clip.from
            to = clip.to
            holdId = clip.holdId
            // Ids are slugs and times hold no character that a query escapes.
            url = "/api/v1/cameras/\(clip.cameraId)/clip.mp4?from=\(clip.from.rfc3339)&to=\(clip.to.rfc3339)"
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(value.id, forKey: .id)
        try container.encode(value.number, forKey: .number)
        try container.encode(value.classCode, forKey: .class)
        try container.encode(className, forKey: .className)
        try container.encode(classNameEn, forKey: .classNameEn)
        try container.encode(value.level, forKey: .level)
        try container.encode(value.state, forKey: .state)
        try container.encode(value.position, forKey: .position)
        try container.encode(value.address, forKey: .address)
        try container.encode(value.cell, forKey: .cell)
        try container.encode(value.unit, forKey: .unit)
        try container.encode(unitName, forKey: .unitName)
        try container.encode(value.openedAt, forKey: .openedAt)
        try container.encode(value.dueAt, forKey: .dueAt)
        try container.encode(value.metAt, forKey: .metAt)
        try container.encode(overdue, forKey: .overdue)
        try container.encode(value.channel, forKey: .channel)
        try container.encode(value.description, forKey: .description)
        try container.encode(showsReporter ? value.reporter : nil, forKey: .reporter)
        try container.encode(value.alarmIds, forKey: .alarmIds)
        try container.encode(value.clips.map(Clip.init), forKey: .clips)
        try container.encode(value.snapshots.map { "/api/v1/attachments/\($0)" }, forKey: .snapshots)
        try container.encode(value.cameraId, forKey: .cameraId)
        try container.encode(value.closedAt, forKey: .closedAt)
        try container.encode(value.limit, forKey: .limit)
        try container.encode(value.timers ?? [], forKey: .timers)
        try container.encode(value.versions ?? [:], forKey: .versions)
        try container.encodeIfPresent(actions, forKey: .actions)
        try container.encodeIfPresent(seq, forKey: .seq)
        try encodeCourse(&container)
    }

    private func encodeCourse(_ container: inout KeyedEncodingContainer<Key>) throws {
        let course = value.course
        try container.encode(value.holder, forKey: .holder)
        try container.encode(value.state.isOpen ? nil : value.ending, forKey: .ending)
        try container.encode(CaseProgress.sevenStep(value.state, before: course.before), forKey: .sevenStep)
        try container.encode(CaseProgress.sixLink(value.state, before: course.before), forKey: .sixLink)
        try container.encode(course.flow?.id, forKey: .flow)
        try container.encode(course.verified, forKey: .verified)
        try container.encode(course.assignee, forKey: .assignee)
        try container.encode(course.checkUnit, forKey: .checkUnit)
        try container.encode(course.isInspected, forKey: .inspected)
        try container.encode(course.returns, forKey: .returns)
        try container.encode(course.isBound, forKey: .bound)
        try container.encode(course.isExtended, forKey: .extended)
        try container.encode(course.announcedAt, forKey: .announcedAt)
        try container.encode(course.suspension, forKey: .suspension)
        try container.encode(course.centre, forKey: .centre)
        try container.encode(course.committee, forKey: .committee)
        try container.encode(course.coUnits, forKey: .coUnits)
        try container.encode(course.mergedInto, forKey: .mergedInto)
        try container.encode(course.merged, forKey: .merged)
        try container.encode(course.photoBefore.map { "/api/v1/attachments/\($0)" }, forKey: .photoBefore)
        try container.encode(course.photoAfter.map { "/api/v1/attachments/\($0)" }, forKey: .photoAfter)
        try container.encode(course.reopenings, forKey: .reopenings)
        try container.encode(course.reworks, forKey: .reworks)
        try container.encode(course.urgings, forKey: .urgings)
        try container.encode(course.last, forKey: .lastStep)
    }
}

/// A line of a case's log as the API shows it.
package struct CaseEntryView: Sendable, Encodable, Equatable {
    package var entry: CaseEntry
    /// SHA-256 over the hash before and the entry, in hex.
    package var hash: String

    private enum Key: String, CodingKey {
        case seq, at, by, role, action, from, to, note, data, hash
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(entry.seq, forKey: .seq)
        try container.encode(entry.at, forKey: .at)
        try container.encode(entry.by, forKey: .by)
        try container.encode(entry.role, forKey: .role)
        try container.encode(entry.kind.name, forKey: .action)
        try container.encode(entry.from, forKey: .from)
        try container.encode(entry.to, forKey: .to)
        try container.encode(entry.note, forKey: .note)
        try container.encode(entry.data, forKey: .data)
        try container.encode(hash, forKey: .hash)
    }
}
