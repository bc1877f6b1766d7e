package import Domain
import Media
import Recording

/// One frame of a live or playback stream: its header and the bytes behind it.
package struct LiveFrame: Sendable, Equatable {
    package var message: LiveMessage
    /// `ftyp`+`moov`, `moof`+`mdat` or a JPEG, as the message says; else empty.
    package var payload: [UInt8]
    /// The payload as recorded, with its sound; nil where the recording has none.
    var original: [UInt8]?

    package init(message: LiveMessage, payload: [UInt8] = []) {
        self.message = message
        self.payload = payload
    }

    /// A recorded init segment or fragment, of which players get the pictures alone.
    init(message: LiveMessage, recorded: [UInt8], of opened: SegmentOpened) {
        self.message = message
        guard opened.audio != nil else {
            payload = recorded
            return
        }
        payload = TrackMask.videoOnly(recorded)
        original = recorded
    }
}
