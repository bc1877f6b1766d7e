#!/usr/bin/env python3
"""How many cameras one core records, and how long a picture takes from the socket to the disk.

    capacity.py [GRIDWATCH] [--transport auto|udp|libav] [--seconds 20] [--from 10] [--to 150]

Pins `gridwatch capture` to core 0 and the servers to the others (taskset), serves 1080p25 streams of 4 Mbit/s from
memory, and searches the largest number of cameras of which not one frame is lost: each camera's frames on disk are counted
by the journals and compared with what its stream sent (but for its last second). A server that no longer keeps its 25
pictures a second ends the search too: then it is what saturated. Then records one camera and tells how long after the
picture that closes a fragment its bytes were in the file, p50 and p99.

The sender is a small RTSP server in this file: one thread for all its clients, each access unit one write.
"""
import argparse
import json
import os
import pathlib
import re
import select
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

import recording

MTU = 1400


class Stream:
    """An H.264 clip as RTP payloads, one list per access unit."""

    def __init__(self, path):
        raw = subprocess.check_output(["ffmpeg", "-v", "error", "-i", str(path), "-c", "copy", "-bsf:v",
                                       "h264_mp4toannexb", "-f", "h264", "-"])
        self.units, self.sets = [], {}
        unit, has_slice = [], False
        for nal in re.split(b"\0\0\0?\1", raw)[1:]:
            nal = nal.rstrip(b"\0")
            kind = nal[0] & 31
            first = kind in (1, 5) and nal[1] & 0x80
            if has_slice and (first or kind not in (1, 5)):
                self.units.append(self.payloads(unit))
                unit, has_slice = [], False
            if kind in (7, 8):
                self.sets[kind] = nal
            unit.append(nal)
            has_slice = has_slice or kind in (1, 5)
        self.units.append(self.payloads(unit))

    @staticmethod
    def payloads(nals):
        out = []
        for nal in nals:
            if len(nal) <= MTU:
                out.append(nal)
                continue
            body = nal[1:]
            for at in range(0, len(body), MTU):
                flags = (0x80 if at == 0 else 0) | (0x40 if at + MTU >= len(body) else 0)
                out.append(bytes([nal[0] & 0xE0 | 28, flags | nal[0] & 31]) + body[at:at + MTU])
        return out

    def sdp(self):
        import base64
        sets = ",".join(base64.b64encode(self.sets[k]).decode() for k in (7, 8))
        return ("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
                f"a=fmtp:96 packetization-mode=1;sprop-parameter-sets={sets}\r\na=control:v\r\n")


class Sender(threading.Thread):
    """Serves `stream` to everybody; clients' pictures are spread over the 40 ms of a frame."""

    def __init__(self, stream, port):
        super().__init__(daemon=True)
        self.stream, self.listener = stream, socket.create_server(("127.0.0.1", port), backlog=256)
        self.clients, self.sent, self.log, self.blocked = {}, {}, [], 0

    def run(self):
        period, began = 0.04, time.monotonic()
        tick = 0
        while True:
            due = began + tick * 0.002
            wait = max(0, due - time.monotonic())
            sockets = [self.listener] + [c["socket"] for c in self.clients.values()]
            for ready in select.select(sockets, [], [], wait)[0]:
                if ready is self.listener:
                    conn, _ = self.listener.accept()
                    conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    conn.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
                    number = len(self.clients)
                    self.clients[conn.fileno()] = {"socket": conn, "data": b"", "slot": number % 20, "at": 0, "seq": 0,
                                                   "playing": False, "name": ""}
                else:
                    self.answer(ready)
            if time.monotonic() < due:
                continue
            for client in list(self.clients.values()):
                if client["playing"] and client["slot"] == tick % 20:
                    self.send(client)
            tick += 1

    def answer(self, conn):
        client = self.clients[conn.fileno()]
        try:
            part = conn.recv(65536)
        except OSError:
            part = b""
        if not part:
            del self.clients[conn.fileno()]
            conn.close()
            return
        client["data"] += part
        while client["data"]:
            data = client["data"]
            if data[:1] == b"$":
                size = 4 + struct.unpack("!H", data[2:4])[0] if len(data) >= 4 else 1 << 30
                if len(data) < size:
                    return
                client["data"] = data[size:]
                continue
            if b"\r\n\r\n" not in data:
                return
            head, client["data"] = data.split(b"\r\n\r\n", 1)
            lines = head.decode().split("\r\n")
            method, url = lines[0].split(" ")[:2]
            sequence = next(line.split(":")[1].strip() for line in lines if line.lower().startswith("cseq"))
            extra, body = "", ""
            if method == "OPTIONS":
                extra = "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER\r\n"
            elif method == "DESCRIBE":
                extra, body = "Content-Type: application/sdp\r\n", self.stream.sdp()
                client["name"] = url.rsplit("/", 1)[1]
            elif method == "SETUP":
                extra = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1\r\n"
            elif method == "PLAY":
                extra, client["playing"] = "Session: 1\r\n", True
            conn.sendall((f"RTSP/1.0 200 OK\r\nCSeq: {sequence}\r\n{extra}"
                          f"Content-Length: {len(body)}\r\n\r\n{body}").encode())

    def send(self, client):
        payloads = self.stream.units[client["at"] % len(self.stream.units)]
        stamp = client["at"] * 3600 & 0xFFFFFFFF
        out = []
        for index, payload in enumerate(payloads):
            mark = 128 if index == len(payloads) - 1 else 0
            packet = struct.pack("!BBHII", 0x80, 96 | mark, client["seq"] & 0xFFFF, stamp, 1) + payload
            client["seq"] += 1
            out.append(b"$\0" + struct.pack("!H", len(packet)) + packet)
        began = time.time()
        try:
            client["socket"].sendall(b"".join(out))
        except OSError:
            client["playing"] = False
            return
        if time.time() - began > 0.02:
            self.blocked += 1
        client["at"] += 1
        self.sent[client["name"]] = self.sent.get(client["name"], 0) + 1
        self.log.append((client["name"], began))


def serve(path, port):
    """The body of the server's process: prints what it sent when asked."""
    sender = Sender(Stream(path), port)
    sender.start()
    print("ready", flush=True)
    for line in sys.stdin:
        if line.strip() == "sent":
            print(json.dumps({"sent": sender.sent, "blocked": sender.blocked}), flush=True)


def frames_on_disk(folder):
    """Frames by camera, and fragments left out, as the journals have them."""
    found = {}
    for journal in folder.glob("recordings/*/*/2*.journal"):
        camera = journal.parts[-3]
        for line in journal.read_text().splitlines():
            parts = line.split(" ")
            if len(parts) > 9 and parts[1] == "frag":
                found[camera] = found.get(camera, 0) + int(parts[9])
    return found


def start(binary, folder, urls, transport, core):
    (folder / "capture").mkdir(parents=True)
    settings = folder / "capture" / "0.json"
    settings.write_text(json.dumps(recording.capture_configuration(urls, False, transport)))
    settings.chmod(0o600)
    command = [binary, "capture", "--data", str(folder), "--shard", "0"]
    return subprocess.Popen(["taskset", "-c", str(core)] + command if core is not None else command,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def attempt(arguments, clip, work, count):
    """Records `count` cameras; gives (lost frames, share of the core, pictures a second and camera that the server got rid of,
    writes that it waited for)."""
    port = recording.free_port()
    others = ",".join(str(c) for c in sorted(os.sched_getaffinity(0)) if c != arguments.core) or "0"
    server = subprocess.Popen(["taskset", "-c", others, sys.executable, __file__, "--serve", str(clip), "--port", str(port)],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    folder = work / f"n{count}-{time.time()}"
    capture = None
    try:
        server.stdout.readline()
        urls = [f"rtsp://127.0.0.1:{port}/c{i}" for i in range(count)]
        capture = start(arguments.binary, folder, urls, arguments.transport, arguments.core)

        def ask():
            server.stdin.write("sent\n")
            server.stdin.flush()
            return json.loads(server.stdout.readline())

        if not recording.wait_until(lambda: len(ask()["sent"]) == count, 20 + count / 10):
            return (count, 1.0, 0.0, 0)
        time.sleep(4)
        before = recording.usage([capture.pid])[0]
        sent = sum(ask()["sent"].values())
        begin = time.monotonic()
        time.sleep(arguments.seconds)
        rate = (sum(ask()["sent"].values()) - sent) / (time.monotonic() - begin) / count
        share = (recording.usage([capture.pid])[0] - before) / (time.monotonic() - begin)
        recording.stop(capture)
        answer = ask()
        recorded = frames_on_disk(folder)
        # Of a camera's last half second some pictures were still on their way when it was stopped.
        lost = 0
        for i in range(count):
            missing = answer["sent"].get(f"c{i}", 0) - recorded.get(f"cam-{i}", 0)
            lost += missing if missing > 25 else 0
        return (lost, share, rate, answer["blocked"])
    finally:
        for process in (capture, server):
            if process is not None:
                recording.stop(process)
        shutil.rmtree(folder, ignore_errors=True)


def latency(arguments, clip, work):
    """Milliseconds from a fragment's last picture to its bytes in the file."""
    sender = Sender(Stream(clip), recording.free_port())
    sender.start()
    port = sender.listener.getsockname()[1]
    folder = work / "latency"
    capture = start(arguments.binary, folder, [f"rtsp://127.0.0.1:{port}/c0"], arguments.transport, arguments.core)
    delays, known = [], {}
    try:
        end = time.monotonic() + arguments.seconds + 5
        while time.monotonic() < end:
            for journal in folder.glob("recordings/*/*/2*.mp4"):
                size = journal.stat().st_size
                if size != known.get(journal):
                    now = time.time()
                    if journal in known and sender.log:
                        # A fragment ends with the picture before the latest: that one's coming closed it.
                        newest = sender.log[-1][1]
                        delays.append((now - newest) * 1000)
                    known[journal] = size
            time.sleep(0.0005)
    finally:
        recording.stop(capture)
    delays = sorted(delays[4:])
    return delays


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    arguments.add_argument("binary", nargs="?", default=str(recording.HERE.parent / ".build-release" / "release" / "gridwatch"))
    arguments.add_argument("--transport", default="auto")
    arguments.add_argument("--seconds", type=int, default=20)
    arguments.add_argument("--from", dest="least", type=int, default=10)
    arguments.add_argument("--to", dest="most", type=int, default=150)
    arguments.add_argument("--core", type=int, default=0)
    arguments.add_argument("--serve")
    arguments.add_argument("--port", type=int)
    arguments = arguments.parse_args()
    if arguments.serve:
        return serve(arguments.serve, arguments.port)
    if not os.access(arguments.binary, os.X_OK) or not shutil.which("ffmpeg") or not shutil.which("taskset"):
        print("skipped: gridwatch, ffmpeg or taskset is not there")
        return 0
    work = pathlib.Path(tempfile.mkdtemp(prefix="gridwatch-capacity-"))
    try:
        clip = work / "clip.mp4"
        recording.make_clip(clip)
        print(f"| cameras, transport {arguments.transport} | frames lost | core, % | sent, pictures/s each | writes that the server waited for |")
        print("|---:|---:|---:|---:|---:|")
        low, high = 0, None
        count = arguments.least
        while count and count <= arguments.most:
            lost, share, rate, blocked = attempt(arguments, clip, work, count)
            print(f"| {count} | {lost} | {share * 100:.0f} | {rate:.1f} | {blocked} |", flush=True)
            # A server that falls behind measures itself.
            if lost == 0 and rate > 24.5:
                low = count
            else:
                high = count
            if high is None:
                count = min(arguments.most, count * 2) if count < arguments.most else 0
            else:
                count = (low + high) // 2 if high - low > max(2, high // 15) else 0
        print(f"\nMost without a lost frame: {low}")
        delays = latency(arguments, clip, work)
        if delays:
            print(f"From the picture that closes a fragment to its bytes in the file: p50 {delays[len(delays) // 2]:.1f} ms, "
                  f"p99 {delays[min(len(delays) - 1, len(delays) * 99 // 100)]:.1f} ms ({len(delays)} fragments)")
        return 0
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
