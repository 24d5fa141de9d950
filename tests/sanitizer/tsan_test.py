# SPDX-License-Identifier: LGPL-2.1-or-later
"""Shows that ThreadSanitizer, as the tests run it, sees races, and takes no order for one.

Usage: tsan_test.py RACY
"""
import os
import subprocess
import sys

import tap


def main():
    racy = sys.argv[1]
    options = os.environ.get("TSAN_OPTIONS", "") + ":exitcode=66:log_path=stderr"
    environment = {**os.environ, "TSAN_OPTIONS": options}

    def run(*arguments):
        return subprocess.run([racy, *arguments], env=environment, capture_output=True, text=True,
                              timeout=60, check=False)

    report = tap.Tap()
    cases = [line.split() for line in run().stdout.splitlines()]
    report.result("there are cases of both kinds",
                  [] if {kind for kind, _ in cases} == {"race", "order"} else [f"{cases}"])
    for kind, name in cases:
        done = run(name)
        seen = done.returncode == 66 and "data race" in done.stderr
        as_it_should = seen if kind == "race" else done.returncode == 0 and not done.stdout
        what = "a race is reported" if kind == "race" else "nothing is reported"
        report.result(f"{name}: {what}", [] if as_it_should else
                      [f"status {done.returncode}", *(done.stdout + done.stderr).splitlines()])
    report.done()


main()
