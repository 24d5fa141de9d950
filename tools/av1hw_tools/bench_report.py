# SPDX-License-Identifier: LGPL-2.1-or-later
"""Keeps measurements in a file, and writes them as tables of ratios."""
import datetime
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess

TITLES = {
    "decode": "Decoding",
    "rav1e": "Encoding with rav1e",
    "svt": "Encoding with SVT-AV1",
    "composite": "Compositing",
    "gpu": "Compositing on a GPU",
    "vulkan-cpu": "Compositing with Vulkan on the CPU",
    "stateless": "Stateless decoding, with a driver that decodes nothing",
    "stateless-encode": "Encoding, with a driver that encodes nothing",
}
BEGIN = "<!-- results: written by tools/bench --write -->"
END = "<!-- end of results -->"


class Results:
    """Measurements by case, written after each of them."""

    def __init__(self, path, keep):
        self.path = path
        self.cases = json.loads(path.read_text()) if keep and path.exists() else {}

    def has(self, name):
        return name in self.cases

    def put(self, case, measured):
        self.cases[case.name] = {
            "section": case.section,
            "frames": case.frames,
            "ours": case.contenders[0].name,
            "date": datetime.date.today().isoformat(),
            **measured,
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(self.cases, indent=1))

    def good(self):
        return not any(case["failed"] for case in self.cases.values())


def machine():
    """The machine in words, and the versions of what was measured."""
    cpu = re.search(
        r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    )
    memory = re.search(
        r"MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text(encoding="utf-8")
    )
    lines = [
        f"{cpu.group(1) if cpu else platform.machine()}, "
        f"{len(os.sched_getaffinity(0))} logical processors, "
        f"{int(memory.group(1)) // 2**20} GiB of memory, Linux {platform.release()}"
    ]
    lines.append(
        ", ".join(
            filter(
                None,
                (
                    version(*query)
                    for query in (
                        ("GStreamer", ["gst-inspect-1.0", "--version"]),
                        ("dav1d", ["dav1d", "--version"]),
                        ("rav1e", ["rav1e", "--version"]),
                        ("SVT-AV1", ["SvtAv1EncApp", "--version"]),
                        ("FFmpeg", ["ffmpeg", "-version"]),
                    )
                ),
            )
        )
    )
    return lines


def version(name, command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    said = (done.stdout + done.stderr).replace("-1.0", "")
    found = re.search(r"\d+\.\d+(\.\d+)?", said)
    return f"{name} {found.group()}" if found else ""


def paired(ours, theirs, value):
    """The median of the ratios within a turn, and their spread."""
    ratios = [value(a) / value(b) for a, b in zip(ours, theirs) if value(b)]
    if not ratios:
        return None
    return statistics.median(ratios), min(ratios), max(ratios)


def ratio_text(ratio, digits=2):
    if ratio is None:
        return ""
    median, low, high = ratio
    spread = f" ({low:.{digits}f}-{high:.{digits}f})" if high - low >= 0.01 else ""
    return f"{median:.{digits}f}{spread}"


def rows(name, case):
    """The table's rows for one case: ours against each other contender."""
    ours = case["runs"][case["ours"]]
    for other, runs in case["runs"].items():
        if other == case["ours"]:
            continue
        setting = name.split(", ", 1)[1]
        if not ours or not runs:
            why = case["failed"].get(other if ours else case["ours"], "not run")
            yield f"| {setting} | {other} | {why} | | | | | |"
            continue
        fps = [
            case["frames"] / statistics.median(run["seconds"] for run in side)
            for side in (ours, runs)
        ]
        yield (
            f"| {setting} | {other} | {fps[0]:.1f} | {fps[1]:.1f} "
            f"| **{ratio_text(paired(runs, ours, lambda r: r['seconds']))}** "
            f"| {ratio_text(paired(ours, runs, lambda r: r['cpu_seconds']))} "
            f"| {ratio_text(paired(ours, runs, lambda r: r['peak_bytes']))} "
            f"| {ratio_text(paired(ours, runs, lambda r: r['written']), 3)} |"
        )


def element_row(name, case):
    """The row for one load on a device: ours and another element, each less what it is fed with."""
    setting = name.split(", ", 1)[1]
    if case["failed"]:
        return f"| {setting} | {'; '.join(case['failed'].values())} | | | | | | | |"
    ours, theirs, base_of_ours, base_of_theirs = case["runs"].values()

    def element(runs, base):
        return [{"us": microseconds(a, case) - microseconds(b, case)} for a, b in zip(runs, base)]

    us = [element(ours, base_of_ours), element(theirs, base_of_theirs)]
    medians = [statistics.median(run["us"] for run in side) for side in us]
    counts = list(case["instructions"].values())
    net = [counts[side][0] - counts[side + 2][0] for side in (0, 1)]
    driver = [counts[side][1] for side in (0, 1)]
    return (
        f"| {setting} | {medians[0]:.1f} | {medians[1]:.1f} "
        f"| **{ratio_text(paired(*us, lambda r: r['us']))}** "
        f"| {ratio_text(paired(ours, theirs, lambda r: r['cpu_seconds']))} "
        f"| {net[0]:,.0f} | {net[1]:,.0f} | **{net[0] / net[1]:.2f}** "
        f"| {driver[0] / net[0]:.0%}, {driver[1] / net[1]:.0%} |"
    )


def microseconds(run, case):
    return run["cpu_seconds"] / case["frames"] * 1e6


def element_table(cases):
    elements = {}
    for name, case in cases.items():
        elements.setdefault(case["ours"], []).append(element_row(name, case))
    for element, rows_of_it in elements.items():
        yield (
            f"| `{element}` against GStreamer's own | its µs a frame | their µs | ratio "
            "| of the whole process | its instructions a frame | theirs | ratio "
            "| the driver's share, ours and theirs |"
        )
        yield "|---|---|---|---|---|---|---|---|---|"
        yield from rows_of_it
        yield ""


def table(cases):
    ours = next(iter(cases.values()))["ours"]
    yield (
        f"| `{ours}` | against | its fps | their fps | ratio of fps | of CPU time "
        "| of peak memory | of bytes |"
    )
    yield "|---|---|---|---|---|---|---|---|"
    for name, case in cases.items():
        yield from rows(name, case)
    yield ""


def sections(results):
    """The text for each section that something was measured of, by its title."""
    texts = {}
    for section, title in TITLES.items():
        cases = {name: case for name, case in results.cases.items() if case["section"] == section}
        if not cases:
            continue
        lines = machine()
        lines[0] = f"{max(case['date'] for case in cases.values())}: {lines[0]}."
        lines[1] += ". The spread over the turns is in brackets."
        lines += ["", *(element_table(cases) if section.startswith("stateless") else table(cases))]
        texts[title] = "\n".join(lines).strip("\n")
    return texts


def markdown(texts):
    return "\n\n".join(f"### {title}\n\n{text}" for title, text in texts.items())


def section_of(markdown_text):
    """Title and text of the one section in a file that was written where there is no page."""
    found = re.search(r"^### ([^\n]*)\n(.*)", markdown_text, flags=re.MULTILINE | re.DOTALL)
    if not found or found[1] not in TITLES.values() or "\n### " in found[2]:
        raise SystemExit("tools/bench: this file does not have one section of the page")
    return found[1], found[2].strip("\n")


def put_into_page(page, texts):
    """Replaces the sections that are given, and leaves the others as they are."""
    before, rest = page.read_text(encoding="utf-8").split(BEGIN, 1)
    block, after = rest.split(END, 1)
    kept = {}
    for part in re.split(r"^### ", block, flags=re.MULTILINE)[1:]:
        title, text = part.split("\n", 1)
        kept[title] = text.strip("\n")
    everything = {title: (kept | texts)[title] for title in TITLES.values() if title in kept | texts}
    page.write_text(
        f"{before}{BEGIN}\n\n{markdown(everything)}\n\n{END}{after}", encoding="utf-8"
    )
