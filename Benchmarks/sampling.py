#!/usr/bin/env python3
"""What sampling sees of what full decoding sees, and at which cost, beside each other clip by clip.

    sampling.py [SAMPLING_BENCH] [--quick] [--keep FOLDER]

Three sets: generated scenes (still, noisy, with things that pass for one to three seconds at odd moments) and the clips
of shared/data/video (GRIDWATCH_SHARED names the folder), both encoded like real cameras' streams: no B frames, GOP 50,
with variable and with constant bit rate; then the clips as they are. Prints a Markdown table for each. Without the
program it says so and exits 0.
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ENCODER = ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-g", "50", "-keyint_min", "50",
           "-sc_threshold", "0", "-bf", "0"]
RATES = {"vbr": ["-crf", "27"], "cbr": ["-b:v", "1M", "-minrate", "1M", "-maxrate", "1M", "-bufsize", "1M",
                                        "-nal-hrd", "cbr"]}
# When a thing passes, in seconds: (period, begin, length). Prime periods, so that no phase of the group is preferred.
SCENES = {"scene-rare": [(29, 7.3, 1.3), (41, 20.1, 2.2)], "scene-busy": [(7, 3.1, 1.2), (11, 6.4, 1.5)],
          "scene-short": [(13, 4.7, 1.1), (17, 9.9, 1.1)]}


def clips():
    for folder in filter(None, [os.environ.get("GRIDWATCH_SHARED"), HERE.parent.parent / "shared"]):
        path = pathlib.Path(folder) / "data" / "video"
        if path.is_dir():
            return sorted(p for p in path.iterdir() if p.suffix in (".mp4", ".avi"))
    return []


def ffmpeg(arguments):
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y"] + arguments, check=True)


def scene(name, passes, mode, folder, seconds):
    """A still picture with sensor noise, in which a box passes now and then."""
    out = folder / f"{name}-{mode}.mp4"
    if out.exists():
        return out
    still = folder / "still.png"
    if not still.exists():
        ffmpeg(["-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=25", "-frames:v", "1", str(still)])
    drawn = ""
    last = "0:v"
    for index, (period, begin, length) in enumerate(passes):
        t = f"(mod(t,{period})-{begin})"
        drawn += (f"[{last}][{index + 1}:v]overlay=x='{100 + 300 * index}+{t}*160':y={200 + 150 * index}:"
                  f"enable='between({t},0,{length})'[v{index}];")
        last = f"v{index}"
    boxes = []
    for index, _ in enumerate(passes):
        boxes += ["-f", "lavfi", "-i", f"color=c={'gray' if index else 'white'}:size=70x110:rate=25"]
    ffmpeg(["-loop", "1", "-framerate", "25", "-i", str(still)] + boxes +
           ["-t", str(seconds), "-filter_complex", f"{drawn}[{last}]noise=alls=5:allf=t[out]", "-map", "[out]"] +
           ENCODER + (RATES[mode] if mode == "vbr" else [a.replace("1M", "2M") for a in RATES[mode]]) + [str(out)])
    return out


def reencoded(clip, mode, folder):
    out = folder / f"{clip.stem}-{mode}.mp4"
    if not out.exists():
        ffmpeg(["-i", str(clip), "-an"] + ENCODER + RATES[mode] + [str(out)])
    return out


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    arguments.add_argument("program", nargs="?", default=str(HERE.parent / ".build-release" / "release" / "sampling-bench"))
    arguments.add_argument("--quick", action="store_true", help="generated scenes only, shorter")
    arguments.add_argument("--keep", help="folder for the encoded clips, kept for the next run")
    arguments = arguments.parse_args()
    if not os.access(arguments.program, os.X_OK) or shutil.which("ffmpeg") is None:
        print(f"skipped: {arguments.program} or ffmpeg is not there")
        return 0
    folder = pathlib.Path(arguments.keep or tempfile.mkdtemp(prefix="gridwatch-sampling-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        shared = [] if arguments.quick else clips()
        seconds = 60 if arguments.quick else 150
        sets = {"Generated scenes": [scene(n, p, m, folder, seconds) for n, p in SCENES.items() for m in RATES],
                "Clips, encoded like a camera's stream": [reencoded(c, m, folder) for c in shared for m in RATES],
                "Clips as they are": shared}
        for title, paths in sets.items():
            if paths:
                print(f"\n{title}\n", flush=True)
                subprocess.run([arguments.program] + [str(p) for p in paths], check=True)
        return 0
    finally:
        if not arguments.keep:
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
