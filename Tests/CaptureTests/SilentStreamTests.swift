import Domain
import Foundation
import TestSupport
import Testing

@testable import Capture

@Suite("A server that goes on talking and sends no pictures")
struct SilentStreamTests {
    /// An RTSP server: after PLAY it sends sender reports (RTCP, channel 1) and never a picture. Prints how the pictures
    /// were asked for; with a second argument it refuses that transport.
    private static let server = #"""
        import socket, struct, sys, threading, time
        SDP = ("v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n"
               "a=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1;"
               "sprop-parameter-sets=Z0LACtkfiIiwEQAAAwABAAADADIPEiZI,aMuDyyA=\r\na=control:track1\r\n")
        refused = sys.argv[2] if len(sys.argv) > 2 else ""
        def serve(conn):
            data = b""
            playing = False
            conn.settimeout(0.3)
            while True:
                try:
                    part = conn.recv(4096)
                    if not part: return
                    data += part
                except socket.timeout:
                    if playing:
                        now = int(time.time())
                        sr = struct.pack("!BBHIIIIII", 0x80, 200, 6, 1, now & 0xffffffff, 0, 0, 0, 0)
                        conn.sendall(b"$\x01" + struct.pack("!H", len(sr)) + sr)
                    continue
                while b"\r\n\r\n" in data:
                    if data[:1] == b"$":
                        data = data[4 + struct.unpack("!H", data[2:4])[0]:]
                        continue
                    head, data = data.split(b"\r\n\r\n", 1)
                    lines = head.decode("latin1").split("\r\n")
                    method = lines[0].split(" ")[0]
                    seq = next(l.split(":")[1].strip() for l in lines if l.lower().startswith("cseq"))
                    body, extra = "", ""
                    if method == "OPTIONS": extra = "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n"
                    if method == "DESCRIBE": body, extra = SDP, "Content-Type: application/sdp\r\n"
                    if method == "SETUP":
                        asked = next(l for l in lines if l.lower().startswith("transport"))
                        kind = "tcp" if "TCP" in asked else "udp"
                        print(kind, flush=True)
                        if kind == refused:
                            conn.sendall(f"RTSP/1.0 461 Unsupported Transport\r\nCSeq: {seq}\r\n\r\n".encode())
                            continue
                        ports = asked.split("client_port=")[1].split(";")[0].split(",")[0] if kind == "udp" else ""
                        how = (f"RTP/AVP;unicast;client_port={ports};server_port=40000-40001" if kind == "udp"
                               else "RTP/AVP/TCP;unicast;interleaved=0-1")
                        extra = f"Transport: {how}\r\nSession: 1\r\n"
                    if method == "PLAY": extra, playing = "Session: 1\r\n", True
                    conn.sendall(f"RTSP/1.0 200 OK\r\nCSeq: {seq}\r\n{extra}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
        print("ready", flush=True)
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
        """#

    @Test(
        "is found out within ten seconds although its RTCP goes on, and asked again",
        arguments: [SourceTransport.auto, .libav]
    )
    func reportsAlone(transport: SourceTransport) async throws {
        let port = TestPeer.freePort()
        let peer = try TestPeer(["/usr/bin/python3", "-c", Self.server, "\(port)"])
        defer { peer.stop() }
        #expect(await peer.isReady())
        var camera = RunningCapture.camera("a", "rtsp://127.0.0.1:\(port)/a")
        camera.input = SourceOptions(transport: transport)
        let capture = try RunningCapture([camera])
        #expect(await eventually(within: .seconds(10)) { capture.status("a")?.state == .stalled })
        #expect(await eventually(within: .seconds(6)) { capture.status("a")?.state == .offline })
        #expect(capture.status("a")?.reason == .noPackets)
        #expect(await eventually(within: .seconds(8)) { (capture.statistics?.cameras["a"]?.connections ?? 0) > 1 })
        let end = await capture.stop()
        #expect(end?.code == 0)
        try? FileManager.default.removeItem(at: capture.data)
    }

    /// What the server was asked for, in order.
    private func asked(_ transport: SourceTransport, refuses: String = "", count: Int) async throws -> [String] {
        let port = TestPeer.freePort()
        let peer = try TestPeer(["/usr/bin/python3", "-c", Self.server, "\(port)", refuses])
        defer { peer.stop() }
        guard await peer.isReady() else { return [] }
        var camera = RunningCapture.camera("a", "rtsp://127.0.0.1:\(port)/a")
        camera.input = SourceOptions(transport: transport)
        let capture = try RunningCapture([camera])
        let setups = { peer.lines.filter { $0 == "tcp" || $0 == "udp" } }
        _ = await eventually(within: .seconds(15)) { setups().count >= count }
        await capture.stop()
        try? FileManager.default.removeItem(at: capture.data)
        return setups()
    }

    @Test("UDP on which nothing comes is followed by TCP, and TCP is kept to")
    func fallsBack() async throws {
        let setups = try await asked(.udp, count: 2)
        #expect(setups.prefix(2) == ["udp", "tcp"])
        #expect(!setups.dropFirst(2).contains("udp"))
    }

    @Test("a server that refuses TCP is asked for UDP within the same attempt")
    func refusesTCP() async throws {
        #expect(try await asked(.auto, refuses: "tcp", count: 2).prefix(2) == ["tcp", "udp"])
    }
}
