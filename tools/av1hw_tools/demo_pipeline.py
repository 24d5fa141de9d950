# SPDX-License-Identifier: LGPL-2.1-or-later
"""The demo's pipeline: files in, one AV1 file out, and what was seen on the way."""
import itertools
import re
import signal
import sys
import time

from gi.repository import GLib, Gst

from av1hw_tools.demo import Trouble
from av1hw_tools.demo_inputs import Reader, make

MUXERS = {".mp4": "mp4mux", ".webm": "webmmux", ".mkv": "matroskamux", ".ivf": "avmux_ivf",
          ".obu": "avmux_obu"}
STALLED_AFTER = 60  # seconds without a frame
DAMAGE = (Gst.StreamError.FAILED, Gst.StreamError.DECODE)  # what warnings of lost pictures are


class Count:
    """Buffers and bytes that went through a pad, and the time that they cover."""

    def __init__(self, pad):
        self.buffers = self.bytes = self.end = 0
        pad.add_probe(Gst.PadProbeType.BUFFER, self.on_buffer)

    def on_buffer(self, _, info):
        buffer = info.get_buffer()
        self.buffers += 1
        self.bytes += buffer.get_size()
        if buffer.pts != Gst.CLOCK_TIME_NONE:
            length = 0 if buffer.duration == Gst.CLOCK_TIME_NONE else buffer.duration
            self.end = max(self.end, buffer.pts + length)
        return Gst.PadProbeReturn.OK


class Job:
    def __init__(self, inputs, output, size, bitrate, backend, blender):
        self.inputs = inputs
        self.output = output
        self.pipeline = Gst.Pipeline.new("demo")
        self.loop = GLib.MainLoop()
        self.trouble = None
        self.stopped = False
        self.warned = set()
        self.damage = []  # what was said of inputs that are not whole
        self.counts = {}
        self.seconds = 0.0
        self.links = []  # of a composition: (from, to, memory, adapter)
        self.codecs = {"backend": backend}
        self.last_progress = (0, time.monotonic())  # frames, when they were that many
        self.last_shown = time.monotonic()
        if len(inputs) == 1:
            first, last = self.transcoder(bitrate)
        else:
            first = last = self.compositor(size, bitrate, blender)
        self.add_output(last)
        # Requested before any file is open, so that the grid has the files in their order.
        pads = [first.get_static_pad("sink") or first.request_pad_simple(f"sink_{index}")
                for index in range(len(inputs))]
        self.readers = [Reader(self.pipeline, item, self.link_video(index, pad))
                        for index, (item, pad) in enumerate(zip(inputs, pads))]

    def add(self, element):
        self.pipeline.add(element)
        return element

    def transcoder(self, bitrate):
        decoder = self.add(make("av1decbin", **self.codecs))
        encoder = self.add(make("av1encbin", **self.codecs, **bitrate_of(bitrate)))
        decoder.link(encoder)
        return decoder, encoder

    def compositor(self, size, bitrate, blender):
        composite = self.add(make("av1compositebin", layout="grid", width=size[0], height=size[1],
                                  compositor=blender, **self.codecs))
        for name, value in bitrate_of(bitrate).items():
            composite.get_by_name("encoder").set_property(name, value)
        return composite

    def add_output(self, last):
        suffix = self.output.suffix.lower()
        if suffix not in MUXERS:
            raise Trouble(f"{self.output.name}: what is written is known by its ending, one of "
                          + " ".join(MUXERS))
        parser, muxer = self.add(make("av1parse")), self.add(make(MUXERS[suffix]))
        sink = self.add(make("filesink", location=str(self.output)))
        if not all(a.link(b) for a, b in itertools.pairwise((last, parser, muxer, sink))):
            raise Trouble(f"the encoder and {MUXERS[suffix]} do not fit together")
        self.out = Count(last.get_static_pad("src"))

    def link_video(self, index, sink):
        def on_video(pad):
            self.counts[index] = Count(pad)
            result = pad.link(sink)
            if result != Gst.PadLinkReturn.OK:
                self.fail(f"{self.inputs[index].path}: {result.value_nick}")
        return on_video

    def fail(self, reason):
        self.trouble = self.trouble or reason
        self.loop.quit()

    def run(self):
        """Plays to the end; raises when there was an error, or the user stopped it."""
        what = "transcoding" if len(self.inputs) == 1 else "compositing"
        print(f"\n=== {what} to {self.output}\n  which backend does what, and why:")
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect("message", self.on_message)
        for number in (signal.SIGINT, signal.SIGTERM):
            GLib.unix_signal_add(GLib.PRIORITY_HIGH, number, self.on_signal)
        GLib.timeout_add(500, self.on_tick)
        started = time.monotonic()
        try:
            self.pipeline.set_state(Gst.State.PLAYING)
            self.loop.run()
            self.seconds = time.monotonic() - started
            self.moves = copies(self.pipeline)
            self.links = links(self.pipeline)
        finally:
            self.pipeline.set_state(Gst.State.NULL)
            if self.stopped or self.trouble:
                self.output.unlink(missing_ok=True)
        if self.stopped:
            raise KeyboardInterrupt
        if self.trouble:
            raise Trouble(self.trouble)
        for index, item in enumerate(self.inputs):
            if index not in self.counts or self.counts[index].buffers == 0:
                raise Trouble(f"no video was read from {item.path}")
        if self.out.buffers == 0:
            raise Trouble("nothing was encoded")

    def on_signal(self):
        self.stopped = True
        self.loop.quit()
        return GLib.SOURCE_CONTINUE

    def on_message(self, _, message):
        kind, structure = message.type, message.get_structure()
        if kind == Gst.MessageType.EOS:
            self.loop.quit()
        elif kind == Gst.MessageType.ERROR:
            error, debug = message.parse_error()
            self.fail(f"{message.src.get_path_string()}: {error.message}\n{debug or ''}")
        elif kind == Gst.MessageType.WARNING:
            self.show_warning(message.src, message.parse_warning()[0])
        elif kind == Gst.MessageType.ELEMENT and structure.has_name("av1hw-chosen"):
            self.show_choice(message.src.get_name(), structure)

    def show_warning(self, source, warning):
        number = re.search(r"decode_sink_(\d+)", source.get_path_string())
        name = self.inputs[int(number.group(1))].path.name if number else source.get_name()
        text = f"{name}: {warning.message}"
        if text in self.warned:
            return
        self.warned.add(text)
        print(f"  warning from {text}")
        if warning.domain == "gst-stream-error-quark" and warning.code in DAMAGE:
            self.damage.append(text)

    def show_choice(self, source, structure):
        stage = structure.get_string("stage")
        number = re.fullmatch(r"decode_sink_(\d+)", source)
        if number:
            stage += f" {self.inputs[int(number.group(1))].path.name}"
        device = structure.get_string("device") or structure.get_string("backend")
        print(f"  {stage}: {structure.get_string('element')} on {device}, because: "
              f"{structure.get_string('reason')}")

    def on_tick(self):
        frames, now = self.out.buffers, time.monotonic()
        if frames == self.last_progress[0]:
            if now - self.last_progress[1] > STALLED_AFTER:
                self.fail(f"no frame came out for {STALLED_AFTER} s")
            return GLib.SOURCE_CONTINUE
        self.last_progress = (frames, now)
        if sys.stdout.isatty() or now - self.last_shown > 5:
            self.last_shown = now
            print(f"  {frames} frames, {self.out.end / Gst.SECOND:.1f} s, "
                  f"{self.out.bytes / 1000:.0f} kB",
                  end="\r" if sys.stdout.isatty() else "\n", flush=True)
        return GLib.SOURCE_CONTINUE

    def longest_input(self):
        """Seconds that the longest input covers."""
        return max((count.end for count in self.counts.values()), default=0) / Gst.SECOND

    def show_table(self):
        print(f"\n=== result\n  {'stream':32} {'frames':>7} {'fps':>8} {'bytes':>11}")
        rows = [(self.inputs[index].path.name, self.counts[index])
                for index in sorted(self.counts)]
        for name, count in rows + [(f"-> {self.output.name}", self.out)]:
            rate = count.buffers / self.seconds
            print(f"  {name:32} {count.buffers:7} {rate:8.1f} {count.bytes:11}")
        print(f"  {'copies by kind':32} {'frames':>7} {'':8} {'bytes':>11}")
        for kind, (frames, size) in sorted(self.moves.items()):
            if frames:
                print(f"    {kind:30} {frames:7} {'':8} {size:11}")
        if self.links:
            print("  memory that frames are handed on in")
        for source, target, memory, adapter in self.links:
            through = f", through {adapter}" if adapter else ""
            print(f"    {source} -> {target}: {memory}{through}")


def bitrate_of(bitrate):
    return {"bitrate": bitrate} if bitrate else {}


def copies(pipeline):
    """{kind: [frames, bytes]} over the `stats` of all elements that have them."""
    total = {}
    iterator = pipeline.iterate_recurse()
    while True:
        result, element = iterator.next()
        if result != Gst.IteratorResult.OK:
            return total
        if isinstance(element, Gst.Bin) or not element.find_property("stats"):
            continue
        stats = element.get_property("stats")
        for index in range(stats.n_fields() if isinstance(stats, Gst.Structure) else 0):
            kind, _, unit = stats.nth_field_name(index).rpartition("-")
            if kind in ("same-object", "import", "gpu-copy", "upload", "download", "system-copy"):
                entry = total.setdefault(kind, [0, 0])
                entry[unit == "bytes"] += stats.get_value(stats.nth_field_name(index))


def links(pipeline):
    """[(from, to, memory, adapter)] between the stages of the composition; empty without one."""
    for element in pipeline.children:
        if element.get_factory().get_name() == "av1compositebin":
            found = element.get_property("report").get_value("links")
            return [tuple(link.get_string(field) for field in ("from", "to", "memory", "adapter"))
                    for link in found]
    return []
