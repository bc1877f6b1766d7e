import CMinizip
import Domain
import Foundation

/// Writes a ZIP archive with stored (not packed) members and ZIP64, through minizip. One thread at a time.
///
/// Media doesn't get smaller by packing, and a stored member can be read in place: the parts of a download and the
/// verifier do.
final class ZipWriter {
    private var archive: zipFile?
    private let path: String
    /// Every member carries the same time.
    private var facts: zip_fileinfo

    /// General purpose bit 11: names are UTF-8 (APPNOTE 4.4.4).
    private static let nameIsUTF8: UInt = 1 << 11
    /// Made on Unix by version 4.5 of the format (ZIP64); a plain file of mode 0644 (APPNOTE 4.4.2, 4.4.15).
    private static let madeBy: UInt = 3 << 8 | 45
    private static let mode: UInt = 0o100644 << 16

    /// - Parameter time: shown as the members' time, in UTC.
    /// - Throws: `ArchiveError` (`io`).
    init(path: String, time: WallTime) throws(ArchiveError) {
        self.path = path
        var seconds = time_t(time.microseconds / 1_000_000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        facts = zip_fileinfo()
        facts.tmz_date.tm_sec = UInt32(clamping: parts.tm_sec)
        facts.tmz_date.tm_min = UInt32(clamping: parts.tm_min)
        facts.tmz_date.tm_hour = UInt32(clamping: parts.tm_hour)
        facts.tmz_date.tm_mday = UInt32(clamping: parts.tm_mday)
        facts.tmz_date.tm_mon = UInt32(clamping: parts.tm_mon)
        facts.tmz_date.tm_year = UInt32(clamping: parts.tm_year + 1900)
        facts.external_fa = Self.mode
        archive = zipOpen64(path, APPEND_STATUS_CREATE)
        guard archive != nil else {
            throw ArchiveError(.io, "can't create \(path): \(String(cString: strerror(errno)))")
        }
    }

    deinit {
        if let archive { zipClose(archive, nil) }
    }

    /// Adds a member whose content `body` hands over piece by piece.
    ///
    /// - Parameter bytes: how many that will be; only large members carry ZIP64 fields.
    /// - Throws: what `body` throws; `ArchiveError` (`io`, `diskFull`).
    func add(_ name: String, bytes: Int, _ body: (_ write: ([UInt8]) throws -> Void) throws -> Void) throws {
        let opened = zipOpenNewFileInZip4_64(
            archive,
            name,
            &facts,
            nil,
            0,
            nil,
            0,
            nil,
            0,  // stored
            0,
            0,
            -15,
            8,
            0,
            nil,
            0,
            Self.madeBy,
            Self.nameIsUTF8,
            bytes >= ZipReader.large ? 1 : 0
        )
        guard opened == ZIP_OK else { throw failure() }
        try body { bytes in
            guard !bytes.isEmpty else { return }
            guard zipWriteInFileInZip(archive, bytes, UInt32(bytes.count)) == ZIP_OK else { throw failure() }
        }
        guard zipCloseFileInZip(archive) == ZIP_OK else { throw failure() }
    }

    /// Writes the directory.
    func finish() throws {
        let done = zipClose(archive, nil)
        archive = nil
        guard done == ZIP_OK else { throw failure() }
    }

    private func failure() -> ArchiveError {
        let code = errno
        return ArchiveError(
            code == ENOSPC || code == EDQUOT ? .diskFull : .io,
            "can't write \(path): \(String(cString: strerror(code)))"
        )
    }
}
