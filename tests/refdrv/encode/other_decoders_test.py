# SPDX-License-Identifier: LGPL-2.1-or-later
"""What aomdec and ffmpeg make of the encoder's streams: the pictures that it says."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import tap as protocol

REWRITE = sys.argv[1]
CLIPS = pathlib.Path(__file__).resolve().parents[2] / "data"
STREAMS = ["life.obu", "annexb.obu", "hdr10.ivf"]
# Of features that the clips have none of: tiles, segments, 4:4:4, error resilience, several layers.
VECTORS = ["gen/tiles_svt.ivf", "gen/deltaq_lf.ivf", "gen/p1_444.ivf", "gen/errres.ivf",
           "gen/svc_L1T3.obu", "gen/sb128.ivf", "gen/screen.ivf", "gen/odd227x115.ivf",
           "gen/qm.ivf"]
DECODERS = {
    "aomdec": ["aomdec", "--rawvideo", "--all-layers", "-o", "{out}", "{stream}"],
    "ffmpeg": ["ffmpeg", "-v", "error", "-xerror", "-err_detect", "explode", "-y", "-f", "obu",
               "-i", "{stream}", "-fps_mode", "passthrough", "-f", "rawvideo", "{out}"],
}


def streams():
    found = [CLIPS / name for name in STREAMS]
    folder = os.environ.get("AV1_VECTORS")
    return found + [pathlib.Path(folder) / name for name in VECTORS] if folder else found


def problems_of(decoder, stream, wanted, out):
    command = [part.format(out=out, stream=stream) for part in DECODERS[decoder]]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode != 0:
        return [f"{decoder} returned {done.returncode}: {done.stderr.strip()}"]
    got = out.read_bytes()
    if got != wanted:
        return [f"{decoder} made {len(got)} bytes, other than the {len(wanted)} wanted"]
    return []


def check(tap, source, folder):
    stream, pictures, out = folder / "new.obu", folder / "wanted.yuv", folder / "out.yuv"
    made = subprocess.run([REWRITE, source, stream, pictures, "20"], capture_output=True,
                          text=True, timeout=120, check=False)
    for decoder in DECODERS:
        name = f"{decoder}: other pictures under the headers of {source.name}"
        if not shutil.which(decoder):
            tap.skip(name, f"no {decoder}")
        elif made.returncode != 0:
            tap.result(name, [made.stderr.strip()])
        else:
            tap.result(name, problems_of(decoder, stream, pictures.read_bytes(), out))


def main():
    tap = protocol.Tap()
    with tempfile.TemporaryDirectory() as folder:
        for source in streams():
            check(tap, source, pathlib.Path(folder))
    tap.done()


main()
