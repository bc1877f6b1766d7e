import Testing

@testable import RTSP

@Suite("URLs")
struct URLTests {
    @Test(
        "are taken apart",
        arguments: [
            ("rtsp://10.0.0.1", nil, nil, "10.0.0.1", 554, "", "rtsp://10.0.0.1"),
            ("RTSP://cam:8554/a?b=c", nil, nil, "cam", 8554, "/a?b=c", "rtsp://cam:8554/a?b=c"),
            ("rtsps://u:p@h/x", "u", "p", "h", 322, "/x", "rtsps://h/x"),
            ("rtsp://u@h/x", "u", "", "h", 554, "/x", "rtsp://h/x"),
            ("rtsp://a%40b:p%3Aw%2f@h/x", "a@b", "p:w/", "h", 554, "/x", "rtsp://h/x"),
            ("rtsp://u:p@w@h/x", "u", "p@w", "h", 554, "/x", "rtsp://h/x"),
            ("rtsp://u:p/w?@h/x", "u", "p/w?", "h", 554, "/x", "rtsp://h/x"),
            ("rtsp://h/x@y", nil, nil, "h", 554, "/x@y", "rtsp://h/x@y"),
            ("rtsp://u:50%@h", "u", "50%", "h", 554, "", "rtsp://h"),
            ("rtsp://[fe80::1]:8554/x", nil, nil, "fe80::1", 8554, "/x", "rtsp://[fe80::1]:8554/x"),
            ("rtsp://h?x=1", nil, nil, "h", 554, "/?x=1", "rtsp://h/?x=1"),
        ] as [(String, String?, String?, String, UInt16, String, String)]
    )
    func parts(text: String, user: String?, password: String?, host: String, port: UInt16, path: String, shown: String)
    {
        let url = RTSPURL(text)
        #expect(url?.user == user && url?.password == password && url?.host == host)
        #expect(url?.port == port && url?.path == path && url?.description == shown)
    }

    @Test(
        "are refused",
        arguments: [
            "", "rtsp:", "rtsp://", "http://h/", "rtsp://h:0/", "rtsp://h:99999/", "rtsp://h/a b", "rtsp://h/\r\nX: y",
            "rtsp://:554/", "rtsp://[::1/x",
        ]
    )
    func refused(text: String) {
        #expect(RTSPURL(text) == nil)
    }

    @Test(
        "of tracks are found whatever the control attribute is",
        arguments: [
            (nil, "rtsp://h/a", "rtsp://h/a"),
            ("*", "rtsp://h/a/", "rtsp://h/a/"),
            ("", "rtsp://h/a", "rtsp://h/a"),
            ("trackID=1", "rtsp://h/a", "rtsp://h/a/trackID=1"),
            ("trackID=1", "rtsp://h/a/", "rtsp://h/a/trackID=1"),
            ("/trackID=1", "rtsp://h/a/", "rtsp://h/a/trackID=1"),
            ("trackID=1", "rtsp://h/a?x=1", "rtsp://h/a?x=1/trackID=1"),
            ("?track=1", "rtsp://h/a", "rtsp://h/a?track=1"),
            ("rtsp://u:p@other:8554/a/1", "rtsp://h/a", "rtsp://other:8554/a/1"),
            ("a\tb", "rtsp://h/a", "rtsp://h/a"),
        ]
    )
    func control(control: String?, base: String, url: String) {
        #expect(ControlURL.resolve(control, base: base) == url)
    }

    @Test(
        "are relative to Content-Base, Content-Location or what was asked for",
        arguments: [
            ([("content-base", "rtsp://h/b/"), ("content-location", "rtsp://h/l")], "rtsp://h/b/"),
            ([("content-location", "rtsp://h/l")], "rtsp://h/l"),
            ([("content-base", "")], "rtsp://h/asked"),
            ([("content-base", "sub/")], "rtsp://h/asked/sub/"),
            ([], "rtsp://h/asked"),
        ] as [([(String, String)], String)]
    )
    func base(headers: [(String, String)], base: String) {
        let message = RTSPMessage(
            start: .response(status: 200, reason: "OK"),
            headers: headers.map { .init(name: $0.0, value: $0.1) }
        )
        #expect(ControlURL.base(of: message, asked: "rtsp://h/asked") == base)
    }
}
