package import Domain
package import Store

/// Bookmarks and attachments.
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
    ) async throws -> Bookmark {
        try Self.check(from, to, atMost: Self.maximumWindow)
        let recorded = try await recordedShare(cameraId: cameraId, from: from, to: to)
        // The hold first: a bookmark that promises one must have it.
        let holdId =
            hold ? try await createHold(cameraId: cameraId, from: from, to: to, reason: title, by: by).id : nil
        let now = clock.now()
        let bookmark = Bookmark(
            id: UUIDv7.make(at: now),
            cameraId: cameraId,
            from: from,
            to: to,
            title: title,
            by: by,
            createdAt: now,
            holdId: holdId,
            recorded: recorded
        )
        try await BookmarkRepository(database).insert(bookmark)
        return bookmark
    }

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

    /// Keeps a picture or a voice note; when this returns it is on disk.
    ///
    /// - Parameters:
    ///   - mediaType: an `AttachmentType`; must fit the bytes.
    ///   - reusing: whether the same bytes of the same user are kept once, however often a broken link sends them.
    /// - Throws: `ArchiveError` (`invalidAttachment`, `io`, `diskFull`), `StoreError`.
    package func storeAttachment(
        _ bytes: [UInt8],
        mediaType: String,
        by: String,
        reusing: Bool = false
    ) async throws -> Attachment {
        try await attachments.store(bytes, mediaType: mediaType, by: by, at: clock.now(), reusing: reusing)
    }

    /// - Throws: `ArchiveError` (`notFound`, `io`).
    package func attachment(id: String) async throws -> (attachment: Attachment, bytes: [UInt8]) {
        try await attachments.load(id)
    }

    /// What is known of an attachment without reading it; nil where there is none.
    package func attachmentFacts(id: String) async throws -> Attachment? {
        try await attachments.repository.find(id)
    }

    /// Everything that refers to an attachment.
    package func attachmentUses(id: String) async throws -> [AttachmentUse] {
        try await attachments.repository.uses(of: id)
    }
}
