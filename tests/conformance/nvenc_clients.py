#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lets other people's encoders run on the reference NVENC: what they write must decode, by decoders that
agree, to the pictures that they were given, in order."""
import collections
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent)]

from tap import Tap  # noqa: E402

RUN = HERE.parent / "refdrv" / "run"
TIMEOUT = 240
# `least`: PSNR of any picture, in dB. `keys`: the places of key frames. `device`: from the device's memory.
Case = collections.namedtuple("Case", "name size depth frames gst ffmpeg least keys device",
                              defaults=[30, [0], False])
CASES = [
    Case("by default", "320x240", 8, 30, "", ""),
    Case("CUDA memory", "320x240", 8, 20, "bframes=1", "-bf 1", device=True),
    Case("odd size, CBR", "227x131", 8, 20, "rc-mode=cbr bitrate=2000", "-rc cbr -b:v 2M"),
    Case("720p, VBR", "1280x720", 8, 10, "rc-mode=vbr bitrate=6000", "-rc vbr -b:v 6M"),
    Case("10 bits, constant quantizer", "320x240", 10, 20,
         "rc-mode=constqp qp-const-i=60 qp-const-p=80", "-rc constqp -qp 80", least=38),
    Case("B-frames", "640x360", 8, 26, "bframes=3 rc-mode=vbr bitrate=4000", "-bf 3 -b:v 4M"),
    Case("10 bits, B-frames, lookahead, short groups", "320x240", 10, 25,
         "bframes=2 rc-lookahead=8 gop-size=11", "-bf 2 -rc-lookahead 8 -g 11", keys=[0, 11, 22]),
    Case("low latency", "320x240", 8, 20, "tune=ultra-low-latency zerolatency=true rc-mode=cbr bitrate=2000",
         "-tune ull -zerolatency 1 -rc cbr -b:v 2M -delay 0"),
    Case("tiles of 1080p", "1920x1088", 8, 4, None, "-tile-columns 2 -tile-rows 2 -b:v 12M", least=25),
]


def call(*command, env=None):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=TIMEOUT,
                          check=False, env=env)
    return done.returncode, (done.stderr + done.stdout).strip()


def planar(depth):
    return "yuv420p10le" if depth == 10 else "yuv420p"


def make_source(case, file):
    return call("ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"testsrc2=size={case.size}:rate=30,format=gbrp",
                "-frames:v", case.frames, "-pix_fmt", planar(case.depth), "-strict", "-1", "-f", "yuv4mpegpipe", file)


def encode_gst(case, source, stream, folder):
    if case.depth == 8:
        read = f"filesrc location={source} ! y4mdec ! videoconvert ! video/x-raw,format=NV12"
    else:
        raw = folder / "source.p010"
        call("ffmpeg", "-v", "error", "-i", source, "-pix_fmt", "p010le", "-f", "rawvideo", raw)
        width, height = case.size.split("x")
        read = (f"filesrc location={raw} ! rawvideoparse format=p010-10le width={width} height={height} "
                "framerate=30/1")
    if case.device:
        read += " ! cudaupload"
    pipeline = f"{read} ! nvav1enc {case.gst} ! filesink location={stream}"
    return call(RUN, "ada", "gst-launch-1.0", "-q", *pipeline.split(), env=machine(folder))


def encode_ffmpeg(case, source, stream, folder):
    convert = ["-pix_fmt", "p010le"] if case.depth == 10 else []
    if case.device:
        convert = ["-vf", "format=nv12,hwupload_cuda"]
    return call(RUN, "ada", "ffmpeg", "-v", "error", "-xerror", "-i", source, *convert, "-c:v", "av1_nvenc",
                *case.ffmpeg.split(), "-f", "obu", stream, env=machine(folder))


def machine(folder):
    """The environment of a client: GStreamer's elements are its own."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("GST_", "REFDRV_"))}
    return env | {"GST_PLUGIN_PATH": "", "REFDRV_COUNTERS": str(folder / "counters")}


CLIENTS = {"gst": encode_gst, "ffmpeg": encode_ffmpeg}


def decode(stream, folder):
    """What several decoders make of it, which must be the same; and it as a file."""
    outputs = {name: folder / f"{name}.yuv" for name in ("dav1d", "aomdec", "ffmpeg")}
    commands = {
        "dav1d": ["dav1d", "--quiet", "--strict", "1", "--muxer", "yuv", "-i", stream, "-o", outputs["dav1d"]],
        "aomdec": ["aomdec", "--rawvideo", "-o", outputs["aomdec"], stream],
        "ffmpeg": ["ffmpeg", "-v", "error", "-xerror", "-err_detect", "explode", "-c:v", "libdav1d", "-i", stream,
                   "-fps_mode", "passthrough", "-f", "rawvideo", outputs["ffmpeg"]],
    }
    problems, digests = [], {}
    for name, command in commands.items():
        code, said = call(*command)
        if code or said:
            problems.append(f"{name}: {said or code}")
        if outputs[name].exists():
            digests[name] = hashlib.md5(outputs[name].read_bytes()).hexdigest()
    if len(set(digests.values())) != 1 or len(digests) != len(commands):
        problems.append(f"the decoders differ: {digests}")
    return problems, outputs["dav1d"]


def similarity(case, decoded, source, shift):
    """PSNR of each decoded picture to the source's `shift` places later."""
    with tempfile.NamedTemporaryFile() as log:
        raw = ["-f", "rawvideo", "-pixel_format", planar(case.depth), "-video_size", case.size, "-framerate", "30"]
        graph = (f"[1:v]trim=start_frame={shift},setpts=PTS-STARTPTS[later];"
                 f"[0:v][later]psnr=stats_file={log.name}:shortest=1")
        code, said = call("ffmpeg", "-v", "error", *raw, "-i", decoded, "-i", source, "-lavfi", graph, "-f", "null", "-")
        if code:
            raise RuntimeError(said)
        values = re.findall(r"psnr_avg:(\S+)", pathlib.Path(log.name).read_text())
        return [float(value) for value in values]


def pictures(case, decoded, source):
    """Each decoded picture is like its source, and more so than like the next one."""
    own, next_ones = (similarity(case, decoded, source, shift) for shift in (0, 1))
    problems = []
    if len(own) != case.frames:
        problems.append(f"{len(own)} pictures came of {case.frames}")
    for place, value in enumerate(own):
        if value < case.least:
            problems.append(f"picture {place} has {value} dB")
        if place < len(next_ones) and value <= next_ones[place]:
            problems.append(f"picture {place} has {value} dB, and as the next one {next_ones[place]}")
    return problems


def key_frames(stream):
    _, said = call("ffprobe", "-v", "error", "-show_entries", "packet=flags", "-of", "csv=p=0", stream)
    return [place for place, flags in enumerate(said.split()) if flags.startswith("K")]


def problems_of(case, encode):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        source, stream = folder / "source.y4m", folder / "stream.obu"
        make_source(case, source)
        code, said = encode(case, source, stream, folder)
        if code or not stream.exists():
            return [f"the client failed ({code}): {said}"]
        counters = json.loads((folder / "counters").read_text())
        problems = [line for line in said.splitlines() if "misuse" in line]
        if counters.get("pictures_encoded") != case.frames:
            problems.append(f"{counters.get('pictures_encoded')} pictures were coded")
        if counters.get("left_buffers"):
            problems.append(f"{counters['left_buffers']} buffers were not destroyed")
        wrong, decoded = decode(stream, folder)
        problems += wrong
        if not wrong:
            problems += pictures(case, decoded, source)
        if (keys := key_frames(stream)) != case.keys:
            problems.append(f"key frames at {keys}, not {case.keys}")
        return problems


def missing(client):
    tools = ["dav1d", "aomdec", "ffmpeg", "ffprobe"] + (["gst-launch-1.0"] if client == "gst" else [])
    for tool in tools:
        if not shutil.which(tool):
            return f"{tool} is missing"
    if client == "ffmpeg":
        found = "av1_nvenc" in call("ffmpeg", "-hide_banner", "-encoders")[1]
        return None if found else "ffmpeg has no av1_nvenc"
    with tempfile.TemporaryDirectory() as folder:
        code, _ = call(RUN, "ada", "gst-inspect-1.0", "nvav1enc", env=machine(pathlib.Path(folder)))
        return None if code == 0 else "GStreamer has no nvav1enc"


def main():
    client = sys.argv[1]
    if reason := missing(client):
        print(f"1..0 # SKIP {reason}")
        return
    tap = Tap()
    for case in CASES:
        if getattr(case, client) is not None:
            tap.result(case.name, problems_of(case, CLIENTS[client]))
    tap.done()


if __name__ == "__main__":
    main()
