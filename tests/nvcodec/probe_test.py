# SPDX-License-Identifier: LGPL-2.1-or-later
"""The NVIDIA probe against stand-ins for the driver's libraries, through av1hw-info."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from tap import Tap

PROGRAM = sys.argv[1]
STAND_INS = [pathlib.Path(path).resolve() for path in sys.argv[2:]]
CUDA, CUVID, ENCODE = "libcuda.so.1", "libnvcuvid.so.1", "libnvidia-encode.so.1"


def probe(scenario, libraries=(CUDA, CUVID, ENCODE)):
    """The nv backend's report where these libraries are installed."""
    with tempfile.TemporaryDirectory() as folder:
        for stand_in, name in zip(STAND_INS, (CUDA, CUVID, ENCODE)):
            if name in libraries:
                shutil.copy(stand_in, pathlib.Path(folder) / name)
        done = subprocess.run(
            [PROGRAM, "--json", "--backend", "nv"],
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, "LD_LIBRARY_PATH": folder, "AV1HW_STAND_IN": scenario},
        )
        return json.loads(done.stdout)["backends"][0]


def expect(tap, name, report, **wanted):
    """`wanted`: dotted paths of the report, with __ for the dot, and what is (in) there."""
    problems = []
    for path, value in wanted.items():
        found = report
        for step in path.split("__"):
            found = found[int(step) if step.isdigit() else step]
        good = value in found if isinstance(value, str) else found == value
        if not good:
            problems.append(f"{path} is {found!r}")
    tap.result(name, problems)


def check_usable(tap):
    report = probe("ada")
    expect(
        tap,
        "a GPU with both engines",
        report,
        usable=True,
        devices__0__name="Stand-in GPU",
        devices__0__pci="0000:0a:00.0",
        devices__0__driver="CUDA 12.8, NVENC API 13.0, compute capability 8.9",
    )
    expect(
        tap,
        "its decoder",
        report["devices"][0]["codecs"][0],
        usable=True,
        profiles=[0],
        **{"bit-depths": [8, 10], "chroma": ["4:2:0"], "min-width": 128, "max-width": 8192},
    )
    expect(
        tap,
        "its encoder",
        report["devices"][0]["codecs"][1],
        usable=True,
        features=["cqp", "cbr"],
        **{"bit-depths": [8, 10], "max-height": 4096},
    )


def check_refusals(tap):
    for scenario, words in (
        ("no-encoder", "no video encoder"),
        ("busy", "limit of encode sessions"),
        ("old-driver", "update NVIDIA's driver"),
        ("no-av1", "not AV1"),
    ):
        expect(
            tap,
            f"encoding with {scenario}",
            probe(scenario)["devices"][0]["codecs"][1],
            usable=False,
            reason=words,
        )
    expect(
        tap,
        "decoding without AV1",
        probe("no-av1")["devices"][0]["codecs"][0],
        usable=False,
        reason="decodes no AV1",
    )
    expect(tap, "no context", probe("no-context"), usable=False, reason="no CUDA context")
    expect(tap, "no GPU", probe("no-gpu"), usable=False, reason="no NVIDIA GPU is visible")


def check_missing_libraries(tap):
    without_encode = probe("ada", (CUDA, CUVID))["devices"][0]["codecs"]
    expect(
        tap, "no libnvidia-encode", without_encode[1], usable=False, reason=f"{ENCODE} not found"
    )
    expect(tap, "decoding goes on without it", without_encode[0], usable=True)
    expect(
        tap,
        "no libnvcuvid",
        probe("ada", (CUDA, ENCODE))["devices"][0]["codecs"][0],
        usable=False,
        reason=f"{CUVID} not found",
    )


def main():
    tap = Tap()
    check_usable(tap)
    check_refusals(tap)
    # Where NVIDIA's driver is installed, a library that the folder lacks is found elsewhere.
    if pathlib.Path("/proc/driver/nvidia").exists():
        tap.skip("missing libraries", "NVIDIA's own are installed here")
    else:
        check_missing_libraries(tap)
    tap.done()


if __name__ == "__main__":
    main()
