import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// Why a capture process or its link can't do what was asked. Messages hold no credentials.
package struct CaptureError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, Equatable {
        /// `DIR/capture/N.json` is missing or wrong.
        case configuration
        /// Another process records this shard.
        case shardTaken
        /// The Unix socket can't be made or reached.
        case link
        /// A process can't be started.
        case spawn
        /// The data folder can't be used.
        case dataFolder
    }

    package var code: Code
    /// What failed, where, and what to do.
    package var message: String
    package var cause: (any Error)?

    package init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    package var description: String { message }

    /// An error of the system call that just failed.
    static func system(_ code: Code, _ what: String, number: Int32 = errno) -> CaptureError {
        CaptureError(code, "\(what): \(String(cString: strerror(number)))")
    }
}
