# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the contenders of a case in turns and keeps time, peak memory and bytes of each run."""
import dataclasses
import os
import subprocess
import tempfile
import time

from av1hw_tools import bench_usage


@dataclasses.dataclass(frozen=True)
class Limit:
    least_turns: int
    most_turns: int
    seconds: float  # no further turn than the least begins after this


@dataclasses.dataclass
class Run:
    seconds: float
    cpu_seconds: float  # of all threads together: less disturbed by what else the machine does
    peak_bytes: int
    written: int  # bytes of AV1, without the container's


def set_up_environment(build_folder, cache):
    """Our plugin from `build_folder`, with a registry that is complete before anything is timed."""
    os.environ["GST_PLUGIN_PATH"] = str(build_folder / "gst" / "plugin")
    os.environ["AV1HW_BUILD_ROOT"] = str(build_folder)
    os.environ["GST_REGISTRY"] = str(cache / "registry.bin")
    cache.mkdir(parents=True, exist_ok=True)
    subprocess.run(["gst-inspect-1.0", "av1hw"], stdout=subprocess.DEVNULL, check=True)
    os.environ["GST_REGISTRY_UPDATE"] = "no"


def run(contender, frames):
    """One run; a text instead of a result says what went wrong."""
    if contender.output is not None:
        contender.output.unlink(missing_ok=True)
    with tempfile.TemporaryFile() as errors:
        start = time.monotonic()
        process = subprocess.Popen(
            contender.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors
        )
        status, usage = bench_usage.wait(process, start)
        seconds = time.monotonic() - start
        errors.seek(0)
        said = errors.read().decode(errors="replace").strip()
    if status is None:
        return f"did not end within {bench_usage.LONGEST_RUN} s"
    if status != 0 or "ERROR" in said:
        return f"failed with status {status}: {said[-300:]}"
    written, coded = (0, frames) if contender.output is None else read_stream(contender.output)
    if coded != frames:
        return f"wrote {coded} frames instead of {frames}"
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, written)


def read_stream(path):
    """Bytes of AV1 and temporal units in an IVF file or a file of OBUs."""
    data = path.read_bytes()
    if data[:4] != b"DKIF":
        return len(data), count_temporal_delimiters(data)
    position, frames = 32, 0
    while position + 12 <= len(data):
        position += 12 + int.from_bytes(data[position : position + 4], "little")
        frames += 1
    return len(data) - 32 - 12 * frames, frames


def count_temporal_delimiters(data):
    position, count = 0, 0
    while position < len(data):
        header = data[position]
        count += (header >> 3) & 15 == 2
        position += 2 if header & 4 else 1
        size = shift = 0
        while True:
            byte = data[position]
            position += 1
            size |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        position += size
    return count


def take_turns(case, limit):
    """Each contender's runs, a run a turn, and why those that failed did."""
    runs = {contender.name: [] for contender in case.contenders}
    start = time.monotonic()
    failed = {}
    for turn in range(limit.most_turns):
        if turn >= limit.least_turns and time.monotonic() - start > limit.seconds:
            break
        # Every other turn goes backwards, so that nobody always runs after the same neighbour.
        for contender in case.contenders if turn % 2 == 0 else reversed(case.contenders):
            if contender.name in failed or turn >= contender.most_turns:
                continue
            result = run(contender, case.frames)
            if isinstance(result, str):
                failed[contender.name] = result
                print(f"    {contender.name}: {result}", flush=True)
            else:
                runs[contender.name].append(dataclasses.asdict(result))
                print(
                    f"    {contender.name}: {case.frames / result.seconds:.1f} fps, "
                    f"{result.cpu_seconds:.1f} s of CPU, "
                    f"{result.peak_bytes / 2**20:.0f} MiB",
                    flush=True,
                )
    for contender in case.contenders:
        if contender.output is not None:
            contender.output.unlink(missing_ok=True)
    return {"runs": runs, "failed": failed}
