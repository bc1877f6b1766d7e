package import Domain

/// How a source is opened.
package struct DemuxerOptions: Sendable, Hashable {
    /// The longest time from the start of name resolution to known stream parameters.
    package var connectTimeout: Duration
    /// The longest wait for one packet; then `next()` throws `timeout`.
    package var readTimeout: Duration
    /// Files start again at their end, with times that go on.
    package var loopFile: Bool
    /// Files are read at the rate of their own times; false reads as fast as possible.
    package var paceFile: Bool
    /// Sound comes along as packets of the track `audio`, where it can be recorded; it never holds video back.
    package var takesAudio: Bool
    /// What the camera's `input:` says.
    package var source: SourceOptions

    package init(
        connectTimeout: Duration = .seconds(8),
        readTimeout: Duration = .seconds(10),
        loopFile: Bool = true,
        paceFile: Bool = true,
        takesAudio: Bool = false,
        source: SourceOptions = SourceOptions()
    ) {
        self.source = source
        self.connectTimeout = connectTimeout
        self.readTimeout = readTimeout
        self.loopFile = loopFile
        self.paceFile = paceFile
        self.takesAudio = takesAudio
    }
}
