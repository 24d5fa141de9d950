# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads what libva traced of a decoder, and finds where two of one stream differ."""
import collections
import glob
import re
import zlib

from parameter_rules import Difference

# What a decoder made of a stream: its pictures' fields, what it said where it failed, and the calls
# that the driver answered with an error, each after the number of pictures begun before it. `kept`
# is what it made in the driver and did not give back.
Trace = collections.namedtuple("Trace", "pictures error misuse kept", defaults=[""])

NONE = "4294967295"
GIVEN_BACK = {"vaCreateConfig": "vaDestroyConfig", "vaCreateContext": "vaDestroyContext",
              "vaCreateSurfaces": "vaDestroySurfaces", "vaCreateBuffer": "vaDestroyBuffer",
              "vaCreateImage": "vaDestroyImage", "vaDeriveImage": "vaDestroyImage",
              "vaMapBuffer": "vaUnmapBuffer", "vaBeginPicture": "vaEndPicture",
              "vaInitialize": "vaTerminate"}
SURFACES = ("current_frame", "current_display_picture", "render_target")

PREFIX = re.compile(rb"^\[\d+\.\d+\]\[ctx [^]]*\]", re.MULTILINE)
CALL = re.compile(rb"^=+(va\w+) ret = VA_STATUS_SUCCESS", re.MULTILINE)
FAILED = re.compile(rb"^=+(va\w+) ret = (VA_STATUS_ERROR\w*)", re.MULTILINE)
FIELD = re.compile(r"^\t*([\w.\[\]]+) = (-?[0-9A-Fa-f]+):?$", re.MULTILINE)
RENDER_TARGET = re.compile(rb"render_targets = (0x[0-9a-f]+)")
KIND = re.compile(rb"\t  type = (\w+)\n\t  size = (\d+)\n")
DUMP_OFFSET = re.compile(rb"^\t\t0x[0-9a-f]+:", re.MULTILINE)
# Printed as hexadecimal numbers: surfaces, and unions of bit fields.
HEXADECIMAL = re.compile(r"^(current_\w+|ref_frame_map|anchor_frames_list|\w+_fields)$")


def section(text, title):
    """What stands between a line that is `title` and the next call or buffer."""
    start = text.index(title) + len(title)
    end = min(at for at in (text.find(b"\n=", start), text.find(b"\n\t--", start), len(text))
              if at >= 0)
    return text[start:end + 1].decode()


def number(name, value):
    return str(int(value, 16)) if HEXADECIMAL.match(name) else value


def picture_fields(text):
    """The fields of VADecPictureParameterBufferAV1; an array is one field."""
    fields = collections.defaultdict(list)
    for name, value in FIELD.findall(section(text, b"--VAPictureParameterBufferAV1\n")):
        # "wm[2].wmmat[1]" is one of wm.wmmat, "ref_frame_map[3]" one of ref_frame_map.
        base = re.sub(r"\[\d+\]", "", name).replace(".bits.", ".")
        fields[base].append(number(base, value))
    return {name: ",".join(values) for name, values in fields.items()}


def tile_parameters(text):
    """Each VASliceParameterBufferAV1 of a buffer."""
    parts = text.split(b"--VASliceParameterBufferAV1\n")[1:]
    return [dict(FIELD.findall(part.decode(errors="replace"))) for part in parts]


def dumped_bytes(text, size):
    _, _, dump = text.partition(b"--VASliceDataBufferType\n")
    data = bytes.fromhex(DUMP_OFFSET.sub(b"", dump.partition(b"\n=")[0]).decode())
    if len(data) != size:
        raise ValueError(f"{len(data)} bytes were traced of {size}; was LIBVA_TRACE_BUFDATA set?")
    return data


def tile_fields(buffers):
    """What the driver is told of tiles, and what it finds there. `buffers`: a picture's."""
    waiting, tiles, layout, flags = collections.deque(), [], [], set()
    for text in buffers:
        kind, size = KIND.search(text).groups()
        if kind == b"VASliceParameterBufferType":
            waiting.append(tile_parameters(text))
        elif kind == b"VASliceDataBufferType":
            data = dumped_bytes(text, int(size))
            described = waiting.popleft() if waiting else []
            layout.append(f"{len(described)} in {len(data)}")
            for tile in described:
                start, count = int(tile["slice_data_offset"]), int(tile["slice_data_size"])
                inside = 0 <= start <= start + count <= len(data)
                crc = f"{zlib.crc32(data[start:start + count]):08x}" if inside else "outside"
                tiles.append(f"{tile['tile_row']},{tile['tile_column']}:{count}:{crc}")
                layout[-1] += f" @{start}"
                flags.add((tile["slice_data_flag"], tile["anchor_frame_idx"],
                           tile["tile_idx_in_tile_list"]))
    return {"tiles": " ".join(tiles), "slice_buffers": "; ".join(layout),
            "slice_flags": " ".join(map(str, sorted(flags)))}


def failed_calls(pictures, text):
    return [(pictures, f"{call.decode()}: {status.decode()}")
            for call, status in FAILED.findall(text)]


def not_given_back(calls):
    made = collections.Counter()
    for make, undo in GIVEN_BACK.items():
        made[undo] += calls[make]
    return ", ".join(f"{undo}: {count} made, {calls[undo]} undone" for undo, count in made.items()
                     if count != calls[undo])


def parse(text):
    """The pictures in a trace, and the calls that failed."""
    before, *parts = text.split(b"==========va_TraceBeginPicture\n")
    misuse, pictures = failed_calls(0, before), []
    for part in parts:
        misuse += failed_calls(len(pictures) + 1, part)
        buffers = part.split(b"\t---------------------------\n")
        fields = {"render_target": str(int(RENDER_TARGET.search(part).group(1), 16))}
        for buffer in buffers[1:]:
            if KIND.search(buffer).group(1) == b"VAPictureParameterBufferType":
                fields.update(picture_fields(buffer))
        fields.update(tile_fields(buffers[1:]))
        pictures.append(fields)
    return pictures, misuse


def read(prefix, error=None):
    """The files that libva wrote, one a thread, of which one decodes."""
    pictures, misuse, calls = [], [], collections.Counter()
    for file in sorted(glob.glob(glob.escape(prefix) + ".*")):
        with open(file, "rb") as stream:
            text = PREFIX.sub(b"", stream.read())
        found, failed = parse(text)
        if pictures and found:
            raise ValueError(f"two threads decoded: {file}")
        pictures += found
        misuse += failed
        calls.update(call.decode() for call in CALL.findall(text))
    return Trace(pictures, error, misuse, not_given_back(calls))


class Numbering:
    """Calls surfaces by the picture that was decoded into them, by its place in decoding order."""

    def __init__(self):
        self.meaning, self.count = {}, 0

    def reference(self, surface):
        return "-" if surface == NONE else self.meaning.get(surface, "never decoded")

    def picture(self, fields):
        renamed = dict(fields)
        slots = fields["ref_frame_map"].split(",")
        renamed["ref_frame_map"] = ",".join(self.reference(surface) for surface in slots)
        target, shown, began = (fields[name] for name in
                                ("current_frame", "current_display_picture", "render_target"))
        renamed["current_frame"] = str(self.count)
        renamed["current_display_picture"] = (
            "-" if shown == NONE else "current_frame" if shown == target else
            "a reference" if shown in slots else "another")
        renamed["render_target"] = "current_frame" if began == target else "another"
        self.meaning[shown] = f"{self.count} with grain"
        self.meaning[target] = str(self.count)
        self.count += 1
        return renamed


def differing(ours, theirs):
    """Names of fields; a union counts where none of its members does, for its unnamed bits."""
    names = [name for name in dict.fromkeys([*theirs, *ours]) if ours.get(name) != theirs.get(name)]
    return [name for name in names
            if not any(other.startswith(name + ".") for other in names if other != name)]


def compare(stream, ours, theirs):
    """All differences of one stream, and how many of its pictures were compared."""
    differences = []
    numberings = Numbering(), Numbering()
    for place, pair in enumerate(zip(ours.pictures, theirs.pictures)):
        a, b = (numbering.picture(fields) for numbering, fields in zip(numberings, pair))
        differences += [Difference(stream, 0, place, name, a.get(name), b.get(name), (a, b))
                        for name in differing(a, b)]
    compared = min(len(ours.pictures), len(theirs.pictures))
    if len(ours.pictures) != len(theirs.pictures):
        differences.append(Difference(stream, 0, compared, "pictures", len(ours.pictures),
                                      len(theirs.pictures), None))
    for field in ("error", "misuse"):
        a, b = getattr(ours, field), getattr(theirs, field)
        if a or b:
            differences.append(Difference(stream, 0, compared, field, a, b, None))
    if ours.kept:
        differences.append(Difference(stream, 0, compared, "kept", ours.kept, theirs.kept, None))
    return differences, compared
