package import Domain
package import Store

/// Evidence locks.
extension Archive {
    /// Locks a range; when this returns the lock is on disk and capture obeys it.
    ///
    /// The range may lie in the future (a clip up to 20 s after an alarm).
    ///
    /// - Throws: `ArchiveError` (`invalidRange`, `io`, `diskFull`), `StoreError`.
    package func createHold(
        cameraId: String,
        from: WallTime,
        to: WallTime,
        reason: String,
        by: String,
        caseId: String? = nil,
        until: WallTime? = nil
    ) async throws -> Hold {
        let holds = try await createHolds(
            cameraIds: [cameraId],
            from: from,
            to: to,
            reason: reason,
            by: by,
            caseId: caseId,
            until: until
        )
        guard let hold = holds.first else { throw ArchiveError(.notFound, "no hold was made of \(cameraId)") }
        return hold
    }

    /// Locks the same range of several cameras: all of them, or (when this throws) none was acknowledged.
    ///
    /// - Parameter until: when they end by themselves; nil: never.
    /// - Throws: `ArchiveError` (`invalidRange`, `io`, `diskFull`), `StoreError`.
    package func createHolds(
        cameraIds: [String],
        from: WallTime,
        to: WallTime,
        reason: String,
        by: String,
        caseId: String? = nil,
        until: WallTime? = nil
    ) async throws -> [Hold] {
        try Self.check(from, to, atMost: Self.maximumWindow)
        let now = clock.now()
        try Self.check(until: until, now: now)
        var holds: [Hold] = []
        for cameraId in cameraIds {
            holds.append(
                Hold(
                    id: UUIDv7.make(at: now),
                    cameraId: cameraId,
                    from: from,
                    to: to,
                    reason: reason,
                    by: by,
                    createdAt: now,
                    caseId: caseId,
                    until: until,
                    recorded: try await recordedShare(cameraId: cameraId, from: from, to: to)
                )
            )
        }
        try await holdKeeper.create(holds)
        return holds
    }

    /// Moves the end of a hold that holds, to a later time or (nil) to none.
    ///
    /// - Throws: `ArchiveError` (`notFound`, `alreadyReleased`, `invalidRange`, `io`, `diskFull`), `StoreError`.
    package func extendHold(id: String, until: WallTime?) async throws -> Hold {
        try Self.check(until: until, now: clock.now())
        return try await holdKeeper.extend(id, until: until)
    }

    /// Ends a hold; its record stays, and what it covered stays for a day, whatever its age.
    ///
    /// - Throws: `ArchiveError` (`notFound`, `alreadyReleased`, `io`, `diskFull`), `StoreError`.
    package func releaseHold(id: String, by: String, reason: String) async throws -> Hold {
        try await holdKeeper.release(id, by: by, reason: reason, at: clock.now())
    }

    /// Newest first, released ones too.
    package func holds(cameraId: String? = nil, page: PageRequest) async throws -> Page<Hold> {
        try await HoldRepository(database).list(cameraId: cameraId, page: page)
    }

    /// Those that touch the range, released ones too.
    package func holds(cameraId: String, from: WallTime, to: WallTime) async throws -> [Hold] {
        try await HoldRepository(database).overlapping(cameraId: cameraId, from: from, to: to)
    }

    /// - Throws: `ArchiveError` (`notFound`).
    package func hold(id: String) async throws -> Hold {
        guard let hold = try await HoldRepository(database).find(id) else {
            throw ArchiveError(.notFound, "there is no hold \(id)")
        }
        return hold
    }

    /// What of a hold's range is on disk now: a few index reads.
    package func detail(of hold: Hold) async throws -> HoldDetail {
        let timeline = try await timeline(
            cameraId: hold.cameraId,
            from: hold.from,
            to: max(hold.to, hold.from + .microseconds(1))
        )
        return HoldDetail(
            hold: hold,
            recorded: Self.share(timeline),
            missing: Array(timeline.gaps.prefix(100)),
            missingCount: timeline.gaps.count,
            bytes: try await segments.bytes(cameraId: hold.cameraId, ranges: [hold.from..<max(hold.from, hold.to)])
        )
    }

    /// How much of a range is on disk; what lies in the future doesn't count as missing.
    func recordedShare(cameraId: String, from: WallTime, to: WallTime) async throws -> RecordedShare {
        Self.share(try await timeline(cameraId: cameraId, from: from, to: to))
    }

    private static func share(_ timeline: Timeline) -> RecordedShare {
        if timeline.runs.isEmpty { return .none }
        return timeline.gaps.isEmpty ? .all : .part
    }

    private static func check(until: WallTime?, now: WallTime) throws(ArchiveError) {
        guard let until, until <= now else { return }
        throw ArchiveError(.invalidRange, "a hold must end in the future: `until` has passed")
    }
}
