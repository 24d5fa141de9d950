# SPDX-License-Identifier: LGPL-2.1-or-later
"""tests/refdrv/run: what a process finds on the machine of each profile, of one kind of driver."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import tap as protocol

HERE = pathlib.Path(__file__).resolve().parent
KIND, INFO = sys.argv[1:]
CLIP = HERE.parent / "data" / "hdr10.ivf"
CU_INIT = "import ctypes; print(ctypes.CDLL('libcuda.so.1').cuInit(0))"


def run(profile, *command, **settings):
    # The profile's registry, not the one that other tests share.
    env = {name: value for name, value in os.environ.items() if not name.startswith("GST_")}
    return subprocess.run([HERE / "run", profile, *command], env=env | settings,
                          capture_output=True, text=True, timeout=120, check=False)


def report_of(profile, backend):
    done = run(profile, INFO, "--json", "--backend", backend)
    return json.loads(done.stdout)["backends"][0]


def check_ada(tap):
    report = report_of("ada", "nv")
    tap.result("av1hw-info: an Ada is usable", [] if report["usable"] else [f"it says {report}"])


def check_hopper(tap):
    report = report_of("hopper", "nv")
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


def check_va_devices(tap):
    for profile, width, driver in (("arc", 16384, "i915"), ("rdna3", 8192, "amdgpu")):
        report = report_of(profile, "va")
        problems = [] if report["usable"] else [f"it says {report}"]
        text = json.dumps(report)
        for wanted in (str(width), driver, "memory:DMABuf"):
            if wanted not in text:
                problems.append(f"no word of {wanted}: {text}")
        tap.result(f"av1hw-info: {profile} is usable, and what it is", problems)
        code = run(profile, "gst-inspect-1.0", "--exists", "av1hwvaav1dec").returncode
        tap.result(f"{profile} has the decoder element",
                   [] if code == 0 else [f"gst-inspect-1.0 returned {code}"])


def counts_of(profile, *command, **settings):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "counts.json"
        done = run(profile, *command, REFDRV_COUNTERS=str(path), **settings)
        return done, json.loads(path.read_text()) if path.exists() else {}


def check_playback(tap, profile, element):
    done, counts = counts_of(
        profile, "gst-launch-1.0", "-v", "filesrc", f"location={CLIP}", "!", "decodebin3", "!",
        "fakesink", GST_PLUGIN_FEATURE_RANK=f"av1decbin:NONE,{element}:MAX")
    problems = [] if done.returncode == 0 else [done.stderr]
    if f"{element}0" not in done.stdout.lower():
        problems.append(f"no {element} in the pipeline: {done.stdout[-2000:]}")
    if counts.get("pictures", 0) < 75 or counts.get("misuse"):
        problems.append(f"counted {counts}")
    tap.result(f"{profile}: decodebin3 decodes with {element}", problems)


def check_processing(tap, profile):
    done, counts = counts_of(
        profile, "gst-launch-1.0", "filesrc", f"location={CLIP}", "!", "ivfparse", "!", "av1parse",
        "!", "av1hwvaav1dec", "!", "vapostproc", "!",
        "video/x-raw(memory:VAMemory),format=NV12,width=640,height=360", "!", "fakesink")
    problems = [] if done.returncode == 0 else [done.stderr]
    if counts.get("copies_device_to_device") != 75 or counts.get("misuse"):
        problems.append(f"counted {counts}")
    if counts.get("copies_device_to_host"):
        problems.append(f"frames left the device: {counts}")
    tap.result(f"{profile}: GStreamer's vapostproc scales what the decoder hands on", problems)


def check_others(tap, profile, element):
    done = run(profile, "gst-inspect-1.0", element, GST_PLUGIN_PATH="")
    problems = [] if done.returncode == 0 and "av1hw" not in done.stdout else [done.stdout]
    tap.result(f"{profile}: without the plugin, {element} is GStreamer's own", problems)


def check_counters(tap, profile, backend, call):
    counts = counts_of(profile, INFO, "--backend", backend)[1]
    problems = [] if counts.get(call, 0) > 0 else [f"counted {counts}"]
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


def check_nvidia(tap):
    check_ada(tap)
    check_hopper(tap)
    check_elements(tap)
    check_counters(tap, "ada", "nv", "cuvidGetDecoderCaps")
    check_errors(tap)


def check_va(tap):
    check_va_devices(tap)
    check_counters(tap, "arc", "va", "vaCreateConfig")
    check_playback(tap, "rdna3", "av1hwvaav1dec")
    check_processing(tap, "arc")
    check_others(tap, "arc", "vaav1dec")


def main():
    tap = protocol.Tap()
    {"cuda": check_nvidia, "vaapi": check_va}[KIND](tap)
    tap.done()


if __name__ == "__main__":
    main()
