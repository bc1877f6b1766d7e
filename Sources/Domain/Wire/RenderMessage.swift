/// What serve writes to a render worker's standard input, as the JSON header of a `WireFrame`. A worker does one job
/// after another until its input ends; each is answered by any number of `fragment`s and one other reply.
package enum RenderRequest: Sendable, Equatable, Codable {
    /// Decode the fMP4 bytes of the payload (init segment and fragments) and give the picture at or just before
    /// `mediaSeconds` from the first frame, no wider than `maximumWidth` pixels.
    case picture(mediaSeconds: Double, maximumWidth: Int)
    /// As `picture`, but of the payload's first key frame, as fast as can be: nothing else is decoded.
    case keyPicture(maximumWidth: Int)
    /// From now on `fragment`s of video come; they are to be turned into H.264 no wider than `maximumWidth`. Payload:
    /// the run's init segment. Answered with `initialisation`.
    ///
    /// - Parameter keysOnly: each fragment's first sample is a key frame and the only one to be decoded.
    case openVideo(maximumWidth: Int, keysOnly: Bool)
    /// From now on `fragment`s of audio come; they are to be turned into AAC. Payload: the run's init segment. Answered
    /// with `initialisation`.
    case openAudio
    /// Payload: one `moof`+`mdat` of what was opened. Answered with `fragment`s and `done`.
    case fragment
    /// What is still held back is to be given: the run has ended or is interrupted here. Answered as `fragment`.
    case flush
}

/// What a render worker writes to its standard output.
package enum RenderReply: Sendable, Equatable, Codable {
    /// Payload: the JPEG.
    case picture(width: Int, height: Int)
    /// What the fragments after it are. Payload: `ftyp`+`moov`.
    ///
    /// - Parameters:
    ///   - codecString: RFC 6381.
    ///   - width: pixels; 0 for audio, as is `height`.
    ///   - sampleRate: of audio, in Hz; 0 for video, as is `channels`.
    case initialisation(codecString: String, width: Int, height: Int, sampleRate: Int, channels: Int)
    /// Payload: `moof`+`mdat`. Times are 90 kHz ticks of the run's time line.
    case fragment(baseDecodeTicks: Int64, durationTicks: Int64, key: Bool)
    /// Everything of the job has been given.
    case done
    case failed(message: String)

    /// The last reply to a job.
    package var isLast: Bool {
        switch self {
        case .picture, .initialisation, .done, .failed: true
        case .fragment: false
        }
    }
}
