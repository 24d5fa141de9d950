# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs every pipeline of the README, and holds its tables and links to what is really there."""
import os
import pathlib
import re
import shlex
import subprocess
import tempfile

import gi
from tap import Tap

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402  (the version comes first)

ROOT = pathlib.Path(os.environ["AV1HW_SOURCE_ROOT"])
README = (ROOT / "README.md").read_text(encoding="utf-8")
TIMEOUT = 120


def pipelines():
    """The lines of the fenced block called gst-launch, without comments."""
    block = re.search(r"```gst-launch\n(.*?)```", README, re.DOTALL)
    return [line for line in block.group(1).splitlines() if not line.startswith("#")]


def missing_elements(words):
    """Names of elements in a pipeline that this installation lacks."""
    starts = [i for i, word in enumerate(words) if i == 1 or words[i - 1] == "!"]
    names = [words[i] for i in starts if re.fullmatch(r"[a-z][a-z0-9]*", words[i])]
    return [name for name in names if not Gst.ElementFactory.find(name)]


def run(words, folder):
    """Runs a pipeline with its output files in `folder`; gives its problems."""
    words = [re.sub(r"^location=(?!tests/)", f"location={folder}/", word) for word in words]
    try:
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        return [f"did not end within {TIMEOUT} s"]
    problems = [
        f"{path.name} is empty"
        for path in pathlib.Path(folder).iterdir()
        if path.stat().st_size == 0
    ]
    if done.returncode != 0 or "ERROR" in done.stderr:
        problems += (done.stderr or f"exit status {done.returncode}").splitlines()
    return problems


def check_pipelines(tap):
    lines = pipelines()
    tap.result("there are ten pipelines", [] if len(lines) == 10 else [f"{len(lines)} of them"])
    for line in lines:
        words = shlex.split(line)
        missing = missing_elements(words)
        if missing:
            tap.skip(line, f"no {', '.join(missing)} here")
            continue
        with tempfile.TemporaryDirectory() as folder:
            tap.result(line, run(words, folder))


def check_table(tap):
    """Elements that the table calls working exist; those that it calls missing are not ours."""
    problems = []
    for row in re.findall(r"^\| \[?`.*$", README, re.MULTILINE):
        for name in re.findall(r"`(\w+(?:dec|enc|bin))`", row.split("|")[1]):
            factory = Gst.ElementFactory.find(name)
            ours = factory is not None and factory.get_plugin_name() == "av1hw"
            optional = "where" in row
            if ours == ("not there yet" in row) and not optional:
                problems.append(f"{name}: the table says otherwise")
    tap.result("the table of elements is true", problems)


def check_links(tap):
    problems = []
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            if not (page.parent / target).exists():
                problems.append(f"{page.relative_to(ROOT)}: {target} does not exist")
    tap.result("links lead somewhere", problems)


def main():
    Gst.init(None)
    tap = Tap()
    check_pipelines(tap)
    check_table(tap)
    check_links(tap)
    tap.done()


if __name__ == "__main__":
    main()
