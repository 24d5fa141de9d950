# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads traces of picture parameters, and finds where two of one stream differ."""
import collections
import tarfile

from parameter_rules import Difference

ARCHIVE = "nvidia-parser.tar.xz"
NO_PICTURE = "255"
REFERENCES = [f"ref{i}" for i in range(7)]

# What one parser made of a stream: (unit, "PIC", fields) and (unit, "DISP", index) in their order.
Trace = collections.namedtuple("Trace", "units events refused cut")


def parse(text):
    units, events, refused, cut = 0, [], False, False
    for line in text.splitlines():
        kind, _, rest = line.partition(" ")
        if kind == "TU":
            units += 1
        elif kind == "ERR":
            refused = True
        elif kind == "PIC":
            fields = dict(word.split("=", 1) for word in rest.split() if "=" in word)
            # A parser that was stopped leaves half a line.
            if "apply_grain" not in fields:
                cut = True
                break
            events.append((units, "PIC", fields))
        elif kind == "DISP":
            events.append((units, "DISP", rest.split()[0].removeprefix("idx=")))
    return Trace(units, events, refused, cut)


def read_archive(folder):
    """The traces in the archive, by the path of their stream among the vectors."""
    traces = {}
    with tarfile.open(f"{folder}/{ARCHIVE}") as archive:
        for member in archive:
            if member.isfile():
                name = member.name.rpartition("/")[2].removesuffix(".txt").replace("+", "/")
                traces[name] = parse(archive.extractfile(member).read().decode())
    return traces


class Numbering:
    """Calls pictures by their place in decoding order, whatever index a parser gave them."""

    def __init__(self):
        self.decoded, self.shown, self.count = {}, {}, 0

    def reference(self, index):
        return "-" if index == NO_PICTURE else str(self.decoded.get(index, f"none at {index}"))

    def picture(self, fields):
        renamed = dict(fields)
        renamed["primary_ref_frame"] = self.reference(fields["primary_ref_frame"])
        slots = fields["ref_frame_map"].split(",")
        renamed["ref_frame_map"] = ",".join(self.reference(index) for index in slots)
        for field in REFERENCES:
            size, _, index = fields[field].rpartition(":")
            renamed[field] = f"{size}:{self.reference(index)}"
        apart = fields["CurrPicIdx"] != fields["decodePicIdx"]
        self.decoded[fields["decodePicIdx"]] = self.shown[fields["CurrPicIdx"]] = self.count
        renamed["CurrPicIdx"] = "apart from decodePicIdx" if apart else "as decodePicIdx"
        renamed["decodePicIdx"] = str(self.count)
        self.count += 1
        return renamed

    def displayed(self, index):
        return str(self.shown.get(index, f"none at {index}"))


def read_events(trace):
    """Decoded pictures with their units, and the order in which they are put out."""
    numbering, pictures, order = Numbering(), [], []
    for unit, kind, what in trace.events:
        if kind == "PIC":
            pictures.append((unit, numbering.picture(what)))
        else:
            order.append(numbering.displayed(what))
    return pictures, order


def compare(stream, ours, theirs):
    """All differences of one stream, and how many of its pictures were compared."""
    differences = []
    our_pictures, our_order = read_events(ours)
    their_pictures, their_order = read_events(theirs)
    for number, ((unit, a), (_, b)) in enumerate(zip(our_pictures, their_pictures)):
        for field in dict.fromkeys([*b, *a]):
            if a.get(field) != b.get(field):
                differences.append(Difference(stream, unit, number, field, a.get(field),
                                              b.get(field), (a, b)))
    compared = min(len(our_pictures), len(their_pictures))
    # A file that was given to the parser in one piece has no units.
    in_units = theirs.units > 1
    if len(our_pictures) != len(their_pictures) or (
            in_units and [unit for unit, _ in our_pictures] != [unit for unit, _ in their_pictures]):
        differences.append(Difference(stream, 0, compared, "pictures", len(our_pictures),
                                      len(their_pictures), None))
    if our_order != their_order:
        same = next((i for i, (a, b) in enumerate(zip(our_order, their_order)) if a != b),
                    min(len(our_order), len(their_order)))
        differences.append(Difference(stream, 0, compared, "output", " ".join(our_order[same:]),
                                      " ".join(their_order[same:]), None))
    return differences, compared
