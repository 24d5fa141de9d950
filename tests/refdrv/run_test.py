# SPDX-License-Identifier: LGPL-2.1-or-later
"""tests/refdrv/run: what a process finds on the machine of each profile with an NVIDIA device."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import tap as protocol

HERE = pathlib.Path(__file__).parent
INFO = sys.argv[1]
CU_INIT = "import ctypes; print(ctypes.CDLL('libcuda.so.1').cuInit(0))"


def run(profile, *command, **settings):
    # The profile's registry, not the one that other tests share.
    env = {name: value for name, value in os.environ.items() if not name.startswith("GST_")}
    return subprocess.run([HERE / "run", profile, *command], env=env | settings,
                          capture_output=True, text=True, timeout=120, check=False)


def nv_report(profile):
    done = run(profile, INFO, "--json", "--backend", "nv")
    return json.loads(done.stdout)["backends"][0]


def check_ada(tap):
    report = nv_report("ada")
    tap.result("av1hw-info: an Ada is usable", [] if report["usable"] else [f"it says {report}"])


def check_hopper(tap):
    report = nv_report("hopper")
    problems = []
    if report["usable"]:
        problems.append("it is called usable")
    if "decodes no AV1" not in json.dumps(report):
        problems.append(f"no word of AV1: {report}")
    tap.result("av1hw-info: a Hopper is not, for it decodes no AV1", problems)


def check_elements(tap):
    for profile, wanted in (("ada", 0), ("hopper", 1)):
        code = run(profile, "gst-inspect-1.0", "--exists", "av1hwnvav1dec").returncode
        tap.result(f"{profile} {'has' if wanted == 0 else 'lacks'} the decoder element",
                   [] if code == wanted else [f"gst-inspect-1.0 returned {code}"])


def check_counters(tap):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "counts.json"
        run("ada", INFO, "--backend", "nv", REFDRV_COUNTERS=str(path))
        counts = json.loads(path.read_text()) if path.exists() else {}
    problems = [] if counts.get("cuvidGetDecoderCaps", 0) > 0 else [f"counted {counts}"]
    if counts.get("misuse"):
        problems.append(f"misuse: {counts}")
    tap.result("calls are counted, and none is misuse", problems)


def check_errors(tap):
    done = run("nonesuch", "true")
    problems = [] if done.returncode != 0 and "ada" in done.stderr else [done.stderr]
    tap.result("an unknown profile is an error that names the known ones", problems)
    done = run("ada", sys.executable, "-c", CU_INIT, REFDRV_FAULTS="fail everything")
    problems = [] if "REFDRV_FAULTS: fault 1" in done.stderr else [done.stderr]
    if done.stdout.strip() != "100":
        problems.append(f"cuInit returned {done.stdout}, not CUDA_ERROR_NO_DEVICE")
    tap.result("a fault script with a mistake is reported", problems)
    done = run("ada", "sh", "-c", "exit 7")
    tap.result("the command's status is passed on",
               [] if done.returncode == 7 else [f"{done.returncode}"])


def main():
    tap = protocol.Tap()
    check_ada(tap)
    check_hopper(tap)
    check_elements(tap)
    check_counters(tap)
    check_errors(tap)
    tap.done()


if __name__ == "__main__":
    main()
