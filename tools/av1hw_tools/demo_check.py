# SPDX-License-Identifier: LGPL-2.1-or-later
"""Decodes what the demo wrote: is it all there, and what does it look like?"""
import struct
import zlib

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstVideo", "1.0")
from gi.repository import Gst, GstVideo  # noqa: E402

from av1hw_tools.demo import Trouble  # noqa: E402
from av1hw_tools.demo_inputs import GstPbutils, Reader, inspect_one, make  # noqa: E402

COLUMNS, ROWS, CELL_WIDTH, GAP = 4, 3, 320, 4
TIMEOUT = 60 * Gst.SECOND


def check(path, frames, seconds):
    """Decodes the file. Raises unless it has that many frames, and about that length; writes a
    contact sheet beside it and returns the sheet's path."""
    print(f"\n=== checking {path.name} by decoding it")
    picks = {(2 * i + 1) * frames // (2 * COLUMNS * ROWS): None for i in range(COLUMNS * ROWS)}
    found, end, frame_time = decode(path, picks)
    if found == 0 or found != frames:
        raise Trouble(f"{frames} frames were encoded, but {found} come out of {path}")
    if abs(end - seconds) > 2 * frame_time + 0.05:
        raise Trouble(f"{path} is {end:.2f} s long; the longest input is {seconds:.2f} s")
    print(f"  {found} frames, {end:.2f} s: as they should be")
    sheet = path.with_name(path.name + ".png")
    write_sheet(sheet, [sample for sample in picks.values() if sample])
    print(f"  {len(picks)} of them, to look at: {sheet}")


def decode(path, picks):
    """Frames, length in s, length of a frame; keeps small copies of the frames in `picks`."""
    pipeline = Gst.Pipeline.new("check")
    decoder, sink = make("av1decbin"), make("appsink", sync=False, max_buffers=4)
    pipeline.add(decoder)
    pipeline.add(sink)
    decoder.link(sink)
    item = inspect_one(GstPbutils.Discoverer.new(20 * Gst.SECOND), path)
    Reader(pipeline, item, lambda pad: pad.link(decoder.get_static_pad("sink")))
    frames, first, last, length = 0, None, 0, 0
    try:
        pipeline.set_state(Gst.State.PLAYING)
        while sample := sink.emit("try-pull-sample", TIMEOUT):
            buffer = sample.get_buffer()
            first = buffer.pts if first is None else first
            last, length = buffer.pts, buffer.duration
            if frames in picks:
                picks[frames] = small_rgb(sample)
            frames += 1
        raise_errors(pipeline.get_bus(), path)
    finally:
        pipeline.set_state(Gst.State.NULL)
    if length in (0, Gst.CLOCK_TIME_NONE):
        length = (last - first) // max(frames - 1, 1) if frames else 0
    return frames, ((last + length) - (first or 0)) / Gst.SECOND, length / Gst.SECOND


def raise_errors(bus, path):
    message = bus.pop_filtered(Gst.MessageType.ERROR)
    if message:
        error, debug = message.parse_error()
        raise Trouble(f"{path} cannot be decoded: {error.message} ({debug})")


def small_rgb(sample):
    """(width, height, bytes) of a frame, CELL_WIDTH wide and in 8-bit RGB."""
    info = GstVideo.VideoInfo.new_from_caps(sample.get_caps())
    height = max(2, round(CELL_WIDTH * info.height / info.width))
    caps = Gst.Caps.from_string(
        f"video/x-raw,format=RGB,width={CELL_WIDTH},height={height},pixel-aspect-ratio=1/1")
    small = GstVideo.video_convert_sample(sample, caps, 10 * Gst.SECOND)
    buffer = small.get_buffer()
    return CELL_WIDTH, height, buffer.extract_dup(0, buffer.get_size())


def write_sheet(path, cells):
    """Puts frames of one size into a grid, left to right and down, and writes it as PNG."""
    height = max(cell[1] for cell in cells)
    sheet_width = COLUMNS * (CELL_WIDTH + GAP) + GAP
    blank = bytes(3 * sheet_width)
    rows = [blank] * GAP
    for start in range(0, len(cells), COLUMNS):
        line = cells[start:start + COLUMNS]
        for y in range(height):
            row = b"".join(bytes(3 * GAP) + cell_row(cell, y) for cell in line)
            rows.append(row.ljust(3 * sheet_width, b"\0"))
        rows += [blank] * GAP
    write_png(path, sheet_width, rows)


def cell_row(cell, y):
    width, height, data = cell
    stride = 3 * width  # CELL_WIDTH is a multiple of 4, so rows have no padding
    return data[y * stride:(y + 1) * stride] if y < height else bytes(stride)


def write_png(path, width, rows):
    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, len(rows), 8, 2, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows), 6)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data)
                     + chunk(b"IEND", b""))
