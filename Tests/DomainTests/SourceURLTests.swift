import Domain
import Testing

@Suite("Addresses of streams")
struct SourceURLTests {
    @Test(
        "An address is taken apart, and shown without user, password and query",
        arguments: [
            ("rtsp://u:p%40@cam.example:8554/a/b?token=x", "cam.example", 8554, "rtsp://cam.example:8554/a/b"),
            ("RTSPS://cam/a#x", "cam", nil, "rtsps://cam/a"),
            ("rtsp://u:p@ss@[fe80::1]:554/a", "fe80::1", 554, "rtsp://[fe80::1]:554/a"),
            ("rtmp://host/live/key", "host", nil, "rtmp://host/live/key"),
            ("https://host/live.m3u8?key=1", "host", nil, "https://host/live.m3u8"),
            ("udp://@239.1.1.1:5000", "239.1.1.1", 5000, "udp://239.1.1.1:5000"),
            ("udp://:5000", "", 5000, "udp://:5000"),
            ("file:/srv/a.mp4", "", nil, "/srv/a.mp4"),
            ("file:///srv/a b.mp4", "", nil, "/srv/a b.mp4"),
        ] as [(String, String, Int?, String)]
    )
    func parts(_ text: String, _ host: String, _ port: Int?, _ redacted: String) throws {
        let url = try SourceURL(text)
        #expect(url.host == host)
        #expect(url.port == port)
        #expect(url.redacted == redacted)
    }

    @Test(
        "What is no such address is refused with its mistake",
        arguments: [
            ("gopher://a", SourceURL.Mistake.scheme), ("/srv/a.mp4", .scheme), ("rtsp:/a", .scheme), ("", .scheme),
            ("concat:file:/etc/passwd", .scheme), ("rtsp://", .host), ("rtsp://u:p@/a", .host),
            ("http://[::1/a", .host), ("rtsp://a:0/", .port), ("rtsp://a:70000/", .port), ("rtsp://a:x/", .port),
            ("udp://239.1.1.1", .port), ("file:a.mp4", .relativePath), ("http://a/\r\nX: y", .characters),
            ("http://a/b c", .characters),
        ] as [(String, SourceURL.Mistake)]
    )
    func mistakes(_ text: String, _ mistake: SourceURL.Mistake) {
        #expect(throws: mistake) { try SourceURL(text) }
    }

    @Test(
        "A number takes the place of the host alone",
        arguments: [
            ("rtsp://u:p@cam:554/cam/a?cam", "10.0.0.1", "rtsp://u:p@10.0.0.1:554/cam/a?cam"),
            ("rtsp://cam", "fe80::1", "rtsp://[fe80::1]"),
        ]
    )
    func numbers(_ text: String, _ number: String, _ expected: String) throws {
        #expect(try SourceURL(text).replacingHost(with: number) == expected)
    }
}
