#!/usr/bin/env python3
"""CPU and memory of recording 1, 4 and 8 cameras, without and with analysis, beside the same over libavformat and
`ffmpeg -c copy -f segment` recording the same streams.

    recording.py [GRIDWATCH] [--seconds N] [--cameras 1,4,8]

Generates a 1080p25 clip (about 4 Mbit/s H.264, GOP 50, no B frames), serves it as RTSP cameras with
shared/tools/rtsp_serve.py (GRIDWATCH_SHARED names the folder), records them with both at the same time, and prints
a Markdown table. Without the server or the binary it says so and exits 0.
"""
import argparse
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
PAGE = os.sysconf("SC_PAGE_SIZE")


def shared_tool(name):
    folders = [os.environ.get("GRIDWATCH_SHARED"), HERE.parent.parent / "shared"]
    for folder in filter(None, folders):
        path = pathlib.Path(folder) / "tools" / name
        if path.exists():
            return path
    return None


def make_clip(path):
    """20 s of moving test pictures with noise: the noise keeps the encoder at its rate."""
    subprocess.run(
        ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i",
         "testsrc2=size=1920x1080:rate=25:duration=20,noise=alls=12:allf=t", "-c:v", "libx264", "-preset", "veryfast",
         "-pix_fmt", "yuv420p", "-b:v", "4M", "-maxrate", "4M", "-bufsize", "4M", "-g", "50", "-keyint_min", "50",
         "-sc_threshold", "0", "-bf", "0", str(path)], check=True)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def tree(root):
    """The process and everything below it."""
    children = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                fields = pathlib.Path("/proc", entry, "stat").read_text().rsplit(")", 1)[1].split()
            except (OSError, IndexError):
                continue
            children.setdefault(int(fields[1]), []).append(int(entry))
    found, todo = [], [root]
    while todo:
        pid = todo.pop()
        found.append(pid)
        todo += children.get(pid, [])
    return found


def thread_seconds(pid):
    """CPU seconds of a process's threads; the scheduler's own figure, in nanoseconds, not in ticks of 10 ms."""
    total = 0
    for task in pathlib.Path("/proc", str(pid), "task").iterdir():
        try:
            total += int((task / "schedstat").read_text().split()[0])
        except OSError:
            continue
    return total / 1e9


def usage(roots):
    """CPU seconds so far and resident bytes now of the trees below `roots`, and the same per command."""
    cpu, memory, by_role = 0.0, 0, {}
    for root in roots:
        for pid in tree(root):
            try:
                fields = pathlib.Path("/proc", str(pid), "stat").read_text().rsplit(")", 1)[1].split()
                command = pathlib.Path("/proc", str(pid), "cmdline").read_bytes().split(b"\0")
            except (OSError, IndexError):
                continue
            seconds = thread_seconds(pid)
            role = command[1].decode(errors="replace") if len(command) > 1 else "?"
            cpu += seconds
            memory += int(fields[21]) * PAGE
            by_role[role] = by_role.get(role, 0.0) + seconds
    return cpu, memory, by_role


def stop(process):
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until(condition, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.2)
    return False


def recorded_bytes(folder):
    return sum(f.stat().st_size for f in folder.rglob("*.mp4"))


def capture_configuration(urls, analyse, transport="auto"):
    zone = {"id": "all", "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]],
            "rules": [{"kind": "motion", "afterSeconds": 0}, {"kind": "stationary", "afterSeconds": 10}]}
    return {
        "version": 1, "shard": 0, "analyse": analyse,
        "recording": {"freeSpaceFloorBytes": 1 << 28, "segmentSeconds": 600, "syncSeconds": 1, "shards": 1},
        "cameras": [{"id": f"cam-{i}", "source": url, "zones": [zone], "input": {"transport": transport, "verifyTLS": False},
                     "record": {"keepDays": 1, "priority": 5}}
                    for i, url in enumerate(urls)],
    }


def measure(binary, urls, seconds, work, analyse):
    """Records `urls` with all for `seconds`; gives (CPU share of a core, bytes of memory, bytes written) of each.

    Without `analyse` ours does what ffmpeg does, and hashes and syncs besides."""
    ours, libav, theirs = work / "gridwatch", work / "libav", work / "ffmpeg"
    theirs.mkdir()
    log = open(work / "gridwatch.log", "wb")
    started = []
    for folder, transport in ((ours, "auto"), (libav, "libav")):
        (folder / "capture").mkdir(parents=True)
        settings = folder / "capture" / "0.json"
        settings.write_text(json.dumps(capture_configuration(urls, analyse, transport)))
        settings.chmod(0o600)
        started.append(subprocess.Popen([binary, "capture", "--data", str(folder), "--shard", "0"], stdout=log, stderr=log))
    try:
        for i, url in enumerate(urls):
            started.append(subprocess.Popen(
                ["ffmpeg", "-v", "error", "-nostdin", "-rtsp_transport", "tcp", "-i", url, "-c", "copy", "-an", "-f",
                 "segment", "-segment_time", "600", "-segment_format_options", "movflags=frag_keyframe+empty_moov",
                 str(theirs / f"{i}-%03d.mp4")]))
        groups = {"gridwatch": [started[0].pid], "libav": [started[1].pid], "ffmpeg": [p.pid for p in started[2:]]}
        folders = {"gridwatch": ours, "libav": libav, "ffmpeg": theirs}
        if not wait_until(lambda: all(recorded_bytes(f) > 0 for f in folders.values()), 30):
            raise SystemExit(f"nothing was recorded within 30 s; see {work / 'gridwatch.log'}")
        time.sleep(3)
        before = {name: usage(pids) for name, pids in groups.items()}
        size = {name: recorded_bytes(folder) for name, folder in folders.items()}
        peak = dict.fromkeys(groups, 0)
        begin = time.monotonic()
        while time.monotonic() - begin < seconds:
            time.sleep(1)
            for name, pids in groups.items():
                peak[name] = max(peak[name], usage(pids)[1])
        elapsed = time.monotonic() - begin
        result = {}
        for name, pids in groups.items():
            after = usage(pids)
            roles = {r: (s - before[name][2].get(r, 0)) / elapsed for r, s in after[2].items()}
            result[name] = ((after[0] - before[name][0]) / elapsed, peak[name],
                            (recorded_bytes(folders[name]) - size[name]) / elapsed, roles)
        if started[0].poll() is not None:
            raise SystemExit(f"gridwatch capture ended with {started[0].returncode}; see {work / 'gridwatch.log'}")
        return result
    finally:
        for process in started:
            stop(process)
        log.close()


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    arguments.add_argument("binary", nargs="?", default=str(HERE.parent / ".build" / "release" / "gridwatch"))
    arguments.add_argument("--seconds", type=int, default=30)
    arguments.add_argument("--cameras", default="1,4,8")
    arguments = arguments.parse_args()
    server = shared_tool("rtsp_serve.py")
    for missing, what in [(server is None, "shared/tools/rtsp_serve.py"),
                          (not os.access(arguments.binary, os.X_OK), arguments.binary),
                          (shutil.which("ffmpeg") is None, "ffmpeg")]:
        if missing:
            print(f"skipped: {what} is not there")
            return 0
    work = pathlib.Path(tempfile.mkdtemp(prefix="gridwatch-bench-"))
    try:
        clip = work / "clip.mp4"
        make_clip(clip)
        counts = [int(n) for n in arguments.cameras.split(",")]
        port = free_port()
        names = [f"c{i}" for i in range(max(counts))]
        serving = subprocess.Popen(["/usr/bin/python3", str(server), "--port", str(port)] + [f"{n}={clip}" for n in names],
                                   stdout=subprocess.PIPE, text=True)
        try:
            if not serving.stdout.readline().startswith("ready"):
                raise SystemExit("the RTSP server did not start")
            print("| cameras | recorder | CPU, % of one core | memory, MiB | written, MB/s |")
            print("|---:|---|---:|---:|---:|")
            for count, analyse in [(count, analyse) for count in counts for analyse in (False, True)]:
                folder = work / f"{count}-{analyse}"
                folder.mkdir()
                urls = [f"rtsp://127.0.0.1:{port}/{n}" for n in names[:count]]
                figures = measure(arguments.binary, urls, arguments.seconds, folder, analyse)
                for name, (cpu, memory, rate, roles) in figures.items():
                    parts = ""
                    if name != "ffmpeg" and analyse:
                        parts = ": " + ", ".join(f"{r} {s * 100:.1f}" for r, s in sorted(roles.items()))
                    ours = "gridwatch capture + analyse" if analyse else "gridwatch capture"
                    label = {"gridwatch": ours, "libav": f"{ours}, transport: libav", "ffmpeg": "ffmpeg -c copy -f segment"}[name]
                    print(f"| {count} | {label} | {cpu * 100:.2f}{parts} | {memory / 2**20:.0f} | {rate / 1e6:.2f} |",
                          flush=True)
                shutil.rmtree(folder)
        finally:
            stop(serving)
        return 0
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
