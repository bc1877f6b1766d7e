#!/usr/bin/env python3
"""An RTSP camera in plain Python: a second server that shares no code with the project, nor with GStreamer.

    rtsp_peer.py --port N NAME=CLIP [NAME=CLIP ...] [--quirk NAME ...] [--loss P] [--duplicate P] [--reorder P]
                 [--user U --password P --auth md5|sha256|basic] [--clock-offset S] [--speed X]

Every clip (H.264 or H.265) is taken apart by ffmpeg into access units, packetised here (RFC 6184: single, STAP-A, FU-A;
RFC 7798: single, AP, FU) and looped for every client from its beginning, in real time times `--speed`. Sender reports
come every second. Loss, doubling and disorder are for UDP and come from one seed, so that a run can be repeated.
It prints "ready PORT", and one line for each request.

Quirks, each seen on cameras: see QUIRKS.
"""
import argparse
import base64
import hashlib
import json
import random
import re
import select
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time

QUIRKS = {
    "absolute-control": "control URLs are absolute",
    "no-cseq": "answers lack CSeq",
    "long-length": "the description's Content-Length is 40 bytes too large",
    "short-length": "the description's Content-Length is 2 bytes too small (the last line end is left over)",
    "lower-headers": "header names in lower case",
    "no-sprop": "parameter sets come in band alone",
    "no-pps": "the description has the SPS and no PPS",
    "marker-all": "the marker bit is set on every packet",
    "marker-none": "the marker bit is never set",
    "refuse-tcp": "461 to a SETUP over TCP",
    "session-10": "the session ends after 10 s without a request",
    "other-channels": "SETUP answers with other channels than were asked for",
    "server-asks": "the server sends a request of its own while it plays",
    "garbage": "some bytes of nonsense between the packets, twice a second",
    "redirect": "DESCRIBE is answered by a redirect to the same camera under another name, once",
    "early-packets": "packets come before the answer to PLAY",
    "no-get-parameter": "GET_PARAMETER is refused and not offered",
    "bye": "after 3 s the server says goodbye (RTCP BYE), sends no more and leaves the connection open",
    "audio-backchannel": "the description begins with a back channel for sound, as ONVIF has it",
    "single-write": "each packet is a write of its own",
    "start-codes": "the parameter sets and the slice of a key frame come as one unit with start codes between them",
}
MTU = 1400


class Clip:
    """Access units of a clip, in decoding order: NAL units and presentation time in 90 kHz."""

    def __init__(self, path):
        whole = [] if path.endswith(".avi") else ["-ignore_editlist", "1"]
        probe = json.loads(subprocess.check_output(
            ["ffprobe", "-v", "error", *whole, "-select_streams", "v:0", "-show_entries",
             "stream=codec_name,width,height:packet=pts_time,dts_time", "-of", "json", path]))
        self.hevc = probe["streams"][0]["codec_name"] == "hevc"
        name = "hevc" if self.hevc else "h264"
        raw = subprocess.check_output(
            ["ffmpeg", "-v", "error", "-nostdin", *whole, "-i", path, "-map", "0:v:0", "-c", "copy", "-copyinkf", "-f", name,
             "-"], stderr=subprocess.DEVNULL)
        self.units = [[]]
        self.sets = {}
        has_picture = False
        for nal in re.split(b"\0\0\0?\1", raw)[1:]:
            nal = nal.rstrip(b"\0")
            kind = self.kind(nal) if nal else "aud"
            is_picture = kind == "other" and self.is_picture(nal)
            # A picture's first slice, or what can only come before one.
            if has_picture and (not is_picture or nal[2 if self.hevc else 1] & 0x80):
                self.units.append([])
                has_picture = False
            if kind == "aud":
                continue
            has_picture = has_picture or is_picture
            if kind in ("vps", "sps", "pps"):
                self.sets.setdefault(kind, nal)
            self.units[-1].append(nal)
        self.units = [unit for unit in self.units if unit]
        times = [p.get("pts_time") or p.get("dts_time") for p in probe["packets"]]
        step = 1 / 25
        if len(times) != len(self.units) or None in times:
            times = [i * step for i in range(len(self.units))]
        times = [round(float(t) * 90000) for t in times]
        first = min(times)
        self.times = [t - first for t in times]
        order = sorted(self.times)
        self.length = order[-1] + (order[-1] - order[0]) // max(1, len(order) - 1)
        # When each is sent: in decoding order at an even pace.
        self.due = [i * self.length / len(self.units) / 90000 for i in range(len(self.units))]

    def kind(self, nal):
        if self.hevc:
            return {35: "aud", 32: "vps", 33: "sps", 34: "pps"}.get(nal[0] >> 1 & 63, "other")
        return {9: "aud", 7: "sps", 8: "pps"}.get(nal[0] & 31, "other")

    def is_picture(self, nal):
        return nal[0] >> 1 & 63 < 32 if self.hevc else 1 <= nal[0] & 31 <= 5

    def payloads(self, nals):
        """RTP payloads of one access unit."""
        out, small = [], []

        def flush():
            if len(small) == 1:
                out.append(small[0])
            elif small:
                body = b"".join(struct.pack("!H", len(n)) + n for n in small)
                if self.hevc:
                    out.append(bytes([48 << 1, 1]) + body)
                else:
                    out.append(bytes([max(n[0] & 0x60 for n in small) | 24]) + body)
            small.clear()

        for nal in nals:
            if len(nal) + sum(len(n) + 2 for n in small) < MTU - 3 and len(nal) < 400:
                small.append(nal)
                continue
            flush()
            if len(nal) <= MTU:
                out.append(nal)
                continue
            head = 2 if self.hevc else 1
            body = nal[head:]
            for at in range(0, len(body), MTU):
                flags = (0x80 if at == 0 else 0) | (0x40 if at + MTU >= len(body) else 0)
                if self.hevc:
                    out.append(bytes([nal[0] & 0x81 | 49 << 1, nal[1], flags | nal[0] >> 1 & 63]) + body[at:at + MTU])
                else:
                    out.append(bytes([nal[0] & 0xE0 | 28, flags | nal[0] & 31]) + body[at:at + MTU])
        flush()
        return out


class Client(threading.Thread):
    def __init__(self, server, conn):
        super().__init__(daemon=True)
        self.server, self.conn, self.args = server, conn, server.args
        self.quirks = set(server.args.quirk)
        self.lock = threading.Lock()
        self.playing = threading.Event()
        self.gone = threading.Event()
        self.udp = None
        self.channels = (0, 1)
        self.sound_channels = None
        self.random = random.Random(server.args.seed)
        self.nonce = hashlib.md5(str(time.time()).encode()).hexdigest()
        self.heard = time.monotonic()

    # -- signalling

    def run(self):
        data = b""
        try:
            while not self.gone.is_set():
                ready, _, _ = select.select([self.conn], [], [], 1)
                if "session-10" in self.quirks and time.monotonic() - self.heard > 10:
                    print("expired", flush=True)
                    break
                if not ready:
                    continue
                part = self.conn.recv(65536)
                if not part:
                    break
                data += part
                while data:
                    if data[:1] == b"$":
                        if len(data) < 4 or len(data) < 4 + struct.unpack("!H", data[2:4])[0]:
                            break
                        data = data[4 + struct.unpack("!H", data[2:4])[0]:]
                        continue
                    if b"\r\n\r\n" not in data:
                        break
                    head, data = data.split(b"\r\n\r\n", 1)
                    self.request(head.decode("latin1").split("\r\n"))
        except OSError:
            pass
        self.gone.set()
        self.conn.close()

    def answer(self, headers, status="200 OK", extra=(), body=b"", length=None):
        lines = [f"RTSP/1.0 {status}"]
        if "no-cseq" not in self.quirks and "cseq" in headers:
            lines.append(f"CSeq: {headers['cseq']}")
        lines += extra
        if body:
            lines.append(f"Content-Length: {len(body) if length is None else length}")
        if "lower-headers" in self.quirks:
            lines = [lines[0]] + [line.split(":")[0].lower() + ":" + line.split(":", 1)[1] for line in lines[1:]]
        self.send(("\r\n".join(lines) + "\r\n\r\n").encode() + body)

    def send(self, data):
        with self.lock:
            self.conn.sendall(data)

    def allowed(self, method, headers):
        if not self.args.user:
            return True
        given = headers.get("authorization", "")
        if self.args.auth == "basic":
            good = base64.b64encode(f"{self.args.user}:{self.args.password}".encode()).decode()
            return given == f"Basic {good}"
        make = {"md5": hashlib.md5, "sha256": hashlib.sha256}[self.args.auth]
        h = lambda text: make(text.encode()).hexdigest()  # noqa: E731
        fields = dict(re.findall(r'(\w+)="?([^",]*)"?', given))
        if not given.startswith("Digest") or fields.get("nonce") != self.nonce or fields.get("username") != self.args.user:
            return False
        first = h(f"{self.args.user}:peer:{self.args.password}")
        second = h(f"{method}:{fields.get('uri', '')}")
        if "qop" in fields:
            middle = f"{self.nonce}:{fields.get('nc')}:{fields.get('cnonce')}:{fields['qop']}"
        else:
            middle = self.nonce
        return fields.get("response") == h(f"{first}:{middle}:{second}")

    def request(self, lines):
        if lines[0].startswith("RTSP/"):
            print("answered", flush=True)
            return
        method, url = lines[0].split(" ")[:2]
        headers = {k.strip().lower(): v.strip() for k, v in (l.split(":", 1) for l in lines[1:] if ":" in l)}
        self.heard = time.monotonic()
        print("request", method, flush=True)
        if method == "OPTIONS":
            names = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN"
            if "no-get-parameter" not in self.quirks:
                names += ", GET_PARAMETER"
            return self.answer(headers, extra=[f"Public: {names}"])
        if not self.allowed(method, headers):
            algorithm = {"md5": "MD5", "sha256": "SHA-256"}.get(self.args.auth)
            want = (f'WWW-Authenticate: Digest realm="peer", nonce="{self.nonce}", algorithm={algorithm}, qop="auth"'
                    if algorithm else 'WWW-Authenticate: Basic realm="peer"')
            return self.answer(headers, "401 Unauthorized", [want])
        name = re.sub(r"^rtsps?://[^/]*/", "", url).split("/")[0].split("?")[0]
        clip = self.server.clips.get(name.removesuffix("-moved"))
        if method == "DESCRIBE":
            if clip is None:
                return self.answer(headers, "404 Not Found")
            if "redirect" in self.quirks and not name.endswith("-moved"):
                return self.answer(headers, "302 Moved", [f"Location: {url}-moved"])
            return self.describe(headers, url, clip)
        if method == "SETUP":
            return self.setup(headers, clip or self.server.only, url)
        if method == "PLAY":
            if "early-packets" in self.quirks:
                self.begin(self.clip)
                time.sleep(0.2)
            self.answer(headers, extra=["Session: 12345678", "Range: npt=0.000-"])
            if "early-packets" not in self.quirks:
                self.begin(self.clip)
            return None
        if method == "GET_PARAMETER" and "no-get-parameter" in self.quirks:
            return self.answer(headers, "501 Not Implemented")
        self.answer(headers, extra=["Session: 12345678"])
        if method == "TEARDOWN":
            self.gone.set()
        return None

    def describe(self, headers, url, clip):
        b64 = {k: base64.b64encode(v).decode() for k, v in clip.sets.items()}
        if clip.hevc:
            sprop = f"sprop-vps={b64['vps']};sprop-sps={b64['sps']};sprop-pps={b64['pps']}"
            fmtp, encoding = sprop, "H265"
        else:
            sets = ",".join(b64[k] for k in ("sps", "pps") if k in b64 and (k != "pps" or "no-pps" not in self.quirks))
            fmtp, encoding = f"packetization-mode=1;sprop-parameter-sets={sets}", "H264"
        if "no-sprop" in self.quirks:
            fmtp = "" if clip.hevc else "packetization-mode=1"
        control = f"{url}/video" if "absolute-control" in self.quirks else "video"
        lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=peer", "c=IN IP4 0.0.0.0", "t=0 0", "a=control:*"]
        if "audio-backchannel" in self.quirks:
            lines += ["m=audio 0 RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "a=control:back", "a=sendonly"]
        lines += ["m=video 0 RTP/AVP 96", f"a=rtpmap:96 {encoding}/90000"]
        if fmtp:
            lines.append(f"a=fmtp:96 {fmtp}")
        lines.append(f"a=control:{control}")
        if self.args.sound:
            lines += ["m=audio 0 RTP/AVP 8", "a=rtpmap:8 PCMA/8000", "a=control:sound"]
        lines.append("")
        body = "\r\n".join(lines).encode()
        length = len(body) + (40 if "long-length" in self.quirks else -2 if "short-length" in self.quirks else 0)
        self.answer(headers, extra=["Content-Type: application/sdp"], body=body, length=length)

    def setup(self, headers, clip, url):
        self.clip = clip
        asked = headers.get("transport", "")
        tcp = "TCP" in asked
        print("setup", "tcp" if tcp else "udp", flush=True)
        if tcp and "refuse-tcp" in self.quirks:
            return self.answer(headers, "461 Unsupported Transport")
        if tcp:
            given = re.search(r"interleaved=(\d+)-(\d+)", asked)
            if url.rstrip("/").endswith("/sound"):
                self.sound_channels = (int(given[1]), int(given[2])) if given else (2, 3)
                how = f"RTP/AVP/TCP;unicast;interleaved={self.sound_channels[0]}-{self.sound_channels[1]}"
                return self.answer(headers, extra=[f"Transport: {how}", "Session: 12345678"])
            self.channels = (int(given[1]), int(given[2])) if given else (0, 1)
            if "other-channels" in self.quirks:
                self.channels = (self.channels[0] + 4, self.channels[1] + 4)
            how = f"RTP/AVP/TCP;unicast;interleaved={self.channels[0]}-{self.channels[1]}"
        else:
            ports = re.search(r"client_port=(\d+)-(\d+)", asked)
            rtp, rtcp = socket.socket(type=socket.SOCK_DGRAM), socket.socket(type=socket.SOCK_DGRAM)
            rtp.bind(("127.0.0.1", 0))
            rtcp.bind(("127.0.0.1", 0))
            self.udp = (rtp, rtcp, int(ports[1]), int(ports[2]))
            how = (f"RTP/AVP;unicast;client_port={ports[1]}-{ports[2]};"
                   f"server_port={rtp.getsockname()[1]}-{rtcp.getsockname()[1]}")
        timeout = ";timeout=10" if "session-10" in self.quirks else ""
        return self.answer(headers, extra=[f"Transport: {how}", f"Session: 12345678{timeout}"])

    # -- packets

    def begin(self, clip):
        threading.Thread(target=self.play, args=(clip,), daemon=True).start()

    def deliver(self, packets):
        """RTP packets of one access unit."""
        if self.udp is None:
            frames = [b"$" + bytes([self.channels[0]]) + struct.pack("!H", len(p)) + p for p in packets]
            if "single-write" in self.quirks:
                for frame in frames:
                    self.send(frame)
            else:
                self.send(b"".join(frames))
            return
        out = []
        for packet in packets:
            if self.random.random() < self.args.loss:
                self.server.lost += 1
                continue
            out.append(packet)
            if self.random.random() < self.args.duplicate:
                out.append(packet)
        for at in range(len(out) - 1):
            if self.random.random() < self.args.reorder:
                out[at], out[at + 1] = out[at + 1], out[at]
        for packet in out:
            self.udp[0].sendto(packet, ("127.0.0.1", self.udp[2]))

    def control(self, packet):
        if self.udp is None:
            self.send(b"$" + bytes([self.channels[1]]) + struct.pack("!H", len(packet)) + packet)
        else:
            self.udp[1].sendto(packet, ("127.0.0.1", self.udp[3]))

    def play(self, clip):
        sequence, base, ssrc = self.args.sequence, self.args.timestamp, 0x5EED
        began = time.monotonic()
        if self.sound_channels:
            threading.Thread(target=self.sound, args=(began, time.time()), daemon=True).start()
        loop, reported, noised, sent, octets = 0, -10.0, 0.0, 0, 0
        try:
            while not self.gone.is_set():
                for index, nals in enumerate(clip.units):
                    media = loop * clip.length / 90000 + clip.due[index]
                    wait = began + media / self.args.speed - time.monotonic()
                    if wait > 0:
                        time.sleep(wait)
                    if self.gone.is_set():
                        return
                    now = time.monotonic() - began
                    stamp = (base + loop * clip.length + clip.times[index]) & 0xFFFFFFFF
                    nals = list(nals)
                    if "no-sprop" in self.quirks or "no-pps" in self.quirks:
                        key = any(clip.kind(n) == "other" and self.is_key(clip, n) for n in nals)
                        if key and not any(clip.kind(n) == "sps" for n in nals):
                            nals = [clip.sets[k] for k in ("vps", "sps", "pps") if k in clip.sets] + nals
                    if "start-codes" in self.quirks and any(clip.kind(n) == "sps" for n in nals):
                        nals = [b"\0\0\0\1".join(nals)]
                    payloads = clip.payloads(nals)
                    packets = []
                    for at, payload in enumerate(payloads):
                        mark = at == len(payloads) - 1
                        if "marker-all" in self.quirks:
                            mark = True
                        if "marker-none" in self.quirks:
                            mark = False
                        packets.append(struct.pack("!BBHII", 0x80, 96 | (128 if mark else 0), sequence & 0xFFFF, stamp,
                                                   ssrc) + payload)
                        sequence += 1
                        sent += 1
                        octets += len(payload)
                    if now - reported >= 1:
                        reported = now
                        wall = time.time() + self.args.clock_offset + 2208988800
                        self.control(struct.pack("!BBHIIIIII", 0x80, 200, 6, ssrc, int(wall) & 0xFFFFFFFF,
                                                 int(wall % 1 * 2**32), stamp, sent, octets & 0xFFFFFFFF))
                    self.deliver(packets)
                    if "garbage" in self.quirks and now - noised > 0.5 and self.udp is None:
                        noised = now
                        self.send(b"\r\n\0\0nonsense")
                    if "server-asks" in self.quirks and int(now) % 2 == 1 and now - noised > 1:
                        noised = now
                        self.send(b"OPTIONS * RTSP/1.0\r\nCSeq: 7\r\n\r\n")
                    if "bye" in self.quirks and now > 3:
                        self.control(struct.pack("!BBHI", 0x81, 203, 1, ssrc))
                        return
                loop += 1
        except OSError:
            self.gone.set()

    def sound(self, began, wall):
        """G.711 in packets of 20 ms from the stream's beginning; each one's bytes are its number, modulo 256."""
        number, base, ssrc = 0, 2**32 - 16000, 0x50D
        try:
            while not self.gone.is_set():
                wait = began + number * 0.02 / self.args.speed - time.monotonic()
                if wait > 0:
                    time.sleep(wait)
                stamp = (base + number * 160) & 0xFFFFFFFF
                if number % 50 == 0:
                    at = wall + number * 0.02 / self.args.speed + self.args.clock_offset + 2208988800
                    report = struct.pack("!BBHIIIIII", 0x80, 200, 6, ssrc, int(at) & 0xFFFFFFFF, int(at % 1 * 2**32),
                                         stamp, number, number * 160)
                    self.send(b"$" + bytes([self.sound_channels[1]]) + struct.pack("!H", len(report)) + report)
                packet = struct.pack("!BBHII", 0x80, 8, number & 0xFFFF, stamp, ssrc) + bytes([number & 255]) * 160
                self.send(b"$" + bytes([self.sound_channels[0]]) + struct.pack("!H", len(packet)) + packet)
                number += 1
        except OSError:
            self.gone.set()

    @staticmethod
    def is_key(clip, nal):
        return 16 <= nal[0] >> 1 & 63 <= 21 if clip.hevc else nal[0] & 31 == 5


class EncryptedSocket:
    """A socket over TLS that two threads use, as they may use one without; `select` looks at the bytes below."""

    def __init__(self, context, conn):
        self.lock = threading.Lock()
        conn.settimeout(5)
        self.conn = context.wrap_socket(conn, server_side=True)
        self.conn.setblocking(False)

    def fileno(self):
        return self.conn.fileno()

    def recv(self, count):
        while True:
            try:
                with self.lock:
                    return self.conn.recv(count)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                time.sleep(0.005)

    def sendall(self, data):
        data = memoryview(data)
        while data:
            try:
                with self.lock:
                    data = data[self.conn.send(data):]
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                time.sleep(0.005)

    def close(self):
        self.conn.close()


class Server:
    def __init__(self, args):
        self.args, self.lost = args, 0
        self.clips, parsed = {}, {}
        for camera in args.cameras:
            name, _, path = camera.partition("=")
            if path not in parsed:
                parsed[path] = Clip(path)
            self.clips[name] = parsed[path]
        self.only = next(iter(self.clips.values()))

    def run(self):
        listener = socket.create_server(("127.0.0.1", self.args.port))
        context = None
        if self.args.tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self.args.tls)
        print("ready", self.args.port, flush=True)
        while True:
            conn, _ = listener.accept()
            conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if context:
                try:
                    conn = EncryptedSocket(context, conn)
                except OSError as refusal:
                    print("refused", refusal, flush=True)
                    continue
            Client(self, conn).start()


def main():
    args = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    args.add_argument("--port", type=int, default=8555)
    args.add_argument("--quirk", action="append", default=[], choices=sorted(QUIRKS))
    args.add_argument("--loss", type=float, default=0)
    args.add_argument("--duplicate", type=float, default=0)
    args.add_argument("--reorder", type=float, default=0)
    args.add_argument("--seed", type=int, default=1)
    args.add_argument("--user")
    args.add_argument("--password")
    args.add_argument("--auth", choices=["md5", "sha256", "basic"], default="md5")
    args.add_argument("--clock-offset", type=float, default=0)
    args.add_argument("--sound", choices=["pcma"], help="a track of sound, over TCP alone")
    args.add_argument("--tls", nargs=2, metavar=("CERTIFICATE", "KEY"))
    args.add_argument("--speed", type=float, default=1)
    args.add_argument("--sequence", type=int, default=65500, help="the first packet's: wraps soon by default")
    args.add_argument("--timestamp", type=int, default=2**32 - 90000, help="the first picture's: wraps soon by default")
    args.add_argument("cameras", nargs="+", metavar="NAME=CLIP")
    Server(args.parse_args()).run()


if __name__ == "__main__":
    sys.exit(main())
