#!/usr/bin/env python3
"""What one idle camera costs, beside its peers, all at the same time on the same stream.

    idle.py [GRIDWATCH] [--seconds N] [--settle N]

Generates an idle camera (a still, detailed 1080p25 picture with light sensor noise, 4 Mbit/s, no B frames, GOP 50),
serves it as RTSP with shared/tools/rtsp_serve.py (GRIDWATCH_SHARED names the folder), and gives it to gridwatch
(recording alone, by our own receiving and by libavformat's; recording and sampling) and to ffmpeg and Debian's motion
doing parts of it. Prints a Markdown table with the CPU of each as a ratio to `ffmpeg -c copy`, after `--settle` seconds
in which a camera shows that it is still. What is missing is said and left out.
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import recording

MOTION = """
daemon off
setup_mode off
log_level 3
netcam_url {url}
netcam_params rtsp_transport=tcp
width 1920
height 1080
framerate 25
movie_output off
movie_passthrough off
picture_output off
webcontrol_port 0
stream_port 0
target_dir {folder}
"""


def make_idle(path):
    with tempfile.TemporaryDirectory() as folder:
        still = pathlib.Path(folder) / "still.png"
        subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=1920x1080:rate=25", "-frames:v", "1",
                        str(still)], check=True)
        subprocess.run(
            ["ffmpeg", "-v", "error", "-y", "-loop", "1", "-framerate", "25", "-i", str(still), "-t", "16", "-vf",
             "noise=alls=6:allf=t", "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-b:v", "4M",
             "-maxrate", "4M", "-bufsize", "4M", "-g", "50", "-keyint_min", "50", "-sc_threshold", "0", "-bf", "0",
             str(path)], check=True)


def capture(binary, url, folder, analyse, transport="auto"):
    (folder / "capture").mkdir(parents=True)
    settings = folder / "capture" / "0.json"
    settings.write_text(json.dumps(recording.capture_configuration([url], analyse, transport)))
    settings.chmod(0o600)
    return [binary, "capture", "--data", str(folder), "--shard", "0"]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    arguments.add_argument("binary", nargs="?", default=str(recording.HERE.parent / ".build-release" / "release" / "gridwatch"))
    arguments.add_argument("--seconds", type=int, default=60)
    arguments.add_argument("--settle", type=int, default=130)
    arguments = arguments.parse_args()
    server = recording.shared_tool("rtsp_serve.py")
    if server is None or not os.access(arguments.binary, os.X_OK) or shutil.which("ffmpeg") is None:
        print("skipped: the RTSP server, gridwatch or ffmpeg is not there")
        return 0
    work = pathlib.Path(tempfile.mkdtemp(prefix="gridwatch-idle-"))
    started = []
    try:
        clip = work / "idle.mp4"
        make_idle(clip)
        port = recording.free_port()
        serving = subprocess.Popen(["/usr/bin/python3", str(server), "--port", str(port), f"c={clip}"],
                                   stdout=subprocess.PIPE, text=True)
        started.append(serving)
        if not serving.stdout.readline().startswith("ready"):
            raise SystemExit("the RTSP server did not start")
        url = f"rtsp://127.0.0.1:{port}/c"
        pull = ["ffmpeg", "-v", "error", "-nostdin", "-threads", "1", "-rtsp_transport", "tcp"]
        peers = {
            "ffmpeg -c copy, segments": pull + ["-i", url, "-c", "copy", "-an", "-f", "segment", "-segment_time", "600",
                                                str(work / "copy-%03d.mp4")],
            "gridwatch, recording": capture(arguments.binary, url, work / "record", False),
            "gridwatch, recording, transport: libav": capture(arguments.binary, url, work / "libav", False, "libav"),
            "gridwatch, recording and sampling": capture(arguments.binary, url, work / "sample", True),
            "ffmpeg, key frames to 320×180": pull[:4] + ["-skip_frame", "nokey"] + pull[4:] + [
                "-i", url, "-vf", "scale=320:180", "-f", "null", "-"],
            "ffmpeg, all decoded, 5 a second": pull + ["-i", url, "-vf", "fps=5,scale=320:180", "-f", "null", "-"],
        }
        if shutil.which("motion"):
            settings = work / "motion.conf"
            settings.write_text(MOTION.format(url=url, folder=work))
            peers["motion"] = ["motion", "-c", str(settings), "-n"]
        else:
            print("motion is not there (apt-get install motion): left out")
        with open(work / "log", "wb") as log:
            running = {name: subprocess.Popen(command, stdout=log, stderr=log) for name, command in peers.items()}
            started += running.values()
            time.sleep(arguments.settle)
            before = {name: recording.usage([p.pid]) for name, p in running.items()}
            peak = dict.fromkeys(running, 0)
            begin = time.monotonic()
            while time.monotonic() - begin < arguments.seconds:
                time.sleep(1)
                for name, process in running.items():
                    peak[name] = max(peak[name], recording.usage([process.pid])[1])
            elapsed = time.monotonic() - begin
            used = {name: recording.usage([p.pid]) for name, p in running.items()}
            gone = [name for name, process in running.items() if process.poll() is not None]
        base = used["ffmpeg -c copy, segments"][0] - before["ffmpeg -c copy, segments"][0]
        print(f"| what, {elapsed:.0f} s | CPU-s | to `ffmpeg -c copy` | memory, MiB |\n|---|---:|---:|---:|")
        for name in peers:
            if name in gone:
                print(f"| {name} | ended before its time | | |")
                continue
            cpu = used[name][0] - before[name][0]
            parts = {r: s - before[name][2].get(r, 0) for r, s in used[name][2].items()}
            role = ": " + ", ".join(f"{r} {s:.2f}" for r, s in sorted(parts.items())) if "sampling" in name else ""
            print(f"| {name} | {cpu:.2f}{role} | {cpu / max(base, 1e-9):.2f} | {peak[name] / 2**20:.0f} |")
        return 0
    finally:
        for process in reversed(started):
            recording.stop(process)
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
