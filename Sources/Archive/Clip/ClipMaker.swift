import CLinux
import Domain
import Foundation
import Media
import Recording
import Synchronization

/// Writes a planned clip as a plain MP4. Blocks; memory is one fragment and 40 bytes for each frame.
struct ClipMaker {
    let folder: URL
    /// Looked at between two fragments.
    let isCancelled: @Sendable () -> Bool
    /// Called before so many bytes are written; may refuse.
    var willWrite: @Sendable (_ bytes: Int) throws -> Void = { _ in }

    /// Reads what the planned fragments hold and settles which frames are shown.
    ///
    /// - Throws: `ArchiveError` (`nothingRecorded`, `io`), `CancellationError`.
    func content(of plan: ClipPlan) throws -> ClipContent {
        var headers: [[FragmentInfo]] = []
        for piece in plan.pieces {
            headers.append(
                try piece.segment.fragments[piece.fragments].map { fragment in
                    if isCancelled() { throw CancellationError() }
                    let read = try RecordingFileReader.read(
                        piece.segment.path,
                        offset: fragment.offset,
                        count: min(fragment.moofBytes + 16, fragment.sizeBytes)
                    )
                    guard let header = try FragmentParser.fragmentHeader(read) else {
                        throw ArchiveError(.io, "\(piece.segment.path) is damaged at byte \(fragment.offset)")
                    }
                    return header
                }
            )
        }
        guard let content = ClipContent(plan: plan, headers: headers) else {
            throw ArchiveError(.nothingRecorded, "nothing is recorded in that range")
        }
        return content
    }

    /// - Returns: the file, its length, and where the payload of the first fragment begins in it, in bytes.
    func write(_ content: ClipContent) throws -> (url: URL, bytes: Int, payloadStart: Int) {
        var writer = PlainMP4Writer(info: content.info)
        for fragment in content.fragments {
            let sound = content.segments[fragment.segment].opened.audio
            writer.add(
                fragment.header,
                withAudio: content.info.audio != nil && sound == content.segments[0].opened.audio
            )
        }
        let header = try writer.header(startTicks: content.startTicks, durationTicks: content.durationTicks)
        let output = try ExportFile(folder: folder)
        try willWrite(header.count)
        try output.write(header)
        for fragment in content.fragments {
            if isCancelled() { throw CancellationError() }
            let path = content.segments[fragment.segment].path
            let offset = fragment.record.offset + fragment.header.payloadOffset
            try willWrite(fragment.header.payloadBytes)
            let bytes = try RecordingFileReader.read(path, offset: offset, count: fragment.header.payloadBytes)
            guard bytes.count == fragment.header.payloadBytes else {
                throw ArchiveError(.io, "\(path) ends before byte \(offset + fragment.header.payloadBytes)")
            }
            try output.write(bytes)
        }
        let kept = output.keep()
        return (kept.url, kept.bytes, header.count)
    }
}

/// A file being written in `DIR/exports/tmp`; it goes unless it is kept.
private final class ExportFile {
    private let url: URL
    private let descriptor: Int32
    private var bytes = 0
    private var kept = false

    init(folder: URL) throws {
        try FileManager.default.createDirectory(
            at: folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        url = folder.appending(path: "\(UUID().uuidString).mp4")
        descriptor = gw_open(url.path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        guard descriptor >= 0 else { throw Self.failure("create", url.path, errno) }
    }

    func write(_ data: [UInt8]) throws {
        var done = 0
        while done < data.count {
            let count = data.withUnsafeBytes { buffer in
                CLinux.write(descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.failure("write", url.path, errno) }
            done += count
        }
        bytes += data.count
    }

    func keep() -> (url: URL, bytes: Int) {
        kept = true
        return (url, bytes)
    }

    deinit {
        close(descriptor)
        if !kept { unlink(url.path) }
    }

    private static func failure(_ operation: String, _ path: String, _ code: Int32) -> ArchiveError {
        ArchiveError(
            code == ENOSPC || code == EDQUOT ? .diskFull : .io,
            "can't \(operation) \(path): \(String(cString: strerror(code)))"
        )
    }
}
