#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs the built av1hw-info: options, exit status, and Vulkan drivers that crash and hang.
import json
import os
import subprocess
import sys
import tempfile
import time

from tap import Tap

PROGRAM = sys.argv[1]
CRASHING_DRIVER, HANGING_DRIVER = (sys.argv[2:] + [None, None])[:2]
tap = Tap()


def run(*options, **environment):
    return subprocess.run(
        [PROGRAM, *options],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


def check(name, good, detail=""):
    tap.result(name, [] if good else [str(detail).replace("\n", "\n# ")])


def check_usage():
    shown = run("--help")
    check(
        "--help tells the exit status",
        shown.returncode == 0 and "Exit status" in shown.stdout,
        shown,
    )
    for options in (["--backend", "abacus"], ["--nonsense"], ["stray"], ["--timeout", "0"]):
        refused = run(*options)
        check(
            f"{' '.join(options)} is refused with a reason",
            refused.returncode == 2 and refused.stderr.startswith("av1hw-info: "),
            refused,
        )


def check_whole_picture():
    text = run()
    check("a machine of any kind is reported, with status 0", text.returncode == 0, text)
    check(
        "the text names every backend",
        all(f"  {name}: " in text.stdout for name in backends()),
        text.stdout,
    )
    document = json.loads(run("--json").stdout)
    for backend in document["backends"]:
        why = backend["reason"] or [d["reason"] for d in backend["devices"]]
        check(f"{backend['backend']} is usable or says why not", backend["usable"] or why, backend)
    for name in backends():
        only = json.loads(run("--json", "--backend", name).stdout)
        check(
            f"--backend {name} limits the report",
            [b["backend"] for b in only["backends"]] == [name],
            only,
        )


def backends():
    return [b["backend"] for b in json.loads(run("--json").stdout)["backends"]]


def broken_driver_report(driver, *options):
    with tempfile.TemporaryDirectory() as folder:
        manifest = os.path.join(folder, "broken.json")
        with open(manifest, "w", encoding="utf-8") as file:
            json.dump(
                {
                    "file_format_version": "1.0.0",
                    "ICD": {"library_path": os.path.abspath(driver), "api_version": "1.3.0"},
                },
                file,
            )
        result = run("--json", *options, VK_DRIVER_FILES=manifest)
        reports = {b["backend"]: b for b in json.loads(result.stdout)["backends"]}
        return result.returncode, reports


def check_broken_drivers():
    status, reports = broken_driver_report(CRASHING_DRIVER)
    check("a driver that crashes makes the status 1", status == 1, status)
    check("its crash is reported", "crashed with SIGSEGV" in reports["vk"]["reason"], reports["vk"])
    others = [report for name, report in reports.items() if name != "vk"]
    check("other backends are reported all the same", all(r["answered"] for r in others), others)
    start = time.monotonic()
    status, reports = broken_driver_report(HANGING_DRIVER, "--timeout", "1")
    took = time.monotonic() - start
    check("a driver that hangs makes the status 1", status == 1, status)
    check(
        "its silence is reported",
        "did not answer within 1 s" in reports["vk"]["reason"],
        reports["vk"],
    )
    check("the tool goes on in time", took < 60, took)


check_usage()
check_whole_picture()
if CRASHING_DRIVER:
    check_broken_drivers()
else:
    tap.skip("broken Vulkan drivers", "this build has no Vulkan backend")
tap.done()
