import Domain
import Foundation
import Glibc
import Media
import TestSupport
import Testing

/// Sources of every kind, each served by a program of somebody else.
@Suite("Kinds of sources", .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/ffmpeg")))
struct SourceKindTests {
    struct Kind: Sendable, CustomTestStringConvertible {
        var name: String
        /// The serving program's arguments behind the clip.
        var arguments: @Sendable (_ port: Int) -> [String]
        var url: @Sendable (_ port: Int) -> String

        var testDescription: String { name }
    }

    static let kinds = [
        Kind(
            name: "HTTP-FLV",
            arguments: { ["-f", "flv", "-listen", "1", "http://127.0.0.1:\($0)/live.flv"] },
            url: { "http://user:geheim@127.0.0.1:\($0)/live.flv?key=geheim" }
        ),
        Kind(
            name: "MPEG-TS over HTTP",
            arguments: { ["-f", "mpegts", "-listen", "1", "http://127.0.0.1:\($0)/live"] },
            url: { "http://127.0.0.1:\($0)/live" }
        ),
        Kind(
            name: "MPEG-TS over UDP",
            arguments: { ["-f", "mpegts", "udp://127.0.0.1:\($0)?pkt_size=1316"] },
            url: { "udp://127.0.0.1:\($0)" }
        ),
        Kind(
            name: "RTMP",
            arguments: { ["-f", "flv", "-listen", "1", "rtmp://127.0.0.1:\($0)/live/a"] },
            url: { "rtmp://127.0.0.1:\($0)/live/a" }
        ),
    ]

    /// Reads until so many pictures have come; a server that is not there yet is tried again.
    private func pictures(_ url: String, count: Int) throws -> (info: StreamInfo, packets: [Packet]) {
        var last: MediaError?
        for _ in 0..<60 {
            do throws(MediaError) {
                let demuxer = try Demuxer(
                    opening: url,
                    options: DemuxerOptions(connectTimeout: .seconds(20), readTimeout: .seconds(20)),
                    cancellation: Cancellation()
                )
                var packets: [Packet] = []
                while packets.count < count {
                    guard case .packet(let packet) = try demuxer.next() else { continue }
                    if packet.track == .video { packets.append(packet) }
                }
                return (demuxer.info, packets)
            } catch {
                #expect(!error.message.contains("geheim"))
                guard [.refused, .notFound].contains(error.code) else { throw error }
                last = error
                usleep(200_000)
            }
        }
        throw last ?? MediaError(.timeout, "nothing came")
    }

    @Test("is read, with its parameters and with times that grow", arguments: kinds)
    func kind(_ kind: Kind) throws {
        let clip = try GeneratedClip("kind-\(UUID().uuidString).mp4", seconds: 60, video: GeneratedClip.h264)
        let port = TestPeer.freePort()
        let server = try TestPeer(
            ["/usr/bin/ffmpeg", "-v", "error", "-re", "-stream_loop", "-1", "-i", clip.url.path, "-c", "copy"]
                + kind.arguments(port)
        )
        defer { server.stop() }
        let (info, packets) = try pictures(kind.url(port), count: 40)
        #expect(info.codec == .h264)
        #expect(info.width > 0)
        #expect(!info.extradata.isEmpty)
        #expect(zip(packets, packets.dropFirst()).allSatisfy { $0.dtsTicks < $1.dtsTicks })
    }

    @Test("HLS is read in the time of its pictures, though whole segments come at once")
    func playlist() throws {
        let clip = try GeneratedClip("hls-\(UUID().uuidString).mp4", seconds: 30, video: GeneratedClip.h264)
        let folder = FileManager.default.temporaryDirectory.appending(path: "hls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let port = TestPeer.freePort()
        let packager = try TestPeer(
            ["/usr/bin/ffmpeg", "-v", "error", "-re", "-stream_loop", "-1", "-i", clip.url.path, "-c", "copy"]
                + ["-f", "hls", "-hls_time", "1", "-hls_flags", "delete_segments", folder.path + "/a.m3u8"]
        )
        let server = try TestPeer(
            ["/usr/bin/python3", "-m", "http.server", "--directory", folder.path, "--bind", "127.0.0.1", "\(port)"]
        )
        defer {
            packager.stop()
            server.stop()
        }
        let began = SystemClock().monotonic()
        let (info, packets) = try pictures("http://127.0.0.1:\(port)/a.m3u8", count: 60)
        #expect(info.codec == .h264)
        let media = Double(packets[59].dtsTicks - packets[0].dtsTicks) / 90_000
        // A slow machine takes longer; nothing may make it shorter.
        #expect((SystemClock().monotonic() - began).seconds > media * 0.9)
    }

    @Test("a playlist that names a file of this host reads nothing of it")
    func playlistOfFiles() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "trap-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let clip = try GeneratedClip("trap-\(UUID().uuidString).ts", seconds: 2, video: GeneratedClip.h264)
        let playlist = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://\(clip.url.path)\n#EXT-X-ENDLIST\n"
        try Data(playlist.utf8).write(to: folder.appending(path: "a.m3u8"))
        let port = TestPeer.freePort()
        let server = try TestPeer(
            ["/usr/bin/python3", "-m", "http.server", "--directory", folder.path, "--bind", "127.0.0.1", "\(port)"]
        )
        defer { server.stop() }
        #expect(throws: MediaError.self) { try pictures("http://127.0.0.1:\(port)/a.m3u8", count: 1) }
    }

    @Test(
        "MPEG-4 part 2 and motion JPEG are written so that a foreign player reads every picture",
        arguments: [("mpeg4", "avi"), ("mjpeg", "avi"), ("mpeg4", "ts")]
    )
    func oldCodecs(_ codec: String, _ container: String) throws {
        let clip = try GeneratedClip(
            "old-\(UUID().uuidString).\(container)",
            seconds: 3,
            video: codec == "mjpeg"
                ? ["-c:v", "mjpeg", "-strict", "unofficial", "-q:v", "5"] : ["-c:v", "mpeg4", "-g", "12"]
        )
        let demuxer = try Demuxer(
            opening: clip.url.path,
            options: DemuxerOptions(loopFile: false, paceFile: false),
            cancellation: Cancellation()
        )
        var packets: [Packet] = []
        reading: while true {
            switch try demuxer.next() {
            case .packet(let packet): packets.append(packet)
            case .parametersChanged: continue
            case .end: break reading
            }
        }
        let info = demuxer.info
        #expect(info.codec.rawValue == codec)
        #expect(packets.first?.isKey == true)
        #expect(packets.filter(\.isKey).count == (codec == "mjpeg" ? packets.count : (packets.count + 11) / 12))
        var file = try FragmentWriter.initSegment(info: info, mark: nil)
        let fragment = FragmentWriter.fragment(
            samples: packets,
            sequence: 1,
            baseDecodeTicks: 0,
            wall: .init(microseconds: 0)
        )
        file += fragment.bytes
        let read = try #require(try FragmentParser.initSegment(file)).stream
        #expect(read.isSameFormat(as: info))
        #expect(read.codecString == info.codecString)
        let path = FileManager.default.temporaryDirectory.appending(path: "old-\(UUID().uuidString).mp4")
        defer { try? FileManager.default.removeItem(at: path) }
        try Data(file).write(to: path)
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/ffprobe")
        process.arguments = [
            "-v", "error", "-count_frames", "-show_entries", "stream=codec_name,nb_read_frames,width", "-of", "csv=p=0",
            path.path,
        ]
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(text.trimmingCharacters(in: .newlines) == "\(codec),\(info.width),\(packets.count)")
    }
}
