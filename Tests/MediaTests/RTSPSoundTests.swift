import Domain
import Foundation
import Glibc
import Media
import Testing
import TestSupport

@Suite("sound over RTSP")
struct RTSPSoundTests {
    struct Source: Sendable, CustomTestStringConvertible {
        var encoder: [String]
        var rate: Int
        /// The sound's part of the server's pipeline.
        var pipeline: String
        var codec: AudioCodec?

        var testDescription: String { encoder[1] }
    }

    static let sources = [
        Source(encoder: ["-c:a", "pcm_alaw"], rate: 8000, pipeline: "rtppcmapay pt=8", codec: .alaw),
        Source(encoder: ["-c:a", "pcm_mulaw"], rate: 8000, pipeline: "rtppcmupay pt=0", codec: .ulaw),
        Source(encoder: ["-c:a", "aac"], rate: 16_000, pipeline: "aacparse ! rtpmp4gpay pt=97", codec: .aac),
        Source(encoder: ["-c:a", "libopus"], rate: 48_000, pipeline: "opusparse ! rtpopuspay pt=97", codec: .opus),
        Source(encoder: ["-c:a", "mp2"], rate: 48_000, pipeline: "mpegaudioparse ! rtpmpapay pt=14", codec: .mp2),
        Source(
            encoder: ["-c:a", "pcm_s16le"],
            rate: 16_000,
            pipeline: "audioconvert ! rtpL16pay pt=97",
            codec: nil
        ),
    ]

    /// GStreamer's payloader puts parameter sets before every slice of a key frame, which makes pictures of them.
    private static let oneSlice = GeneratedClip.h264 + ["-x264-params", "sliced-threads=0"]

    @Test("pictures and sound come in step while their 32-bit times wrap; other sound is left out", arguments: sources)
    func kinds(source: Source) throws {
        let clip = try GeneratedClip(
            "rtsp.mkv",
            seconds: 5,
            video: Self.oneSlice,
            audio: source.encoder,
            rate: source.rate
        )
        // The picture's times wrap after 1.1 s.
        let pipeline =
            "( filesrc location=\(clip.url.path) ! matroskademux name=d d.video_0 ! queue ! h264parse ! "
            + "rtph264pay name=pay0 pt=96 config-interval=-1 timestamp-offset=\((1 << 32) - 99_000) "
            + "d.audio_0 ! queue ! \(source.pipeline) name=pay1 timestamp-offset=\((1 << 32) - source.rate * 2) )"
        guard let server = PipelineServer(pipeline) else {
            print("skipped: no RTSP server")
            return
        }
        defer { withExtendedLifetime(server) {} }
        let clock = SystemClock()
        let began = clock.monotonic()
        let demuxer = try Demuxer(
            opening: server.url,
            options: DemuxerOptions(takesAudio: true),
            cancellation: Cancellation()
        )
        var infos = [demuxer.info]
        var video: [Packet] = []
        var audio: [Packet] = []
        while video.count < 90 {
            switch try demuxer.next() {
            case .parametersChanged(let info): infos.append(info)
            case .end: Issue.record("it ended")
            case .packet(let packet):
                if packet.track == .audio { audio.append(packet) } else { video.append(packet) }
                if video.count == 1 { #expect(clock.monotonic() - began < .seconds(4)) }
            }
        }
        for (one, two) in zip(video, video.dropFirst()) { #expect(two.dtsTicks > one.dtsTicks) }
        let span = (video.last?.ptsTicks ?? 0) - (video.first?.ptsTicks ?? 0)
        #expect(abs(span - 89 * 3600) < 7300)
        guard let codec = source.codec else {
            #expect(audio.isEmpty && infos.allSatisfy { $0.audio == nil })
            #expect(infos[0].ignoredStreams == ["audio/pcm_s16be"])
            return
        }
        #expect(infos.count <= 2)
        #expect(infos.last?.audio?.codec == codec && infos.last?.audio?.sampleRate == source.rate)
        for (one, two) in zip(audio, audio.dropFirst()) { #expect(two.dtsTicks > one.dtsTicks) }
        let heard = audio.reduce(0) { $0 + $1.durationTicks }
        #expect(heard > span - 60_000 && heard < span + 60_000)
        let last = (audio.last.map { $0.ptsTicks + $0.durationTicks } ?? 0) - (video.last?.ptsTicks ?? 0)
        #expect(abs(last) < 45_000)
    }
}

extension RTSPSoundTests {
    @Test("a camera that refuses the set-up of its own sound is read without it")
    func refusal() throws {
        guard let server = PipelineServer(program: PipelineServer.refusing, "") else {
            print("skipped: no Python")
            return
        }
        defer { withExtendedLifetime(server) {} }
        let demuxer = try Demuxer(
            opening: server.url,
            options: DemuxerOptions(takesAudio: true),
            cancellation: Cancellation()
        )
        #expect(demuxer.info.codec == .h264 && demuxer.info.width == 640 && demuxer.info.audio == nil)
    }
}

/// Serves a GStreamer pipeline, made anew for every client, as an RTSP camera.
final class PipelineServer {
    let url: String
    private let process = Process()

    /// The pipeline holds payloaders named pay0, pay1, …; "ready" is printed once it listens.
    static let program = """
        import sys
        import gi
        gi.require_version("Gst", "1.0")
        gi.require_version("GstRtspServer", "1.0")
        from gi.repository import GLib, Gst, GstRtspServer
        Gst.init(None)
        server = GstRtspServer.RTSPServer(service=sys.argv[1], address="127.0.0.1")
        factory = GstRtspServer.RTSPMediaFactory()
        factory.set_launch(sys.argv[2])
        server.get_mount_points().add_factory("/cam", factory)
        if not server.attach(None):
            sys.exit("the port is taken")
        print("ready", flush=True)
        GLib.MainLoop().run()
        """

    /// Describes H.264 and G.711, and answers the set-up of the latter with 461.
    static let refusing = """
        import socketserver, sys
        SDP = "\\r\\n".join(["v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=-", "t=0 0", "m=video 0 RTP/AVP 96",
            "a=rtpmap:96 H264/90000", "a=control:video",
            "a=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z0LAHtkAoCzIQA==,aM48gA==",
            "m=audio 0 RTP/AVP 8", "a=control:audio", ""])
        class Camera(socketserver.StreamRequestHandler):
            def handle(self):
                while True:
                    lines = []
                    while True:
                        line = self.rfile.readline().decode().strip()
                        if not line:
                            break
                        lines.append(line)
                    if not lines:
                        return
                    method, url = lines[0].split(" ")[:2]
                    headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
                    status, extra, body = "200 OK", "", ""
                    if method == "DESCRIBE":
                        extra, body = "Content-Type: application/sdp\\r\\n", SDP
                    elif method == "SETUP" and url.endswith("audio"):
                        status = "461 Unsupported Transport"
                    elif method == "SETUP":
                        extra = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\\r\\n"
                    self.wfile.write((f"RTSP/1.0 {status}\\r\\nCSeq: {headers['cseq']}\\r\\nSession: 1\\r\\n{extra}"
                        f"Content-Length: {len(body)}\\r\\n\\r\\n{body}").encode())
        socketserver.ThreadingTCPServer.allow_reuse_address = True
        server = socketserver.ThreadingTCPServer(("127.0.0.1", int(sys.argv[1])), Camera)
        print("ready", flush=True)
        server.serve_forever()
        """

    /// nil where the server can't run.
    init?(program: String = PipelineServer.program, _ pipeline: String) {
        guard let port = SilentServer.freePort() else { return nil }
        url = "rtsp://127.0.0.1:\(port)/cam"
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = ["-c", program, "\(port)", pipeline]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        guard !pipe.fileHandleForReading.availableData.isEmpty else { return nil }
    }

    deinit {
        // Not SIGTERM: children of the test runner may inherit it blocked.
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }
}
