import Testing

@testable import RTSP

@Suite("Descriptions")
struct DescriptionTests {
    private func media(_ lines: String...) throws -> MediaDescription {
        try #require(SessionDescription(Array((["v=0"] + lines).joined(separator: "\r\n").utf8))?.media.first)
    }

    static let camera = """
        v=0
        o=- 1 1 IN IP4 10.0.0.2
        s=Media Presentation
        a=control:rtsp://10.0.0.2:554/main/
        a=range:npt=0-
        m=video 0 RTP/AVP 96
        b=AS:5000
        a=rtpmap:96 H264/90000
        a=fmtp:96 profile-level-id=4D001F; Packetization-Mode=1;SPROP-parameter-sets=Z00AH5WoFAFuQA==,aO48gA==;
        a=control:trackID=1
        a=framerate:12.5
        a=x-dimensions:1280,720
        m=audio 0 RTP/AVP 8
        a=control:trackID=2
        m=audio 0 RTP/AVP 97
        a=rtpmap:97 mpeg4-generic/16000/1
        a=fmtp:97 streamtype=5;mode=AAC-hbr; config=1408; SizeLength=13;IndexLength=3;IndexDeltaLength=3
        a=control:trackID=3
        m=application 0 RTP/AVP 107
        a=rtpmap:107 vnd.onvif.metadata/90000
        a=sendonly
        """

    @Test("of a camera are read whole, with any line ends", arguments: ["\n", "\r\n", "\r"])
    func whole(end: String) throws {
        let text = Self.camera.split(separator: "\n").joined(separator: end)
        let description = try #require(SessionDescription(Array(text.utf8)))
        #expect(description.name == "Media Presentation")
        #expect(description.control == "rtsp://10.0.0.2:554/main/")
        #expect(description.range == "npt=0-")
        #expect(description.skippedLines == 0)
        #expect(description.media.map(\.codec) == [.h264, .pcma, .aac, .other("VND.ONVIF.METADATA")])
        #expect(description.media.map(\.control) == ["trackID=1", "trackID=2", "trackID=3", nil])
        #expect(description.media.map(\.clockRate) == [90_000, 8000, 16_000, 90_000])
        #expect(description.media.map(\.isOffered) == [true, true, true, false])
        let video = description.media[0]
        #expect(video.packetizationMode == 1)
        #expect(video.parameterSets.map { $0[0] } == [0x67, 0x68])
        #expect(video.frameRate == 12.5 && video.width == 1280 && video.height == 720)
        #expect(description.media[2].aac?.config == [0x14, 0x08])
    }

    @Test("cut anywhere, or with a byte changed, are read or refused, never more")
    func damaged() {
        let bytes = Array(Self.camera.utf8)
        for count in 0..<bytes.count {
            let description = SessionDescription(Array(bytes[..<count]))
            #expect(description?.media.count ?? 0 <= 4)
            var changed = bytes
            changed[count] = 0xFF
            _ = SessionDescription(changed)
        }
    }

    @Test("of H.265 have three kinds of sets, and say whether packets are numbered")
    func h265() throws {
        let video = try media(
            "m=video 0 RTP/AVP 98",
            "a=rtpmap:98 H265/90000",
            "a=fmtp:98 sprop-vps=QAEMAf//; sprop-sps=QgEBAWAAAAM=; sprop-pps=RAHAcvBTJA=="
        )
        #expect(video.codec == .h265)
        #expect(video.parameterSets.map { $0[0] >> 1 & 63 } == [32, 33, 34])
        #expect(!video.hasDecodingOrder)
        #expect(
            try media("m=video 0 RTP/AVP 98", "a=rtpmap:98 hevc", "a=fmtp:98 sprop-max-don-diff=2").hasDecodingOrder
        )
        #expect(
            try !media("m=video 0 RTP/AVP 98", "a=rtpmap:98 H265", "a=fmtp:98 sprop-max-don-diff=0").hasDecodingOrder
        )
    }

    @Test(
        "of vendors are understood",
        arguments: [
            (["m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/0"], .h264, 90_000),
            (["m=video 0 RTP/AVP 96", "a=rtpmap:96 h264"], .h264, 90_000),
            (["m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/25"], .h264, 90_000),
            (["m=video 0 RTP/AVP 96", "a=rtpmap:97 H264/90000"], .h264, 90_000),
            (["m=audio 0 RTP/AVP 0"], .pcmu, 8000),
            (["m=audio 0 RTP/AVP 8", "a=rtpmap:8 PCMA/8000/1"], .pcma, 8000),
            (["m=audio 0 RTP/AVP 98", "a=rtpmap:98 pcma/16000"], .pcma, 16_000),
            (["m=audio 0 RTP/AVP 97", "a=rtpmap:97 MPEG4-GENERIC/", "a=fmtp:97 config=1190"], .aac, 48_000),
            (
                ["m=audio 0 RTP/AVP 97", "a=rtpmap:97 MPEG4-GENERIC/8000", "a=fmtp:97 mode=CELP-vbr"],
                .other("MPEG4-GENERIC"), 8000
            ),
            (["m=video 0 RTP/AVP 26"], .other(""), 90_000),
            (["m=video 0 RTP/AVP 26", "a=rtpmap:26 JPEG/90000"], .other("JPEG"), 90_000),
            (["m=video"], .other(""), 90_000),
            (["m=video 0 RTP/AVP 300"], .other(""), 90_000),
        ] as [([String], MediaDescription.Codec, Int)]
    )
    func vendors(lines: [String], codec: MediaDescription.Codec, rate: Int) throws {
        let media = try #require(SessionDescription(Array(lines.joined(separator: "\n").utf8))?.media.first)
        #expect(media.codec == codec)
        #expect(media.clockRate == rate)
    }

    @Test("of nothing are none", arguments: ["", "v=0", "m=", "nonsense", "\u{0}\u{0}", "=\n=="])
    func nothing(text: String) {
        #expect(SessionDescription(Array(text.utf8)) == nil)
    }

    @Test("with lines that make no sense keep the others, and count them")
    func malformed() throws {
        let text =
            "v=0\nwhat\nm=video 0 RTP/AVP 96\na=rtpmap\na=rtpmap:\n:::\na=rtpmap:96 H264/90000\na=fmtp:96 =;;x=;=\n"
        let description = try #require(SessionDescription(Array(text.utf8)))
        #expect(description.skippedLines == 2)
        #expect(description.media.first?.codec == .h264)
        #expect(description.media.first?.parameters == ["x": ""])
    }

    @Test("hold at most as many media as anyone needs")
    func many() throws {
        let text = String(repeating: "m=video 0 RTP/AVP 96\n", count: 5000)
        #expect(SessionDescription(Array(text.utf8))?.media.count == 32)
    }

    @Test(
        "base64 is read leniently",
        arguments: [
            ("Zm9vYmFy", "foobar"), ("Zm9vYg==", "foob"), ("Zm9vYg", "foob"), ("Zm9v\nYmE=", "fooba"), ("", ""),
            ("!", ""),
        ]
    )
    func base64(text: String, decoded: String) {
        #expect(Base64.bytes(text) == Array(decoded.utf8))
        #expect(Base64.bytes(Base64.text(Array(decoded.utf8))) == Array(decoded.utf8))
    }

    @Test("parameter sets lose the start codes that some leave in")
    func startCodes() throws {
        let sps = Base64.text([0, 0, 0, 1, 0x67, 1, 2, 0])
        let video = try media(
            "m=video 0 RTP/AVP 96",
            "a=rtpmap:96 H264/90000",
            "a=fmtp:96 sprop-parameter-sets=\(sps),,AA==,\(sps)"
        )
        #expect(video.parameterSets == [[0x67, 1, 2], [0x67, 1, 2]])
    }
}
