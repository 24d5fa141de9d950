# SPDX-License-Identifier: LGPL-2.1-or-later
"""Builds the plugin in a folder of its own and runs its tests, for tools/test in tools/env."""
import argparse
import os
import sys

from av1hw_tools import build, fuzz, results

SANITIZERS = ["-Db_sanitize=address,undefined", "-Db_lundef=false"]
OFF = ["-Dauto_features=disabled", "-Dtests=enabled"]
# name -> options of `meson setup`
FULL = {"full": ["-Dtests=enabled"]}
ASAN = {"asan": ["-Dtests=enabled"] + SANITIZERS}
TSAN = {"tsan": ["-Dtests=enabled", "-Db_sanitize=thread", "-Db_lundef=false", "-Doptimization=1"]}
# An interpreter does not carry the sanitizers that the plugin wants, so these are compiled tests.
ASAN_SUITES = ["unit/", "element/", "fuzz/", "refdrv/", "conformance/"]
# The decoders on some streams; on all of them they take too long.
TSAN_SUITES = ["sanitizer/", "unit/", "element/", "fuzz/", "refdrv/", "conformance/conformance-*",
               "conformance/stateless-encoder-and-dav1d", "conformance/vectors-vaav1dec-dmabuf",
               "conformance/vectors-without-video-meta-*"]
MINIMAL = {"no-backend": OFF, "decode-only": OFF + ["-Dcpu=enabled"]}


def parse():
    parser = argparse.ArgumentParser(
        prog="tools/test", description="Sets up, builds, and runs the tests. The last line is "
        "'N passed, N failed, N skipped'; the exit status is 0 when none failed.")
    parser.add_argument("--asan", action="store_true",
                        help="build with the address and undefined-behaviour sanitizers")
    parser.add_argument("--tsan", action="store_true",
                        help="build with the thread sanitizer")
    parser.add_argument("--fuzz", metavar="SECONDS", type=int,
                        help="build the fuzzers with clang, and run each for so long")
    parser.add_argument("--minimal", action="store_true",
                        help="build without optional parts (no backend; the CPU decoder alone), "
                        "and run the tests that are left")
    parser.add_argument("--only", metavar="[SUITE/]NAME", action="append", default=[],
                        help="run these tests alone (repeatable; NAME may have wildcards)")
    parser.add_argument("--suite", metavar="DEBIAN",
                        help="use a root of this Debian suite, as tools/env does")
    parser.add_argument("--rebuild", action="store_true", help="make that root again first")
    return parser.parse_args()


def test(folder, only, slow):
    """Runs the tests of a build folder; returns their outcome, or None when there were none."""
    logs = folder / "meson-logs"
    log = logs / "testlog.json"
    for report in logs.glob("tsan.*"):
        report.unlink()
    outcome = results.Outcome([], {})
    for suite, name in [entry.rpartition("/")[::2] for entry in only or [""]]:
        log.unlink(missing_ok=True)
        chosen = (["--suite", suite] if suite else []) + ([name] if name else [])
        build.run(["meson", "test", "-C", folder, "--no-rebuild", "--timeout-multiplier",
                   "4" if slow else "2"] + chosen)
        if not log.exists():
            return None
        part = results.read(folder)
        outcome.cases += part.cases
        outcome.outputs.update(part.outputs)
    # The thread sanitizer's, a file a process: a test need not have looked at how its programs ended.
    for report in sorted(logs.glob("tsan.*")):
        outcome.cases.append(results.Case("tsan", report.name, "failed"))
        outcome.outputs[report.name] = report.read_text(errors="replace")
    return outcome


def show(configuration, outcome):
    for test_name, output in outcome.outputs.items():
        print(f"--- output of {configuration}/{test_name}, which failed")
        print("\n".join(output.splitlines()[-150:]))
    for case in outcome.of_state("skipped"):
        print(f"SKIPPED {configuration}/{case.test}: {case.name}: "
              f"{one_line(case.detail) or 'no reason given'}")
    for case in outcome.of_state("failed"):
        print(f"FAILED {configuration}/{case.test}: {case.name}: "
              f"{one_line(case.detail) or 'see its output above'}")


def one_line(detail):
    return " ".join(detail.split())[:300]


def count(name, outcome, counts):
    """Shows an outcome and adds it up; without one, the configuration itself has failed."""
    if not outcome or not outcome.cases:
        print(f"FAILED {name}: it could not be built, or no test be run")
        counts["failed"] += 1
        return
    show(name, outcome)
    for state in counts:
        counts[state] += len(outcome.of_state(state))


def main():
    arguments = parse()
    configurations = (ASAN if arguments.asan else TSAN if arguments.tsan
                      else MINIMAL if arguments.minimal else FULL)
    suites = ASAN_SUITES if arguments.asan else TSAN_SUITES if arguments.tsan else []
    in_ci = os.environ.get("CI") == "true"
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    if arguments.fuzz:
        configurations = {}
        count("fuzz", fuzz.run(arguments.fuzz), counts)
    for name, options in configurations.items():
        folder = build.folder("test", name)
        if not build.build(folder, options + ["-Dwerror=" + str(in_ci).lower()]):
            folder = None
        only = arguments.only or suites
        count(name, folder and test(folder, only, slow=bool(suites)), counts)
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
