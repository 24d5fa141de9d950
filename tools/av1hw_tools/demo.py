# SPDX-License-Identifier: LGPL-2.1-or-later
"""The demo: builds the plugin, decodes, composites and encodes files, and checks the result."""
import argparse
import os
import pathlib
import sys

from av1hw_tools import build

MOST_KBIT = 2000000  # the encoders' own bound
CLIPS = ["chart.mp4", "fractal.webm", "hdr10.ivf", "life.obu"]


class Trouble(Exception):
    """What went wrong, in words for whoever called the demo."""


def parse():
    parser = argparse.ArgumentParser(prog="tools/demo")
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    parser.add_argument("--output", required=True, type=pathlib.Path)
    parser.add_argument("--bitrate", type=int)
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--backend", choices=["auto", "va", "nv", "vk", "cpu"], default="auto")
    parser.add_argument("--compositor", choices=["auto", "vk", "cpu"], default="auto")
    parser.add_argument("--plugin", type=pathlib.Path,
                        help="folder of a plugin that is built already")
    arguments = parser.parse_args()
    if not arguments.files:
        arguments.files = [build.PROJECT / "tests" / "data" / clip for clip in CLIPS]
    return arguments


def size_of(text):
    """(width, height) of "1280x720"."""
    width, _, height = text.partition("x")
    if not (width.isdigit() and height.isdigit()) or not 16 <= int(width) <= 16384 \
            or not 16 <= int(height) <= 16384:
        raise Trouble(f"--size {text}: give width and height, 16x16 to 16384x16384")
    return int(width), int(height)


def check_bitrate(kbit):
    if kbit is not None and not 1 <= kbit <= MOST_KBIT:
        raise Trouble(f"--bitrate {kbit}: give 1 to {MOST_KBIT} kbit/s")


def keep_inputs(files, output):
    for path in files:
        if output.exists() and path.exists() and output.samefile(path):
            raise Trouble(f"{output} is an input; write to another file")


def prepare(plugin):
    """Builds the plugin if need be, and points GStreamer at it with a registry of its own."""
    if not plugin:
        folder = build.folder("demo", "plugin")
        if not build.build(folder, ["-Dtests=disabled", "-Ddocs=disabled", "-Dbench=disabled"]):
            raise Trouble("the build failed; its output is above")
        plugin = folder / "gst" / "plugin"
    os.environ["GST_PLUGIN_PATH"] = str(plugin)
    os.environ["GST_REGISTRY"] = str(plugin / "registry.bin")


def main():
    arguments = parse()
    try:
        size = size_of(arguments.size)
        check_bitrate(arguments.bitrate)
        keep_inputs(arguments.files, arguments.output)
        prepare(arguments.plugin)
        # GStreamer reads its environment when it is imported, hence only now.
        from av1hw_tools import demo_check, demo_inputs, demo_pipeline
        inputs = demo_inputs.inspect(arguments.files)
        demo_inputs.show(inputs)
        job = demo_pipeline.Job(inputs, arguments.output, size, arguments.bitrate,
                                arguments.backend, arguments.compositor)
        job.run()
        job.show_table()
        demo_check.check(arguments.output, job.out.buffers, job.longest_input())
        if job.damage:
            raise Trouble(f"not all of the input could be decoded ({len(job.damage)} warnings, "
                          f"above); {arguments.output.name} has what could")
    except Trouble as trouble:
        print(f"tools/demo: {trouble}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("tools/demo: stopped", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    # Other modules name this one's exceptions, so it must be one module, not two.
    from av1hw_tools import demo
    sys.exit(demo.main())
