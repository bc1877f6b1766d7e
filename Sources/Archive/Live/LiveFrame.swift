package import Domain

/// One frame of a live or playback stream: its header and the bytes behind it.
package struct LiveFrame: Sendable, Equatable {
    package var message: LiveMessage
    /// `ftyp`+`moov`, `moof`+`mdat` or a JPEG, as the message says; else empty.
    package var payload: [UInt8]

    package init(message: LiveMessage, payload: [UInt8] = []) {
        self.message = message
        self.payload = payload
    }
}
