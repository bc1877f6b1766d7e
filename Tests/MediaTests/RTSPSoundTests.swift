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

/// Serves a GStreamer pipeline, made anew for every client, as an RTSP camera.
final class PipelineServer {
    let url: String
    private let process = Process()

    /// The pipeline holds payloaders named pay0, pay1, …; "ready" is printed once it listens.
    private static let program = """
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

    /// nil where the server can't run.
    init?(_ pipeline: String) {
        guard let port = SilentServer.freePort() else { return nil }
        url = "rtsp://127.0.0.1:\(port)/cam"
        process.executableURL = URL(filePath: "/usr/bin/python3")
        process.arguments = ["-c", Self.program, "\(port)", pipeline]
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
