# SPDX-License-Identifier: LGPL-2.1-or-later
"""Holds the plugin to docs/faults.md: each row of its tables is a fault that a reference driver
injects, and what the row promises is what an application must see."""
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import tap as protocol

ELEMENT, PAGE, RUNNER, INFO = sys.argv[1:5]
CLIPS = pathlib.Path(os.environ["AV1HW_SOURCE_ROOT"]) / "tests" / "data"
FIRST_CLIP = "hdr10.ivf"
PACKETS = 24  # each has one frame
HANG_LIMIT_MS = 400  # driver-timeout
# What the libraries of other plugins leak while GStreamer looks at them is not ours.
WITHOUT_LEAKS = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}
# What the base classes say of an element that could not be opened, or decoded nothing.
FROM_GSTREAMER = {"GST_LIBRARY_ERROR_INIT Could not initialize supporting library.",
                  "GST_STREAM_ERROR_DECODE No valid frames decoded before end of stream"}
BACKEND = ELEMENT[:2]
ENCODES = ELEMENT.endswith("enc")
BIN = "av1encbin" if ENCODES else "av1decbin"
# What encoders are given. VA's take NV12 alone, CPU encoders do not.
INPUT_FORMAT = "NV12" if BACKEND == "va" else "I420"


class Row:
    """One line of a table, by the names of its columns."""

    def __init__(self, names, cells):
        self.cells = dict(zip(names, cells))
        self.script = self.code("fault")
        self.clip = self.code("clip") or FIRST_CLIP
        self.output = self.cells.get("output", "system")
        # Not always: libgstcuda's own messages go to a category that it has not made yet.
        self.log = "default:2" if "log" in self.cells.get(ELEMENT, "") else ""

    def code(self, column):
        """What stands in backticks, or an empty string."""
        found = re.search(r"`([^`]+)`", self.cells.get(column, ""))
        return found.group(1) if found else ""

    def quote(self, column):
        found = re.search("“([^”]+)”", self.cells.get(column, ""))
        return found.group(1) if found else ""


def rows_of(page, second_column):
    """The rows of all tables that begin with a fault, and have this column next."""
    rows, names = [], None
    for line in page.splitlines():
        if not line.startswith("|"):
            names = None
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if names is None:
            names = [cell.strip("`") for cell in cells]
        elif not set(cells[0]) <= set("-: ") and names[:2] == ["fault", second_column]:
            rows.append(Row(names, cells))
    return rows


class Seen:
    """What the program printed, and what the driver counted."""

    def __init__(self, done, counts=None):
        self.status, self.stderr, self.counts = done.returncode, done.stderr, counts or {}
        self.lines = [line.split(" ", 1) for line in done.stdout.splitlines() if " " in line]

    def all(self, key):
        return [rest for name, rest in self.lines if name == key]

    def one(self, key):
        return (self.all(key) or [""])[-1]

    @property
    def frames(self):
        return int(self.one("frames") or 0)

    def __str__(self):
        return f"status {self.status}, {self.lines}, stderr: {self.stderr[-600:]}"


def split_script(script):
    """What the driver does, and the packet that has lost its tiles, or None."""
    faults, packet = [], None
    for fault in script.split(";"):
        if lost := re.fullmatch(r"lose tiles of packet (\d+)", fault.strip()):
            packet = lost.group(1)
        else:
            faults.append(fault)
    return ";".join(faults), packet


def counts_in(folder):
    """What the drivers of all processes counted, together."""
    total = collections.Counter()
    for path in pathlib.Path(folder).glob("*.json"):
        total.update(json.loads(path.read_text(encoding="utf-8")))
    return total


def run_of(output, element, clip, packets=PACKETS):
    """The program that decodes a clip, or encodes as many frames."""
    if ENCODES:
        return [RUNNER, str(packets), INPUT_FORMAT, element]
    return [RUNNER, str(CLIPS / clip), "0", str(packets), output, element]


def transcode(folder, script, element, output="system", clip=FIRST_CLIP, log=""):
    faults, tileless = split_script(script)
    with tempfile.TemporaryDirectory() as counters:
        environment = {**os.environ, "REFDRV_FAULTS": faults, "GST_DEBUG": log,
                       "GST_DEBUG_NO_COLOR": "1", "REFDRV_COUNTERS": f"{counters}/%p.json",
                       "GST_REGISTRY": str(folder / "registry.bin")}
        done = subprocess.run(
            run_of(output, element, clip) + ([tileless] if tileless else []),
            env=environment, capture_output=True, text=True, timeout=150, check=False)
        return Seen(done, counts_in(counters))


def is_only(errors, name, text):
    """Whether the first error is this one, and what GStreamer itself adds the only others."""
    return (bool(errors) and errors[0].startswith(name + " ") and text in errors[0]
            and set(errors[1:]) <= FROM_GSTREAMER)


def error_problems(row, seen):
    """Where the errors and warnings are not those that the row promises of the element."""
    promise, errors, warnings = row.cells[ELEMENT], seen.all("error"), seen.all("warning")
    name, text = row.code(ELEMENT), row.quote(ELEMENT)
    if promise.startswith("crash"):
        return [] if seen.status < 0 else [f"the process lives: {seen}"]
    if seen.status != 0:
        return [f"{seen}"]
    if promise.startswith("hang"):
        return hang_problems(row, name, errors, seen)
    if promise.startswith("nothing"):
        return [f"{seen}"] if errors or warnings or text not in seen.stderr else []
    if promise.startswith("warning"):
        return [] if not errors and any(text in line for line in warnings) else [f"{seen}"]
    good = is_only(errors, name, text)
    return [] if good and name and text else [f"{seen}"]


def hang_problems(row, call, errors, seen):
    """Others of one step may be named with it: which step comes to it first is the threads' race."""
    problems = []
    if not is_only(errors, "GST_RESOURCE_ERROR_FAILED", f"has not returned from {call}"):
        problems.append(f"{seen}")
    told = re.search(r"milliseconds=\(guint64\)(\d+)", seen.one("details"))
    lasted = float(re.search(r"for ([\d.]+)$", row.script).group(1)) * 1000
    if not told or not HANG_LIMIT_MS <= int(told.group(1)) < lasted:
        problems.append(f"it was not told while the call lasted: {seen.one('details')}")
    return problems


def frame_problems(row, seen):
    wanted = row.cells["frames"]
    if wanted.startswith("up to ") and seen.frames <= int(wanted[6:]):
        return []
    got = "all" if seen.frames == PACKETS else str(seen.frames)
    return [] if got == wanted else [f"{seen.frames} frames, not {wanted}"]


def reach_problems(row, seen):
    """Whether the call that fails or hangs was made at all."""
    call = re.match(r"(?:fail|hang) (\w+)", row.script)
    if seen.status != 0 or not call or seen.counts[call.group(1)]:
        return []
    return [f"{call.group(1)} was never called"]


def misuse_problems(seen):
    return [line for line in seen.stderr.splitlines() if "misuse" in line]


def check_element(row, folder, references):
    limit = f" driver-timeout={HANG_LIMIT_MS}" if "hang" in row.script else ""
    seen = transcode(folder, row.script, "av1hw" + ELEMENT + limit, row.output, row.clip,
                     row.log)
    problems = error_problems(row, seen) + frame_problems(row, seen) + reach_problems(row, seen)
    if row.cells["frames"] == "all" and row.output == "system":
        if seen.one("md5") != references[row.clip]["device"]:
            problems.append("the frames are others")
    if "misuse" not in row.cells[ELEMENT]:
        problems += misuse_problems(seen)
    return problems


def check_bin(row, folder, references):
    promise = row.cells[BIN]
    if promise == "-":
        return []
    limit = f" driver-timeout={HANG_LIMIT_MS}" if "hang" in row.script else ""
    seen = transcode(folder, row.script, f"{BIN} allow={BACKEND},cpu{limit}", row.output,
                     row.clip)
    if promise == "same":
        return error_problems(row, seen) + frame_problems(row, seen)
    problems = [] if seen.frames == PACKETS else [f"not all frames: {seen}"]
    if promise == ELEMENT:
        wanted = ELEMENT
    elif promise == "CPU":
        wanted = "cpu"
        failed = [line for line in seen.all("report") if line.startswith(f"{ELEMENT} failed: ")]
        if not failed or row.quote(ELEMENT) not in failed[0]:
            problems.append(f"the report does not say why: {seen}")
        if row.output == "system" and seen.one("md5") != references[row.clip].get("cpu", ""):
            problems.append("the frames are others than the CPU's")
    else:
        return [f"{promise!r} is no promise"]
    if not seen.one("chosen").startswith(wanted):
        problems.append(f"chosen: {seen.one('chosen')}")
    return problems + [f"error: {line}" for line in seen.all("error")]


def has_element(name, environment):
    return subprocess.run([RUNNER, "--exists", name], env=environment, timeout=150,
                          capture_output=True, check=False).returncode == 0


def check_probe(row, folder, _references):
    """A new registry, made while the driver fails: only what the driver has is missing."""
    environment = {**os.environ, **WITHOUT_LEAKS, "REFDRV_FAULTS": row.script,
                   "AV1HW_INFO": INFO, "GST_REGISTRY": str(folder / "registry.bin"),
                   "GST_PLUGIN_SYSTEM_PATH_1_0": ""}
    done = subprocess.run([INFO, "--json", "--backend", BACKEND, "--timeout", "2"],
                          env=environment, capture_output=True, text=True, timeout=150,
                          check=False)
    report = json.loads(done.stdout)["backends"][0]
    usable = any(codec["usable"] for device in report.get("devices", [])
                 for codec in device.get("codecs", []) if codec.get("element") == ELEMENT)
    problems = ["it is called usable"] if usable else []
    if row.quote("av1hw-info") not in json.dumps(report, ensure_ascii=False):
        problems.append(f"av1hw-info: {report}")
    status = int(row.cells["status"])
    if done.returncode != status:
        problems.append(f"av1hw-info's status is {done.returncode}")
    if has_element("av1hw" + ELEMENT, environment):
        problems.append("the element is there nevertheless")
    for other in ("cpuav1dec", BIN):
        if not has_element(other, environment):
            problems.append(f"{other} is missing")
    return problems


def references_of(folder, clips):
    """Makes the registry, before anything fails, and goes through each clip without faults."""
    environment = {**os.environ, **WITHOUT_LEAKS,
                   "GST_REGISTRY": str(folder / "registry.bin")}
    subprocess.run(run_of("system", f"{BIN} backend=cpu", FIRST_CLIP, packets=1),
                   env=environment, capture_output=True, timeout=300, check=False)
    references, problems = {}, []
    for clip in clips:
        seen = {"device": transcode(folder, "", "av1hw" + ELEMENT, clip=clip)}
        # No two encoders write the same units, which are only counted.
        if not ENCODES:
            seen["cpu"] = transcode(folder, "", f"{BIN} backend=cpu", clip=clip)
        problems += [f"{clip}: {one}" for one in seen.values()
                     if one.frames != PACKETS or one.all("error") or one.all("warning")]
        references[clip] = {name: one.one("md5") for name, one in seen.items()}
    return references, problems


def main():
    tap = protocol.Tap()
    page = pathlib.Path(PAGE).read_text(encoding="utf-8")
    rows, probes = rows_of(page, ELEMENT), rows_of(page, "av1hw-info")
    probes = [row for row in probes if f"`{ELEMENT}`" in row.cells["element"]]
    tap.result("the page has promises", [] if rows and probes else ["no rows"])
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        references, problems = references_of(folder, {row.clip for row in rows})
        tap.result("without a fault nothing fails", problems)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            jobs = []
            for row in rows:
                jobs.append((f"{ELEMENT}: {row.script}",
                             pool.submit(check_element, row, folder, references)))
                jobs.append((f"{BIN}: {row.script}",
                             pool.submit(check_bin, row, folder, references)))
            for i, row in enumerate(probes):
                own = folder / f"probe{i}"
                own.mkdir()
                jobs.append((f"probe: {row.script}", pool.submit(check_probe, row, own, None)))
            for title, job in jobs:
                tap.result(title, job.result())
    tap.done()


if __name__ == "__main__":
    main()
