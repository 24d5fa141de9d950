# SPDX-License-Identifier: LGPL-2.1-or-later
"""Measures vkcompositor beside GStreamer's compositors: tools/bench --gpu, and a bundle's --bench.

Needs Python's own modules alone, so that it runs where only a GPU's driver is.
"""
import argparse
import dataclasses
import datetime
import json
import os
import pathlib
import platform
import re
import subprocess
import sys
import tempfile
import time

from av1hw_tools import bench_gpu_cases as cases
from av1hw_tools import bench_gpu_report as report
from av1hw_tools import bench_report

# Of the build.
TARGETS = ["tests/vulkan/compose_bench", "tools/av1hw-info"]
LAVAPIPE = pathlib.Path("/usr/share/vulkan/icd.d/lvp_icd.json")
# Without a display.
OPENGL = {
    "GST_GL_PLATFORM": "egl",
    "GST_GL_WINDOW": "surfaceless",
    "GST_GL_API": "opengl",
}
LONGEST_RUN = 60


@dataclasses.dataclass(frozen=True)
class Effort:
    """How long to measure."""

    turns: int
    budget: float  # seconds; no further turn goes on after them
    short: int  # frames of the shorter run: more than any pipeline has in flight
    long: int  # frames of the longer one to begin with
    difference: float  # seconds that the longer one shall take longer
    most_frames: int = 60000


def effort_of(options, on_cpu):
    turns = options.turns or (1 if options.quick else 3)
    budget = options.seconds or (90 if options.quick else 900 if options.full else 330)
    if on_cpu:
        return Effort(turns, budget, short=2, long=8, difference=0.5)
    return Effort(turns, budget, short=60, long=460, difference=1.0)


@dataclasses.dataclass(frozen=True)
class Machine:
    """Where programs are, what starts them, and the device that is measured."""

    launcher: list  # of the bundle; empty where programs find their libraries themselves
    compose_bench: str
    info: str
    device: dict = dataclasses.field(default_factory=dict)

    @property
    def on_cpu(self):
        return self.device.get("software", False)

    def run(self, *command, seconds=LONGEST_RUN, **environment):
        """(exit status, output); status None: it did not end, or there is no such program."""
        try:
            done = subprocess.run(
                [*self.launcher, *command],
                env={**os.environ, **OPENGL, **environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return None, f"did not end within {seconds} s"
        except OSError as error:
            return None, str(error)
        return done.returncode, done.stdout.decode(errors="replace")


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="tools/bench --gpu",
        description="Measures vkcompositor: its time on the device, and frames per second of whole "
        "pipelines beside GStreamer's compositors, in turns. Two lengths of a pipeline are run, and "
        "what the longer takes longer counts. In an archive of tools/bundle: run --bench. With a "
        "checkout, --write puts the tables into the page, and --from FILE those of another machine.",
    )
    how_long = parser.add_mutually_exclusive_group()
    how_long.add_argument("--quick", action="store_true", help="two layouts, one turn")
    how_long.add_argument(
        "--full", action="store_true", help="every layout: a quarter of an hour, see --seconds"
    )
    parser.add_argument(
        "--device",
        choices=("gpu", "cpu"),
        help="which kind of Vulkan device (a GPU where there is one)",
    )
    parser.add_argument("--turns", type=int, help="most turns (3, or 1 with --quick)")
    parser.add_argument(
        "--seconds",
        type=float,
        help="begin nothing further after this (330; 90 with --quick, 900 with --full)",
    )
    parser.add_argument(
        "--case", metavar="TEXT", default="", help="layouts with this in their name, such as '4K'"
    )
    parser.add_argument(
        "--frames",
        type=int,
        help="frames of the longer run, instead of as many as it takes to be measured",
    )
    parser.add_argument("--no-device-times", action="store_true", help="pipelines alone")
    parser.add_argument("--out", metavar="FILE", help="write the tables into this file as well")
    return parser.parse_args(arguments)


def find_device(machine, wanted):
    """The Vulkan device to measure, as av1hw-info has it; exits where there is none."""
    _, said = machine.run(machine.info, "--probe=vk")
    try:
        found = json.loads(said.strip().splitlines()[-1])
    except (ValueError, IndexError):
        sys.exit(f"tools/bench: av1hw-info does not say what Vulkan devices there are: {said[-300:]}")
    usable = [each for each in found["devices"] if each.get("composites")]
    gpus = [each for each in usable if not each["software"]]
    processors = [each for each in usable if each["software"]]
    if wanted == "gpu" and not gpus:
        sys.exit(f"tools/bench: no GPU with Vulkan: {found['reason'] or 'only software devices'}")
    if wanted == "cpu" and not processors:
        sys.exit("tools/bench: no Vulkan device on the CPU: install Mesa's lavapipe")
    device = next(iter(processors if wanted == "cpu" else gpus + processors), None)
    if not device:
        sys.exit(f"tools/bench: no Vulkan device that can composite: {found['reason']}")
    return device


def why_absent(machine, element):
    """Why this element is not there: what its plugin says while it is looked at anew."""
    with tempfile.TemporaryDirectory() as folder:
        _, said = machine.run(
            "gst-inspect-1.0",
            element,
            GST_REGISTRY=str(pathlib.Path(folder, "registry.bin")),
            GST_REGISTRY_UPDATE="yes",
            GST_DEBUG_NO_COLOR="1",
            GST_DEBUG="1,cuda*:2,nv*:2,gl*:2",
        )
    reason = report.reason_in(said)
    return f"`{element}` is not there" + (f": {reason}" if reason else "")


def missing(machine, contender, known):
    """Why a contender can't run, or nothing; `known` keeps what was found of each element."""
    for element in contender.needs:
        if element not in known:
            status, _ = machine.run("gst-inspect-1.0", "--exists", element)
            known[element] = "" if status == 0 else why_absent(machine, element)
        if known[element]:
            return known[element]
    return ""


def launch(machine, contender, layout, frames):
    """Seconds of one run of the pipeline; a text says what went wrong."""
    device = machine.device.get("id", "") if machine.on_cpu else ""
    start = time.monotonic()
    status, said = machine.run("gst-launch-1.0", *contender.pipeline(layout, frames, device))
    seconds = time.monotonic() - start
    error = re.search(r"(?:ERROR|erroneous pipeline)[^\n]*", said)
    if status == 0 and "Got EOS" in said and not error:
        return seconds
    return (error.group() if error else said.strip()[-200:] or f"failed with status {status}")[:300]


def settle(machine, contender, layout, effort):
    """How many frames the longer run needs to be long enough; a text where it does not run."""
    short = launch(machine, contender, layout, effort.short)
    if isinstance(short, str):
        return short
    frames = effort.long
    while True:
        long = launch(machine, contender, layout, frames)
        if isinstance(long, str):
            return long
        longer = long - short
        if longer >= effort.difference * 0.6 or frames >= effort.most_frames:
            return frames
        more = min(max(effort.difference / max(longer, 0.02), 2), 16)
        frames = min(int(effort.short + (frames - effort.short) * more), effort.most_frames)


def measure(machine, contenders, layouts, effort, fixed_frames, say):
    """Pairs of runs by contender and layout, and what failed with the reason."""
    begin = time.monotonic()
    measured, failed, lengths = {}, {}, {}
    order = [(contender, layout) for layout in layouts for contender in contenders]
    for turn in range(effort.turns):
        for contender, layout in order if turn % 2 == 0 else reversed(order):
            key, what = (contender.name, layout.name), f"{contender.name}, {layout.name}"
            if what in failed or (turn > 0 and key not in measured):
                continue
            if time.monotonic() - begin > effort.budget:
                if key not in measured:
                    failed[what] = f"no time was left after {effort.budget:.0f} s"
                continue
            if key not in lengths:
                lengths[key] = fixed_frames or settle(machine, contender, layout, effort)
            pair = run_pair(machine, contender, layout, effort.short, lengths[key])
            if isinstance(pair, str):
                failed[what] = pair
                measured.pop(key, None)
                say(f"    {what}: {pair}")
                continue
            measured.setdefault(key, []).append(pair)
            say(f"    {what}: {report.fps_text(report.frames_per_second([pair]))} fps")
    return measured, failed


def run_pair(machine, contender, layout, short, long):
    """The shorter and the longer run; a text says what went wrong, as `long` may do already."""
    if isinstance(long, str):
        return long
    pair = []
    for frames in (short, long):
        seconds = launch(machine, contender, layout, frames)
        if isinstance(seconds, str):
            return seconds
        pair.append({"frames": frames, "seconds": seconds})
    if pair[1]["seconds"] <= pair[0]["seconds"]:
        return f"{long} frames took no longer than {short}: too few to tell"
    return pair


def head(machine, turns):
    """The machine in words, and what was measured."""
    cpu = re.search(r"model name\s*: (.*)", read("/proc/cpuinfo"))
    version = re.search(r"\d+\.\d+\.\d+", machine.run("gst-inspect-1.0", "--version")[1])
    return [
        f"{datetime.date.today().isoformat()}: {machine.device['name']}, {machine.device['driver']}; "
        f"{cpu.group(1) if cpu else platform.machine()}, {len(os.sched_getaffinity(0))} logical "
        f"processors, Linux {platform.release()}.",
        f"GStreamer {version.group() if version else 'of unknown version'}. NV12 in, medians of "
        f"{turns} turn{'s' if turns != 1 else ''}, the spread over them in brackets.",
    ]


def read(path):
    try:
        return pathlib.Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def time_on_device(machine):
    """What compose_bench prints; the reason for which there is nothing as the second."""
    brief = ["--brief"] if machine.on_cpu else []
    status, said = machine.run(machine.compose_bench, *brief, seconds=180)
    if status != 0 or not report.device_times(said)[1]:
        return "", said.strip()[-300:] or f"compose_bench failed with status {status}"
    return said, ""


def chosen(options, on_cpu):
    """Layouts and contenders of this run, and what is left out for being on the CPU."""
    layouts = cases.CPU_DEFAULT if on_cpu else cases.FULL if options.full else cases.DEFAULT
    if options.quick:
        layouts = cases.CPU_QUICK if on_cpu else cases.QUICK
    layouts = [layout for layout in layouts if options.case in layout.name]
    contenders, left_out = [], {}
    for contender in cases.CONTENDERS:
        if contender.full_only and not options.full:
            continue
        if on_cpu and not contender.on_cpu:
            left_out[contender.name] = "Vulkan's device is a processor here"
        else:
            contenders.append(contender)
    return layouts, contenders, left_out


def main(arguments, machine, say=lambda text: print(text, flush=True)):
    """Measures; the title and text of the section, and whether all ran that could be measured."""
    options = parse(arguments)
    if options.device == "cpu" and LAVAPIPE.exists():
        os.environ.setdefault("VK_DRIVER_FILES", str(LAVAPIPE))
    machine = dataclasses.replace(machine, device=find_device(machine, options.device))
    layouts, contenders, left_out = chosen(options, machine.on_cpu)
    if not layouts:
        sys.exit(f"tools/bench: no layout has '{options.case}' in its name")
    known, there = {}, []
    for contender in contenders:
        why = missing(machine, contender, known)
        if why:
            left_out[contender.name] = why
            say(f"--- {contender.name}: left out: {why}")
        else:
            there.append(contender)
    said = ""
    if not options.no_device_times:
        say("--- time on the device")
        said, why = time_on_device(machine)
        say(said)
        if why:
            left_out["time on the device"] = why
    say("--- whole pipelines")
    effort = effort_of(options, machine.on_cpu)
    if options.frames is not None and options.frames <= effort.short:
        sys.exit(f"--frames {options.frames}: the shorter run alone has {effort.short}")
    measured, failed = measure(machine, there, layouts, effort, options.frames, say)
    left_out |= failed
    turns = max((len(pairs) for pairs in measured.values()), default=0)
    pairs = cases.CPU_PAIRS if machine.on_cpu else cases.PAIRS
    text = report.section(
        head(machine, turns), layouts, contenders, pairs, measured, said, left_out
    )
    title = bench_report.TITLES["vulkan-cpu" if machine.on_cpu else "gpu"]
    if options.out:
        pathlib.Path(options.out).write_text(f"### {title}\n\n{text}\n", encoding="utf-8")
    return title, text, not failed


def machine_here():
    """Programs of the archive that this was started in, or of the build in AV1HW_BUILD_ROOT."""
    if "AV1HW_BUNDLE" in os.environ:
        launcher = str(pathlib.Path(os.environ["AV1HW_BUNDLE"], "run"))
        return Machine([launcher], "compose_bench", "av1hw-info")
    build = pathlib.Path(os.environ["AV1HW_BUILD_ROOT"])
    return Machine([], *(str(build / program) for program in TARGETS))


if __name__ == "__main__":
    TITLE, TEXT, GOOD = main(sys.argv[1:], machine_here())
    print(f"### {TITLE}\n\n{TEXT}")
    sys.exit(0 if GOOD else 1)
