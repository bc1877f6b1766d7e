/// Why a peer's bytes can't be used, or a session can't go on.
package struct RTSPFault: Error, Sendable, Hashable {
    package enum Code: String, Sendable, Hashable, CaseIterable {
        /// Bytes that are neither a message nor a frame, more of them than are skipped.
        case garbage
        /// A message's head or body is beyond the limits.
        case messageTooLarge
        /// A message without a start line that can be read.
        case malformedMessage
        /// The URL is none that RTSP can be asked for.
        case badURL
        /// The server wants a name and password: none is known, or what is known is refused.
        case unauthorised
        /// The server offers only ways of authentication that are not known or not safe here.
        case unsafeAuthentication
        /// 403, 404, 410 or 454 to the first requests: nothing is there under that name.
        case notFound
        /// The server has forgotten the session (454).
        case sessionNotFound
        /// The server does not take this transport (461); the other one may do.
        case unsupportedTransport
        /// An answer to SETUP that names no usable transport.
        case badTransport
        /// The description can't be read or names no media.
        case badDescription
        /// Redirected too often, back to the same place, or from an encrypted to an open connection.
        case badRedirect
        /// No answer in time.
        case timeout
        /// The server is busy or broken: any other status of 400 and above.
        case refused
        /// The connection was closed.
        case closed
    }

    package var code: Code
    /// What happened, in English, never with credentials.
    package var detail: String
    /// The status that the server answered with, where that is the cause.
    package var status: Int?

    package init(_ code: Code, _ detail: String, status: Int? = nil) {
        self.code = code
        self.detail = detail
        self.status = status
    }
}
