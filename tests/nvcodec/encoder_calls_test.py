# SPDX-License-Identifier: LGPL-2.1-or-later
"""Which of NVENC's and CUDA's functions nvav1enc calls, and how often, as the reference driver counts."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import tap as protocol

RUN = pathlib.Path(__file__).resolve().parent.parent / "refdrv" / "run"
PICTURE = "video/x-raw,format=NV12,width=320,height=180,framerate=30/1"
CUDA = "video/x-raw(memory:CUDAMemory)"
FRAMES = 40


def launch(line):
    return ["gst-launch-1.0", "-q", *line.split()]


def counts_of(command, **settings):
    """Of a run with the reference driver: its counts, the exit status, what was said."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "counts.json"
        # The profile's registry, not the one that other tests share.
        env = {name: value for name, value in os.environ.items() if not name.startswith("GST_")}
        done = subprocess.run([RUN, "ada", *command],
                              env=env | {"REFDRV_COUNTERS": str(path)} | settings,
                              capture_output=True, text=True, timeout=120, check=False)
        counts = json.loads(path.read_text()) if path.exists() else {}
        return counts, done.returncode, done.stderr


def differences(counts, expected):
    return [f"{name}: {counts.get(name, 0)}, not {number}"
            for name, number in expected.items() if counts.get(name, 0) != number]


def check_repeated(tap):
    """NVENC holds back some of the frames at any time, so that the memory stays mapped."""
    line = (f"videotestsrc num-buffers=1 ! {PICTURE} ! cudaupload ! {CUDA} ! "
            f"imagefreeze num-buffers={FRAMES} ! av1hwnvav1enc lookahead=8 ! fakesink")
    counts, status, errors = counts_of(launch(line))
    problems = differences(counts, {
        "pictures_encoded": FRAMES, "nvEncRegisterResource": 1, "nvEncMapInputResource": 1,
        "nvEncUnmapInputResource": 1, "copies_device_to_device": 0, "misuse": 0,
        "left_buffers": 0})
    tap.result("a frame that is repeated is mapped once", problems + [errors] * (status != 0))


def check_calls(tap):
    """What further frames add, once all is registered and NVENC holds some back."""
    line = (f"videotestsrc num-buffers=1 ! {PICTURE} ! cudaupload ! {CUDA} ! "
            "imagefreeze num-buffers={} ! av1hwnvav1enc lookahead=8 ! fakesink")
    few, status, errors = counts_of(launch(line.format(FRAMES)))
    problems = [errors] * (status != 0)
    many, status, errors = counts_of(launch(line.format(2 * FRAMES)))
    problems += [errors] * (status != 0)
    calls = {name: many[name] - few.get(name, 0) for name in many if name.startswith(("nv", "cu"))}
    expected = dict.fromkeys(("nvEncEncodePicture", "nvEncLockBitstream", "nvEncUnlockBitstream"),
                             FRAMES)
    expected |= dict.fromkeys(("cuCtxPushCurrent_v2", "cuCtxPopCurrent_v2"), FRAMES)
    calls = {name: number for name, number in calls.items() if number}
    if calls != expected:
        problems.append(f"{FRAMES} frames take {calls}, not {expected}")
    tap.result("a frame takes three calls of NVENC, and one context", problems)


def check_order(tap, program):
    """`program` writes 24 frames on a stream of its own."""
    one = "--gtest_filter=NvStream.WhatIsWrittenOnAnotherIsWaitedFor"
    counts, status, errors = counts_of([program, one], REFDRV_STREAMS="late")
    problems = differences(counts, {"pictures_encoded": 24, "cuStreamWaitEvent": 24, "misuse": 0})
    # The pool's memory is freed at the end.
    if counts.get("cuStreamSynchronize", 0) >= 24:
        problems.append(f"the CPU waits {counts['cuStreamSynchronize']} times for a stream")
    tap.result("what another stream writes is waited for on the device alone",
               problems + [errors] * (status != 0))


def check_failure(tap):
    """Those that were coded behind the picture that failed are not asked for."""
    line = (f"videotestsrc num-buffers={FRAMES} ! {PICTURE} ! av1hwnvav1enc lookahead=16 ! fakesink")
    counts, status, _ = counts_of(
        launch(line), REFDRV_FAULTS=f"fail nvEncLockBitstream from {FRAMES - 1} with NV_ENC_ERR_GENERIC")
    problems = differences(counts, {"misuse": 0,
                                    "nvEncLockBitstream": counts.get("nvEncUnlockBitstream", 0) + 1})
    tap.result("after a failure no further picture is locked",
               problems + ["there is no error"] * (status == 0))


def main():
    tap = protocol.Tap()
    check_repeated(tap)
    check_calls(tap)
    check_order(tap, sys.argv[1])
    check_failure(tap)
    tap.done()


if __name__ == "__main__":
    sys.exit(main())
