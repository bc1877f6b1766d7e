import Domain

/// Brings the gaps of a camera into line with the frames that are really there, after its segments have been recovered.
struct GapRecovery {
    let recovery: SegmentRecovery
    let cameraId: String
    let volumes: [String]
    let noteOn: String
    /// The segments that were written last before a power cut, in order: between them a gap's line may be lost.
    let newest: [SegmentName]

    /// The newest day journals of each volume that are read.
    private static let days = 2

    /// Sets the gap that is open now, in `outcome` and in the day journal.
    func recover(
        _ outcome: inout SegmentRecovery.Outcome,
        now: WallTime,
        unexpectedEnd: StateReason
    ) throws(FileFailure) {
        let gaps = try gaps()
        outcome.notedAt = gaps.compactMap(\.notedAt).max()
        var lines = try ended(gaps, before: outcome.lastEnd)
        lines += try untold(gaps + lines, before: outcome.lastEnd, reason: unexpectedEnd)
        guard let end = outcome.lastEnd else {
            // Nothing was ever recorded: the gap since the start goes on.
            var open = gaps.last ?? GapRecord(from: now, to: nil, reason: .starting)
            if gaps.isEmpty || open.to != nil {
                open.to = nil
                lines.append(open)
            }
            outcome.openGap = open
            try note(lines, &outcome, now: now)
            return
        }
        // Gaps from the last frame on: one at most unless a power cut took the frames between them.
        let trailing = gaps.filter { $0.from >= end || $0.to.map { $0 > end } ?? false }
        if let open = trailing.last, trailing.count == 1, open.from == end, open.to == nil {
            outcome.openGap = open
        } else {
            var open = GapRecord(from: end, to: nil, reason: unexpectedEnd)
            for gap in trailing {
                if gap.from == end {
                    // Frames had come again, and are gone.
                    open.reason = gap.reason
                    open.laterReasons = gap.laterReasons + [unexpectedEnd]
                    open.detail = gap.detail
                } else if gap.from > end {
                    if gap.reason != open.laterReasons.last { open.laterReasons.append(gap.reason) }
                    var void = gap
                    void.to = gap.from
                    lines.append(void)
                } else {
                    // It ends with a frame that is gone; its beginning lies before one that is there.
                    var cut = gap
                    cut.to = end
                    lines.append(cut)
                }
            }
            open.laterReasons = Array(open.laterReasons.suffix(20))
            lines.append(open)
            outcome.openGap = open
        }
        try note(lines, &outcome, now: now)
    }

    /// The gaps of the newest days in their newest lines, in order.
    private func gaps() throws(FileFailure) -> [GapRecord] {
        let catalogue = RecordingCatalogue(layout: recovery.layout, files: recovery.files)
        var lines: [GapRecord] = []
        for volume in volumes {
            for day in try catalogue.days(cameraId, volume: volume).suffix(Self.days) {
                let path = recovery.layout.dayJournal(cameraId, day: day, volume: volume)
                var reader = JournalReader(path: path, files: recovery.files)
                for case .gap(let gap) in try reader.readAll() { lines.append(gap) }
            }
        }
        var newest: [WallTime: GapRecord] = [:]
        for line in lines {
            if let known = newest[line.from], let noted = known.notedAt, let own = line.notedAt, own < noted {
                continue
            }
            newest[line.from] = line
        }
        return newest.values.sorted { $0.from < $1.from }
    }

    /// Ends gaps that are open in the journal although frames follow: the process ended, or the day journal couldn't be
    /// written, between a fragment and the line that would have said so.
    private func ended(_ gaps: [GapRecord], before end: WallTime?) throws(FileFailure) -> [GapRecord] {
        guard let end else { return [] }
        let stale = gaps.filter { $0.to == nil && $0.from < end }
        guard let first = stale.first else { return [] }
        // Names tell when their segments begin: the one before the first gap and those behind it.
        let catalogue = RecordingCatalogue(layout: recovery.layout, files: recovery.files)
        var names: [SegmentName] = []
        let firstDay = RecordingLayout.day(of: first.from)
        for volume in volumes {
            let days = try catalogue.days(cameraId, volume: volume)
            for day in days.filter({ $0 >= firstDay }) + days.filter({ $0 < firstDay }).suffix(1) {
                names += try catalogue.segments(cameraId, day: day, volume: volume)
            }
        }
        names.sort()
        var lines: [GapRecord] = []
        for var gap in stale {
            let limit = SegmentName(startedAt: gap.from)
            let from = max(0, (names.firstIndex { $0.text > limit.text } ?? names.count) - 1)
            for name in names[from...] {
                let index = try FragmentIndex.journal(
                    cameraId: cameraId,
                    name: name,
                    layout: recovery.layout,
                    files: recovery.files
                )
                guard let start = index?.fragments.map(\.wall).filter({ $0 >= gap.from }).min() else { continue }
                gap.to = start
                lines.append(gap)
                break
            }
        }
        return lines
    }

    /// Stretches between the newest frames that no line tells of: the line was lost, or the frames there were, on a disk
    /// that was not synced when the one with the frames behind them was.
    ///
    /// Only what was written within the last `distrustedTicks` can be missing, so only holes that end there are looked at.
    private func untold(
        _ gaps: [GapRecord],
        before end: WallTime?,
        reason: StateReason
    ) throws(FileFailure) -> [GapRecord] {
        guard let end, !newest.isEmpty else { return [] }
        let limit = end - .microseconds(recovery.distrustedTicks * 100 / 9)
        var fragments: [(segment: SegmentName, record: FragmentRecord)] = []
        for name in newest {
            let index = try FragmentIndex.journal(
                cameraId: cameraId,
                name: name,
                layout: recovery.layout,
                files: recovery.files
            )
            fragments += (index?.fragments ?? []).map { (name, $0) }
        }
        var lines: [GapRecord] = []
        for (one, two) in zip(fragments, fragments.dropFirst())
        where two.record.wall > limit && two.record.wall - one.record.wallEnd > .milliseconds(1) {
            let holes = Self.untold(from: one.record.wallEnd, to: two.record.wall, gaps)
            // Nor may there be an older segment in between, which was not looked at.
            guard !holes.isEmpty, try !isOther(between: one.segment, two.segment) else { continue }
            lines += holes.map { GapRecord(from: $0.from, to: $0.to, reason: reason) }
        }
        return lines
    }

    /// What the gaps leave of a stretch without frames.
    static func untold(from: WallTime, to end: WallTime, _ gaps: [GapRecord]) -> [(from: WallTime, to: WallTime)] {
        var holes: [(from: WallTime, to: WallTime)] = []
        var at = from
        for gap in gaps.sorted(by: { $0.from < $1.from }) where gap.from >= from && gap.from < end {
            // A newer line of the same gap stands behind the older one.
            guard let to = gaps.last(where: { $0.from == gap.from })?.to, to > at else { continue }
            if gap.from > at { holes.append((at, gap.from)) }
            at = min(to, end)
        }
        if at < end { holes.append((at, end)) }
        return holes
    }

    private func isOther(between one: SegmentName, _ two: SegmentName) throws(FileFailure) -> Bool {
        let catalogue = RecordingCatalogue(layout: recovery.layout, files: recovery.files)
        for volume in volumes {
            for day in try catalogue.days(cameraId, volume: volume) where one.day <= day && day <= two.day {
                for name in try catalogue.segments(cameraId, day: day, volume: volume)
                where one.text < name.text && name.text < two.text && !newest.contains(name) { return true }
            }
        }
        return false
    }

    private func note(
        _ lines: [GapRecord],
        _ outcome: inout SegmentRecovery.Outcome,
        now: WallTime
    ) throws(FileFailure) {
        guard !lines.isEmpty else { return }
        var entries: [JournalEntry] = []
        for var gap in lines {
            let at = outcome.notedAt.map { max(now, $0 + .microseconds(1)) } ?? now
            outcome.notedAt = at
            gap.notedAt = at
            entries.append(.gap(gap))
        }
        let day = RecordingLayout.day(of: max(now, lines.map(\.from).max() ?? now))
        try recovery.append(entries, to: recovery.layout.dayJournal(cameraId, day: day, volume: noteOn))
    }
}
