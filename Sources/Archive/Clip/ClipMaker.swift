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

    /// - Returns: the file and its length in bytes.
    func write(_ plan: ClipPlan) throws -> (url: URL, bytes: Int) {
        guard let info = plan.info else { throw ArchiveError(.nothingRecorded, "nothing is recorded in that range") }
        var writer = PlainMP4Writer(info: info)
        var lead: Int64?
        var payloads: [(path: String, offset: Int, count: Int)] = []
        for piece in plan.pieces {
            for fragment in piece.segment.fragments[piece.fragments] {
                if isCancelled() { throw CancellationError() }
                let read = try RecordingFileReader.read(
                    piece.segment.path,
                    offset: fragment.offset,
                    count: min(fragment.moofBytes + 16, fragment.sizeBytes)
                )
                guard let header = try FragmentParser.fragmentHeader(read) else {
                    throw ArchiveError(.io, "\(piece.segment.path) is damaged at byte \(fragment.offset)")
                }
                var samples = header.samples
                for index in samples.indices { samples[index].offset -= header.payloadOffset }
                // With reordered frames the first picture shows later than its decoding time: nothing shows before it.
                if lead == nil, let first = samples.first { lead = max(0, first.compositionTicks - plan.startTicks) }
                writer.addChunk(samples: samples, payloadBytes: header.payloadBytes)
                payloads.append(
                    (piece.segment.path, fragment.offset + header.payloadOffset, header.payloadBytes)
                )
            }
        }
        let header = try writer.header(
            startTicks: plan.startTicks + (lead ?? 0),
            durationTicks: max(1, plan.durationTicks - (lead ?? 0))
        )
        let output = try ExportFile(folder: folder)
        try output.write(header)
        for payload in payloads {
            if isCancelled() { throw CancellationError() }
            let bytes = try RecordingFileReader.read(payload.path, offset: payload.offset, count: payload.count)
            guard bytes.count == payload.count else {
                throw ArchiveError(.io, "\(payload.path) ends before byte \(payload.offset + payload.count)")
            }
            try output.write(bytes)
        }
        return output.keep()
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
