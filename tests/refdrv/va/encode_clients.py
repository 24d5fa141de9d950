# SPDX-License-Identifier: LGPL-2.1-or-later
"""Other people's VA encoders on the reference driver: their streams, held to what they were made of by
three decoders."""
import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import tap as protocol

RUN = pathlib.Path(__file__).resolve().parents[1] / "run"
TIMEOUT = 240
FRAMES = 24
RATE = 30
BLOCK = 16
# Of 8 bits: how far the mean of a block may be from the source's, with the quantizers that are asked for.
MOST_DIFFERENCE = 4
PROGRAMS = ("ffmpeg", "dav1d", "aomdec", "gst-launch-1.0", "umockdev-run")

# `mode`: what both programs call rate controls; `bitrate` in kbit/s; `more`: further options of the client.
Case = collections.namedtuple("Case", "name depth width height mode bitrate more",
                              defaults=(0, ()))
Output = collections.namedtuple("Output", "width height depth frames")
# A plane of luma.
Luma = collections.namedtuple("Luma", "samples width height")

ARC = [
    Case("CQP", 8, 320, 180, "CQP"),
    Case("CQP, 10 bits", 10, 322, 186, "CQP"),
    Case("CBR", 8, 320, 192, "CBR", 1200),
    Case("VBR, 10 bits", 10, 640, 360, "VBR", 2500),
    Case("ICQ", 8, 132, 130, "ICQ"),
]
RDNA3 = [
    Case("CQP", 8, 320, 180, "CQP"),
    Case("CQP, 10 bits", 10, 322, 186, "CQP"),
    Case("CBR", 8, 320, 192, "CBR", 1200),
    Case("VBR, 10 bits", 10, 640, 360, "VBR", 2500),
    Case("QVBR, 8 rows above a multiple of 16", 8, 192, 136, "QVBR", 1000),
]
MORE = {
    ("gst", "arc"): [
        Case("tile groups", 8, 512, 256, "CBR", 1500, ("num-tile-cols=2", "tile-groups=2")),
        Case("key frames", 8, 320, 180, "VBR", 1500, ("key-int-max=5",)),
    ],
    ("ffmpeg", "arc"): [
        Case("tiles", 8, 512, 256, "CBR", 1500, ("-tiles", "2x1")),
        Case("B-frames", 8, 320, 180, "CBR", 1200, ("-bf", "2")),
        Case("key frames", 8, 320, 180, "VBR", 1500, ("-g", "5", "-bf", "0")),
    ],
    ("gst", "rdna3"): [Case("tile rows", 8, 320, 256, "CQP", 0, ("num-tile-rows=2",))],
    ("ffmpeg", "rdna3"): [Case("tile rows", 8, 320, 256, "CQP", 0, ("-tiles", "1x2"))],
}
# What the clients do wrong themselves, and what the driver says of it (README.md).
OWN_FAULTS = {
    ("gst", "arc"): [
        (Case("ref-frames=0: order_hint in a sequence without", 8, 320, 180, "CQP", 0,
              ("ref-frames=0",)), "the packed header has")],
    ("ffmpeg", "arc"): [
        (Case("-tile_groups 2: num_tile_groups_minus1", 8, 512, 256, "CQP", 0,
              ("-tiles", "2x1", "-tile_groups", "2")), "num_tile_groups_minus1 is 0")],
}
FAULTS = ("fail vaBeginPicture at 2 with VA_STATUS_ERROR_OPERATION_FAILED",
          "fail vaRenderPicture at 2 with VA_STATUS_ERROR_OPERATION_FAILED",
          "fail vaEndPicture at 2 with VA_STATUS_ERROR_ENCODING_ERROR",
          "fail vaMapBuffer from 4 with VA_STATUS_ERROR_OPERATION_FAILED",
          "fail vaCreateContext with VA_STATUS_ERROR_ALLOCATION_FAILED",
          "lose device from 2")


def program(*command, **settings):
    return subprocess.run(command, env=os.environ | settings, capture_output=True, text=True,
                          timeout=TIMEOUT, check=False)


def coded_size(profile, case):
    """What the device makes of a size: VCN 4 codes multiples of 64x16, with a quirk."""
    if profile != "rdna3":
        return case.width, case.height
    height = (case.height + 15) // 16 * 16
    if case.height % 8 == 0 and case.height % 16:
        height = case.height + 2
    return (case.width + 63) // 64 * 64, height


class Machine:
    """A device, and a folder for what is made on it."""

    def __init__(self, client, profile, folder):
        self.client, self.profile, self.folder = client, profile, pathlib.Path(folder)
        self.counts = {}

    def make_source(self, case):
        path = self.folder / "source.raw"
        done = program("ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i",
                       f"testsrc2=size={case.width}x{case.height}:rate={RATE},noise=alls=12:allf=t",
                       "-frames:v", str(FRAMES), "-pix_fmt", "nv12" if case.depth == 8 else "p010le",
                       "-f", "rawvideo", path)
        assert done.returncode == 0, done.stderr
        return path

    def command(self, case, source, out):
        return (self.gst if self.client == "gst" else self.ffmpeg)(case, source, out)

    def gst(self, case, source, out):
        element = "vaav1lpenc" if self.profile == "arc" else "vaav1enc"
        options = [f"rate-control={case.mode.lower()}", *case.more]
        if case.bitrate:
            options.append(f"bitrate={case.bitrate}")
        if case.mode in ("CQP", "QVBR"):
            options.append("qp=60")
        return ["gst-launch-1.0", "-q", "filesrc", f"location={source}", "!", "rawvideoparse",
                f"format={'nv12' if case.depth == 8 else 'p010-10le'}", f"width={case.width}",
                f"height={case.height}", f"framerate={RATE}/1", "!", element, *options, "!",
                "av1parse", "!", "video/x-av1,alignment=tu", "!", "filesink", f"location={out}"]

    def ffmpeg(self, case, source, out):
        options = ["-rc_mode", case.mode, "-low_power", "1" if self.profile == "arc" else "0"]
        if case.bitrate:
            peak = case.bitrate if case.mode == "CBR" else case.bitrate * 3 // 2
            options += ["-b:v", f"{case.bitrate}k", "-maxrate", f"{peak}k"]
        if case.mode in ("CQP", "QVBR", "ICQ"):
            options += ["-global_quality", "12" if case.mode == "ICQ" else "60"]
        return ["ffmpeg", "-v", "warning", "-y", "-nostdin", "-vaapi_device", "/dev/dri/renderD128",
                "-f", "rawvideo", "-pixel_format", "nv12" if case.depth == 8 else "p010le",
                "-video_size", f"{case.width}x{case.height}", "-framerate", str(RATE), "-i", source,
                "-vf", "hwupload", "-c:v", "av1_vaapi", *options, *case.more, "-f", "obu", out]

    def encode(self, case, source, **settings):
        """The stream, and what the client said; `counts` are the driver's."""
        out, counters = self.folder / "stream.obu", self.folder / "counts.json"
        counters.unlink(missing_ok=True)
        out.unlink(missing_ok=True)
        done = program(RUN, self.profile, *self.command(case, source, out), GST_PLUGIN_PATH="",
                       REFDRV_COUNTERS=str(counters), LIBVA_MESSAGING_LEVEL="0",
                       XDG_CACHE_HOME=str(self.folder), **settings)
        self.counts = json.loads(counters.read_text()) if counters.exists() else {}
        return out, done

    def complaints(self):
        return [f"{name}: {count}" for name, count in self.counts.items()
                if count and (name == "misuse" or name.startswith("left_"))]


def read_y4m(path):
    """The luma of each frame."""
    data = path.read_bytes()
    header, data = data.split(b"\n", 1)
    width, height = (int(re.search(rb" %b(\d+)" % c, header)[1]) for c in (b"W", b"H"))
    depth = 10 if b"p10" in header else 8
    bytes_each = 2 if depth > 8 else 1
    chroma = (width + 1) // 2 * ((height + 1) // 2) * 2
    size = (width * height + chroma) * bytes_each
    frames = []
    while data:
        start = data.index(b"\n") + 1
        frames.append(luma_of(data[start:start + width * height * bytes_each], width, height, depth))
        data = data[start + size:]
    return Output(width, height, depth, frames)


def luma_of(data, width, height, depth):
    return Luma(memoryview(data).cast("H") if depth > 8 else data, width, height)


def source_frames(path, case):
    bytes_each = 2 if case.depth > 8 else 1
    size = case.width * case.height * 3 // 2 * bytes_each
    data = path.read_bytes()
    return [luma_of(data[at:at + case.width * case.height * bytes_each], case.width, case.height,
                    case.depth) for at in range(0, len(data) - size + 1, size)]


def block_means(luma, width, height):
    """Of whole blocks within the size."""
    for top in range(0, height - BLOCK + 1, BLOCK):
        rows = [luma.samples[y * luma.width:y * luma.width + width]
                for y in range(top, top + BLOCK)]
        for left in range(0, width - BLOCK + 1, BLOCK):
            yield sum(sum(row[left:left + BLOCK]) for row in rows) / (BLOCK * len(rows))


def greatest_difference(case, source, decoded):
    # P010 has its samples in the high bits.
    scale, given = (4, 256) if case.depth > 8 else (1, 1)
    greatest = 0
    for a, b in zip(source, decoded):
        for mean, other in zip(block_means(a, case.width, case.height),
                               block_means(b, case.width, case.height)):
            greatest = max(greatest, abs(mean / given - other / scale))
    return greatest


def check_stream(machine, case, source, stream):
    """What three decoders make of it."""
    problems = []
    y4m = machine.folder / "decoded.y4m"
    done = program("dav1d", "-q", "-i", stream, "-o", y4m)
    if done.returncode or done.stderr:
        problems.append(f"dav1d: {done.stderr[-500:]}")
    decoded = read_y4m(y4m)
    if (decoded.width, decoded.height) != coded_size(machine.profile, case):
        problems.append(f"pictures of {decoded.width}x{decoded.height}")
    if decoded.depth != case.depth or len(decoded.frames) != FRAMES:
        problems.append(f"{len(decoded.frames)} frames of {decoded.depth} bits")
    by_dav1d = program("dav1d", "-q", "-i", stream, "--muxer", "md5", "-o", "-").stdout.split()
    by_aomdec = program("aomdec", "--rawvideo", "--md5", stream)
    if by_aomdec.returncode or by_aomdec.stdout.split()[:1] != by_dav1d:
        problems.append(f"aomdec: {by_aomdec.stdout} {by_aomdec.stderr[-500:]}, dav1d: {by_dav1d}")
    strict = program("ffmpeg", "-v", "error", "-err_detect", "explode", "-xerror", "-f", "obu", "-i",
                     stream, "-f", "framemd5", "-")
    frames = sum(not line.startswith("#") for line in strict.stdout.splitlines())
    if strict.returncode or strict.stderr or frames != FRAMES:
        problems.append(f"ffmpeg: {frames} frames, {strict.stderr[-500:]}")
    difference = greatest_difference(case, source_frames(source, case), decoded.frames)
    if difference > MOST_DIFFERENCE:
        problems.append(f"a block's mean is {difference:.1f} from the source's")
    return problems


def check_rate(case, stream):
    if not case.bitrate or case.mode == "QVBR":
        return []
    rate = stream.stat().st_size * 8 * RATE / FRAMES / 1000
    if case.bitrate / 3 < rate < case.bitrate * 1.7:
        return []
    return [f"{rate:.0f} kbit/s, where {case.bitrate} were asked for"]


def check_case(machine, case):
    source = machine.make_source(case)
    stream, done = machine.encode(case, source)
    problems = machine.complaints()
    if done.returncode:
        return [*problems, f"the client returned {done.returncode}: {done.stderr[-1500:]}"]
    if machine.counts.get("pictures_encoded") != FRAMES:
        problems.append(f"{machine.counts.get('pictures_encoded')} pictures were coded")
    return problems + check_stream(machine, case, source, stream) + check_rate(case, stream)


def check_faults(tap, machine):
    case = Case("CQP", 8, 320, 180, "CQP")
    source = machine.make_source(case)
    for fault in FAULTS:
        _, done = machine.encode(case, source, REFDRV_FAULTS=fault)
        problems = [] if machine.counts.get("faults_injected") else ["nothing was injected"]
        # FFmpeg ends as if the input had; what it lacks is what tells.
        if done.returncode == 0 and machine.counts.get("pictures_encoded") == FRAMES:
            problems.append("the client noticed nothing")
        tap.result(f"{fault}: the client ends", problems)


def check_own_fault(machine, case, complaint):
    _, done = machine.encode(case, machine.make_source(case))
    problems = [] if machine.counts.get("misuse") else ["no misuse was noticed"]
    if done.returncode == 0 or complaint not in done.stderr:
        problems.append(f"the client returned {done.returncode}: {done.stderr[-1000:]}")
    return problems


def check_null(tap, machine):
    case = Case("CQP", 8, 320, 180, "CQP")
    stream, done = machine.encode(case, machine.make_source(case), REFDRV_NULL="1")
    problems = machine.complaints() + ([] if done.returncode == 0 else [done.stderr[-1000:]])
    if machine.counts.get("pictures_encoded") != FRAMES:
        problems.append(f"counted {machine.counts}")
    if stream.stat().st_size > FRAMES * 120:
        problems.append(f"a stream of {stream.stat().st_size} bytes")
    tap.result("null mode: constant pictures", problems)


def main():
    client, profile = sys.argv[1:]
    if missing := [name for name in PROGRAMS if not shutil.which(name)]:
        print(f"1..0 # SKIP {', '.join(missing)} not found")
        return
    tap = protocol.Tap()
    cases = (ARC if profile == "arc" else RDNA3) + MORE[client, profile]
    with tempfile.TemporaryDirectory() as folder:
        machine = Machine(client, profile, folder)
        for case in cases:
            tap.result(f"{case.name}, {case.width}x{case.height}", check_case(machine, case))
        for case, complaint in OWN_FAULTS.get((client, profile), ()):
            tap.result(f"its own fault is noticed: {case.name}",
                       check_own_fault(machine, case, complaint))
        check_faults(tap, machine)
        check_null(tap, machine)
    tap.done()


if __name__ == "__main__":
    main()
