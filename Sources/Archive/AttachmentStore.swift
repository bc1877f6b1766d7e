import CLinux
import Domain
import Foundation
import Recording
import Store

/// Keeps pictures and voice notes as files under `DIR/attachments`, each with a row.
struct AttachmentStore: Sendable {
    /// The largest file that is taken, in bytes.
    private static let maximumBytes = AttachmentType.allCases.map(\.maximumBytes).max() ?? 0

    let folder: URL
    let repository: AttachmentRepository
    let node: String

    /// - Parameter reusing: whether the same bytes of the same user are kept once, however often they are sent.
    func store(
        _ bytes: [UInt8],
        mediaType: String,
        by: String,
        at: WallTime,
        reusing: Bool = false
    ) async throws -> Attachment {
        try Self.check(bytes, mediaType: mediaType)
        let hash = ContentHash(of: bytes).description
        if reusing, let known = try await repository.find(sha256: hash, by: by) { return known }
        let attachment = Attachment(
            id: UUIDv7.make(at: at),
            node: node,
            mediaType: mediaType,
            bytes: bytes.count,
            sha256: hash,
            by: by,
            createdAt: at
        )
        let file = folder.appending(path: attachment.id)
        try await BlockingWork.shared.run { [folder] in try Self.write(bytes, to: file, in: folder) }
        // A crash here leaves a file without a row, never a row without a file.
        try await repository.insert(attachment)
        return attachment
    }

    func load(_ id: String) async throws -> (attachment: Attachment, bytes: [UInt8]) {
        guard let attachment = try await repository.find(id) else {
            throw ArchiveError(.notFound, "there is no attachment \(id)")
        }
        let path = folder.appending(path: attachment.id).path
        let bytes = try await BlockingWork.shared.run {
            try RecordingFileReader.read(path, offset: 0, count: Self.maximumBytes)
        }
        guard bytes.count == attachment.bytes else {
            throw ArchiveError(.io, "\(path) has \(bytes.count) bytes instead of \(attachment.bytes)")
        }
        return (attachment, bytes)
    }

    /// The type must be one that is taken, and the first bytes must be of that type.
    private static func check(_ bytes: [UInt8], mediaType: String) throws(ArchiveError) {
        guard let type = AttachmentType(rawValue: mediaType) else {
            let known = AttachmentType.allCases.map(\.rawValue).joined(separator: ", ")
            throw ArchiveError(.invalidAttachment, "only \(known) are accepted")
        }
        guard AttachmentType(sniffing: bytes) == type else {
            throw ArchiveError(.invalidAttachment, "the bytes are not \(mediaType)")
        }
        guard bytes.count <= type.maximumBytes else {
            throw ArchiveError(.invalidAttachment, "the file is larger than \(type.maximumBytes >> 20) MiB")
        }
    }

    /// Writes under another name, syncs, renames: a file under its id is whole.
    private static func write(_ bytes: [UInt8], to file: URL, in folder: URL) throws {
        let files = SystemFiles()
        let partial = file.path + ".tmp"
        do {
            try files.createDirectory(folder.path)
            chmod(folder.path, 0o700)
            let output = try files.create(partial)
            chmod(partial, 0o600)
            try output.append(bytes)
            try output.sync()
            guard rename(partial, file.path) == 0 else {
                throw FileFailure(operation: "rename", path: partial, code: errno)
            }
        } catch {
            unlink(partial)
            guard let failure = error as? FileFailure else { throw error }
            throw ArchiveError(
                failure.code == ENOSPC ? .diskFull : .io,
                "can't keep \(file.path): \(String(cString: strerror(failure.code)))",
                cause: failure
            )
        }
    }
}
