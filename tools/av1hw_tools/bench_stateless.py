# SPDX-License-Identifier: LGPL-2.1-or-later
"""Our decoders beside GStreamer's own on one reference driver that decodes nothing; what measures."""
import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

from av1hw_tools import bench_inputs, bench_instructions, bench_usage, build

SECTION = "stateless"
REFDRV = build.PROJECT / "tests" / "refdrv" / "run"
BASE = ", without the element"
# The heap does not give back what is taken again with the next block of input: how often glibc would
# do so hangs on the order in which buffers come back, and each time costs hundreds of page faults.
STEADY_HEAP = {"MALLOC_TRIM_THRESHOLD_": str(2**30), "MALLOC_TOP_PAD_": str(2**24)}


@dataclasses.dataclass(frozen=True)
class Device:
    profile: str  # of the reference drivers
    element: str
    memory: str
    drivers: tuple  # the objects that are the driver, for telling its instructions from others'
    targets: tuple  # of the build


DEVICES = [
    Device(
        "ada",
        "nvav1dec",
        "CUDAMemory",
        ("libcuda.so", "libnvcuvid.so"),
        ("tests/refdrv/nv/libcuda.so.1", "tests/refdrv/nv/libnvcuvid.so.1"),
    ),
    *(
        Device(
            profile,
            "vaav1dec",
            "VAMemory",
            ("refdrv_drv_video.so",),
            ("tests/refdrv/va/refdrv_drv_video.so", "tests/refdrv/va/refdrv_render_node.so"),
        )
        for profile in ("arc", "rdna3")
    ),
]


@dataclasses.dataclass(frozen=True)
class Load:
    name: str
    video: bench_inputs.Video
    streams: int
    frames: int  # of each stream
    counted_frames: tuple  # of two runs under callgrind, of which the difference is taken
    queue: bool = False  # the sink has a thread of its own
    frame_time: int = 0  # us that the device takes to encode a picture


SMALL, LARGE = bench_inputs.Video("180p", 8), bench_inputs.Video("1080p", 8)
LOADS = [
    Load("1080p", LARGE, 1, 4800, (120, 600)),
    Load("1080p, the sink in another thread", LARGE, 1, 4800, (120, 600), queue=True),
    # From where all have the surfaces that they need: until then the device allocates.
    Load("32 streams of 320x180", SMALL, 32, 1200, (30, 60)),
]
QUICK_LOAD = Load("1080p", LARGE, 1, 480, (60, 120))


@dataclasses.dataclass(frozen=True)
class Contender:
    name: str
    element: str
    settings: str  # its properties; of a decoder, the alignment of what av1parse gives it
    plugin_path: str
    works: bool = True

    def base(self):
        """The same up to the element, in whose place is the sink."""
        return dataclasses.replace(self, name=self.name + BASE, works=False)


@dataclasses.dataclass
class Case:
    """A load on a device: ours, GStreamer's own, and what each of them is fed with."""

    device: Device
    load: Load
    inputs: bench_inputs.Inputs
    section = SECTION
    driver_waits = False

    @property
    def name(self):
        return f"{self.device.element}, {self.device.profile}, {self.load.name}"

    @property
    def frames(self):
        return self.load.frames * self.load.streams

    @property
    def contenders(self):
        # GStreamer's plugin is there where ours, which registers the same name, is not.
        ours = Contender(
            self.device.element,
            "av1hw" + self.device.element,
            "tu",
            os.environ["GST_PLUGIN_PATH"],
        )
        theirs = Contender("GStreamer's own", self.device.element, "frame", "")
        return [ours, theirs, ours.base(), theirs.base()]

    def pipeline(self, contender, frames):
        source = self.inputs.stream(self.load.video, frames)
        parts = [
            f"filesrc blocksize={2**20} location={source}",
            "ivfparse",
            "av1parse",
            f"video/x-av1,alignment={contender.settings}",
        ]
        if contender.works:
            parts += [contender.element, f"video/x-raw(memory:{self.device.memory})"]
        if self.load.queue:
            parts.append("queue")
        parts.append("fakesink sync=false")
        branch = " ! ".join(parts).split()
        return ["gst-launch-1.0", "-q", *branch * self.load.streams]


def cases(inputs, quick):
    for device in DEVICES:
        for load in [QUICK_LOAD] if quick else LOADS:
            yield Case(device, load, inputs)


def targets():
    return [target for device in DEVICES for target in device.targets]


class Failure(Exception):
    """Why a run is worth nothing."""


def on_device(case, contender, command, most_seconds=bench_usage.LONGEST_RUN + 10, scan="no", frame_time=0):
    """Runs a command with the reference driver; what it wrote, and the driver's counts."""
    with tempfile.TemporaryDirectory() as folder:
        counters = pathlib.Path(folder) / "counters.json"
        environment = {
            **os.environ,
            "REFDRV_NULL": "1",
            "REFDRV_FRAME_TIME": str(frame_time),
            "REFDRV_COUNTERS": str(counters),
            "GST_PLUGIN_PATH": contender.plugin_path,
            "GST_REGISTRY_UPDATE": scan,
            **STEADY_HEAP,
        }
        done = subprocess.run(
            [str(part) for part in (REFDRV, case.device.profile, *command)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=most_seconds,
            check=False,
        )
        said = done.stderr.strip()
        if done.returncode != 0 or "ERROR" in said:
            raise Failure(said[-300:] or f"failed with status {done.returncode}")
        counts = json.loads(counters.read_text()) if counters.exists() else {}
        return done.stdout, counts


def run(case, contender):
    """One run; the driver must have got each picture, and no wrong call."""
    command = case.pipeline(contender, case.load.frames)
    usage = [sys.executable, "-B", "-m", "av1hw_tools.bench_usage"]
    output, counts = on_device(case, contender, [*usage, *command], frame_time=case.load.frame_time)
    pictures = counts.get("pictures", 0) + counts.get("pictures_encoded", 0)
    if contender.works and (pictures < case.frames or counts.get("misuse")):
        raise Failure(f"{pictures} pictures of {case.frames}, {counts.get('misuse', 0)} misuses")
    return {**json.loads(output.splitlines()[-1]), "pictures": pictures}


def count_instructions(case, contender):
    """Instructions for a frame, in all and in the driver: what further frames add to a run."""
    counted = []
    for frames in case.load.counted_frames:
        with tempfile.TemporaryDirectory() as folder:
            profile = pathlib.Path(folder) / "callgrind.out"
            command = bench_instructions.callgrind(case.pipeline(contender, frames), profile)
            on_device(case, contender, command, most_seconds=600)
            counted.append(
                bench_instructions.count(profile, case.device.drivers, own_code=case.driver_waits)
            )
    short, long = case.load.counted_frames
    further = (long - short) * case.load.streams
    return [(b - a) / further for a, b in zip(*counted)]


def measure(case, limit):
    """Each contender's runs, a run a turn, and its instructions for a frame."""
    contenders = case.contenders
    runs = {contender.name: [] for contender in contenders}
    instructions, failed = {}, {}
    contender = contenders[0]
    try:
        for contender in contenders:
            # GStreamer's registry is complete before anything is measured.
            on_device(case, contender, ["gst-inspect-1.0", contender.element], scan="yes")
            instructions[contender.name] = count_instructions(case, contender)
            print(f"    {contender.name}: {instructions[contender.name][0]:.0f} instructions a frame")
        start = time.monotonic()
        for turn in range(limit.most_turns):
            if turn >= limit.least_turns and time.monotonic() - start > limit.seconds:
                break
            for contender in contenders if turn % 2 == 0 else reversed(contenders):
                result = run(case, contender)
                runs[contender.name].append(result)
                spent = result["cpu_seconds"] / case.frames * 1e6
                print(f"    {contender.name}: {spent:.1f} us of CPU a frame", flush=True)
    except (Failure, subprocess.TimeoutExpired) as error:
        failed[contender.name] = str(error)
        print(f"    {contender.name}: {error}", flush=True)
    return {"runs": runs, "instructions": instructions, "failed": failed}
