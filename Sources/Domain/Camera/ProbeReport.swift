/// What a source turned out to be when it was read for some seconds: the answer of `gridwatch probe` and of the console's
/// "add camera". Holds no credentials.
package struct ProbeReport: Sendable, Hashable, Codable {
    /// What should be known before a stream is recorded: a code that pages turn into words, with what it speaks of.
    package struct Advice: Sendable, Hashable, Codable {
        package enum Code: String, Sendable, Hashable, Codable, CaseIterable {
            /// Nothing is wrong.
            case good
            /// Key frames are `seconds` apart: pictures between them are judged late.
            case longGOP
            /// Key frames are only `seconds` apart: costs bits and work for nothing.
            case shortGOP
            /// The distance of key frames varies from `from` to `to` seconds.
            case variableGOP
            /// No second key frame came in `seconds`.
            case oneKeyFrame
            /// The first key frame took `seconds` to come.
            case slowStart
            /// `declared` frames per second are promised, `measured` come.
            case frameRateDiffers
            /// Fewer than a frame per second.
            case lowFrameRate
            /// The camera's clock runs `milliseconds` in ten seconds off.
            case clockDrift
            /// Nothing came for `seconds` at a time.
            case uneven
            /// `megabits` per second.
            case highBitRate
            /// `codec` can't be recorded.
            case codecNotRecorded
            /// The sound's codec can't be recorded: `stream`.
            case streamLeftOut
            /// Motion JPEG or MPEG-4 part 2: costs many times the bits and room of H.264.
            case oldCodec
            /// Pictures of more than 1280 pixels and no sub stream: analysis is cheaper on one.
            case useSub
            /// Pictures are sent out of order (B frames): each waits for later ones.
            case reordered
        }

        package enum Severity: String, Sendable, Hashable, Codable, CaseIterable {
            case info, warning
        }

        package var code: Code
        package var severity: Severity
        /// By name, rounded for people.
        package var params: [String: String]

        package init(_ code: Code, _ severity: Severity, _ params: [String: String] = [:]) {
            self.code = code
            self.severity = severity
            self.params = params
        }
    }

    package struct Audio: Sendable, Hashable, Codable {
        package var codec: String
        /// Samples per second.
        package var sampleRate: Int
        package var channels: Int

        package init(codec: String, sampleRate: Int, channels: Int) {
            self.codec = codec
            self.sampleRate = sampleRate
            self.channels = channels
        }
    }

    /// The address without user, password and query.
    package var source: String
    /// `h264`, `hevc`, `mpeg4`, `mjpeg`, `other`.
    package var codec: String
    /// Profile and level, like `High 4.1`; nil where the codec has none.
    package var profile: String?
    /// RFC 6381, like `avc1.64001f`; nil where there is none.
    package var codecString: String?
    /// Pixels; 0 when not known.
    package var width: Int
    package var height: Int
    /// Whether it can be recorded.
    package var isRecordable: Bool
    /// Frames per second as they came, by the stream's own clock; nil with fewer than two.
    package var frameRate: Double?
    /// Frames per second as the source says.
    package var declaredFrameRate: Double?
    /// Seconds from one key frame to the next: mean, least and most; nil with fewer than two.
    package var keyFrameSeconds: Double?
    package var keyFrameSecondsLeast: Double?
    package var keyFrameSecondsMost: Double?
    /// Frames of a group of pictures, mean.
    package var keyFrameFrames: Double?
    /// Whether all whole groups had as many frames, give or take one; nil with fewer than two of them.
    package var isConstant: Bool?
    /// Bits per second of the pictures.
    package var bitRate: Int
    package var audio: Audio?
    /// Streams that are left out, like `audio/g726`.
    package var leftOut: [String]
    /// Seconds until the stream's parameters were known, and until its first key frame was there.
    package var connectSeconds: Double
    package var firstKeyFrameSeconds: Double?
    /// How long it was measured, and how many pictures came.
    package var measuredSeconds: Double
    package var frames: Int
    /// The longest silence between two pictures, in seconds.
    package var longestPauseSeconds: Double
    /// How far the stream's clock ran ahead of ours (or behind: negative) in 10 s, in milliseconds; nil for files and
    /// with less than five seconds.
    package var clockDriftMilliseconds: Double?
    package var hasReordering: Bool
    package var advice: [Advice]

    package init(source: String, codec: String, width: Int, height: Int, isRecordable: Bool) {
        self.source = source
        self.codec = codec
        self.width = width
        self.height = height
        self.isRecordable = isRecordable
        bitRate = 0
        leftOut = []
        connectSeconds = 0
        measuredSeconds = 0
        frames = 0
        longestPauseSeconds = 0
        hasReordering = false
        advice = []
    }
}

/// What is to be probed; on a process's standard input, so that a password never stands in a list of processes.
package struct ProbeRequest: Sendable, Hashable, Codable {
    package var url: String
    package var options: SourceOptions
    /// The least time of measuring, in seconds.
    package var seconds: Double
    /// The camera has, or will have, a sub stream.
    package var hasSub: Bool

    package init(url: String, options: SourceOptions = SourceOptions(), seconds: Double = 10, hasSub: Bool = false) {
        self.url = url
        self.options = options
        self.seconds = seconds
        self.hasSub = hasSub
    }
}

/// Why a source could not be probed.
package struct ProbeFailure: Error, Sendable, Hashable, Codable, CustomStringConvertible {
    package var reason: StateReason
    /// English, without credentials.
    package var detail: String

    package init(reason: StateReason, detail: String) {
        self.reason = reason
        self.detail = detail
    }

    package var description: String { detail }
}

/// What a probing process writes to its standard output, once.
package enum ProbeOutcome: Sendable, Hashable, Codable {
    case report(ProbeReport)
    case failure(ProbeFailure)
}
