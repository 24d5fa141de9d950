# SPDX-License-Identifier: LGPL-2.1-or-later
"""One clip gives the same frames in every container, by hand and by decodebin3."""
import pathlib
import subprocess
import sys
import tempfile

from tap import Tap

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402


DATA = pathlib.Path(__file__).parents[1] / "data"
CLIP = DATA / "hdr10.ivf"
# What GStreamer's own elements get wrong before the decoder sees anything.
BROKEN = {"annexb.obu": "av1parse hands annex B on as obu-stream, byte for byte"}
TIMEOUT = 30 * Gst.SECOND
# file name -> how to make it from the clip: FFmpeg's output options, or a GStreamer pipeline's end
BY_FFMPEG = {
    "section5.obu": ["-f", "obu"],
    "copied.ivf": ["-f", "ivf"],
    "ffmpeg.mp4": ["-f", "mp4"],
    "fragmented.mp4": ["-f", "mp4", "-movflags", "frag_keyframe+empty_moov"],
    "ffmpeg.mkv": ["-f", "matroska"],
    "ffmpeg.webm": ["-f", "webm"],
}
BY_GSTREAMER = {
    "annexb.obu": "video/x-av1,stream-format=annexb,alignment=tu",
    "gstreamer.mp4": "mp4mux",
    "gstreamer.mkv": "matroskamux",
    "gstreamer.webm": "webmmux",
}


def run(description):
    """Plays a pipeline to its end: the structures that elements posted, the plugins in use."""
    pipeline = Gst.parse_launch(description)
    try:
        pipeline.set_state(Gst.State.PLAYING)
        structures = wait_for_end(pipeline.get_bus())
        return structures, used_plugins(pipeline)
    finally:
        pipeline.set_state(Gst.State.NULL)


def wait_for_end(bus):
    structures = []
    while True:
        message = bus.timed_pop_filtered(
            TIMEOUT, Gst.MessageType.ERROR | Gst.MessageType.EOS | Gst.MessageType.ELEMENT)
        if message is None:
            raise RuntimeError(f"no end after {TIMEOUT // Gst.SECOND} s")
        if message.type == Gst.MessageType.ERROR:
            error, debug = message.parse_error()
            raise RuntimeError(f"{error.message} ({debug})")
        if message.type == Gst.MessageType.EOS:
            return structures
        structures.append(message.get_structure())


def used_plugins(pipeline):
    found, iterator = set(), pipeline.iterate_recurse()
    while True:
        result, element = iterator.next()
        if result != Gst.IteratorResult.OK:
            return found
        if element.get_factory():
            found.add(element.get_factory().get_plugin_name())


def decode(description):
    """The MD5 of what a pipeline decodes, and the plugins that it did it with."""
    structures, plugins = run(f"{description} ! videocodectestsink")
    sums = [s.get_string("checksum") for s in structures if s.has_name("conformance/checksum")]
    return (sums or ["no checksum"])[-1], plugins


def expected_md5():
    for line in (DATA / "MANIFEST.tsv").read_text().splitlines():
        cells = line.split("\t")
        if cells[0] == CLIP.name and cells[3] == "-":
            return cells[2]
    raise KeyError(CLIP.name)


def make(folder):
    """Makes every container; returns the files, and the problems by file name."""
    files, problems = {}, {}
    for name, options in BY_FFMPEG.items():
        files[name] = folder / name
        done = subprocess.run(["ffmpeg", "-hide_banner", "-loglevel", "error", "-y", "-i", CLIP,
                               "-c", "copy", *options, files[name]], capture_output=True, text=True)
        if done.returncode != 0:
            problems[name] = f"ffmpeg: {done.stderr.strip()}"
    for name, end in BY_GSTREAMER.items():
        files[name] = folder / name
        try:
            run(f"filesrc location={CLIP} ! ivfparse ! av1parse ! {end} "
                f"! filesink location={files[name]}")
        except (RuntimeError, gi.repository.GLib.Error) as error:
            problems[name] = str(error)
    return files, problems


def main():
    decoder = sys.argv[1]
    Gst.init(None)
    tap, right = Tap(), expected_md5()

    def expect(case, description):
        try:
            found, plugins = decode(description)
            problems = [] if found == right else [f"{found}, but {right} is right"]
            if "av1hw" not in plugins:
                problems.append(f"plays without this project's plugin, with {sorted(plugins)}")
        except (RuntimeError, gi.repository.GLib.Error) as error:
            problems = [str(error)]
        reason = BROKEN.get(case.split()[0])
        if problems and reason:
            tap.skip(case, reason)
        else:
            tap.result(case, problems)

    with tempfile.TemporaryDirectory() as name:
        files, problems = make(pathlib.Path(name))
        for name, file in files.items():
            if name in problems:
                tap.result(f"{name} can be made", [problems[name]])
                continue
            expect(f"{name} by parsebin and {decoder}",
                   f"filesrc location={file} ! parsebin ! {decoder}")
            expect(f"{name} by decodebin3", f"filesrc location={file} ! decodebin3")
    tap.done()


if __name__ == "__main__":
    main()
