#!/usr/bin/env python3
"""How many idle cameras one core records and samples, what each further one costs, and how soon observations come.

    capacity_analyse.py [GRIDWATCH] [--cameras 1,2,4,8,…] [--seconds 30] [--settle 130] [--moving N]

Idle cameras as in idle.py over RTSP; gridwatch (capture and its analyse worker) is pinned to the last core, the server
to the first. For each count: CPU of both roles, memory (proportional share, so that shared pages count once), frames
received of those that were due, pictures shed or refused. `--settle` seconds go by first, until a still camera's key
frames are passed over. Then, at half of the largest count that lost nothing, with `--moving` of the cameras showing
things that come and go: the time from a picture's arrival to its observation on the socket. Linux with taskset.
"""
import argparse
import datetime
import json
import os
import pathlib
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time

import idle
import recording


def proportional_bytes(root):
    total = 0
    for pid in recording.tree(root):
        try:
            text = pathlib.Path("/proc", str(pid), "smaps_rollup").read_text()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")) << 10
    return total


class Link(threading.Thread):
    """Listens to what capture tells serve."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.path, self.statistics, self.delays = path, None, []
        folder = os.open(path.parent, os.O_RDONLY)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(f"/proc/self/fd/{folder}/{path.name}")
        os.close(folder)
        hello = json.dumps({"hello": {"protocolVersion": 1, "pid": os.getpid()}}).encode()
        self.socket.sendall(struct.pack("!II", len(hello), 0) + hello)
        self.start()

    def take(self, count):
        data = bytearray()
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise EOFError
            data += part
        return bytes(data)

    def run(self):
        try:
            while True:
                header, payload = struct.unpack("!II", self.take(8))
                event = json.loads(self.take(header) or b"{}")
                self.take(payload)
                now = time.time()
                if "statistics" in event:
                    self.statistics = (time.monotonic(), event["statistics"]["_0"])
                elif "observation" in event:
                    observation = event["observation"]["_0"]
                    at = datetime.datetime.fromisoformat(observation["at"].replace("Z", "+00:00")).timestamp()
                    self.delays.append((now - at, observation["phase"], observation["kind"]))
        except (EOFError, OSError):
            pass


def make_moving(path):
    """The idle picture, in which a box passes for a second and a half every seven seconds."""
    with tempfile.TemporaryDirectory() as folder:
        still = pathlib.Path(folder) / "still.png"
        subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=1920x1080:rate=25", "-frames:v", "1",
                        str(still)], check=True)
        subprocess.run(
            ["ffmpeg", "-v", "error", "-y", "-loop", "1", "-framerate", "25", "-i", str(still), "-f", "lavfi", "-i",
             "color=c=white:size=160x240:rate=25", "-t", "28", "-filter_complex",
             "[0:v][1:v]overlay=x='200+mod(t,7)*200':y=400:enable='lt(mod(t,7),1.5)',noise=alls=6:allf=t",
             "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-b:v", "4M", "-maxrate", "4M", "-bufsize",
             "4M", "-g", "50", "-keyint_min", "50", "-sc_threshold", "0", "-bf", "0", str(path)], check=True)


def run(binary, urls, folder, settle, seconds):
    """Records and samples `urls`; gives (CPU by role, bytes, share of the frames due, shed, delays)."""
    (folder / "capture").mkdir(parents=True)
    settings = folder / "capture" / "0.json"
    settings.write_text(json.dumps(recording.capture_configuration(urls, True)))
    settings.chmod(0o600)
    core = str(os.cpu_count() - 1)
    with open(folder / "log", "wb") as log:
        process = subprocess.Popen(["taskset", "-c", core, binary, "capture", "--data", str(folder), "--shard", "0"],
                                   stdout=log, stderr=log)
    try:
        if not recording.wait_until(lambda: len(list(folder.rglob("*.mp4"))) >= len(urls), 60):
            raise SystemExit(f"not every camera was recorded within a minute: {(folder / 'log').read_text()[-500:]}")
        link = Link(folder / "capture" / "0.sock")
        time.sleep(settle)
        recording.wait_until(lambda: link.statistics is not None, 10)
        at, first = link.statistics
        before = recording.usage([process.pid])[2]
        begin, memory = time.monotonic(), 0
        link.delays.clear()
        while time.monotonic() - begin < seconds:
            time.sleep(1)
            memory = max(memory, proportional_bytes(process.pid))
        elapsed = time.monotonic() - begin
        after = recording.usage([process.pid])[2]
        recording.wait_until(lambda: link.statistics[0] > begin + seconds, 10)
        end, last = link.statistics
        packets = sum(last["cameras"][c]["packets"] - first["cameras"][c]["packets"] for c in last["cameras"])
        sampling = [camera.get("sampling") or {} for camera in last["cameras"].values()]
        shed = sum(s.get("shed", 0) + s.get("refused", 0) for s in sampling)
        return ({role: (after[role] - before.get(role, 0)) / elapsed for role in after}, memory,
                packets / (25 * len(urls) * (end - at)), shed, link.delays)
    finally:
        recording.stop(process)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    arguments.add_argument("binary", nargs="?", default=str(recording.HERE.parent / ".build-release" / "release" / "gridwatch"))
    arguments.add_argument("--cameras", default="1,2,4,8,16,32,48")
    arguments.add_argument("--seconds", type=int, default=30)
    arguments.add_argument("--settle", type=int, default=130)
    arguments.add_argument("--moving", type=int, default=2)
    arguments = arguments.parse_args()
    server = recording.shared_tool("rtsp_serve.py")
    if server is None or not os.access(arguments.binary, os.X_OK) or shutil.which("ffmpeg") is None:
        print("skipped: the RTSP server, gridwatch or ffmpeg is not there")
        return 0
    counts = [int(n) for n in arguments.cameras.split(",")]
    work = pathlib.Path(tempfile.mkdtemp(prefix="gridwatch-capacity-"))
    serving = None
    try:
        clip, moving = work / "idle.mp4", work / "moving.mp4"
        idle.make_idle(clip)
        make_moving(moving)
        port = recording.free_port()
        serving = subprocess.Popen(
            ["taskset", "-c", "0", "/usr/bin/python3", str(server), "--port", str(port)]
            + [f"c{i}={clip}" for i in range(max(counts))] + [f"m{i}={moving}" for i in range(arguments.moving)],
            stdout=subprocess.PIPE, text=True)
        if not serving.stdout.readline().startswith("ready"):
            raise SystemExit("the RTSP server did not start")
        print(f"load average {os.getloadavg()[0]:.1f}\n")
        print("| cameras | capture, % of a core | analyse | memory, MiB | per further camera | frames received | shed |")
        print("|---:|---:|---:|---:|---:|---:|---:|")
        good, before = 0, None
        for count in counts:
            urls = [f"rtsp://127.0.0.1:{port}/c{i}" for i in range(count)]
            cpu, memory, received, shed, _ = run(arguments.binary, urls, work / f"n{count}", arguments.settle,
                                                 arguments.seconds)
            further = f"{(memory - before[1]) / (count - before[0]) / 2**20:.1f} MiB" if before else ""
            print(f"| {count} | {cpu.get('capture', 0) * 100:.1f} | {cpu.get('analyse', 0) * 100:.1f} | "
                  f"{memory / 2**20:.0f} | {further} | {received * 100:.1f} % | {shed} |", flush=True)
            before = (count, memory)
            shutil.rmtree(work / f"n{count}")
            if received < 0.995:
                break
            good = count
        half = max(1, good // 2)
        urls = [f"rtsp://127.0.0.1:{port}/{'m' if i < arguments.moving else 'c'}{i}" for i in range(max(half, arguments.moving))]
        _, _, _, _, delays = run(arguments.binary, urls, work / "half", 20, max(60, arguments.seconds))
        begins = sorted(delay for delay, phase, kind in delays if phase == "begin" and kind == "motion")
        if len(begins) >= 2:
            p99 = begins[min(len(begins) - 1, int(len(begins) * 0.99))]
            print(f"\n{len(urls)} cameras, {arguments.moving} of them moving: {len(begins)} beginnings of motion, from the "
                  f"picture's arrival to the observation: median {statistics.median(begins) * 1000:.0f} ms, "
                  f"99 % within {p99 * 1000:.0f} ms")
        else:
            print(f"\n{len(urls)} cameras: too few observations to tell their delay ({len(delays)})")
        return 0
    finally:
        if serving:
            recording.stop(serving)
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
