import Media
import RTSP

/// Which tracks of a description are received. Pure.
struct TrackChoice {
    /// Indices into the description's media.
    var video: Int
    var sound: Int?
    /// Tracks that are left out, as `StreamInfo.ignoredStreams` names them.
    var ignored: [String]

    enum Verdict {
        case tracks(TrackChoice)
        /// libavformat can do more with it.
        case libav
        case noVideo
    }

    static func choose(from description: SessionDescription, takesAudio: Bool) -> Verdict {
        let media = description.media
        guard let video = media.firstIndex(where: { $0.kind == .video && $0.isOffered }) else { return .noVideo }
        guard [.h264, .h265].contains(media[video].codec) else { return .libav }
        var choice = TrackChoice(video: video, sound: nil, ignored: [])
        for (index, other) in media.enumerated() where index != video && other.isOffered {
            switch other.kind {
            case .video: choice.ignored.append("video/\(name(other.codec))")
            case .audio where takesAudio:
                if choice.sound == nil, isReceived(other) {
                    choice.sound = index
                } else if choice.sound == nil, case .other(let name) = other.codec, libavformats.contains(name) {
                    // Recorded since there is sound: nothing gets worse.
                    return .libav
                } else {
                    choice.ignored.append("audio/\(name(other.codec))")
                }
            case .audio, .application, .other: break
            }
        }
        choice.ignored = Array(choice.ignored.prefix(8))
        return .tracks(choice)
    }

    private static func isReceived(_ media: MediaDescription) -> Bool {
        switch media.codec {
        case .pcma, .pcmu: true
        case .aac: media.aac != nil
        case .h264, .h265, .other: false
        }
    }

    /// Sound that segments take and only libavformat puts together.
    private static let libavformats: Set<String> = ["OPUS", "MPA", "MPA-ROBUST", "MP4A-LATM"]

    /// libavcodec's names, so that a journal reads the same whoever receives.
    private static func name(_ codec: MediaDescription.Codec) -> String {
        switch codec {
        case .h264: "h264"
        case .h265: "hevc"
        case .aac: "aac"
        case .pcma: "pcm_alaw"
        case .pcmu: "pcm_mulaw"
        case .other(let name):
            switch name {
            case "L16": "pcm_s16be"
            case "L24": "pcm_s24be"
            case "L8": "pcm_u8"
            case "G722": "adpcm_g722"
            case "JPEG": "mjpeg"
            case "MP4V-ES": "mpeg4"
            case let name where name.hasPrefix("G726"): "adpcm_g726"
            default: name.lowercased()
            }
        }
    }
}
