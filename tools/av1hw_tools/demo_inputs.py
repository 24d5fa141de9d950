# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the demo's input files hold, and the elements that read them."""
import dataclasses
import itertools
import pathlib
import re
import struct

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstPbutils", "1.0")
from gi.repository import GLib, GObject, Gst, GstPbutils  # noqa: E402

from av1hw_tools.demo import Trouble  # noqa: E402

Gst.init(None)
# Bare OBUs come without times; most films and cameras are near this rate.
ASSUMED_RATE = 25


@dataclasses.dataclass
class Input:
    path: pathlib.Path
    width: int
    height: int
    rate: float      # frames a second; 0: the file does not say
    seconds: float   # 0: the file does not say
    codec: str       # caps name
    bare: bool       # OBUs without a container, hence without times
    notes: list


def media_type(caps):
    """The name of the first structure: "video/x-av1"."""
    return re.match(r"[\w/+.-]+", caps.to_string()).group()


def inspect(paths):
    discoverer = GstPbutils.Discoverer.new(20 * Gst.SECOND)
    return [inspect_one(discoverer, path) for path in paths]


def inspect_one(discoverer, path):
    try:
        info = discoverer.discover_uri(Gst.filename_to_uri(str(path)))
    except GLib.Error as error:
        hint = " (annex B files are not read)" if path.suffix == ".obu" else ""
        raise Trouble(f"{path} cannot be played: {error.message}{hint}") from None
    videos = [stream for stream in info.get_video_streams() if stream.get_width() > 0]
    if not videos:
        raise Trouble(f"{path} has no video in it")
    video, notes = videos[0], []
    for what, streams in (("audio", info.get_audio_streams()),
                          ("subtitles", info.get_subtitle_streams()), ("more video", videos[1:])):
        if streams:
            notes.append(f"{len(streams)} stream(s) of {what} ignored")
    codec = media_type(video.get_caps())
    if codec != "video/x-av1":
        notes.append(f"not AV1 but {codec}: decoded by whatever plays it")
    bare = media_type(info.get_stream_info().get_caps()) == "video/x-av1"
    if bare:
        notes.append(f"bare OBUs have no times: {ASSUMED_RATE} frames a second assumed")
    rate = video.get_framerate_num() / (video.get_framerate_denom() or 1)
    return Input(path, video.get_width(), video.get_height(), ASSUMED_RATE if bare else rate,
                 0 if bare else info.get_duration() / Gst.SECOND, codec, bare, notes)


def show(inputs):
    print("\n=== inputs")
    for item in inputs:
        rate = f"{item.rate:.4g} frames/s" if item.rate else "rate not known"
        seconds = f"{item.seconds:.2f} s" if item.seconds else "length not known"
        print(f"  {item.path.name}: {item.width}x{item.height}, {rate}, {seconds}")
        for note in item.notes:
            print(f"    note: {note}")


def make(name, **properties):
    """An element; raises where it is not installed."""
    element = Gst.ElementFactory.make(name, None)
    if not element:
        raise Trouble(f"GStreamer's element {name} is not there")
    for key, value in properties.items():
        name = key.replace("_", "-")
        if element.find_property(name).value_type.is_a(GObject.TYPE_ENUM):
            Gst.util_set_object_arg(element, name, value)
        else:
            element.set_property(name, value)
    return element


class Reader:
    """Reads one input within a pipeline, and hands its video pad on when there is one."""

    def __init__(self, pipeline, item, on_video):
        self.pipeline = pipeline
        self.on_video = on_video
        self.taken = False
        self.source = make("filesrc", location=str(item.path))
        self.parser = make("parsebin")
        self.parser.connect("pad-added", self.on_pad, item)
        for element in (self.source, self.parser):
            pipeline.add(element)
        self.source.link(self.parser)

    def on_pad(self, _, pad, item):
        caps = pad.get_current_caps() or pad.query_caps(None)
        if self.taken or not media_type(caps).startswith("video/"):
            self.link(pad, make("fakesink", sync=False), "sink")
            return
        self.taken = True
        if item.bare:
            pad = self.with_times(pad, item)
        elif item.codec != "video/x-av1":
            self.decode(pad)
            return
        self.on_video(pad)

    def link(self, pad, element, sink_name):
        self.pipeline.add(element)
        element.sync_state_with_parent()
        pad.link(element.get_static_pad(sink_name))

    def decode(self, pad):
        decoder = make("decodebin")
        decoder.connect("pad-added", lambda _, raw: self.on_video(raw))
        self.link(pad, decoder, "sink")

    def with_times(self, pad, item):
        """Numbers bare units by framing them as IVF, and returns a pad that has them with times."""
        sink = make("appsink", sync=False, emit_signals=True, max_buffers=8)
        sink.set_property("caps", Gst.Caps.from_string(
            "video/x-av1,stream-format=obu-stream,alignment=tu"))
        source = make("appsrc", caps=Gst.Caps.new_empty_simple("video/x-ivf"), block=True,
                      max_bytes=1 << 20)
        units = itertools.count()

        def on_sample(_):
            data = sink.emit("pull-sample").get_buffer()
            data = data.extract_dup(0, data.get_size())
            number = next(units)
            header = ivf_header(item) if number == 0 else b""
            framed = header + struct.pack("<IQ", len(data), number) + data
            return source.emit("push-buffer", Gst.Buffer.new_wrapped(framed))

        sink.connect("new-sample", on_sample)
        sink.connect("eos", lambda _: source.emit("end-of-stream"))
        cutter, framer, parser = make("av1parse"), make("ivfparse"), make("av1parse")
        for element in (sink, cutter, parser, framer, source):
            self.pipeline.add(element)
        cutter.link(sink)
        source.link(framer)
        framer.link(parser)
        for element in (sink, cutter, parser, framer, source):
            element.sync_state_with_parent()
        pad.link(cutter.get_static_pad("sink"))
        return parser.get_static_pad("src")


def ivf_header(item):
    # Version 0, 32 bytes; the rate is rate / scale; the number of frames is not known.
    return struct.pack("<4sHH4sHHIIII", b"DKIF", 0, 32, b"AV01", item.width, item.height,
                       ASSUMED_RATE, 1, 0, 0)
