import Archive
import Cases
import Domain
import Store

/// Who may see a picture or a voice note: whoever brought it, and who may see what it belongs to.
enum AttachmentAccess {
    /// - Throws: 422 when there is no such attachment for this person.
    static func named(_ id: String, field: String, _ request: APIRequest) async throws -> Attachment {
        guard let kept = try await request.services.archive.attachmentFacts(id: id),
            try await isVisible(kept, to: request.user, request.services)
        else { throw Problem.invalid(field: field, "there is no attachment \(id.prefix(63))") }
        return kept
    }

    /// - Throws: 422 when there is no such attachment for this person, or it is no picture.
    static func picture(_ id: String, field: String, _ request: APIRequest) async throws -> Attachment {
        let kept = try await named(id, field: field, request)
        guard AttachmentType(rawValue: kept.mediaType)?.isPicture == true else {
            throw Problem.invalid(field: field, "attachment \(id.prefix(63)) is \(kept.mediaType), not a picture")
        }
        return kept
    }

    /// A voice is a person's: acceptors and leaders hear it besides whoever brought it. Acceptors, leaders and
    /// administrators see every picture.
    static func isVisible(_ kept: Attachment, to user: User, _ services: ConsoleServices) async throws -> Bool {
        if kept.by == user.name { return true }
        guard AttachmentType(rawValue: kept.mediaType)?.isPicture ?? true else {
            return CaseService.rolesThatSeePersons.contains(user.role)
        }
        if [.acceptor, .leader, .admin].contains(user.role) { return true }
        for use in try await services.archive.attachmentUses(id: kept.id) {
            switch use {
            // Everybody who is signed in sees the alarms.
            case .alarm: return true
            case .ofCase(let id): if try await sees(id, user, services) { return true }
            // Of reports a collector sees its own only, the first picture with the case.
            case .report(let id):
                if user.role != .collector, try await sees(id, user, services) { return true }
            }
        }
        return false
    }

    private static func sees(_ caseId: String, _ user: User, _ services: ConsoleServices) async throws -> Bool {
        switch user.role {
        case .viewer: false
        case .unit: try await services.cases.sees(caseId, user.actor)
        default: true
        }
    }
}

/// When something happened by its sender's clock. A clock that is fast loses nobody's report: what lies in the future
/// happened now, and what the clock said is kept beside it.
struct ToldTime {
    /// So much clocks differ without a word.
    private static let tolerance = Duration.seconds(60)

    let at: WallTime
    /// What the clock said, where it lay in the future.
    let ahead: WallTime?

    init(_ told: WallTime?, now: WallTime) {
        let isAhead = told.map { $0 - now > Self.tolerance } ?? false
        at = isAhead ? now : told ?? now
        ahead = isAhead ? told : nil
    }
}
