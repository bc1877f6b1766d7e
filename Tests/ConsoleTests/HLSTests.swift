import Domain
import Foundation
import HTTPTypes
import TestSupport
import Testing

@testable import Console

private let clipName = "indoor_persons_one_by_one.mp4"

@Suite("the past by HLS", .enabled(if: SharedData.video(clipName) != nil, "no shared clips here"))
struct HLSTests {
    /// What a command prints on both outputs.
    private static func run(_ arguments: [String]) async throws -> (status: Int32, text: String) {
        try await withCheckedThrowingContinuation { continuation in
            // The command asks this process: its thread must not be one that answers.
            Thread.detachNewThread {
                let process = Process()
                let pipe = Pipe()
                process.executableURL = URL(filePath: "/usr/bin/env")
                process.arguments = arguments
                process.standardOutput = pipe
                process.standardError = pipe
                continuation.resume(
                    with: Result {
                        try process.run()
                        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
                        process.waitUntilExit()
                        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
                    }
                )
            }
        }
    }

    private static func frames(of file: URL) async throws -> Int {
        let answer = try await run([
            "ffprobe", "-v", "error", "-select_streams", "v", "-count_packets", "-show_entries",
            "stream=nb_read_packets", "-of", "csv=p=0", file.path,
        ])
        return Int(answer.text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? -1
    }

    /// Plays a URL with GStreamer and tells of every buffer behind the demuxer. GStreamer's command can't be given a
    /// cookie: a proxy on a port of its own adds it, as a browser does.
    private static let gstreamer = """
        import http.server, subprocess, sys, threading, urllib.request
        from urllib.parse import urlsplit
        target = urlsplit(sys.argv[1])
        class Proxy(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                request = urllib.request.Request("http://" + target.netloc + self.path)
                request.add_header("Cookie", "gridwatch=" + sys.argv[2])
                if self.headers["Range"]: request.add_header("Range", self.headers["Range"])
                with urllib.request.urlopen(request) as answer:
                    body = answer.read()
                    self.send_response(answer.status)
                    self.send_header("Content-Type", answer.headers["Content-Type"])
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
            def log_message(self, *_): pass
        proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        location = "http://127.0.0.1:%d%s?%s" % (proxy.server_port, target.path, target.query)
        sys.exit(subprocess.run(["timeout", "100", "gst-launch-1.0", "-v", "souphttpsrc", "location=" + location, "!",
            "hlsdemux", "!", "qtdemux", "!", "identity", "silent=false", "!", "fakesink", "sync=false"]).returncode)
        """

    @Test("ffmpeg and GStreamer play every frame across segments, runs and a gap")
    func players() async throws {
        let world = try await ConsoleWorld()
        let clip = try #require(SharedData.video(clipName))
        let count = try await Self.frames(of: clip)
        let (from, _) = try await world.record(clipName, segmentSeconds: 5)
        let (_, to) = try await world.record(clipName, segmentSeconds: 5)
        let path = "/api/v1/cameras/gate/recording.m3u8?from=\(from.rfc3339)&to=\(to.rfc3339)"
        let playlist = try await world.ask(.get, path, as: "viewer")
        #expect(playlist.headers[.contentType] == "application/vnd.apple.mpegurl")
        #expect(playlist.text.components(separatedBy: "#EXT-X-DISCONTINUITY\n").count == 2)
        #expect(playlist.text.components(separatedBy: "#EXT-X-MAP").count == 3)
        #expect(playlist.text.contains("#EXT-X-PROGRAM-DATE-TIME:\(from.rfc3339)\n"))
        #expect(playlist.text.hasSuffix("#EXT-X-ENDLIST\n"))
        let token = try #require(world.tokens["viewer"])
        try await withConsole(world) { port, _ in
            let url = "http://127.0.0.1:\(port)\(path)"
            let probe = try await Self.run([
                "ffprobe", "-v", "error", "-headers", "Cookie: gridwatch=\(token)\r\n", "-select_streams", "v",
                "-count_packets", "-show_entries", "stream=nb_read_packets,codec_name", "-of", "csv=p=0", url,
            ])
            #expect(probe.text.hasPrefix("h264,\(2 * count)\n"), "\(probe.text)")

            let played = try await Self.run(["python3", "-c", Self.gstreamer, url, token])
            let chunks = played.text.components(separatedBy: "last-message = chain").count - 1
            #expect(played.status == 0 && chunks == 2 * count, "\(chunks) \(played.text.suffix(1500))")
        }
        let refused = try await world.ask(.get, path, as: nil)
        #expect(refused.status == 401)
    }

    @Test("the segments are given byte for byte, in ranges, and by no other name")
    func media() async throws {
        let world = try await ConsoleWorld()
        let (from, to) = try await world.record(clipName, segmentSeconds: 5)
        let query = "from=\(from.rfc3339)&to=\(to.rfc3339)"
        let text = try await world.ask(.get, "/api/v1/cameras/gate/recording.m3u8?\(query)", as: "viewer").text
        let name = try #require(text.split(separator: "\n").first { $0.hasPrefix("media/") })
        let whole = try await world.ask(.get, "/api/v1/cameras/gate/\(name)", as: "viewer")
        let day = name.dropFirst(6)
        let folder = "\(day.prefix(4))-\(day.dropFirst(4).prefix(2))-\(day.dropFirst(6).prefix(2))"
        let file = world.folder.appending(path: "recordings/gate/\(folder)/\(name.dropFirst(6))")
        let recorded = Array(try Data(contentsOf: file))
        #expect(whole.status == 200 && whole.bytes == recorded)
        let part = try await world.ask(
            .get,
            "/api/v1/cameras/gate/\(name)",
            as: "viewer",
            headers: [.range: "bytes=100-199"]
        )
        #expect(part.status == 206 && part.bytes == Array(whole.bytes[100..<200]))
        for other in [
            "media/20261123T100000123Z-99.mp4", "media/..%2Fgridwatch.db", "media/x.mp4", "media/day.journal",
        ] {
            let answer = try await world.ask(.get, "/api/v1/cameras/gate/\(other)", as: "viewer")
            #expect(answer.status == 404 && answer.code == "nothingRecorded", "\(other) \(answer.text)")
        }
        let yard = try await world.ask(.get, "/api/v1/cameras/yard/\(name)", as: "viewer")
        #expect(yard.status == 404)
        let empty = try await world.ask(.get, "/api/v1/cameras/yard/recording.m3u8?\(query)", as: "viewer")
        #expect(empty.status == 404 && empty.code == "nothingRecorded")
    }
}
