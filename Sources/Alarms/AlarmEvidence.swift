package import Archive
package import Domain
import Store

/// What alarms need of the recordings: a place for a picture and a lock on a range.
package protocol AlarmEvidence: Sendable {
    /// Keeps a JPEG; returns the attachment's id.
    func keep(picture: [UInt8], by: String) async throws -> String
    /// Locks a range of a camera's recording, which may still lie ahead; returns the hold's id.
    func hold(
        cameraId: String,
        from: WallTime,
        to: WallTime,
        reason: String,
        by: String,
        caseId: String
    ) async throws -> String
}

extension Archive: AlarmEvidence {
    package func keep(picture: [UInt8], by: String) async throws -> String {
        try await storeAttachment(picture, mediaType: "image/jpeg", by: by).id
    }

    package func hold(
        cameraId: String,
        from: WallTime,
        to: WallTime,
        reason: String,
        by: String,
        caseId: String
    ) async throws -> String {
        try await createHold(cameraId: cameraId, from: from, to: to, reason: reason, by: by, caseId: caseId).id
    }
}

extension AlarmEvidence {
    /// The clip of a case: from 10 s before to 20 s after an instant, locked.
    package func clip(cameraId: String, around at: WallTime, caseId: String, by: String) async throws -> CaseClip {
        let from = at - .seconds(10)
        let to = at + .seconds(20)
        let hold = try await hold(cameraId: cameraId, from: from, to: to, reason: "case", by: by, caseId: caseId)
        return CaseClip(cameraId: cameraId, from: from, to: to, holdId: hold)
    }
}
