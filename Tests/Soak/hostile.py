#!/usr/bin/env python3
"""Feeds damaged clips and broken streams to the real capture process and its analyse worker, beside a good camera.

    hostile.py GRIDWATCH [--clips 10000] [--at-once 40] [--seed 1] [--seconds 4]

Clips of every codec and container that sources bring are damaged (cut off, holes, zeros, noise, doubled parts) and
given to `gridwatch capture` as files and over HTTP, there also with connections that end early or fall silent,
`--at-once` of them at a time, each lot by a reload that gives the same cameras other sources. Prints one line of JSON. Exits 1 when the capture process ended,
did not greet on its socket within 5 s, its memory grew without bound, it did not stop within 5 s, or the good camera lost
a frame. Needs ffmpeg; without it, it says so and exits 0.
"""
import argparse
import http.server
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

KINDS = [("libx264", "mp4"), ("libx264", "ts"), ("libx264", "flv"), ("libx265", "mp4"), ("libx265", "ts"),
         ("mpeg4", "avi"), ("mpeg4", "mp4"), ("mjpeg", "avi")]
PAGE = os.sysconf("SC_PAGE_SIZE")
LONGEST_SILENCE = 5.0
# MiB: by how much the capture process may grow over a whole run, and how large its worker may be.
MEMORY_GROWTH, MEMORY_OF_WORKER = 100, 600


def make_seeds(folder):
    seeds = []
    for codec, container in KINDS:
        path = folder / f"seed-{codec}.{container}"
        made = subprocess.run(
            ["ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=160x120:rate=10:duration=2",
             "-c:v", codec, "-g", "5", "-pix_fmt", "yuvj420p" if codec == "mjpeg" else "yuv420p", str(path)],
            stderr=subprocess.DEVNULL, check=False)
        if made.returncode == 0:
            seeds.append((container, path.read_bytes()))
    return seeds


def damaged(data, rng):
    data = bytearray(data)
    for _ in range(rng.randint(1, 3)):
        if len(data) < 64:
            break
        at = rng.randrange(len(data))
        end = min(len(data), at + rng.randrange(1, min(4096, len(data))))
        how = rng.randrange(6)
        if how == 0:
            del data[at:]
        elif how == 1:
            del data[at:end]
        elif how == 2:
            data[at:end] = bytes(end - at)
        elif how == 3:
            data[at:min(at + 8, end)] = rng.randbytes(min(8, end - at))
        elif how == 4:
            data[at:at] = data[at:end]
        else:
            data[at:min(at + 4, end)] = b"\xff" * min(4, end - at)
    return bytes(data)


class Streams(http.server.BaseHTTPRequestHandler):
    """Gives what `bodies` holds; some connections end early, some fall silent."""
    bodies = {}
    silent = threading.Event()

    def do_GET(self):
        body, how = self.bodies.get(self.path, (b"", 0))
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.end_headers()
        try:
            self.wfile.write(body[:len(body) // 2] if how == 1 else body)
            if how == 2:
                self.wfile.flush()
                self.silent.wait(20)
        except OSError:
            pass

    def log_message(self, *_):
        pass


def tree_bytes(root):
    """Resident memory of the process, and of its children."""
    total, others = 0, 0
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            parent = int(pathlib.Path("/proc", entry, "stat").read_text().rsplit(")", 1)[1].split()[1])
            pages = int(pathlib.Path("/proc", entry, "statm").read_text().split()[1])
        except (OSError, IndexError):
            continue
        if int(entry) == root:
            total = pages * PAGE
        elif parent == root:
            others += pages * PAGE
    return total, others


def greets(path):
    """Seconds until the capture process greets; None when it doesn't."""
    begin = time.monotonic()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(LONGEST_SILENCE)
            s.connect(f"/proc/self/fd/{folder}/{path.name}")
            return time.monotonic() - begin if s.recv(1) else None
    except OSError:
        return None
    finally:
        os.close(folder)


def configure(data, good, bad):
    zone = {"id": "all", "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]], "rules": [{"kind": "motion", "afterSeconds": 0}]}
    cameras = [{"id": "good", "source": good, "zones": [], "record": {"keepDays": 1, "priority": 5, "activity": False}}]
    cameras += [{"id": name, "source": source, "zones": [zone], "record": {"keepDays": 1, "priority": 1}}
                for name, source in bad]
    text = json.dumps({
        "version": 1, "shard": 0, "analyse": True,
        "recording": {"freeSpaceFloorBytes": 1 << 20, "segmentSeconds": 600, "syncSeconds": 1, "shards": 1},
        "cameras": cameras})
    new = data / "capture" / "0.new"
    new.write_text(text)
    new.chmod(0o600)
    new.rename(data / "capture" / "0.json")


def gaps_of_the_good(data):
    """The reasons of the good camera's gaps, but for its beginning and its end."""
    reasons = []
    for journal in sorted((data / "recordings" / "good").rglob("*.journal")):
        for line in journal.read_text(errors="replace").splitlines():
            # CRC gap FROM TO REASON …
            words = line.split(" ")
            if len(words) > 4 and words[1] == "gap" and words[4] not in ("starting", "restart"):
                reasons.append(words[4])
    return reasons


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    arguments.add_argument("binary")
    arguments.add_argument("--clips", type=int, default=10_000)
    arguments.add_argument("--at-once", type=int, default=40)
    arguments.add_argument("--seconds", type=float, default=4)
    arguments.add_argument("--seed", type=int, default=1)
    arguments = arguments.parse_args()
    if shutil.which("ffmpeg") is None:
        print("skipped: ffmpeg is not there")
        return 0
    rng = random.Random(arguments.seed)
    work = pathlib.Path(tempfile.mkdtemp(prefix="gridwatch-hostile-"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Streams)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    capture = None
    problems, memory, slowest = [], [], 0.0
    try:
        seeds = make_seeds(work)
        good = work / "good.mp4"
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=160x120:rate=10:duration=20",
                        "-c:v", "libx264", "-g", "10", "-pix_fmt", "yuv420p", str(good)], check=True)
        data = work / "data"
        (data / "capture").mkdir(parents=True)
        configure(data, f"file:{good}", [])
        log = open(work / "log", "wb")
        capture = subprocess.Popen([arguments.binary, "capture", "--data", str(data), "--shard", "0"], stdout=log, stderr=log)
        sock = data / "capture" / "0.sock"
        deadline = time.monotonic() + 20
        while greets(sock) is None and time.monotonic() < deadline:
            time.sleep(0.1)
        given, opened, log_read = 0, 0, 0
        while given < arguments.clips and not problems:
            bad = []
            Streams.bodies = {}
            for index in range(min(arguments.at_once, arguments.clips - given)):
                container, seed = seeds[(given + index) % len(seeds)]
                body, name, clip = damaged(seed, rng), f"bad{index}", f"clip{given + index}"
                if rng.random() < 0.5:
                    path = work / f"{clip}.{container}"
                    path.write_bytes(body)
                    bad.append((name, f"file:{path}"))
                else:
                    Streams.bodies[f"/{clip}.{container}"] = (body, rng.randrange(3))
                    bad.append((name, f"http://127.0.0.1:{server.server_port}/{clip}.{container}"))
            configure(data, f"file:{good}", bad)
            capture.send_signal(signal.SIGHUP)
            time.sleep(arguments.seconds * len(bad) / arguments.at_once + 0.5)
            took = greets(sock)
            own, worker = tree_bytes(capture.pid)
            if capture.poll() is not None:
                problems.append(f"the capture process ended with {capture.returncode}")
            elif took is None:
                problems.append("the capture process did not greet within 5 s")
            slowest = max(slowest, took or 0)
            memory.append((own >> 20, worker >> 20))
            given += len(bad)
            # From the fifth lot on: allocators take their time to fill up.
            if len(memory) > 5 and own >> 20 > memory[4][0] + MEMORY_GROWTH or worker >> 20 > MEMORY_OF_WORKER:
                problems.append(f"memory (capture, worker) grew from {memory[:5][-1]} to {memory[-1]} MiB")
            log_text = (work / "log").read_text(errors="replace")[log_read:]
            log_read += len(log_text)
            opened += len(set(re.findall(r"camera.id=(bad\d+) .*state=live", log_text)))
            for segment in (data / "recordings").glob("bad*/*/*.mp4"):
                if time.time() - segment.stat().st_mtime > 60:
                    segment.unlink()
            for name, source in bad:
                if source.startswith("file:"):
                    pathlib.Path(source[5:]).unlink(missing_ok=True)
        begin = time.monotonic()
        if capture.poll() is None:
            capture.send_signal(signal.SIGTERM)
            try:
                capture.wait(LONGEST_SILENCE)
            except subprocess.TimeoutExpired:
                problems.append("the capture process did not stop within 5 s")
        stopped = time.monotonic() - begin
        gaps = gaps_of_the_good(data)
        if gaps:
            problems.append(f"the good camera has gaps: {gaps}")
        text = (work / "log").read_text(errors="replace")
        print(json.dumps({
            "clips": given, "opened": opened, "workerRestarts": text.count("it is started again"),
            "putAside": text.count("its analysis is put aside"), "slowestGreeting": round(slowest, 2),
            "memoryMiB": memory[:: max(1, len(memory) // 8)], "stopSeconds": round(stopped, 2), "problems": problems}))
        if problems:
            print(text[-4000:])
        return 1 if problems else 0
    finally:
        Streams.silent.set()
        if capture and capture.poll() is None:
            capture.kill()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
