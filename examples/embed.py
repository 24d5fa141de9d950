#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""An application that transcodes a file to AV1 in Matroska and says what did it and was copied."""
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402  (the version comes first)

DESCRIPTION = (
    "filesrc name=in ! parsebin ! av1decbin name=dec ! queue ! "
    "av1encbin name=enc preset=10 bitrate=1000 ! av1parse ! matroskamux ! filesink name=out"
)


def show_choice(pipeline, name):
    element = pipeline.get_by_name(name)
    print(f"{name}: {element.get_property('chosen') or 'nothing was chosen'}")
    stats = element.get_property("stats")
    if stats:
        print("  " + stats.to_string())


def transcode(source, destination):
    pipeline = Gst.parse_launch(DESCRIPTION)
    pipeline.get_by_name("in").set_property("location", source)
    pipeline.get_by_name("out").set_property("location", destination)
    pipeline.set_state(Gst.State.PLAYING)
    message = pipeline.get_bus().timed_pop_filtered(
        Gst.CLOCK_TIME_NONE, Gst.MessageType.EOS | Gst.MessageType.ERROR
    )
    failure = message.type == Gst.MessageType.ERROR and message.parse_error()
    if not failure:
        show_choice(pipeline, "dec")
        show_choice(pipeline, "enc")
    pipeline.set_state(Gst.State.NULL)
    if failure:
        raise SystemExit(f"{failure.gerror.message}\n{failure.debug}")


Gst.init(None)
if len(sys.argv) != 3:
    raise SystemExit(f"Usage: {sys.argv[0]} INPUT OUTPUT.mkv")
transcode(sys.argv[1], sys.argv[2])
