# SPDX-License-Identifier: LGPL-2.1-or-later
"""The decoders that are compared, each run on radeonsi over a number of streams."""
import os
import pathlib
import re
import subprocess
import sys

import traces

HERE = pathlib.Path(__file__).resolve().parent
MACHINE = HERE / "radeonsi" / "run"
PATIENCE = 600


def environment(build, folder, own_plugin):
    """GStreamer's own element has the name of ours, so only one of the plugins is seen."""
    made = {**os.environ, "AV1HW_BUILD_ROOT": str(build), "LIBVA_MESSAGING_LEVEL": "1"}
    made["GST_REGISTRY"] = f"{folder}/registry-{'own' if own_plugin else 'system'}.bin"
    for variable in ("GST_PLUGIN_PATH", "GST_PLUGIN_PATH_1_0", "G_DEBUG", "LIBVA_TRACE"):
        made.pop(variable, None)
    if own_plugin:
        made["GST_PLUGIN_PATH"] = f"{build}/gst/plugin"
    return made


def command(decoder, build):
    """The program and its arguments before those that name the folder and the streams."""
    each = f"{build}/tests/vaapi/decode_each"
    return {
        "ours": [each, "av1hw", "av1hwvaav1dec", "av1hwvaav1dec"],
        # It takes frames, which are the parser's to find.
        "gstreamer": [each, "va", "vaav1dec", "av1parse ! vaav1dec"],
        "ffmpeg": [sys.executable, "-B", str(HERE / "ffmpeg_each.py")],
    }[decoder]


def answer(*words):
    """What a program prints first; None where it is missing, or fails."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None


def version(decoder):
    """Of another decoder, as in 7.1.2; None where it is not installed."""
    if decoder == "ffmpeg":
        said = answer("ffmpeg", "-version")
    else:
        said = answer("gst-inspect-1.0", "va")
    found = re.search(r"[Vv]ersion +(\d+(\.\d+)+)", said or "")
    return found.group(1) if found else None


def run_some(decoder, build, folder, streams, registries):
    """Says of each stream what was said of errors, up to one that ended the program."""
    done = subprocess.run([MACHINE, *command(decoder, build), folder, *streams], text=True,
                          env=environment(build, registries, decoder == "ours"),
                          capture_output=True, timeout=PATIENCE, check=False)
    errors = []
    for line in done.stdout.splitlines():
        word, _, rest = line.partition(" ")
        if word in ("done", "error"):
            errors.append(rest or None)
    if len(errors) < len(streams):
        if "begin" not in done.stdout:
            raise RuntimeError(f"{decoder}: {done.stderr.strip()}")
        said = [line for line in done.stderr.splitlines() if not line.startswith("DRM_")]
        errors.append(f"ended with status {done.returncode}: {' '.join(said[-1:])}")
    return errors


def decode(decoder, build, folder, streams, registries):
    """The trace of each stream."""
    made = []
    while len(made) < len(streams):
        left = streams[len(made):]
        part = pathlib.Path(folder) / f"{decoder}-{len(made)}"
        part.mkdir()
        errors = run_some(decoder, build, str(part), left, registries)
        made += [traces.read(f"{part}/{number}", error) for number, error in enumerate(errors)]
    return made
