package import Domain

/// Why a source can't be opened or read, or a codec won't work.
package struct MediaError: Error, Sendable, Hashable {
    package enum Code: String, Sendable, Hashable, CaseIterable {
        case unauthorised
        case unknownHost
        case refused
        /// The server or file system has nothing under that name.
        case notFound
        case notAStream
        case timeout
        case cancelled
        case closed
        case unsupported
        case invalidData
        case outOfMemory
        case other
    }

    package var code: Code
    /// What failed and what to do, in English, never with credentials.
    package var message: String
    /// The libav* error code, where one is the cause.
    package var avCode: Int32?

    package init(_ code: Code, _ message: String, avCode: Int32? = nil) {
        self.code = code
        self.message = message
        self.avCode = avCode
    }

    /// The reason to show for a camera whose source failed like this.
    package var reason: StateReason {
        switch code {
        case .unauthorised: .unauthorised
        case .unknownHost: .unknownHost
        case .refused: .refused
        case .notFound, .notAStream: .notAStream
        case .timeout: .timeout
        case .closed: .closed
        case .unsupported: .unsupportedCodec
        case .cancelled: .restart
        case .invalidData, .outOfMemory, .other: .sourceError
        }
    }
}
