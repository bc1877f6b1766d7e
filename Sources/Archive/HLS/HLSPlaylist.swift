import Domain
import Recording

/// A media playlist (RFC 8216) over recorded segments: a pure function of what is recorded.
///
/// Each entry is a range of bytes of a segment's file that begins with a key frame and lasts about four seconds. Runs
/// and pauses are discontinuities; every entry says its wall time.
struct HLSPlaylist {
    /// One recorded segment as far as it lies in the range.
    struct Part {
        /// Of the segment's media, relative to the playlist, without its query.
        var uri: String
        var run: String
        var initBytes: Int
        /// In order; begins with a key frame.
        var fragments: [FragmentRecord]
        /// How many fragments of the segment lie before them.
        var firstIndex: Int
        /// Nothing can be added to them.
        var isComplete: Bool
        /// The sound is to be left out: HLS can't carry it.
        var hidesSound: Bool
    }

    /// H.264 of this width made on request; nil: as recorded.
    var transcodeWidth: Int?
    var parts: [Part]
    /// Nothing more can come into the range.
    var isFinal: Bool

    /// An entry ends at the first key frame after so long, in 90 kHz ticks.
    private static let wantedTicks: Int64 = 4 * 90_000
    /// An entry never gets longer, key frame or not.
    private static let longestTicks: Int64 = 9 * 90_000

    /// No entry is longer; the same for all playlists, since it must not change while one grows.
    private static let targetSeconds = 10

    private struct Entry {
        var part: Part
        var indices: Range<Int>
        var isDiscontinuous: Bool

        var fragments: ArraySlice<FragmentRecord> { part.fragments[indices] }
        var seconds: Double {
            let ticks = fragments.reduce(0) { $0 + $1.durationTicks }
            return Double(ticks) / 90_000
        }
    }

    /// How many entries it has; a playlist without any is no playlist.
    var count: Int { entries.count }

    private var entries: [Entry] {
        var entries: [Entry] = []
        for part in parts {
            for range in Self.groups(part) {
                let last = entries.last
                let isDiscontinuous = last.map { last in
                    last.part.run != part.run
                        || Self.isPause(
                            last.part.fragments[last.indices.upperBound - 1],
                            part.fragments[range.lowerBound]
                        )
                }
                entries.append(Entry(part: part, indices: range, isDiscontinuous: isDiscontinuous ?? false))
            }
        }
        return entries
    }

    /// Whether nothing was recorded for a while between two fragments of a run.
    private static func isPause(_ fragment: FragmentRecord, _ next: FragmentRecord) -> Bool {
        abs(next.baseDecodeTicks - fragment.baseDecodeTicks - fragment.durationTicks) > 9000
    }

    private static func groups(_ part: Part) -> [Range<Int>] {
        var groups: [Range<Int>] = []
        var start = 0
        var ticks: Int64 = 0
        for (index, fragment) in part.fragments.enumerated() {
            let isBroken =
                index > start
                && (part.fragments[index - 1].end != fragment.offset || isPause(part.fragments[index - 1], fragment))
            let isLong = ticks + fragment.durationTicks > longestTicks
            if index > start, isBroken || isLong || fragment.startsWithKey && ticks >= wantedTicks {
                groups.append(start..<index)
                start = index
                ticks = 0
            }
            ticks += fragment.durationTicks
        }
        if part.isComplete, start < part.fragments.count { groups.append(start..<part.fragments.count) }
        return groups
    }

    /// The playlist's text.
    var text: String {
        let entries = entries
        var lines = [
            "#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-TARGETDURATION:\(Self.targetSeconds)",
            "#EXT-X-PLAYLIST-TYPE:\(isFinal ? "VOD" : "EVENT")", "#EXT-X-MEDIA-SEQUENCE:0",
        ]
        var map: String?
        for entry in entries {
            if entry.isDiscontinuous { lines.append("#EXT-X-DISCONTINUITY") }
            let next = mapLine(entry.part)
            // One run's segments begin alike: the map of its first one serves all of them.
            if map == nil || entry.isDiscontinuous {
                lines.append(next)
                map = next
            }
            guard let first = entry.fragments.first, let last = entry.fragments.last else { continue }
            lines.append("#EXT-X-PROGRAM-DATE-TIME:\(first.wall.rfc3339)")
            lines.append("#EXTINF:\(Self.decimal(entry.seconds)),")
            if transcodeWidth == nil {
                lines.append("#EXT-X-BYTERANGE:\(last.end - first.offset)@\(first.offset)")
                lines.append(uri(entry.part))
            } else {
                let index = entry.part.firstIndex + entry.indices.lowerBound
                lines.append(uri(entry.part) + "&first=\(index)&count=\(entry.indices.count)")
            }
        }
        if isFinal { lines.append("#EXT-X-ENDLIST") }
        return lines.joined(separator: "\n") + "\n"
    }

    private func mapLine(_ part: Part) -> String {
        let range = transcodeWidth == nil ? ",BYTERANGE=\"\(part.initBytes)@0\"" : ""
        return "#EXT-X-MAP:URI=\"\(uri(part))\"\(range)"
    }

    private func uri(_ part: Part) -> String {
        if let transcodeWidth { return "\(part.uri)?codec=h264&width=\(transcodeWidth)" }
        return part.hidesSound ? "\(part.uri)?audio=0" : part.uri
    }

    /// Six decimals, without an exponent.
    private static func decimal(_ seconds: Double) -> String {
        let micros = Int64((seconds * 1_000_000).rounded())
        let fraction = String(micros % 1_000_000)
        return "\(micros / 1_000_000)." + String(repeating: "0", count: 6 - fraction.count) + fraction
    }
}
