# SPDX-License-Identifier: LGPL-2.1-or-later
"""Holds vkcompositor to docs/faults.md: each row of its tables is a fault that a Vulkan layer
injects (tests/vulkan/fault_layer), and what the row promises is what an application must see."""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

import tap as protocol

PAGE, RUNNER = sys.argv[1:3]
FRAMES = 24
# The driver of the tests is a CPU's, whose memory is the system's.
OWN_MEMORY = "pretend discrete"
# libgstvulkan leaks where no device can be made: to see that it is there, LeakSanitizer must look
# through libraries without frame pointers, which takes it ten times as long.
THOROUGH = ":fast_unwind_on_malloc=0"


class Row:
    """One line of a table: a fault, what it does, on which devices, and how many frames come."""

    def __init__(self, cells):
        fault, self.promise, devices, self.frames = cells[:4]
        self.script = re.search(r"`([^`]+)`", fault).group(1)
        self.devices = ["own", "shared"] if devices == "any" else [devices]

    @property
    def code(self):
        found = re.search(r"`([^`]+)`", self.promise)
        return found.group(1) if found else ""

    @property
    def texts(self):
        return re.findall("“([^”]+)”", self.promise)


def rows_of(page):
    """The rows of all tables whose second column is this element's."""
    rows, is_ours = [], False
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            is_ours = False
        elif cells[:2] == ["fault", "`vkcompositor`"]:
            is_ours = True
        elif is_ours and not set(cells[0]) <= set("-: "):
            rows.append(Row(cells))
    return rows


class Seen:
    """What compositor_fault_run printed."""

    def __init__(self, device, script):
        faults = script if device == "shared" else f"{OWN_MEMORY}; {script}"
        environment = {**os.environ, "AV1HW_VK_FAULTS": faults}
        if "vkCreateDevice" in script:
            environment["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + THOROUGH
        done = subprocess.run([RUNNER, str(FRAMES)], capture_output=True, text=True, timeout=150,
                              env=environment, check=False)
        self.status, self.stderr = done.returncode, done.stderr
        self.lines = [line.split(" ", 1) for line in done.stdout.splitlines() if " " in line]

    def all(self, key):
        return [rest for name, rest in self.lines if name == key]

    @property
    def frames(self):
        return int((self.all("frames") or ["0"])[-1])

    def __str__(self):
        return f"status {self.status}, {self.lines}, stderr: {self.stderr[-600:]}"


def problems_of(row, device, reference):
    seen = Seen(device, row.script)
    errors, warnings = seen.all("error"), seen.all("warning")
    problems = []
    if seen.status != 0:
        problems.append("it ended otherwise")
    if row.promise.startswith("warning"):
        if errors or not all(any(text in line for line in warnings) for text in row.texts):
            problems.append("the warnings are others")
    elif row.promise.startswith("nothing"):
        if errors or warnings:
            problems.append("there are messages")
    elif not errors or not errors[0].startswith(row.code + " ") or row.texts[0] not in errors[0]:
        problems.append("the error is another")
    if str(seen.frames) != (str(FRAMES) if row.frames == "all" else row.frames):
        problems.append(f"{seen.frames} frames, not {row.frames}")
    elif row.frames == "all" and seen.all("md5") != reference.all("md5"):
        problems.append("the pictures are others")
    return problems + [f"{seen}"] if problems else []


def main():
    tap = protocol.Tap()
    rows = rows_of(pathlib.Path(PAGE).read_text(encoding="utf-8"))
    tap.result("the page has promises", [] if rows else ["no rows"])
    reference = Seen("shared", "")
    good = reference.frames == FRAMES and not reference.all("error") + reference.all("warning")
    tap.result("without a fault nothing fails", [] if good else [f"{reference}"])
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [(f"{row.script}, {device} memory",
                 pool.submit(problems_of, row, device, reference))
                for row in rows for device in row.devices]
        for title, job in jobs:
            tap.result(title, job.result())
    tap.done()


if __name__ == "__main__":
    main()
