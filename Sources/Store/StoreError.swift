import GRDB

/// Why a database could not be opened, read or written.
package struct StoreError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, Hashable {
        /// No room on the volume; nothing of the transaction was kept.
        case diskFull
        /// The volume failed.
        case io
        /// The file is no database or is damaged.
        case corrupt
        /// Somebody else held the write lock for too long.
        case busy
        case readOnly
        case cannotOpen
        /// A unique or foreign key forbids it.
        case conflict
        case newerVersion
        /// A list's cursor is none that was given out.
        case invalidCursor
        case notFound
        case other
    }

    package var code: Code
    /// What failed, on which file, and what to do.
    package var message: String
    /// SQLite's extended result code (https://www.sqlite.org/rescode.html).
    package var sqliteCode: Int32?
    package var cause: (any Error)?

    package init(code: Code, message: String, sqliteCode: Int32? = nil, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.sqliteCode = sqliteCode
        self.cause = cause
    }

    package var description: String { message }

    /// The volume or the file keeps the database from working: the same call may work later.
    package var isOutage: Bool {
        switch code {
        case .diskFull, .io, .readOnly, .cannotOpen, .corrupt: true
        case .busy, .conflict, .newerVersion, .invalidCursor, .notFound, .other: false
        }
    }

    /// Whatever opening or using the database at `path` threw.
    init(_ error: any Error, path: String) {
        if let error = error as? StoreError {
            self = error
        } else if let error = error as? DatabaseError {
            self.init(error, path: path)
        } else {
            self.init(code: .other, message: "\(path): \(error)", cause: error)
        }
    }

    /// SQLite's errors as `StoreError`, all others untouched.
    static func mapped(_ error: any Error, path: String) -> any Error {
        guard let error = error as? DatabaseError else { return error }
        return StoreError(error, path: path)
    }

    private init(_ error: DatabaseError, path: String) {
        let (code, remedy) = Self.meaning(of: error.resultCode)
        self.init(
            code: code,
            // The SQL is ours; its arguments may hold people's names and stay out.
            message: "\(path): \(error.message ?? "SQLite error")\(remedy.map { "; \($0)" } ?? "")",
            sqliteCode: error.extendedResultCode.rawValue,
            cause: error
        )
    }

    /// The one table from SQLite's primary codes to ours.
    private static func meaning(of code: ResultCode) -> (Code, remedy: String?) {
        switch code {
        case .SQLITE_FULL: (.diskFull, "free space on its volume")
        case .SQLITE_IOERR: (.io, "check the volume and the kernel's log")
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            (.corrupt, "restore it from a backup, or move it away: recordings and holds are rebuilt from their files")
        case .SQLITE_BUSY, .SQLITE_LOCKED: (.busy, "another gridwatch command is using it; try again")
        case .SQLITE_READONLY, .SQLITE_PERM: (.readOnly, "check the owner and mode of the file and its folder")
        case .SQLITE_CANTOPEN: (.cannotOpen, "check that the folder exists and may be written")
        case .SQLITE_CONSTRAINT: (.conflict, nil)
        default: (.other, nil)
        }
    }
}
