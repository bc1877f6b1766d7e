import Domain
import Foundation
import Media
import TestSupport

/// The first seconds of a shared clip as a recording: init segment and fragments of 12 frames, with a tone beside them
/// where one is asked for.
struct RecordedClip {
    var initialisation: [UInt8]
    var fragments: [[UInt8]]
    var info: StreamInfo
    /// Presentation times of all frames on the run's time line, in 90 kHz ticks, sorted.
    var times: [Int64]

    /// A-law packets of 20 ms: silence for a second, a tone of 440 Hz for a second, and so on.
    static func tone(seconds: Double) -> [Packet] {
        (0..<Int(seconds * 50)).map { number in
            let bytes = (0..<160).map { index -> UInt8 in
                let at = number * 160 + index
                guard at / 8000 % 2 == 1 else { return 0xD5 }
                // The sign of the tone at half volume: loud enough to be told from silence.
                return (at % 8000) * 880 / 8000 % 2 == 0 ? 0xA5 : 0x25
            }
            let ticks = Int64(number) * 1800
            return Packet(
                track: .audio,
                bytes: bytes,
                ptsTicks: ticks,
                dtsTicks: ticks,
                durationTicks: 1800,
                isKey: true
            )
        }
    }

    init?(_ clip: String, frames: Int = 130, withTone: Bool = false) throws {
        guard let url = SharedData.video(clip) else { return nil }
        let options = DemuxerOptions(loopFile: false, paceFile: false)
        let demuxer = try Demuxer(opening: "file:\(url.path)", options: options, cancellation: Cancellation())
        var packets: [Packet] = []
        reading: while packets.count < frames {
            switch try demuxer.next() {
            case .packet(let packet): if packet.isKey || !packets.isEmpty { packets.append(packet) }
            case .parametersChanged: continue
            case .end: break reading
            }
        }
        let zero = packets.first?.dtsTicks ?? 0
        info = demuxer.info
        if withTone { info.audio = AudioInfo(codec: .alaw, sampleRate: 8000, channels: 1) }
        initialisation = try FragmentWriter.initSegment(info: info, mark: nil)
        times = packets.map { $0.ptsTicks - zero }.sorted()
        fragments = []
        var sound = withTone ? Self.tone(seconds: 10) : []
        var sequence: UInt32 = 0
        var rest = packets[...]
        while let first = rest.first {
            // As the recorder does it, a key frame begins a fragment.
            let length = rest.dropFirst().prefix(11).prefix { !$0.isKey }.count + 1
            let part = Array(rest.prefix(length))
            rest = rest.dropFirst(length)
            let end = (rest.first?.dtsTicks ?? .max) - zero
            let heard = sound.prefix { $0.dtsTicks < end }
            sound.removeFirst(heard.count)
            sequence += 1
            let made = FragmentWriter.fragment(
                samples: part,
                audio: Array(heard),
                sequence: sequence,
                baseDecodeTicks: first.dtsTicks - zero,
                wall: WallTime(microseconds: MediaTime.microseconds(first.dtsTicks - zero))
            )
            fragments.append(made.bytes)
        }
    }
}
