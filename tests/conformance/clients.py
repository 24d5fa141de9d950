#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs other people's decoders on the reference drivers over the test vectors, and wants a reason for
whatever they make different from the manifest."""
import argparse
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import client_rules  # noqa: E402
import client_runs  # noqa: E402
from tap import Tap  # noqa: E402

ROOT = HERE.parents[1]
DOCUMENT = ROOT / "docs" / "conformance.md"


class Judgement:
    """What a client passed, and why it did not pass the rest."""

    def __init__(self, client):
        self.client, self.passed, self.explained, self.unexplained = client, 0, {}, []

    def add(self, runner, vector, outcome):
        if outcome.text == client_runs.wanted(vector) and not outcome.misuse:
            self.passed += 1
            return
        rule = client_rules.explain(client_rules.Case(runner, vector, outcome))
        if rule:
            self.explained.setdefault(client_rules.RULES.index(rule), []).append(vector)
        else:
            name = f"{vector.path} {vector.args}".strip()
            self.unexplained.append(
                f"{name}: {outcome.text}, not {client_runs.wanted(vector)}; "
                f"{[*outcome.misuse[:2], *outcome.errors[:2]]}")

    def summary(self):
        differ = sum(map(len, self.explained.values()))
        return f"| `{self.client}` | {self.passed} | {differ} | {len(self.unexplained)} |"

    def reasons(self):
        lines = []
        for place, vectors in sorted(self.explained.items()):
            rule = client_rules.RULES[place]
            lines.append(f"| `{self.client}` | {len(vectors)} | {rule.why} | {rule.errs} |")
        return lines

    def unused(self):
        return [rule.why for place, rule in enumerate(client_rules.RULES)
                if self.client in rule.clients and place not in self.explained]


def judge(client, folder, runner_program, jobs, text):
    """Runs a client over all streams that the devices decode."""
    runner = client_runs.make(client, folder, runner_program)
    vectors = [vector for vector in client_runs.read_manifest(folder)
               if client_runs.covered(folder, vector) and text in f"{vector.path} {vector.features}"]
    outcomes = runner.run_all(vectors, jobs)
    judgement = Judgement(client.name)
    for vector in vectors:
        judgement.add(runner, vector, outcomes[vector.line])
    return judgement


def test(judgement):
    tap = Tap()
    written = DOCUMENT.read_text()
    tap.result(f"{judgement.client}: no difference is without a reason", judgement.unexplained)
    tap.result(f"{judgement.client}: no reason is without a difference", judgement.unused())
    missing = [line for line in [judgement.summary(), *judgement.reasons()] if line not in written]
    tap.result(f"{DOCUMENT.name} has what was found", missing)
    tap.done()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("client", choices=client_runs.CLIENTS)
    parser.add_argument("--runner", default=ROOT / "build/tests/conformance/conformance",
                        help="the program conformance, which GStreamer's elements run in")
    parser.add_argument("--filter", default="", help="only streams with this in path or features")
    parser.add_argument("--jobs", type=int, default=2, help="streams at a time (2)")
    parser.add_argument("--streams", action="store_true", help="name the streams of each reason")
    parser.add_argument("--tap", action="store_true", help="be a test")
    args = parser.parse_args()
    folder = os.environ.get("AV1_VECTORS", "")
    if not (pathlib.Path(folder) / "MANIFEST.tsv").is_file():
        print("1..0 # SKIP AV1_VECTORS does not name a folder with MANIFEST.tsv")
        return 0
    client = client_runs.CLIENTS[args.client]
    client_runs.enter_machine(client, [sys.executable, "-B", *sys.argv])
    if reason := client_runs.missing(client):
        print(f"1..0 # SKIP {reason}")
        return 0
    judgement = judge(client, folder, args.runner, args.jobs, args.filter)
    if args.tap:
        test(judgement)
        return 0
    print("\n".join([*judgement.unexplained, judgement.summary(), *judgement.reasons()]))
    if args.streams:
        for place, vectors in sorted(judgement.explained.items()):
            print(client_rules.RULES[place].why, *(f"  {v.path} {v.args}" for v in vectors), sep="\n")
    return 1 if judgement.unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
