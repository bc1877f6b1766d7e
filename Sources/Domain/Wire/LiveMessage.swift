/// The JSON header of a `WireFrame` on the live and playback streams that pages read.
///
/// `type` tells the cases apart: `init`, `fragment`, `gap`, `state`, `picture`, `dropped`, `refused`, `failed`, `ping`,
/// `end`; `track` those of the picture from those of the sound.
package enum LiveMessage: Sendable, Equatable, Encodable {
    /// A run begins. Payload: `ftyp`+`moov`.
    case initialisation(cameraId: String, run: String, mime: String, codec: String, width: Int, height: Int)
    /// Payload: one `moof`+`mdat`. `at` is the wall time of its first frame; `tfdt` and `duration` are in `timescale`.
    case fragment(
        cameraId: String,
        run: String,
        at: WallTime,
        tfdt: Int64,
        duration: Int64,
        timescale: Int,
        key: Bool
    )
    /// Playback only: nothing was recorded from `from` to `to`.
    case gap(cameraId: String, from: WallTime, to: WallTime, reason: StateReason)
    case state(CameraStatus)
    /// A key frame as JPEG, for a codec that the browser can't decode. Payload: the JPEG.
    case picture(cameraId: String, at: WallTime)
    /// The reader was too slow: that many fragments were left out up to the next key frame.
    case dropped(cameraId: String, fragments: Int)
    /// Sound begins. Payload: `ftyp`+`moov` of an audio track.
    case audioInitialisation(
        cameraId: String,
        run: String,
        mime: String,
        codec: String,
        sampleRate: Int,
        channels: Int
    )
    /// Payload: one `moof`+`mdat` with sound alone, on the run's time line like the picture's.
    case audioFragment(cameraId: String, run: String, at: WallTime, tfdt: Int64, duration: Int64, timescale: Int)
    /// This camera's video is not sent, the rest of the stream goes on. `limit`: how many there may be of what was asked
    /// for.
    case refused(cameraId: String, code: String, limit: Int)
    /// This camera's video has ended because of a failure here.
    case failed(cameraId: String, code: String)
    case ping(at: WallTime)
    /// Playback only: everything asked for has been sent.
    case end(cameraId: String)

    /// The code of `refused` when every render process for video is taken.
    package static let tooManyTranscodes = "tooManyTranscodes"
    /// The code of `failed` when a view's render process died or hung.
    package static let transcodeFailed = "transcodeFailed"

    private enum Key: String, CodingKey {
        case type, camera, run, mime, codec, width, height, at, tfdt, duration, timescale, key, from, to, reason
        case fragments, state, since, detail, track, sampleRate, channels, code, limit
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        switch self {
        case .initialisation(let cameraId, let run, let mime, let codec, let width, let height):
            try container.encode("init", forKey: .type)
            try container.encode("video", forKey: .track)
            try container.encode(cameraId, forKey: .camera)
            try container.encode(run, forKey: .run)
            try container.encode(mime, forKey: .mime)
            try container.encode(codec, forKey: .codec)
            try container.encode(width, forKey: .width)
            try container.encode(height, forKey: .height)
        case .fragment(let cameraId, let run, let at, let tfdt, let duration, let timescale, let key):
            try container.encode("fragment", forKey: .type)
            try container.encode("video", forKey: .track)
            try container.encode(cameraId, forKey: .camera)
            try container.encode(run, forKey: .run)
            try container.encode(at, forKey: .at)
            try container.encode(tfdt, forKey: .tfdt)
            try container.encode(duration, forKey: .duration)
            try container.encode(timescale, forKey: .timescale)
            try container.encode(key, forKey: .key)
        case .gap(let cameraId, let from, let to, let reason):
            try container.encode("gap", forKey: .type)
            try container.encode(cameraId, forKey: .camera)
            try container.encode(from, forKey: .from)
            try container.encode(to, forKey: .to)
            try container.encode(reason, forKey: .reason)
        case .state(let status):
            try container.encode("state", forKey: .type)
            try container.encode(status.cameraId, forKey: .camera)
            try container.encode(status.state, forKey: .state)
            try container.encode(status.reason, forKey: .reason)
            try container.encode(status.since, forKey: .since)
            try container.encodeIfPresent(status.detail, forKey: .detail)
        case .picture(let cameraId, let at):
            try container.encode("picture", forKey: .type)
            try container.encode(cameraId, forKey: .camera)
            try container.encode(at, forKey: .at)
        case .dropped(let cameraId, let fragments):
            try container.encode("dropped", forKey: .type)
            try container.encode(cameraId, forKey: .camera)
            try container.encode(fragments, forKey: .fragments)
        case .audioInitialisation(let cameraId, let run, let mime, let codec, let sampleRate, let channels):
            try container.encode("init", forKey: .type)
            try container.encode("audio", forKey: .track)
            try container.encode(cameraId, forKey: .camera)
            try container.encode(run, forKey: .run)
            try container.encode(mime, forKey: .mime)
            try container.encode(codec, forKey: .codec)
            try container.encode(sampleRate, forKey: .sampleRate)
            try container.encode(channels, forKey: .channels)
        case .audioFragment(let cameraId, let run, let at, let tfdt, let duration, let timescale):
            try container.encode("fragment", forKey: .type)
            try container.encode("audio", forKey: .track)
            try container.encode(cameraId, forKey: .camera)
            try container.encode(run, forKey: .run)
            try container.encode(at, forKey: .at)
            try container.encode(tfdt, forKey: .tfdt)
            try container.encode(duration, forKey: .duration)
            try container.encode(timescale, forKey: .timescale)
        case .refused(let cameraId, let code, let limit):
            try container.encode("refused", forKey: .type)
            try container.encode(cameraId, forKey: .camera)
            try container.encode(code, forKey: .code)
            try container.encode(limit, forKey: .limit)
        case .failed(let cameraId, let code):
            try container.encode("failed", forKey: .type)
            try container.encode(cameraId, forKey: .camera)
            try container.encode(code, forKey: .code)
        case .ping(let at):
            try container.encode("ping", forKey: .type)
            try container.encode(at, forKey: .at)
        case .end(let cameraId):
            try container.encode("end", forKey: .type)
            try container.encode(cameraId, forKey: .camera)
        }
    }
}
