# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs other people's decoders over the manifest: GStreamer's elements and FFmpeg, on a reference driver."""
import collections
import concurrent.futures
import functools
import os
import pathlib
import re
import shutil
import struct
import subprocess
import tempfile

# What is asked of a decoder: one line of the manifest.
Vector = collections.namedtuple("Vector", "line path frames md5 args features")
# What came of it. `text` is "decoded FRAMES MD5", or says what went wrong; `misuse` is what the driver
# complained of, `errors` what the client did.
Outcome = collections.namedtuple("Outcome", "text misuse errors")
# `profile` of tests/refdrv; `element` of GStreamer, or `options` of ffmpeg in front of the input.
Client = collections.namedtuple("Client", "name profile element options")

GRAIN_OFF = ["-export_side_data", "film_grain"]
VAAPI = ["-hwaccel", "vaapi", "-hwaccel_device", "/dev/dri/renderD128", "-c:v", "av1"]
CLIENTS = {client.name: client for client in [
    Client("gst-nv", "ada", "av1parse ! nvav1dec", None),
    Client("ffmpeg-nvdec", "ada", None, ["-hwaccel", "cuda", "-c:v", "av1"]),
    # Without -xerror it does not end where a callback failed: it drains for ever, each time with the
    # callback's error.
    Client("ffmpeg-cuvid", "ada", None, ["-xerror", "-c:v", "av1_cuvid"]),
    Client("gst-va-arc", "arc", "av1parse ! vaav1dec", None),
    Client("gst-va-rdna3", "rdna3", "av1parse ! vaav1dec", None),
    Client("ffmpeg-vaapi-arc", "arc", None, VAAPI),
    Client("ffmpeg-vaapi-rdna3", "rdna3", None, VAAPI),
]}
TIMEOUT = 150
POINT_OPTIONS = {"av1": "-operating_point", "libdav1d": "-oppoint"}


def read_manifest(folder):
    lines = (pathlib.Path(folder) / "MANIFEST.tsv").read_text().splitlines()
    places = {name: place for place, name in enumerate(lines[0].split("\t"))}
    vectors = []
    for number, line in enumerate(lines[1:]):
        cells = line.split("\t")
        args = cells[places["dav1d_args"]].strip("-") and cells[places["dav1d_args"]]
        vectors.append(Vector(number, cells[places["path"]], int(cells[places["frames"]]),
                              cells[places["md5"]], args, cells[places["features"]].split("; ")))
    return vectors


def wanted(vector):
    return f"decoded {vector.frames} {vector.md5}"


def has(vector, feature):
    return any(re.match(rf"{re.escape(feature)}($|[=\[(])", f) for f in vector.features)


def option(vector, name):
    """The value of one of dav1d's arguments, or None."""
    words = vector.args.split()
    return words[words.index(name) + 1] if name in words else None


@functools.cache
def dav1d(file, *args):
    """What dav1d makes of a file with other arguments than the manifest's."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "md5"
        done = subprocess.run(["dav1d", "--muxer", "md5", "-o", out, "-i", file, *args],
                              capture_output=True, text=True, timeout=TIMEOUT, check=False)
        frames = re.findall(r"Decoded (\d+)/", done.stderr)
        return f"decoded {frames[-1]} {out.read_text().strip()}" if frames else done.stderr


def profile(folder, vector):
    """The manifest does not know it of each stream: then it is what an IVF file's first unit says,
    which has a delimiter and a sequence header in front."""
    named = [f[-1] for f in vector.features if re.fullmatch(r"profile\d", f)]
    if named:
        return int(named[0])
    with open(pathlib.Path(folder) / vector.path, "rb") as file:
        header = re.search(rb"\x12\x00\x0a.(.)", file.read(80), re.DOTALL)
    return header[1][0] >> 5 if header else 0


def covered(folder, vector):
    """Whether the devices decode such a stream: as much of AV1 as all of their profiles have."""
    sizes = next(f for f in vector.features if f.startswith("seq="))
    sizes = [int(size) for size in re.findall(r"\d+", sizes)]
    return (profile(folder, vector) == 0 and not has(vector, "12bit")
            and min(sizes, default=16) >= 16 and max(sizes, default=16) <= 8192)


def pixel_format(vector):
    return "yuv420p10le" if has(vector, "10bit") else "yuv420p"


def readable(data):
    """The same with a time base, without which FFmpeg reads no IVF file."""
    if data[:4] != b"DKIF" or all(struct.unpack_from("<II", data, 16)):
        return data
    return data[:16] + struct.pack("<II", 30, 1) + data[24:]


class Ffmpeg:
    """One process a stream; frames are hashed as they are, plane after plane."""

    def __init__(self, client, folder):
        self.client, self.folder = client, pathlib.Path(folder)

    def command(self, vector, file, filters):
        decoder = self.client.options[-1]
        given = [*self.client.options]
        if decoder != "av1_cuvid" and option(vector, "--filmgrain") != "1":
            given += GRAIN_OFF
        if option(vector, "--oppoint") and decoder in POINT_OPTIONS:
            given += [POINT_OPTIONS[decoder], option(vector, "--oppoint")]
        # A gray stream's chroma is the device's own addition.
        gray = ["extractplanes=y"] if has(vector, "mono") else []
        filters = ",".join([f"format={pixel_format(vector)}", *filters, *gray])
        return ["ffmpeg", "-hide_banner", "-nostdin", "-loglevel", "warning", "-progress", "pipe:2",
                *given, "-i", file, "-map", "0:v:0", "-noautoscale",
                "-fps_mode", "passthrough", "-vf", filters, "-f", "md5", "-"]

    def run(self, vector, filters=()):
        data = (self.folder / vector.path).read_bytes()
        return self.decode(vector, readable(data), filters)

    def decode(self, vector, data, filters=()):
        """Decodes the bytes of a file, which may be another than the vector's."""
        with tempfile.NamedTemporaryFile(suffix=pathlib.Path(vector.path).suffix) as file:
            file.write(data)
            file.flush()
            return self.execute(self.command(vector, file.name, filters))

    def without_colours(self, vector):
        """The same, of a copy whose sequence headers have the colours of BT.709."""
        bsf = "av1_metadata=color_primaries=1:transfer_characteristics=1:matrix_coefficients=1"
        done = subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-i", self.folder / vector.path,
                               "-c", "copy", "-bsf:v", bsf, "-f", "ivf", "-"],
                              capture_output=True, timeout=TIMEOUT, check=False)
        return self.decode(vector, done.stdout)

    def reference(self, vector, filters):
        """The same of FFmpeg with dav1d, which needs no device."""
        software = self._replace_client(["-c:v", "libdav1d"])
        return software.run(vector, filters)

    def _replace_client(self, options):
        return Ffmpeg(self.client._replace(options=options), self.folder)

    @staticmethod
    def execute(command):
        try:
            done = subprocess.run(command, capture_output=True, text=True, errors="replace",
                                  timeout=TIMEOUT, check=False)
        except subprocess.TimeoutExpired:
            return Outcome(f"took longer than {TIMEOUT} s", [], [])
        misuse = [line for line in done.stderr.splitlines() if line.startswith("refdrv: ")]
        frames = re.findall(r"^frame=(\d+)$", done.stderr, re.MULTILINE)
        md5 = re.findall(r"^MD5=(\w+)$", done.stdout, re.MULTILINE)
        errors = [line for line in done.stderr.splitlines() if line.startswith("[") or "rror" in line]
        if done.returncode < 0:
            return Outcome(f"killed by signal {-done.returncode}", misuse, errors)
        if frames and md5 and frames[-1] != "0":
            return Outcome(f"decoded {frames[-1]} {md5[0]}", misuse, errors)
        return Outcome(f"no frames, status {done.returncode}", misuse, errors)

    def run_all(self, vectors, jobs):
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            return dict(zip(vectors_lines(vectors), pool.map(self.run, vectors)))


def vectors_lines(vectors):
    return [vector.line for vector in vectors]


class Gstreamer:
    """The conformance runner, with another's element."""

    def __init__(self, client, folder, runner):
        self.client, self.folder, self.runner = client, pathlib.Path(folder), runner

    def run_all(self, vectors, jobs):
        outcomes = self.run_some(jobs)
        for vector in vectors:
            # About one process in a thousand crashes, with any stream, and does not when it is run again.
            if outcomes[vector.line].text.startswith("killed by signal"):
                print(f"# {vector.path}: {outcomes[vector.line].text}, and is run again", flush=True)
                outcomes |= self.run_some(jobs, "--filter", vector.path)
        return outcomes

    def run_some(self, jobs, *more):
        with tempfile.TemporaryDirectory() as temporary:
            results = pathlib.Path(temporary) / "results"
            manifest = self.folder / "MANIFEST.tsv"
            command = [self.runner, "--element", self.client.element, "--manifest", manifest,
                       "--as-it-is", "--jobs", str(jobs), "--results", results, *more]
            done = subprocess.run(command, capture_output=True, text=True, errors="replace",
                                  check=False)
            if not results.exists():
                raise RuntimeError(f"{self.runner} failed: {done.stdout}{done.stderr}")
            lines = results.read_text().splitlines()
        outcomes = {}
        for line in lines:
            number, _, text = line.partition("\t")
            outcomes[int(number)] = Outcome(text, [], [])
        return outcomes


def missing(client):
    """Why a client cannot run here, or None."""
    if client.options:
        if not shutil.which("ffmpeg"):
            return "there is no ffmpeg"
        decoder = client.options[-1]
        known = subprocess.run(["ffmpeg", "-hide_banner", "-decoders"], capture_output=True,
                               text=True, check=False).stdout
        return None if re.search(rf"\b{decoder}\b", known) else f"ffmpeg has no decoder {decoder}"
    name = client.element.rpartition(" ")[2]
    found = subprocess.run(["gst-inspect-1.0", "--exists", name], check=False).returncode == 0
    return None if found else f"GStreamer has no element {name} on this device"


def make(client, folder, runner):
    return Ffmpeg(client, folder) if client.options else Gstreamer(client, folder, runner)


def enter_machine(client, argv):
    """Runs this program again on the client's machine, where it is not yet; returns if it is."""
    if os.environ.get("AV1HW_CLIENT_MACHINE") == client.profile:
        return
    run = pathlib.Path(__file__).resolve().parents[1] / "refdrv" / "run"
    # The elements are to be GStreamer's own.
    env = {name: value for name, value in os.environ.items() if not name.startswith("GST_")}
    env |= {"AV1HW_CLIENT_MACHINE": client.profile, "GST_PLUGIN_PATH": ""}
    os.execvpe(run, [run, client.profile, *argv], env)
