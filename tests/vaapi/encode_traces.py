# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads what libva traced of an encoder, and finds where two of one setting differ."""
import collections
import glob
import re

import packed_headers
from parameter_rules import Difference
from traces import CALL, FAILED, KIND, NONE, PREFIX, not_given_back

# What an encoder told the driver of its pictures in coding order, by the names of compare(), what
# it said where it failed, and the calls that were answered with an error, each after the number of
# pictures begun before it. `kept` is what it made in the driver and did not give back.
Trace = collections.namedtuple("Trace", "pictures error misuse kept", defaults=[""])

BEGIN = b"==========va_TraceBeginPicture\n"
END = b"==========va_TraceEndPicture\n"
FIELD = re.compile(r"^\t([\w.\[\]]+) ?= (-?\w+)\s*$", re.MULTILINE)
TITLE = re.compile(r"^\t--VAEnc(?:MiscParameter(?:Buffer)?)?(\w+)$", re.MULTILINE)
NAMES = {"SequenceParameterBufferAV1": "sequence", "PictureParameterBufferAV1": "picture"}
DUMP = re.compile(rb"--VAEncPackedHeaderDataBufferType\n((?:\t\t0x[0-9a-f]+:.*\n)+)")
DUMP_OFFSET = re.compile(rb"^\t\t0x[0-9a-f]+:", re.MULTILINE)
ATTRIBUTE = re.compile(rb"attrib_list\[\d+\].type = \w+, VAConfigAttrib(\w+)\n"
                       rb"\t+attrib_list\[\d+\].value = (\w+)")
MADE_SURFACES = re.compile(rb"va_TraceCreateSurfaces\n(?:\t.*\n)*?\tnum_surfaces = (\d+)\n")
DESTROYED_SURFACES = re.compile(rb"va_TraceDestroySurfaces\n((?:\t\tsurfaces\[.*\n)+)")
CONTEXT = re.compile(rb"va_TraceCreateContext\n.*?\twidth = (\d+)\n\theight = (\d+)\n", re.DOTALL)
PACKED = {"0x00000001": "packed_sequence", "0x00000002": "packed_frame"}
# Arguments of calls, which are printed like fields.
OF_CALLS = ("context", "render_targets", "num_buffers", "buffers")
NO_REFERENCE = "-"
KEY, INTRA = "0", ("0", "2")  # frame_type


def number(text):
    return str(int(text, 16)) if text.startswith("0x") else text


def named_fields(name, text):
    """Of one buffer; an array is one field."""
    fields = collections.defaultdict(list)
    for field, value in FIELD.findall(text):
        base = re.sub(r"\[\d+\]", "", field)
        base = re.sub(r"\.(bits|fields)\b", "", base)
        # The buffer's own name is in the same form.
        if base != "buffers":
            fields[f"{name}.{base}"].append(number(value))
    return {field: ",".join(values) for field, values in fields.items()}


def obu_layout(obu):
    """Where obu_size and the payload begin, in bytes."""
    size_at = 2 if obu[0] & 4 else 1
    size_bytes = next(count for count, byte in enumerate(obu[size_at:], 1) if byte < 0x80)
    return size_at, size_at + size_bytes


def end_names(obu):
    """What its size in bits may count up to: its end, or the one bit that trailing_bits() has."""
    last = obu.rstrip(b"\0")
    zeros = (last[-1] & -last[-1]).bit_length() - 1
    return {8 * len(obu): "last byte", 8 * len(last) - zeros: "trailing bit"}


class Picture:
    """What is in the buffers of one vaRenderPicture."""

    def __init__(self):
        self.fields, self.tile_groups, self.order = {}, [], []
        self.header, self.packed = {}, []

    def add(self, buffer):
        kind = KIND.search(buffer).group(1).decode()
        if kind == "VAEncPackedHeaderDataBufferType":
            self.add_packed(bytes.fromhex(DUMP_OFFSET.sub(b"", DUMP.search(buffer)[1]).decode()))
            return
        text = buffer.decode(errors="replace")
        title = TITLE.search(text)[1]
        name = NAMES.get(title, title)
        fields = named_fields(name, text)
        if name == "PackedHeaderParameterBuffer":
            self.header = dict(FIELD.findall(text))
            return
        self.order.append(name)
        if name == "TileGroupBufferAV1":
            self.tile_groups.append(f"{fields[name + '.tg_start']}-{fields[name + '.tg_end']}")
        else:
            self.fields.update(fields)

    def add_packed(self, data):
        name = PACKED.get(self.header["type"], f"packed_{self.header['type']}")
        self.order.append(name)
        self.fields[f"{name}.has_emulation_bytes"] = self.header["has_emulation_bytes"]
        bits = int(self.header["bit_length"])
        self.fields[f"{name}.bit_length"] = end_names(data).get(bits, str(bits))
        self.packed.append((name, data))

    def packed_bytes(self):
        return b"".join(data for _, data in self.packed)

    def finished(self, headers):
        self.fields.update(headers.fields)
        self.fields["tile_groups"] = " ".join(self.tile_groups)
        self.fields["buffers"] = " ".join(self.order)
        self.name_places(headers)
        return self.fields

    def name_places(self, headers):
        """Says instead of an offset into its header what an encoder has there."""
        before = sum(len(data) for name, data in self.packed if name == "packed_sequence")
        frame = next(data for name, data in self.packed if name == "packed_frame")
        size_at, payload_at = obu_layout(frame)
        elements = {8 * payload_at + place: name for name, place in headers.places.items()}

        def rename(field, names):
            value = int(self.fields[f"picture.{field}"])
            self.fields[f"picture.{field}"] = names.get(value, str(value)) if value else "0"

        for field in ("bit_offset_qindex", "bit_offset_loopfilter_params",
                      "bit_offset_cdef_params", "bit_offset_segmentation"):
            rename(field, elements)
        rename("size_in_bits_cdef_params", {headers.cdef_bits: "cdef_params"})
        rename("size_in_bits_frame_hdr_obu", end_names(frame))
        rename("byte_offset_frame_hdr_obu_size", {before + size_at: "obu_size"})


def context_fields(text):
    """Of the last configuration and context that were made."""
    fields = {f"config.{name.decode()}": number(value.decode())
              for name, value in ATTRIBUTE.findall(text.rpartition(b"va_TraceCreateConfig\n")[2])}
    for width, height in CONTEXT.findall(text)[-1:]:
        fields.update({"context.width": width.decode(), "context.height": height.decode()})
    return fields


def parse(text):
    """The pictures in a trace, before their headers are read, and the calls that failed."""
    before, *parts = text.split(BEGIN)
    misuse, pictures = [(0, call) for call in FAILED.findall(before)], []
    for part in parts:
        misuse += [(len(pictures) + 1, call) for call in FAILED.findall(part)]
        picture = Picture()
        rendered = part.partition(END)[0]
        for buffer in rendered.split(b"\t---------------------------\n")[1:]:
            picture.add(buffer)
        pictures.append(picture)
    return pictures, [(at, f"{call.decode()}: {status.decode()}") for at, (call, status) in misuse]


def made_and_undone(text):
    """How often each call succeeded; surfaces are counted one by one."""
    calls = collections.Counter(call.decode() for call in CALL.findall(text))
    calls["vaCreateSurfaces"] = sum(map(int, MADE_SURFACES.findall(text)))
    calls["vaDestroySurfaces"] = sum(part.count(b"\n") for part in DESTROYED_SURFACES.findall(text))
    calls["vaMapBuffer"] += calls["vaMapBuffer2"]
    return calls


def texts(prefix):
    """The files that libva wrote, one a thread."""
    for file in sorted(glob.glob(glob.escape(prefix) + ".*")):
        with open(file, "rb") as stream:
            yield PREFIX.sub(b"", stream.read())


def read(prefix, error=None):
    """The Trace in these files."""
    begun, misuse, context, calls = [], [], {}, collections.Counter()
    for text in texts(prefix):
        found, failed = parse(text)
        if begun and found:
            raise ValueError(f"two threads encoded: {prefix}")
        begun += found
        misuse += failed
        context.update(context_fields(text))
        calls.update(made_and_undone(text))
    if begun:
        begun[0].fields.update(context)
    headers = packed_headers.read([p.packed_bytes() for p in begun]) if begun else []
    pictures = [p.finished(h) for p, h in zip(begun, headers, strict=True)]
    return Trace(numbered(pictures), error, misuse, not_given_back(calls))


def numbered(pictures):
    """Calls surfaces by the picture that was coded into them, by its place in coding order."""
    meaning, named, key_hint = {NONE: NO_REFERENCE}, [], 0
    for place, fields in enumerate(pictures):
        made = dict(fields)
        surfaces = fields["picture.reference_frames"].split(",")
        slots = [meaning.get(surface, "never coded") for surface in surfaces]
        made["picture.reference_frames"] = ",".join(slots)
        intra = fields["picture.picture_flags.frame_type"] in INTRA
        made["references"] = NO_REFERENCE if intra else ",".join(
            slots[int(i)] for i in fields["picture.ref_frame_idx"].split(","))
        hint = int(fields["picture.order_hint"])
        if fields["picture.picture_flags.frame_type"] == KEY:
            key_hint = hint
        made["hint_since_key"] = str(hint - key_hint)
        target = fields["picture.reconstructed_frame"]
        made["picture.reconstructed_frame"] = "a reference" if target in surfaces else "free"
        meaning[target] = str(place)
        del made["picture.coded_buf"]
        named.append(made)
    return named


def differing(ours, theirs):
    return [name for name in dict.fromkeys([*theirs, *ours]) if ours.get(name) != theirs.get(name)]


def compare(setting, ours, theirs):
    """All differences of one setting, and how many of its pictures were compared."""
    differences = []
    for place, (a, b) in enumerate(zip(ours.pictures, theirs.pictures)):
        differences += [Difference(setting, 0, place, name, a.get(name), b.get(name), (a, b))
                        for name in differing(a, b)]
    compared = min(len(ours.pictures), len(theirs.pictures))
    if len(ours.pictures) != len(theirs.pictures):
        differences.append(Difference(setting, 0, compared, "pictures", len(ours.pictures),
                                      len(theirs.pictures), None))
    # What others misuse or keep is their own affair.
    for field in ("error", "misuse", "kept"):
        a, b = getattr(ours, field), getattr(theirs, field)
        if a or (b and field == "error"):
            differences.append(Difference(setting, 0, compared, field, a, b, None))
    return differences, compared


def unnoticed_changes(text):
    """Fields of a thread's first picture that could change without a change of what is compared."""
    def told(changed):
        first = parse(changed)[0][0]
        return first.fields, first.tile_groups, first.order, first.packed

    head, first, *_ = text.split(BEGIN)
    known, unnoticed = told(head + BEGIN + first), []
    rendered = first.partition(END)[0].decode(errors="replace")
    for found in FIELD.finditer(rendered):
        if re.sub(r"\[\d+\]", "", found[1]) in OF_CALLS:
            continue
        end = found.end(2)
        other = "2" if rendered[end - 1] == "1" else "1"
        changed = f"{rendered[:end - 1]}{other}{rendered[end:]}"
        if told(head + BEGIN + changed.encode()) == known:
            unnoticed.append(found[1])
    return unnoticed
