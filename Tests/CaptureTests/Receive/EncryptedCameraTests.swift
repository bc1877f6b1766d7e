import Domain
import Foundation
import Media
import TestSupport
import Testing

@testable import Capture

@Suite("Cameras over TLS") struct EncryptedCameraTests {
    private static let clip = "street_traffic_suburban.mp4"
    private static let canRun =
        SharedData.video(clip) != nil && FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")
    private static let absent: Comment = "no clips in the shared folder, or no openssl"

    /// A camera with a certificate that nobody trusts.
    private func camera(_ options: [String] = []) throws -> (peer: TestPeer, port: Int, folder: URL) {
        let folder = FileManager.default.temporaryDirectory.appending(path: "gw-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let (certificate, key) = (folder.appending(path: "c.pem").path, folder.appending(path: "k.pem").path)
        let openssl = Process()
        openssl.executableURL = URL(filePath: "/usr/bin/openssl")
        openssl.arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj",
            "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate,
        ]
        openssl.standardError = FileHandle.nullDevice
        try openssl.run()
        openssl.waitUntilExit()
        try #require(openssl.terminationStatus == 0)
        let port = TestPeer.freePort()
        let peer = try #require(
            try TestPeer.pythonCamera(
                port: port,
                clips: ["a": Self.clip],
                options: ["--tls", certificate, key] + options
            )
        )
        return (peer, port, folder)
    }

    @Test("are received whole, and get their password in the clear", .enabled(if: canRun, absent))
    func received() async throws {
        let (peer, port, folder) = try camera(["--user", "u", "--password", "p@ss:w", "--auth", "basic"])
        defer {
            peer.stop()
            try? FileManager.default.removeItem(at: folder)
        }
        #expect(await peer.isReady())
        // Datagrams beside an encrypted connection would be open to everybody.
        let reception = Reception("rtsps://u:p%40ss%3Aw@127.0.0.1:\(port)/a", transport: .udp, maximum: 60)
        let state = await reception.ended()
        #expect(state.error == nil && state.kind == "RTSPSource")
        let file = try #require(SharedData.video(Self.clip))
        #expect(try ReceivedPictures.walk(state.pictures, clip: file) == .unbroken(start: 0, count: 60))
        #expect(peer.lines.contains("setup tcp") && !peer.lines.contains("setup udp"))
    }

    @Test("whose certificate nobody vouches for are refused where it is to be checked", .enabled(if: canRun, absent))
    func untrusted() async throws {
        let (peer, port, folder) = try camera()
        defer {
            peer.stop()
            try? FileManager.default.removeItem(at: folder)
        }
        #expect(await peer.isReady())
        for transport in [SourceTransport.auto, .libav] {
            let options = DemuxerOptions(source: SourceOptions(transport: transport, verifyTLS: true))
            let error = await Task.detached { () -> MediaError? in
                do throws(MediaError) {
                    _ = try CameraSource.open("rtsps://u:s3cret@127.0.0.1:\(port)/a", options, Cancellation())
                    return nil
                } catch {
                    return error
                }
            }.value
            #expect(error != nil, "\(transport)")
            #expect(error?.message.contains("s3cret") == false)
            #expect(
                !peer.lines.contains { $0.hasPrefix("request") },
                "nothing was asked over a line that isn't trusted"
            )
        }
    }
}
