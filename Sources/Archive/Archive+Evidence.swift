package import Domain
package import Store

/// Bookmarks, holds and attachments.
extension Archive {
    /// Sets a bookmark, with a hold when asked.
    ///
    /// - Throws: `ArchiveError` (`invalidRange`, `io`, `diskFull`), `StoreError`.
    package func createBookmark(
        cameraId: String,
        from: WallTime,
        to: WallTime,
        title: String,
        hold: Bool,
        by: String
    ) async throws -> Bookmark { throw ArchiveError(.busy, "not there yet") }

    /// Newest first.
    package func bookmarks(cameraId: String? = nil, page: PageRequest) async throws -> Page<Bookmark> {
        try await BookmarkRepository(database).list(cameraId: cameraId, page: page)
    }

    /// Those that touch the range.
    package func bookmarks(cameraId: String, from: WallTime, to: WallTime) async throws -> [Bookmark] {
        try await BookmarkRepository(database).overlapping(cameraId: cameraId, from: from, to: to)
    }

    /// - Throws: `ArchiveError` (`notFound`).
    package func bookmark(id: String) async throws -> Bookmark {
        guard let bookmark = try await BookmarkRepository(database).find(id) else {
            throw ArchiveError(.notFound, "there is no bookmark \(id)")
        }
        return bookmark
    }

    /// Deletes the bookmark; its hold stays.
    package func deleteBookmark(id: String) async throws {
        guard try await BookmarkRepository(database).delete(id) else {
            throw ArchiveError(.notFound, "there is no bookmark \(id)")
        }
    }

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
        caseId: String? = nil
    ) async throws -> Hold { throw ArchiveError(.busy, "not there yet") }

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

    /// Ends a hold; its record stays.
    ///
    /// - Throws: `ArchiveError` (`notFound`, `alreadyReleased`, `io`, `diskFull`), `StoreError`.
    package func releaseHold(id: String, by: String, reason: String) async throws -> Hold {
        throw ArchiveError(.busy, "not there yet")
    }

    /// Keeps a picture; when this returns it is on disk.
    ///
    /// - Parameter mediaType: `image/jpeg` or `image/png`; must fit the bytes.
    /// - Throws: `ArchiveError` (`invalidAttachment`, `io`, `diskFull`), `StoreError`.
    package func storeAttachment(_ bytes: [UInt8], mediaType: String, by: String) async throws -> Attachment {
        throw ArchiveError(.busy, "not there yet")
    }

    /// - Throws: `ArchiveError` (`notFound`, `io`).
    package func attachment(id: String) async throws -> (attachment: Attachment, bytes: [UInt8]) {
        throw ArchiveError(.notFound, "there is no attachment \(id)")
    }
}
