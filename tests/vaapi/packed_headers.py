# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads the headers that an encoder packs for its driver, with FFmpeg's coded bitstream parser."""
import collections
import re
import subprocess

# A picture's headers: their values by name; where each of the frame header's begins, in bits from
# where its OBU's payload does; and how many bits cdef_params() has.
Headers = collections.namedtuple("Headers", "fields places cdef_bits")

TEMPORAL_DELIMITER = bytes([0x12, 0x00])
PATIENCE = 60
LINE = re.compile(r"^\[trace_headers @ \w+\] (.*)$", re.MULTILINE)
ELEMENT = re.compile(r"^(\d+) +([\w\[\]]+) +([01]*) = (-?\d+)$")
SECTIONS = {"Sequence Header": "sequence_header", "Frame Header": "frame_header"}
# What the bytes of an OBU come to, its payload's size among them.
OF_OBUS = ("obu_forbidden_bit", "obu_reserved_1bit", "obu_size", "trailing_one_bit",
           "trailing_zero_bit")


class Reader:
    """Sorts what is said of one picture after another."""

    def __init__(self):
        self.pictures, self.section, self.pending, self.start = [], None, [], 0

    def line(self, text):
        if text.startswith("Packet:"):
            self.pictures.append(Headers(collections.defaultdict(list), {}, []))
        elif text in SECTIONS:
            self.section = SECTIONS[text]
            for found in self.pending:
                self.element(*found)
            self.pending = []
        elif text == "OBU header":
            self.section, self.pending = None, []
        elif found := ELEMENT.match(text):
            place, name, bits, value = found.groups()
            if self.section is None:
                self.pending.append((int(place), name, bits, value))
            else:
                self.element(int(place), name, bits, value)

    def element(self, place, name, bits, value):
        # What comes before the first packet is the same as in it.
        if not self.pictures or name in OF_OBUS:
            return
        picture = self.pictures[-1]
        picture.fields[f"{self.section}.{re.sub(r'\[.*?\]', '', name)}"].append(value)
        if self.section == "frame_header":
            # FFmpeg's parser has packed it again, maybe with a shorter obu_size.
            if name == "show_existing_frame":
                self.start = place
            picture.places.setdefault(name, place - self.start)
            if name.startswith("cdef_"):
                picture.cdef_bits.append(len(bits))


def read(pictures):
    """The Headers of each picture. `pictures`: the bytes of all that was packed for it."""
    stream = b"".join(TEMPORAL_DELIMITER + packed for packed in pictures)
    done = subprocess.run(
        ["ffmpeg", "-v", "verbose", "-nostdin", "-f", "obu", "-i", "pipe:", "-map", "0:v", "-c",
         "copy", "-bsf:v", "trace_headers", "-f", "null", "-"],
        input=stream, capture_output=True, timeout=PATIENCE, check=False)
    reader = Reader()
    for text in LINE.findall(done.stderr.decode(errors="replace")):
        reader.line(text.rstrip())
    if len(reader.pictures) != len(pictures):
        raise ValueError(f"headers of {len(reader.pictures)} pictures were read of "
                         f"{len(pictures)}: {done.stderr.decode(errors='replace')[-400:]}")
    return [picture._replace(fields={name: ",".join(values)
                                     for name, values in picture.fields.items()},
                             cdef_bits=sum(picture.cdef_bits))
            for picture in reader.pictures]
