#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Decodes streams one after another with FFmpeg's VA-API, each under a LIBVA_TRACE of its own."""
import glob
import os
import pathlib
import re
import subprocess
import sys

# What the DRM shim says of ioctls that it does not know.
NOISE = ("DRM_IOCTL", "DRM_SHIM")
SPEAKER = re.compile(r"^(\[[^]]*\] *)+")
PATIENCE = 60
MOST_SAID = 8
# Pictures of another size would need another filter, which takes no VA surfaces.
COMMAND = ["ffmpeg", "-v", "error", "-nostdin", "-vaapi_device", "/dev/dri/renderD128", "-hwaccel",
           "vaapi", "-hwaccel_output_format", "vaapi", "-c:v", "av1", "-reinit_filter", "0"]
# Its filters take no reserved matrix coefficients, so that the program ends at some picture.
REFUSED = "'colorspace' out of range"
UNSPECIFIED = ["-bsf:v", "av1_metadata=matrix_coefficients=2"]
IVF_RATE = slice(16, 24)


def readable(stream, copy):
    """The stream, or a copy of it with a frame rate, without which FFmpeg reads no IVF file."""
    data = bytearray(pathlib.Path(stream).read_bytes())
    if data[:4] != b"DKIF" or (any(data[16:20]) and any(data[20:24])):
        return stream
    data[IVF_RATE] = (30).to_bytes(4, "little") + (1).to_bytes(4, "little")
    pathlib.Path(copy).write_bytes(data)
    return copy


def run(stream, prefix, options):
    """What FFmpeg said of errors."""
    environment = {**os.environ, "LIBVA_TRACE": prefix, "LIBVA_TRACE_BUFDATA": "1",
                   "LIBVA_MESSAGING_LEVEL": "1"}
    command = [*COMMAND, *options, "-i", stream, "-map", "0:v", "-fps_mode", "passthrough",
               "-f", "null", "-"]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True,
                              timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        return f"did not finish in {PATIENCE} s"
    # It says the same of each packet.
    lines = dict.fromkeys(SPEAKER.sub("", line) for line in done.stderr.splitlines()
                          if not line.startswith(NOISE))
    said = list(lines)[:MOST_SAID]
    if done.returncode < 0:
        said.append(f"killed by signal {-done.returncode}")
    elif done.returncode > 0:
        said.append(f"exit status {done.returncode}")
    return "; ".join(said)


def decode(stream, prefix):
    said = run(stream, prefix, [])
    if REFUSED in said:
        for file in glob.glob(glob.escape(prefix) + ".*"):
            os.remove(file)
        said = run(stream, prefix, UNSPECIFIED)
    return said


def main():
    folder, streams = sys.argv[1], sys.argv[2:]
    for number, stream in enumerate(streams):
        print(f"begin {number}", flush=True)
        said = decode(readable(stream, f"{folder}/copy.ivf"), f"{folder}/{number}")
        print(f"error {said}" if said else "done", flush=True)


if __name__ == "__main__":
    main()
