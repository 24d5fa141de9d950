# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks how tools/test counts: by case, with programs that crash, hang or skip among them."""
import json
import os
import pathlib
import sys
import tempfile

sys.path.insert(0, os.path.join(os.environ["AV1HW_SOURCE_ROOT"], "tools"))
from av1hw_tools import results  # noqa: E402
from tap import Tap  # noqa: E402

JUNIT = """<testsuites>
<testsuite name="p.p:unit / good.Group"><testcase name="A"/><testcase name="B"/></testsuite>
<testsuite name="p.p:unit / mixed.Group"><testcase name="A"/>
  <testcase name="B"><failure message="1 is not 2"/></testcase>
  <testcase name="C"><skipped message="no device"/></testcase></testsuite>
<testsuite name="p.p:style / tap"><testcase name="1 - x"/>
  <testcase name="2 - y"><skipped/><system-out>no git</system-out></testcase></testsuite>
<testsuite name="p.p:unit / half"><testcase name="1 - x"/></testsuite>
<testsuite name="p"><testcase name="p:unit / plain"/></testsuite>
</testsuites>"""
PROGRAMS = [
    {"name": "p:unit / good", "result": "OK"},
    {"name": "p:unit / mixed", "result": "FAIL", "stdout": "expected 2"},
    {"name": "p:style / tap", "result": "OK"},
    {"name": "p:unit / half", "result": "ERROR", "duration": 3, "stdout": "ok 1 - x"},
    {"name": "p:unit / crash", "result": "FAIL", "stderr": "stack smashed"},
    {"name": "p:unit / hang", "result": "TIMEOUT", "duration": 30},
    {"name": "p:unit / plain", "result": "OK"},
    {"name": "p:unit / absent", "result": "SKIP", "stdout": "no driver here\n"},
]
# what -> (state, test, case, detail)
EXPECTED = {
    "cases of a program that passed": ("passed", "unit/good", "Group.B", ""),
    "a failing case, with its message": ("failed", "unit/mixed", "Group.B", "1 is not 2"),
    "a skipped case, with its reason": ("skipped", "unit/mixed", "Group.C", "no device"),
    "a skipped TAP case, with its reason": ("skipped", "style/tap", "2 - y", "no git"),
    "a program that fails beside its cases":
        ("failed", "unit/half", "(the program)", "ERROR after 3 s"),
    "a program that crashes": ("failed", "unit/crash", "(the program)", "FAIL after 0 s"),
    "a program that hangs": ("failed", "unit/hang", "(the program)", "TIMEOUT after 30 s"),
    "a program without cases": ("passed", "unit/plain", "unit/plain", ""),
    "a program that skips, with its reason":
        ("skipped", "unit/absent", "unit/absent", "no driver here"),
}


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory() as name:
        logs = pathlib.Path(name, "meson-logs")
        logs.mkdir()
        (logs / "testlog.junit.xml").write_text(JUNIT)
        (logs / "testlog.json").write_text("".join(json.dumps(p) + "\n" for p in PROGRAMS))
        outcome = results.read(pathlib.Path(name))
    found = [(c.state, c.test, c.name, c.detail) for c in outcome.cases]
    for what, case in EXPECTED.items():
        tap.result(f"counts {what}", [] if case in found else [f"{case} is not in {found}"])
    counts = [len(outcome.of_state(state)) for state in ("passed", "failed", "skipped")]
    tap.result("counts all of them once", [] if counts == [6, 4, 3] else [str(counts)])
    shown = set(outcome.outputs)
    wanted = {"unit/mixed", "unit/half", "unit/crash", "unit/hang"}
    tap.result("keeps the output of what failed", [] if shown == wanted else [str(shown)])
    tap.done()


if __name__ == "__main__":
    main()
