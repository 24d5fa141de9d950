# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lets vaav1enc encode on Mesa's radeonsi, where nothing is executed: the driver's own checks of what
it is given must find nothing."""
import os
import pathlib
import subprocess
import sys
import tempfile

import tap as protocol

BUILD = sys.argv[1]
MACHINE = pathlib.Path(__file__).resolve().parent / "radeonsi" / "run"
FRAMES = 12
# Format, size and properties of the encoder.
CASES = [
    ("NV12", (320, 180), ""),
    ("P010_10LE", (1920, 1080), "bitrate=4000"),
    ("NV12", (1920, 1080), "bitrate=4000 rate-control=cbr temporal-layers=3"),
    ("NV12", (640, 360), "rate-control=cqp gop-size=4 tile-rows=2"),
    ("NV12", (640, 360), "rate-control=cq preset=1"),
    ("NV12", (4224, 256), "rate-control=cqp"),
    ("NV12", (227, 131), "low-latency=true bitrate=500 preset=10"),
]


def encode(environment, pixel_format, size, properties):
    """What went wrong."""
    caps = f"video/x-raw,format={pixel_format},width={size[0]},height={size[1]}"
    line = (f"videotestsrc num-buffers={FRAMES} ! {caps} ! av1hwvaav1enc {properties} ! "
            "fakesink silent=false")
    done = subprocess.run([MACHINE, "gst-launch-1.0", "--no-fault", "-v", *line.split()],
                          env=environment, capture_output=True, text=True, timeout=100, check=False)
    units = done.stdout.count("chain   ******* ")
    if done.returncode == 0 and units == FRAMES:
        return []
    return [f"status {done.returncode}, {units} units: {line}",
            *[text for text in done.stderr.splitlines() if "ERROR" in text or "rroneous" in text]]


def main():
    tap = protocol.Tap()
    environment = {**os.environ, "AV1HW_BUILD_ROOT": BUILD}
    checked = subprocess.run([MACHINE, "--check"], env=environment, capture_output=True, text=True,
                             check=False)
    if checked.returncode != 0:
        tap.skip("radeonsi", checked.stderr.strip())
        return tap.done()
    with tempfile.TemporaryDirectory() as folder:
        environment["GST_REGISTRY"] = f"{folder}/registry.bin"
        for pixel_format, size, properties in CASES:
            tap.result(f"{pixel_format} {size[0]}x{size[1]} {properties}",
                       encode(environment, pixel_format, size, properties))
    return tap.done()


if __name__ == "__main__":
    main()
