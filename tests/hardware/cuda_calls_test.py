# SPDX-License-Identifier: LGPL-2.1-or-later
"""How many of CUDA's functions vkcompositor calls for a frame, counted by the reference driver."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import tap as protocol

RUN = pathlib.Path(__file__).resolve().parent.parent / "refdrv" / "run"
PICTURE = "video/x-raw,format=NV12,width=64,height=64,framerate=25/1"
CUDA = "video/x-raw(memory:CUDAMemory),format=NV12"
FRAMES = 20


def counts_of(line):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "counts.json"
        # The profile's registry, not the one that other tests share.
        env = {name: value for name, value in os.environ.items() if not name.startswith("GST_")}
        done = subprocess.run([RUN, "ada", "gst-launch-1.0", *line.split()],
                              env=env | {"REFDRV_COUNTERS": str(path)}, capture_output=True,
                              text=True, timeout=120, check=False)
        return done, json.loads(path.read_text()) if path.exists() else {}


def calls_a_frame(inputs, source):
    """By name, of frames with `inputs` pictures from `source`; and what went wrong."""
    counts = []
    for frames in (FRAMES, 2 * FRAMES):
        # All are seen: the lower ones shine through.
        line = "vkcompositor name=c " + " ".join(f"sink_{i}::alpha=0.5" for i in range(inputs))
        line += f" ! {CUDA},width=64,height=64 ! fakesink enable-last-sample=false"
        for i in range(inputs):
            line += f" {source.format(frames=frames)} ! c.sink_{i}"
        done, found = counts_of(line)
        if done.returncode != 0 or found.get("misuse"):
            return {}, [done.stderr, f"counted {found}"]
        counts.append(found)
    calls = {name: (counts[1].get(name, 0) - counts[0].get(name, 0)) / FRAMES
             for name in counts[1]}
    return {name: number for name, number in calls.items() if number}, []


def check_still(tap, inputs):
    """The context is pushed and popped once, and two streams asked whether they are idle: that of
    the copies, which cudaupload's memory shares for want of its own, and the canvas's."""
    calls, problems = calls_a_frame(
        inputs, f"videotestsrc num-buffers=1 ! {PICTURE} ! cudaupload ! {CUDA} ! "
                "imagefreeze num-buffers={frames}")
    expected = {"cuCtxPushCurrent_v2": 1, "cuCtxPopCurrent_v2": 1, "cuStreamQuery": 2,
                "cuStreamWaitValue64_v2": 1}
    if not problems and {name: round(number) for name, number in calls.items()} != expected:
        problems.append(f"a frame takes {calls}, not {expected}")
    tap.result(f"{inputs} pictures that stand still take five calls a frame", problems)


def check_moving(tap, inputs):
    """Each input's stream is asked, too. cudaupload's calls are among those of other names."""
    calls, problems = calls_a_frame(
        inputs, f"videotestsrc num-buffers={{frames}} ! {PICTURE} ! cudaupload ! {CUDA}")
    if not problems and round(calls.get("cuStreamQuery", 0)) != inputs + 1:
        problems.append(f"streams are asked {calls.get('cuStreamQuery', 0)} times a frame")
    for name in ("cuImportExternalMemory", "copies_device_to_device"):
        if round(calls.get(name, 0)) > 0:
            problems.append(f"{name}: {calls[name]} a frame")
    tap.result(f"{inputs} pictures that move take a question each", problems)


def main():
    tap = protocol.Tap()
    for inputs in (1, 4):
        check_still(tap, inputs)
        check_moving(tap, inputs)
    tap.done()


if __name__ == "__main__":
    sys.exit(main())
