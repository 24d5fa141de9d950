# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads what `meson test` left behind, and counts by test case, not by program."""
import dataclasses
import json
import pathlib
import xml.etree.ElementTree as ElementTree

GOOD = {"OK", "EXPECTEDFAIL", "SKIP"}


@dataclasses.dataclass
class Case:
    test: str
    name: str
    state: str  # passed, failed or skipped
    detail: str = ""


@dataclasses.dataclass
class Outcome:
    cases: list
    outputs: dict  # test name -> what it printed, for tests that failed

    def of_state(self, state):
        return [case for case in self.cases if case.state == state]


def read(build: pathlib.Path) -> Outcome:
    """The outcome of the last `meson test` run in this build folder."""
    logs = build / "meson-logs"
    programs = [json.loads(line) for line in (logs / "testlog.json").read_text().splitlines()]
    suites = list(ElementTree.parse(logs / "testlog.junit.xml").getroot().iter("testsuite"))
    outcome = Outcome([], {})
    for program in programs:
        test = program["name"]
        outcome.cases += settle(test, program, cases_of(test, suites))
        if program["result"] not in GOOD:
            outcome.outputs[short(test)] = "\n".join(
                text for text in (program.get("stdout"), program.get("stderr")) if text)
    return outcome


def short(test):
    """`SUITE/NAME` of what meson calls `PROJECT:SUITE / NAME`."""
    return test.rpartition(":")[2].replace(" / ", "/")


def settle(test, program, cases):
    """The cases of one program; a program that names none, or fails beside them, is one itself."""
    result = program["result"]
    if result not in GOOD and not any(case.state == "failed" for case in cases):
        detail = f"{result} after {program.get('duration', 0):.0f} s"
        cases = cases + [Case(short(test), "(the program)", "failed", detail)]
    if not cases:
        state = "skipped" if result == "SKIP" else "passed"
        reason = (program.get("stdout") or program.get("stderr") or "").strip()
        cases = [Case(short(test), short(test), state, reason.splitlines()[-1] if reason else "")]
    return cases


def cases_of(test, suites):
    """The cases that a test (gtest, TAP) reported one by one; none when it knows a status only."""
    cases = []
    for suite in suites:
        # Meson names these "<project>.<test>" (TAP) and "<project>.<test>.<class>" (gtest).
        name = suite.get("name", "").partition(".")[2]
        if name == test:
            cases += [case_of(test, "", element) for element in suite.iter("testcase")]
        elif name.startswith(test + "."):
            group = name[len(test) + 1:] + "."
            cases += [case_of(test, group, element) for element in suite.iter("testcase")]
    return cases


def case_of(test, group, element):
    name = group + element.get("name", "?")
    for tag, state in (("failure", "failed"), ("error", "failed"), ("skipped", "skipped")):
        found = element.find(tag)
        if found is not None:
            detail = found.get("message") or found.text or element.findtext("system-out") or ""
            return Case(short(test), name, state, detail.strip())
    return Case(short(test), name, "passed")
