import Domain
import Foundation
import Media
import TestSupport
import Testing

@testable import Capture

#if canImport(Glibc)
    import Glibc
#endif

@Suite("Receiving that fails") struct ReceiveFailureTests {
    /// Listens on loopback, and never answers.
    private final class Silence {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let port: Int

        init() {
            let own = descriptor
            _ = SocketAddress("127.0.0.1", port: 0)?.withPointer { bind(own, $0, $1) }
            listen(own, 8)
            port = Int(SocketAddress.local(of: own)?.port ?? 0)
        }

        deinit { close(descriptor) }
    }

    private func open(
        _ url: String,
        within limit: Duration = .seconds(8),
        _ cancellation: Cancellation = Cancellation()
    )
        -> MediaError?
    {
        do throws(MediaError) {
            _ = try CameraSource.open(url, DemuxerOptions(connectTimeout: limit), cancellation)
            return nil
        } catch {
            return error
        }
    }

    @Test("says why, without the password")
    func reasons() {
        let nobody = TestPeer.freePort()
        for (url, code) in [
            ("rtsp://u:s3cret@127.0.0.1:\(nobody)/x?token=s3cret", MediaError.Code.refused),
            ("rtsp://u:s3cret@[::1]:\(nobody)/x", .refused),
            ("rtsp://u:s3cret@no-such-host.invalid/x", .unknownHost),
            ("rtsps://u:s3cret@127.0.0.1:\(nobody)/x", .refused),
        ] {
            let error = open(url)
            #expect(error?.code == code, "\(url): \(String(describing: error))")
            #expect(error?.message.contains("s3cret") == false)
        }
    }

    @Test("a server that says nothing is a timeout in time, and waiting for it can be cancelled at once")
    func silence() {
        let server = Silence()
        let clock = SystemClock()
        let began = clock.monotonic()
        #expect(open("rtsp://127.0.0.1:\(server.port)/x", within: .seconds(1))?.code == .timeout)
        #expect(clock.monotonic() - began < .seconds(2) * patience)
        let cancellation = Cancellation()
        let canceller = Thread {
            usleep(300_000)
            cancellation.cancel()
        }
        let second = clock.monotonic()
        canceller.start()
        #expect(open("rtsp://127.0.0.1:\(server.port)/x", cancellation)?.code == .cancelled)
        #expect(clock.monotonic() - second < .milliseconds(400) * patience)
    }

    @Test("datagrams of others than the server are not taken")
    func strangers() throws {
        let server = try #require(SocketAddress("127.0.0.2", port: 1))
        let pair = try DatagramPair(from: server, name: "x")
        #expect(pair.rtpPort % 2 == 0 && pair.rtcpPort == pair.rtpPort + 1)
        let target = try #require(SocketAddress("127.0.0.1", port: Int(pair.rtpPort)))
        for (host, byte) in [("127.0.0.3", UInt8(3)), ("127.0.0.2", 2), ("127.0.0.1", 1)] {
            let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
            defer { close(descriptor) }
            let own = try #require(SocketAddress(host, port: 0))
            #expect(own.withPointer { bind(descriptor, $0, $1) } == 0)
            _ = target.withPointer { sendto(descriptor, [byte], 1, 0, $0, $1) }
        }
        let reader = DatagramReader()
        var taken: [UInt8] = []
        pair.receive(reader, packet: { taken.append($0[0]) })
        #expect(taken == [2] && reader.foreign == 2)
    }
}
