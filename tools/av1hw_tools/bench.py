# SPDX-License-Identifier: LGPL-2.1-or-later
"""Measures our elements side by side with others, at equal settings: what tools/bench runs."""
import argparse
import os
import pathlib
import sys

from av1hw_tools import (
    bench_cases,
    bench_gpu,
    bench_inputs,
    bench_measure,
    bench_report,
    bench_stateless,
    bench_stateless_encode,
    build,
)

LEAST_TURNS = 3
# Of elements on the reference drivers.
STATELESS = (bench_stateless, bench_stateless_encode)
SECTIONS = [*bench_cases.SECTIONS, *(kind.SECTION for kind in STATELESS)]
PAGE = build.PROJECT / "docs" / "performance.md"


def parse():
    parser = argparse.ArgumentParser(
        prog="tools/bench",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Measures our elements beside others at equal settings. The contenders of a "
        "case take turns; ratios are medians over the turns. Inputs and results are kept in the "
        "cache folder, so that a run that was interrupted goes on with --resume. "
        "tools/bench --gpu measures vkcompositor; it has options of its own, see --gpu --help.",
    )
    parser.add_argument(
        "--section",
        action="append",
        choices=SECTIONS,
        default=[],
        help="measure this section only (repeatable)",
    )
    parser.add_argument(
        "--case",
        metavar="TEXT",
        default="",
        help="measure the cases with this in their name, such as '1080p 8 bits' or 'cpuav1dec'",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="1080p at 8 bits with 2 threads, one turn of a few frames: does it work?",
    )
    parser.add_argument(
        "--seconds",
        type=float,
        default=12,
        help="begin no further turn of a case after this, when it had three (default 12)",
    )
    parser.add_argument("--turns", type=int, default=7, help="most turns for one case (default 7)")
    parser.add_argument("--resume", action="store_true", help="keep what was measured before")
    parser.add_argument(
        "--report", action="store_true", help="measure nothing; print what was measured"
    )
    parser.add_argument(
        "--write", action="store_true", help=f"put the tables into {PAGE.name} as well"
    )
    return parser.parse_args()


def cache():
    return pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "bench"


def build_plugin(of_tests):
    """The plugin as a distribution would build it, and targets of its tests; its folder."""
    folder = build.folder("bench", "release")
    tests = "enabled" if of_tests else "disabled"
    options = ["-Dbuildtype=release", f"-Dtests={tests}", "-Ddocs=disabled"]
    if not build.build(folder, options, ["gst/plugin/libgstav1hw.so", *of_tests]):
        sys.exit("tools/bench: the build failed")
    return folder


def measure_all(options, sections, inputs, results):
    cases = [*bench_cases.all_cases(inputs, options.quick)]
    cases += bench_stateless.cases(inputs, options.quick)
    cases += bench_stateless_encode.cases(options.quick)
    for case in cases:
        if case.section not in sections or options.case not in case.name:
            continue
        if options.resume and results.has(case.name):
            continue
        limit = (
            bench_measure.Limit(1, 1, 0)
            if options.quick
            else bench_measure.Limit(LEAST_TURNS, max(options.turns, LEAST_TURNS), options.seconds)
        )
        if case.section in [kind.SECTION for kind in STATELESS]:
            print(f"--- {case.name}", flush=True)
            results.put(case, bench_stateless.measure(case, limit))
            continue
        missing = case.missing()
        if missing:
            print(f"--- {case.name}: left out: {missing}", flush=True)
            continue
        print(f"--- {case.name}", flush=True)
        inputs.make(case.inputs)
        results.put(case, bench_measure.take_turns(case, limit))


def measure_gpu(arguments):
    """What comes after --gpu: measures here, or takes tables that were written elsewhere."""
    parser = argparse.ArgumentParser(prog="tools/bench", add_help=False, allow_abbrev=False)
    parser.add_argument("--gpu", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--from", dest="tables", type=pathlib.Path)
    options, others = parser.parse_known_args(arguments)
    good = True
    if options.tables:
        if others:
            parser.error(f"--from takes none of: {' '.join(others)}")
        title, text = bench_report.section_of(options.tables.read_text(encoding="utf-8"))
    else:
        bench_gpu.parse(others)  # complains, or helps, before anything is built
        folder = build_plugin(bench_gpu.TARGETS)
        bench_measure.set_up_environment(folder, cache())
        title, text, good = bench_gpu.main(others, bench_gpu.machine_here())
    print(bench_report.markdown({title: text}))
    if options.write:
        bench_report.put_into_page(PAGE, {title: text})
    return 0 if good else 1


def main():
    if "--gpu" in sys.argv[1:]:
        return measure_gpu(sys.argv[1:])
    options = parse()
    results = bench_report.Results(
        cache() / ("quick.json" if options.quick else "results.json"),
        options.resume or options.report,
    )
    if not options.report:
        sections = options.section or SECTIONS
        folder = build_plugin(
            [target for kind in STATELESS if kind.SECTION in sections for target in kind.targets()]
        )
        bench_measure.set_up_environment(folder, cache())
        measure_all(options, sections, bench_inputs.Inputs(cache()), results)
    texts = bench_report.sections(results)
    print(bench_report.markdown(texts))
    if options.write:
        bench_report.put_into_page(PAGE, texts)
    return 0 if results.good() else 1


if __name__ == "__main__":
    sys.exit(main())
