# SPDX-License-Identifier: LGPL-2.1-or-later
"""The tables of tools/bench --gpu: frames per second, ratios, and times on the device."""
import re
import statistics

from av1hw_tools import bench_report

TIME = re.compile(
    r"\s*(?P<lines>\d+)p\s+(?P<layers>\d+) layers (?P<format>\w+)\s+(?P<kind>\S.*?)\s+"
    r"(?P<memory>Linear|Images)\s+"
    r"(?P<us>[\d.]+) us\s+(?P<moved>[\d.]+) GB/s\s+(?P<ratio>[\d.]+) of a copy"
)
COPY = re.compile(r"(?P<device>.*): a copy moves (?P<moved>[\d.]+) GB/s")
MEMORIES = {"Linear": "device addresses", "Images": "Vulkan images"}
SIZES = {"1080": "1080p", "2160": "4K"}


def frames_per_second(runs):
    """Of each turn: what the longer run made more than the shorter, by what it took longer.

    A turn whose longer run took no longer says nothing, and has None.
    """
    return [
        (long["frames"] - short["frames"]) / (long["seconds"] - short["seconds"])
        if long["seconds"] > short["seconds"]
        else None
        for short, long in runs
    ]


def ratio(ours, theirs):
    """The median of the ratios within a turn, and their spread; None where no turn has both."""
    both = [(a, b) for a, b in zip(ours, theirs) if a and b]
    return bench_report.paired(*zip(*both), lambda value: value) if both else None


def fps_text(rates):
    known = [rate for rate in rates if rate]
    if not known:
        return "not measured"
    text = f"{statistics.median(known):,.{0 if statistics.median(known) >= 20 else 1}f}"
    if len(known) > 1:
        digits = 0 if min(known) >= 20 else 1
        text += f" ({min(known):,.{digits}f}-{max(known):,.{digits}f})"
    return text


def fps_table(layouts, contenders, measured):
    """Frames per second; `measured` has runs by the names of contender and layout."""
    yield f"| frames per second | {' | '.join(layout.name for layout in layouts)} |"
    yield "|---|" + "---|" * len(layouts)
    for contender in contenders:
        cells = [
            fps_text(frames_per_second(measured.get((contender.name, layout.name), [])))
            for layout in layouts
        ]
        yield f"| {contender.name} | {' | '.join(cells)} |"
    yield ""


def ratio_table(layouts, pairs, measured):
    yield f"| ratio of frames per second | {' | '.join(layout.name for layout in layouts)} |"
    yield "|---|" + "---|" * len(layouts)
    for ours, theirs in pairs:
        cells = []
        for layout in layouts:
            sides = [
                frames_per_second(measured.get((side.name, layout.name), []))
                for side in (ours, theirs)
            ]
            found = ratio(*sides)
            cells.append(f"**{bench_report.ratio_text(found)}**" if found else "")
        yield f"| {ours.name} / `{theirs.element}` | {' | '.join(cells)} |"
    yield ""


def device_times(said):
    """What compose_bench said: the device, its bandwidth in GB/s, and times by layout and memory."""
    copy = COPY.search(said)
    times = {}
    for found in TIME.finditer(said):
        size = SIZES.get(found["lines"], f"{found['lines']} lines")
        count = int(found["layers"])
        layout = f"{size}, {count} layer{'s' if count > 1 else ''} {found['kind']}"
        if found["format"] != "NV12":
            layout += f", {found['format']}"
        if float(found["us"]) > 0:
            times.setdefault(layout, {})[found["memory"]] = (
                float(found["us"]),
                float(found["ratio"]),
            )
    return (copy["device"], float(copy["moved"])) if copy else None, times


def device_table(said):
    copy, times = device_times(said)
    if not copy or not times:
        return
    memories = list(dict.fromkeys(memory for row in times.values() for memory in row))
    yield (
        f"Time on the device, by its timestamps; in bold the ratio to `vkCmdCopyBuffer`, which moved "
        f"{copy[1]:,.0f} GB/s, read and written:"
    )
    yield ""
    yield f"| time of a frame | {' | '.join(MEMORIES.get(each, each) for each in memories)} |"
    yield "|---|" + "---|" * len(memories)
    for layout, row in times.items():
        cells = [
            f"{row[memory][0]:,.1f} us, **{row[memory][1]:.2f}**" if memory in row else ""
            for memory in memories
        ]
        yield f"| {layout} | {' | '.join(cells)} |"
    yield ""


def reason_in(log):
    """Of GStreamer's log while a plugin is looked at: why elements for CUDA or OpenGL are missing."""
    compiler = re.findall(r"nvrtc: error: *(.*)", log)
    warned = re.findall(
        r" (?:WARN|ERROR) +(?:cuda|nv|gl)\S* +\S+:\d+:[^:]+:(?:<[^>]*>)? *(.*)", log
    )
    of_compiler = [text for text in warned if "nvrtc" in text]
    return next(iter(compiler + of_compiler + warned), "").strip()[:200]


def notes(left_out):
    """What was not measured, and why: nothing is left out silently."""
    if left_out:
        yield "Not measured:"
        yield ""
        yield from (f"- {what}: {why}" for what, why in left_out.items())
        yield ""


def section(head, layouts, contenders, pairs, measured, said, left_out):
    """The whole text: `head` in lines, tables, and what is missing."""
    lines = [*head, ""]
    lines += fps_table(layouts, contenders, measured)
    lines += ratio_table(layouts, pairs, measured)
    lines += device_table(said)
    lines += notes(left_out)
    return "\n".join(lines).strip("\n")
