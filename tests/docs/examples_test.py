# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the example applications on a clip and looks at what they print and write."""
import os
import pathlib
import subprocess
import sys
import tempfile

from tap import Tap

ROOT = pathlib.Path(os.environ["AV1HW_SOURCE_ROOT"])
TIMEOUT = 120


def run(program, *arguments):
    return subprocess.run([*program, *arguments], capture_output=True, text=True, timeout=TIMEOUT)


def transcode(program):
    problems = []
    with tempfile.TemporaryDirectory() as folder:
        output = pathlib.Path(folder) / "out.mkv"
        done = run(program, str(ROOT / "tests/data/chart.mp4"), str(output))
        if done.returncode != 0:
            return (done.stderr or done.stdout).splitlines() or ["it failed"]
        if not output.exists() or output.stat().st_size < 1000:
            problems.append("no output was written")
        for stage in ("dec: ", "enc: "):
            if stage not in done.stdout or "nothing was chosen" in done.stdout:
                problems.append(f"what was chosen is not told: {done.stdout}")
    return problems


def refuse(program):
    with tempfile.TemporaryDirectory() as folder:
        done = run(program, "/nonexistent.mp4", str(pathlib.Path(folder) / "out.mkv"))
    return [] if done.returncode != 0 and done.stderr else ["a missing input is no error to it"]


def main():
    tap = Tap()
    for name, program in (
        ("C", [os.path.abspath(sys.argv[1])]),
        ("Python", [sys.executable, str(ROOT / "examples/embed.py")]),
    ):
        tap.result(f"the example in {name} transcodes", transcode(program))
        tap.result(f"the example in {name} reports an error", refuse(program))
    tap.done()


if __name__ == "__main__":
    main()
