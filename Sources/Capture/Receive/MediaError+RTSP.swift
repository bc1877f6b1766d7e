import Media
import RTSP

/// The one table from faults of an RTSP session to our errors: what people read is the same whoever receives.
extension MediaError {
    /// - Parameters:
    ///   - name: of the source, without user, password and query.
    ///   - opening: whether nothing was played yet.
    init(_ fault: RTSPFault, name: String, opening: Bool) {
        let code: Code =
            switch fault.code {
            case .unauthorised, .unsafeAuthentication: .unauthorised
            case .notFound: fault.status == 403 ? .unauthorised : .notFound
            case .timeout: .timeout
            case .closed, .sessionNotFound: .closed
            case .garbage, .messageTooLarge, .malformedMessage: opening ? .notAStream : .invalidData
            case .badURL, .badDescription, .refused: opening ? .notAStream : .other
            case .unsupportedTransport, .badTransport, .badRedirect: .other
            }
        let remedy: String =
            switch fault.code {
            case .unauthorised: ": the camera refuses the user or password"
            case .unsafeAuthentication:
                ": the camera takes the password only in a way that anybody on the network can read; use rtsps://, or "
                    + "input: { transport: libav } if that network is trusted"
            default: ": \(fault.detail)"
            }
        self.init(code, "\(opening ? "opening" : "reading") \(name)\(remedy)")
    }
}
