/// What a server says about its media: SDP (RFC 8866), read leniently.
package struct SessionDescription: Sendable, Hashable {
    /// `s=`; empty where there is none.
    package var name: String = ""
    /// The session's `a=control`; nil where there is none.
    package var control: String?
    /// `a=range`, as written.
    package var range: String?
    /// In the order of the description: a track's index is its place here.
    package var media: [MediaDescription] = []
    /// Lines that made no sense and were skipped.
    package var skippedLines = 0

    package init() {}

    /// Reads a description; nil where it names no media at all.
    package init?(_ bytes: [UInt8]) { nil }
}
