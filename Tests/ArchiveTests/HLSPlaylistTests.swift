import Domain
import Foundation
import Recording
import Testing

@testable import Archive

@Suite("HLS playlists")
struct HLSPlaylistTests {
    private static let start = WallTime(rfc3339: "2026-11-23T10:00:00Z") ?? .epoch

    /// Fragments of half a second, a key frame every `keyEvery` of them.
    private static func part(
        _ name: String,
        run: String,
        at seconds: Double,
        count: Int,
        keyEvery: Int = 4,
        isComplete: Bool = true,
        hidesSound: Bool = false
    ) -> HLSPlaylist.Part {
        let first = start + .seconds(seconds)
        let hash = ContentHash(of: [1])
        return HLSPlaylist.Part(
            uri: "media/\(name).mp4",
            run: run,
            initBytes: 700,
            fragments: (0..<count).map { index in
                FragmentRecord(
                    offset: 700 + index * 1000,
                    sizeBytes: 1000,
                    moofBytes: 100,
                    baseDecodeTicks: Int64(seconds * 90_000) + Int64(index) * 45_000,
                    durationTicks: 45_000,
                    wall: first + .milliseconds(500 * index),
                    startsWithKey: index % keyEvery == 0,
                    sampleCount: 12,
                    moofHash: hash,
                    payloadHash: hash
                )
            },
            firstIndex: 0,
            isComplete: isComplete,
            hidesSound: hidesSound
        )
    }

    private static func lines(_ playlist: HLSPlaylist, _ prefix: String) -> [String] {
        playlist.text.split(separator: "\n").map(String.init).filter { $0.hasPrefix(prefix) }
    }

    @Test("segments of one run share a map, a new run is a discontinuity with a map of its own")
    func runs() {
        let playlist = HLSPlaylist(
            parts: [
                Self.part("a", run: "1", at: 0, count: 20), Self.part("b", run: "1", at: 10, count: 10),
                Self.part("c", run: "2", at: 60, count: 10, hidesSound: true),
            ],
            isFinal: true
        )
        #expect(
            Self.lines(playlist, "#EXT-X-MAP") == [
                "#EXT-X-MAP:URI=\"media/a.mp4\",BYTERANGE=\"700@0\"",
                "#EXT-X-MAP:URI=\"media/c.mp4?audio=0\",BYTERANGE=\"700@0\"",
            ]
        )
        #expect(Self.lines(playlist, "#EXT-X-DISCONTINUITY").count == 1)
        #expect(
            Self.lines(playlist, "media/") == [
                "media/a.mp4", "media/a.mp4", "media/a.mp4", "media/b.mp4", "media/b.mp4", "media/c.mp4?audio=0",
                "media/c.mp4?audio=0",
            ]
        )
        #expect(
            Self.lines(playlist, "#EXT-X-BYTERANGE").prefix(3) == [
                "#EXT-X-BYTERANGE:8000@700", "#EXT-X-BYTERANGE:8000@8700", "#EXT-X-BYTERANGE:4000@16700",
            ]
        )
        #expect(
            Self.lines(playlist, "#EXTINF").prefix(3) == [
                "#EXTINF:4.000000,", "#EXTINF:4.000000,", "#EXTINF:2.000000,",
            ]
        )
        #expect(
            Self.lines(playlist, "#EXT-X-PROGRAM-DATE-TIME").suffix(2) == [
                "#EXT-X-PROGRAM-DATE-TIME:2026-11-23T10:01:00Z", "#EXT-X-PROGRAM-DATE-TIME:2026-11-23T10:01:04Z",
            ]
        )
        #expect(Self.lines(playlist, "#EXT-X-TARGETDURATION") == ["#EXT-X-TARGETDURATION:10"])
        #expect(playlist.text.hasPrefix("#EXTM3U\n") && playlist.text.hasSuffix("#EXT-X-ENDLIST\n"))
    }

    @Test("a playlist that grows only gets longer, whatever it was asked at")
    func grows() {
        var previous: [String] = []
        for count in 1...60 {
            let playlist = HLSPlaylist(
                parts: [Self.part("a", run: "1", at: 0, count: count, keyEvery: 5, isComplete: false)],
                isFinal: false
            )
            let lines = playlist.text.split(separator: "\n").map(String.init)
            #expect(lines.starts(with: previous), "\(count)")
            #expect(!lines.contains("#EXT-X-ENDLIST"))
            previous = lines
        }
        #expect(previous.filter { $0.hasPrefix("#EXTINF") }.count == 5)
        #expect(previous.contains("#EXT-X-PLAYLIST-TYPE:EVENT") && previous.contains("#EXT-X-TARGETDURATION:10"))
    }

    @Test("a camera with few key frames, and a hole in the file, end an entry too")
    func boundaries() {
        var part = Self.part("a", run: "1", at: 0, count: 60, keyEvery: 60)
        for index in 30..<60 { part.fragments[index].offset += 5000 }
        let playlist = HLSPlaylist(parts: [part], isFinal: true)
        let seconds = Self.lines(playlist, "#EXTINF").compactMap { Double($0.dropFirst(8).dropLast()) }
        #expect(seconds == [9, 6, 9, 6])
    }

    @Test("a pause within a run is a discontinuity")
    func pause() {
        var part = Self.part("a", run: "1", at: 0, count: 16)
        for index in 6..<16 {
            part.fragments[index].baseDecodeTicks += 20 * 90_000
            part.fragments[index].wall = part.fragments[index].wall + .seconds(20)
        }
        let playlist = HLSPlaylist(parts: [part], isFinal: true)
        let seconds = Self.lines(playlist, "#EXTINF").compactMap { Double($0.dropFirst(8).dropLast()) }
        #expect(seconds == [3, 5])
        #expect(Self.lines(playlist, "#EXT-X-DISCONTINUITY").count == 1)
        #expect(
            Self.lines(playlist, "#EXT-X-PROGRAM-DATE-TIME").last == "#EXT-X-PROGRAM-DATE-TIME:2026-11-23T10:00:23Z"
        )
    }

    @Test("a transcoded playlist names fragments in place of bytes")
    func transcoded() {
        var part = Self.part("a", run: "1", at: 0, count: 10)
        part.firstIndex = 7
        let playlist = HLSPlaylist(transcodeWidth: 640, parts: [part], isFinal: true)
        #expect(Self.lines(playlist, "#EXT-X-BYTERANGE").isEmpty)
        #expect(Self.lines(playlist, "#EXT-X-MAP") == ["#EXT-X-MAP:URI=\"media/a.mp4?codec=h264&width=640\""])
        #expect(
            Self.lines(playlist, "media/") == [
                "media/a.mp4?codec=h264&width=640&first=7&count=8", "media/a.mp4?codec=h264&width=640&first=15&count=2",
            ]
        )
    }
}
