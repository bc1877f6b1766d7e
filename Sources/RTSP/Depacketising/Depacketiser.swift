/// The depacketiser of a track's codec. Three fields and not an enumeration: they are changed where they are.
struct Depacketiser: RTPSink, Sendable {
    private enum Kind {
        case video
        case aac
        case g711
    }

    private let kind: Kind
    private var video = VideoDepacketiser(isH265: false, hasDecodingOrder: false)
    private var aac = AACDepacketiser(AACFormat())
    private var g711 = G711Depacketiser(channels: 1)

    /// nil where nothing here knows the codec.
    init?(_ media: MediaDescription) {
        switch media.codec {
        case .h264, .h265:
            kind = .video
            video = VideoDepacketiser(isH265: media.codec == .h265, hasDecodingOrder: media.hasDecodingOrder)
        case .aac:
            guard let format = media.aac else { return nil }
            kind = .aac
            aac = AACDepacketiser(format)
        case .pcma, .pcmu:
            kind = .g711
            g711 = G711Depacketiser(channels: media.channels)
        case .other: return nil
        }
    }

    mutating func take(
        _ packet: RTPPacket,
        payload: Span<UInt8>,
        timestamp: Int64,
        lost: Int,
        isRestart: Bool,
        at now: Int64
    ) {
        switch kind {
        case .video:
            video.take(packet, payload: payload, timestamp: timestamp, lost: lost, isRestart: isRestart, at: now)
        case .aac: aac.take(packet, payload: payload, timestamp: timestamp, lost: lost, isRestart: isRestart, at: now)
        case .g711: g711.take(packet, payload: payload, timestamp: timestamp, lost: lost, isRestart: isRestart, at: now)
        }
    }

    mutating func next() -> AccessUnit? {
        switch kind {
        case .video: video.units.next()
        case .aac: aac.units.next()
        case .g711: g711.units.next()
        }
    }

    var waiting: Int {
        switch kind {
        case .video: video.units.count
        case .aac: aac.units.count
        case .g711: g711.units.count
        }
    }

    /// Of sound nothing is left over from packet to packet that anybody waits for.
    var hasBegunUnit: Bool { kind == .video && video.hasBegunUnit }

    mutating func tick(at now: Int64) { if kind == .video { video.tick(at: now) } }
    mutating func finish() { if kind == .video { video.finish() } }

    var counts: (units: Int, damaged: Int, unusable: Int) {
        switch kind {
        case .video: (video.units.appended, video.units.damaged, video.unusable)
        case .aac: (aac.units.appended, aac.units.damaged, aac.unusable)
        case .g711: (g711.units.appended, g711.units.damaged, g711.unusable)
        }
    }
}
