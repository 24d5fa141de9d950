# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks what tools/demo does with files: results, words, exit status."""
import os
import pathlib
import signal
import struct
import subprocess
import sys
import tempfile
import time

from tap import Tap

DATA = pathlib.Path(os.environ["AV1HW_SOURCE_ROOT"], "tests", "data")
ENCODERS = ["cpuav1enc", "cpusvtav1enc"]


def start(output, files, *options):
    environment = dict(os.environ)
    environment["PYTHONPATH"] = os.path.join(os.environ["AV1HW_SOURCE_ROOT"], "tools")
    return subprocess.Popen(
        [sys.executable, "-B", "-m", "av1hw_tools.demo", "--plugin", os.environ["GST_PLUGIN_PATH"],
         "--size", "320x180", "--output", output, *options, *files],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def with_damage(ivf):
    """The file with the middle of its sixth frame overwritten."""
    at = 32
    for _ in range(5):
        at += 12 + struct.unpack_from("<I", ivf, at)[0]
    size = struct.unpack_from("<I", ivf, at)[0]
    middle = at + 12 + size // 2
    return ivf[:middle] + b"\xff" * min(8, size // 2) + ivf[middle + min(8, size // 2):]


def can_encode():
    return any(subprocess.run(["gst-inspect-1.0", "--exists", name]).returncode == 0
               for name in ENCODERS)


def main():
    if not can_encode():
        print(f"1..0 # SKIP there is no encoder in this build, neither {' nor '.join(ENCODERS)}")
        return
    tap = Tap()

    def expect(case, output, files, status, words, made, *options):
        process = start(output, files, *options)
        text, _ = process.communicate()
        problems = [f"exit status {process.returncode}"] if process.returncode != status else []
        problems += [f"says nothing of '{word}'" for word in words if word not in text]
        sheet = output.with_name(output.name + ".png")
        for path in (output, sheet):
            if made is not None and (path.exists() and path.stat().st_size > 0) != made:
                problems.append(f"{path.name} is {'not ' if made else ''}there")
        tap.result(case, problems and problems + text.splitlines())

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "words.mp4").write_text("no film at all\n" * 100)
        expect("a grid of two files", folder / "grid.mp4",
               [DATA / "grain.ivf", DATA / "life.obu"], 0,
               ["decode grain.ivf: ", "decode life.obu: ", "blend: ", "encode: ", "because: ",
                "50 frames, 2.00 s: as they should be"], True)
        expect("one file, as it is", folder / "one.obu", [DATA / "hdr10.ivf"], 0,
               ["decode: ", "75 frames, 3.00 s: as they should be"], True)
        expect("a file that is no film", folder / "a.mp4", [folder / "words.mp4"], 1,
               ["words.mp4 cannot be played"], False)
        damaged = folder / "damaged.ivf"
        damaged.write_bytes(with_damage((DATA / "grain.ivf").read_bytes()))
        for case, others in (("in a grid", [DATA / "grain.ivf"]), ("alone", [])):
            expect(f"a damaged file {case}", folder / f"{len(others)}.mp4", [damaged, *others], 1,
                   ["warning from ", "is damaged", "not all of the input could be decoded"], True)
        before = damaged.read_bytes()
        expect("an output that is an input", damaged, [damaged], 1, ["is an input"], None)
        tap.result("which stays as it was",
                   [] if damaged.read_bytes() == before else ["it was written to"])
        expect("a bitrate that no encoder has", folder / "b.mp4", [DATA / "grain.ivf"], 1,
               ["--bitrate 3000000", "1 to 2000000"], False, "--bitrate", "3000000")
        expect("an unknown ending", folder / "a.avi", [DATA / "grain.ivf"], 1,
               ["a.avi", ".mp4 .webm"], False)

        process = start(folder / "stopped.mkv", [DATA / "chart.mp4"] * 4, "--size", "1920x1080")
        time.sleep(3)
        process.send_signal(signal.SIGINT)
        text, _ = process.communicate(timeout=30)
        left = (folder / "stopped.mkv").exists()
        tap.result("Ctrl-C stops it, and leaves no half of a file",
                   [] if process.returncode == 130 and not left
                   else [f"exit status {process.returncode}, left: {left}"] + text.splitlines())
    tap.done()


if __name__ == "__main__":
    main()
