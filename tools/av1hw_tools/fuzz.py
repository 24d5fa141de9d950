# SPDX-License-Identifier: LGPL-2.1-or-later
"""Builds the fuzzers with clang and runs each for a while, for tools/test --fuzz."""
import os
import pathlib
import subprocess
import tempfile

from av1hw_tools import build, results

TARGETS = ["parsers", "stateless", "encoder", "decode"]
# Of the backends, what the targets need.
OPTIONS = ["-Dauto_features=disabled", "-Dtests=enabled", "-Dfuzz=enabled", "-Dcpu=enabled",
           "-Db_sanitize=address,undefined", "-Db_lundef=false"]
# Longer inputs find nothing that shorter ones do not, and take longer to run.
LONGEST_INPUT = 9000


def seeds():
    """Folders with inputs to start from."""
    folders = [build.PROJECT / "tests" / "data"]
    if vectors := os.environ.get("AV1_VECTORS"):
        folders.append(pathlib.Path(vectors) / "fuzz")
    return [folder for folder in folders if folder.is_dir()]


def fuzz(program, seconds):
    """Runs one fuzzer; returns its case. What breaks something is left in out/."""
    findings = build.PROJECT / "out"
    findings.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as corpus:
        done = subprocess.run(
            [program, f"-max_total_time={seconds}", f"-max_len={LONGEST_INPUT}", "-timeout=25",
             "-rss_limit_mb=4096", f"-artifact_prefix={findings}/", "-print_final_stats=1",
             corpus, *seeds()],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            timeout=seconds + 600, check=False)
    lines = done.stdout.splitlines()
    last = next((line for line in reversed(lines) if "cov: " in line), "no coverage was told")
    print(f"{program.name}: {last}", flush=True)
    if done.returncode == 0 and "cov: " in last:
        return results.Case("fuzz", program.name, "passed"), ""
    return results.Case("fuzz", program.name, "failed", f"status {done.returncode}"), done.stdout


def run(seconds):
    """All targets, or None where they can't be built."""
    os.environ["CC"], os.environ["CXX"] = "clang", "clang++"
    folder = build.folder("test", "fuzz")
    names = [f"tests/fuzz/{target}_fuzz" for target in TARGETS]
    if not build.build(folder, OPTIONS, names):
        return None
    outcome = results.Outcome([], {})
    for name in names:
        case, output = fuzz(folder / name, seconds)
        outcome.cases.append(case)
        if output:
            outcome.outputs[case.name] = output
    return outcome
