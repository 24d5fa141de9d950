# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks tools/bench --gpu: its arithmetic, what it says is missing, and a short run on the CPU."""
import os
import pathlib
import subprocess
import sys
import tempfile

TOOLS = os.path.join(os.environ["AV1HW_SOURCE_ROOT"], "tools")
sys.path.insert(0, TOOLS)
from av1hw_tools import bench_gpu_cases as cases  # noqa: E402
from av1hw_tools import bench_gpu_report as report  # noqa: E402
from av1hw_tools import bench_report  # noqa: E402
from tap import Tap  # noqa: E402

COMPOSE_BENCH = """NVIDIA H100 80GB HBM3: a copy moves 846.2 GB/s
1080p  1 layers NV12      1:1             Linear       12.5 us    497.7 GB/s  0.59 of a copy
1080p  1 layers NV12      1:1             Images       18.6 us    334.4 GB/s  0.40 of a copy
2160p 16 layers P010_10LE halved, lanczos Linear      982.3 us     63.3 GB/s  0.07 of a copy
2160p 16 layers P010_10LE halved, lanczos Images        0.0 us      0.0 GB/s  0.00 of a copy
"""
NO_NVRTC = """0:00:00.56 16040 0x55 WARN nvenc gstnvenc.c:330:gst_nvenc_load_library: Could not open libx
0:00:00.57 16040 0x55 WARN               cudanvrtc gstcudanvrtc.cpp:163:load_once: Could not open nvrtc library
0:00:00.58 16040 0x55 WARN                  ladspa gstladspa.c:509:plugin_init:<plugin69> no LADSPA plugins
"""
NEW_NVRTC = NO_NVRTC + """0:00:00.59 16040 0x55 ERROR cudanvrtc gstcudanvrtc.cpp:301:compile: log:
nvrtc: error: invalid value for --gpu-architecture (-arch)
"""
PAGE = f"before\n{bench_report.BEGIN}\n\n### Compositing\n\nold\n\n{bench_report.END}\nafter\n"


def run_of(frames, seconds):
    return {"frames": frames, "seconds": seconds}


def differences(**expected_and_found):
    return [
        f"{name}: {found!r} instead of {expected!r}"
        for name, (expected, found) in expected_and_found.items()
        if expected != found
    ]


def check_arithmetic(tap):
    turns = [
        (run_of(60, 1.5), run_of(560, 2.0)),  # 1000 fps
        (run_of(60, 1.5), run_of(560, 2.5)),  # 500 fps
        (run_of(60, 1.5), run_of(560, 1.5)),  # nothing
    ]
    rates = report.frames_per_second(turns)
    tap.result(
        "starting costs nothing",
        differences(rates=([1000, 500, None], rates), text=("750 (500-1,000)", report.fps_text(rates))),
    )
    tap.result(
        "ratios are those within a turn",
        differences(
            paired=((2.0, 2.0, 2.0), report.ratio([1000, 500, 7], [500, 250, None])),
            # The ratio of medians would be 1.
            median=((1.5, 0.5, 2.5), report.ratio([500, 1000], [1000, 400])),
            none=(None, report.ratio([1000], [None])),
        ),
    )
    copy, times = report.device_times(COMPOSE_BENCH)
    tap.result(
        "times on the device are read",
        differences(
            copy=(("NVIDIA H100 80GB HBM3", 846.2), copy),
            times=(
                {
                    "1080p, 1 layer 1:1": {"Linear": (12.5, 0.59), "Images": (18.6, 0.4)},
                    "4K, 16 layers halved, lanczos, P010_10LE": {"Linear": (982.3, 0.07)},
                },
                times,
            ),
        ),
    )
    table = "\n".join(report.device_table(COMPOSE_BENCH))
    row = "| 4K, 16 layers halved, lanczos, P010_10LE | 982.3 us, **0.07** |  |"
    tap.result("their table has a gap where one failed", [] if row in table else table.splitlines())


def check_reasons(tap):
    tap.result(
        "says why CUDA's elements are missing",
        differences(
            no_compiler=("Could not open nvrtc library", report.reason_in(NO_NVRTC)),
            new_compiler=(
                "invalid value for --gpu-architecture (-arch)",
                report.reason_in(NEW_NVRTC),
            ),
            nothing=("", report.reason_in("0:00:00.58 1 0x5 WARN ladspa a.c:509:init: none")),
        ),
    )


def check_layouts(tap):
    layout = cases.Layout("4K", 16, "quartered")
    tap.result(
        "layers fill the canvas",
        differences(
            tile=((960, 540), layout.tile),
            picture=((3840, 2160), layout.picture),
            columns=(1, cases.Layout("4K", 1, "1:1").columns),
            needs=(["glvideomixer", "glupload", "glcolorconvert"], cases.OPENGL.needs),
            needs_nothing=(["compositor"], cases.CPU.needs),
        ),
    )
    line = " ".join(cases.VULKAN.pipeline(layout, 30))
    wanted = [
        "sink_15::xpos=2880 sink_15::ypos=1620 sink_15::width=960 sink_15::height=540",
        "video/x-raw(memory:VulkanImage),format=NV12,width=3840,height=2160,framerate=30/1",
        "! c.sink_15",
    ]
    tap.result("all are in the pipeline", [f"no {part} in {line}" for part in wanted if part not in line])


def check_page(tap):
    with tempfile.TemporaryDirectory() as folder:
        page = pathlib.Path(folder, "page.md")
        page.write_text(PAGE, encoding="utf-8")
        title, text = bench_report.section_of("### Compositing on a GPU\n\nnew\n")
        bench_report.put_into_page(page, {title: text})
        found = page.read_text(encoding="utf-8")
    wanted = PAGE.replace("old\n", "old\n\n### Compositing on a GPU\n\nnew\n")
    tap.result("another machine's tables go into the page", differences(page=(wanted, found)))
    refused = []
    for file in ("nothing", "### Something else\n\nx\n", "### Compositing\n\n### Decoding\n"):
        try:
            bench_report.section_of(file)
            refused.append(f"takes {file!r}")
        except SystemExit:
            pass
    tap.result("a file with anything else does not", refused)


def bench(*options, **environment):
    return subprocess.run(
        [sys.executable, "-B", "-m", "av1hw_tools.bench_gpu", *options],
        env={**os.environ, "PYTHONPATH": TOOLS, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def check_run(tap, lavapipe):
    done = bench("--quick", "--device", "gpu", VK_DRIVER_FILES="/nonexistent.json")
    tap.result(
        "says that there is no GPU",
        [] if done.returncode == 1 and "no GPU with Vulkan: " in done.stdout else [done.stdout],
    )
    name = "a run on the CPU has a row for each that ran, and a reason for each that did not"
    if not lavapipe:
        tap.skip(name, "Mesa's lavapipe is not installed")
        return
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder, "tables.md")
        options = ["--quick", "--device", "cpu", "--case", "1:1", "--frames", "12"]
        done = bench(*options, "--no-device-times", "--out", out)
        said = out.read_text(encoding="utf-8") if out.exists() else ""
    wanted = [
        "### Compositing with Vulkan on the CPU",
        "| frames per second | 1080p, 4 layers 1:1 |",
        "| `compositor`, system memory | ",
        "- `cudacompositor`, CUDA memory: Vulkan's device is a processor here",
    ]
    problems = [f"no {part}" for part in wanted if part not in said]
    # So few frames may not tell, on a machine that has other things to do; which is said, then.
    lost = "took no longer than" in said
    if not lost and said.count(" / `compositor` | **") != 2:
        problems.append("no ratios, and no reason")
    if (done.returncode != 0) != lost or problems:
        problems += [f"exit status {done.returncode}", *done.stdout.splitlines()]
    tap.result(name, problems)


def main():
    tap = Tap()
    check_arithmetic(tap)
    check_reasons(tap)
    check_layouts(tap)
    check_page(tap)
    check_run(tap, sys.argv[1])
    tap.done()


if __name__ == "__main__":
    main()
