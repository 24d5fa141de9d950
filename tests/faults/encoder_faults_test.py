# SPDX-License-Identifier: LGPL-2.1-or-later
"""Holds encoders to docs/faults.md, as faults_test.py does decoders: each row of an encoder's tables is
a fault that a reference driver injects, and what the row promises is what an application must see."""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import tempfile

import faults_test as base
import tap as protocol

ELEMENT, PAGE, RUNNER = base.ELEMENT, base.PAGE, base.RUNNER


def encode(folder, script, element, log=""):
    with tempfile.TemporaryDirectory() as counters:
        environment = {**os.environ, "REFDRV_FAULTS": script, "GST_DEBUG": log,
                       "GST_DEBUG_NO_COLOR": "1", "REFDRV_COUNTERS": f"{counters}/%p.json",
                       "GST_REGISTRY": str(folder / "registry.bin")}
        done = subprocess.run([RUNNER, str(base.PACKETS), element], env=environment,
                              capture_output=True, text=True, timeout=150, check=False)
        return base.Seen(done, base.counts_in(counters))


def frame_problems(row, seen):
    """A number, "all", or "up to" a number: what was in flight when the driver failed may come out."""
    most = re.fullmatch(r"up to (\d+)", row.cells["frames"])
    if not most:
        return base.frame_problems(row, seen)
    return [] if seen.frames <= int(most.group(1)) else [f"{seen.frames} frames: {seen}"]


def check_element(row, folder):
    limit = f" driver-timeout={base.HANG_LIMIT_MS}" if "hang" in row.script else ""
    seen = encode(folder, row.script, f"av1hw{ELEMENT}{limit}", row.log)
    problems = (base.error_problems(row, seen) + frame_problems(row, seen)
                + base.reach_problems(row, seen))
    return problems + base.misuse_problems(seen)


def main():
    tap = protocol.Tap()
    rows = base.rows_of(pathlib.Path(PAGE).read_text(encoding="utf-8"), ELEMENT)
    tap.result("the page has promises", [] if rows else ["no rows"])
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        # Makes the registry, before anything fails.
        subprocess.run([RUNNER, "1", "av1hw" + ELEMENT], timeout=300, check=False,
                       env={**os.environ, **base.WITHOUT_LEAKS,
                            "GST_REGISTRY": str(folder / "registry.bin")}, capture_output=True)
        whole = encode(folder, "", "av1hw" + ELEMENT)
        tap.result("without a fault nothing fails",
                   [] if whole.frames == base.PACKETS and not whole.all("error") else [f"{whole}"])
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            jobs = [(f"{ELEMENT}: {row.script}", pool.submit(check_element, row, folder))
                    for row in rows]
            for title, job in jobs:
                tap.result(title, job.result())
    tap.done()


if __name__ == "__main__":
    main()
