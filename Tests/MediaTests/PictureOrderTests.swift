import Domain
import Foundation
import Media
import Testing
import TestSupport

@Suite("presentation times that a container doesn't have")
struct PictureOrderTests {
    @Test(
        "pictures of an AVI file with B frames get the times that the same stream has in Matroska",
        arguments: [
            ["-bf", "2"], ["-bf", "3", "-x264-params", "b-pyramid=normal:ref=4"], ["-bf", "0"],
            ["-bf", "2", "-x264-params", "open-gop=1"],
        ]
    )
    func avi(options: [String]) throws {
        let video = ["-c:v", "libx264", "-preset", "veryfast", "-g", "30"] + options
        let source = try GeneratedClip("order.mkv", seconds: 6, video: video)
        let url = source.url.deletingLastPathComponent().appending(path: "gridwatch-clip-\(UUID().uuidString).avi")
        let avi = GeneratedClip(owning: url)
        try GeneratedClip.ffmpeg(["-i", source.url.path, "-c", "copy", "-bsf:v", "h264_mp4toannexb", url.path])
        let expected = try DemuxerAudioTests.read(source.url.path).video
        let found = try DemuxerAudioTests.read(avi.url.path).video
        #expect(found.count == expected.count && found.count == 150)
        let ranks = { (packets: [Packet]) in
            let sorted = packets.map(\.ptsTicks).sorted()
            return packets.map { packet in sorted.firstIndex(of: packet.ptsTicks) ?? -1 }
        }
        #expect(ranks(found) == ranks(expected))
        for (one, two) in zip(found, found.dropFirst()) { #expect(two.dtsTicks > one.dtsTicks) }
        let shown = found.map(\.ptsTicks).sorted()
        for (one, two) in zip(shown, shown.dropFirst()) { #expect(abs(two - one - 3600) <= 2) }
    }
}
