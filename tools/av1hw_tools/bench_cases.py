# SPDX-License-Identifier: LGPL-2.1-or-later
"""What is measured: cases, each with contenders that do the same work at equal settings."""
import dataclasses
import pathlib
import shutil
import subprocess

from av1hw_tools import bench_inputs

SECTIONS = ["decode", "rav1e", "svt", "composite"]
QUICK_VIDEO = bench_inputs.Video("1080p", 8)
# rav1e's fastest speed. With its psychovisual tuning the program clears tx_domain_distortion, and so
# has temporal RDO; the C interface has no key for that (rav1e 0.7.1: src/bin/common.rs, and
# option_match() of src/capi.rs). So both are tuned for PSNR.
RAV1E = {"speed": 10, "quantizer": 160, "frames": {"1080p": 8, "4K": 3}}
# SVT-AV1's preset 12 is cpusvtav1enc's 10, its CRF 35 the quantizer 140.
SVT = {"preset": 12, "ours": 10, "crf": 35, "quantizer": 140, "frames": bench_inputs.RAW_FRAMES}
# Read in blocks as large as the programs'; GStreamer's default of 4 KiB is a cost of its own.
READ = f"filesrc blocksize={2**20}"
# Takes frames as video sinks do: fakesink refuses GstVideoMeta, and so has every frame copied.
VIDEO_SINK = "fakevideosink sync=false"
COMPOSITE_FRAMES = {"1080p": 90, "4K": 24}


@dataclasses.dataclass
class Contender:
    name: str
    command: list
    output: pathlib.Path | None = None  # what it writes, if its size is compared
    needs: str = ""  # a GStreamer element; empty: the command's own program
    most_turns: int = 100  # of one that is not what ours is held to


@dataclasses.dataclass
class Case:
    section: str
    name: str
    frames: int
    contenders: list  # ours first
    inputs: list

    def missing(self):
        """Drops contenders that are not installed; why there is nothing to compare, or nothing."""
        there = [c for c in self.contenders if is_installed(c)]
        if self.contenders[0] not in there:
            return f"{self.contenders[0].name} is not there"
        self.contenders = there
        return "" if len(there) > 1 else "there is nothing to compare it with"


def is_installed(contender):
    if not contender.needs:
        return shutil.which(contender.command[0]) is not None
    done = subprocess.run(["gst-inspect-1.0", "--exists", contender.needs], check=False)
    return done.returncode == 0


def launch(*parts):
    return ["gst-launch-1.0", "-q", *" ! ".join(str(part) for part in parts).split()]


def videos(quick):
    return [QUICK_VIDEO] if quick else bench_inputs.VIDEOS


def thread_counts(quick):
    return [2] if quick else [1, 2]


def decode_case(inputs, video, threads):
    coded = inputs.coded(video)
    feed = [f"{READ} location={coded}", "ivfparse"]
    return Case(
        "decode",
        f"cpuav1dec, {video.name}, threads {threads}",
        bench_inputs.CODED_FRAMES[video.size],
        [
            Contender(
                "cpuav1dec",
                launch(*feed, f"cpuav1dec threads={threads}", VIDEO_SINK),
                needs="cpuav1dec",
            ),
            Contender(
                "dav1d",
                [
                    "dav1d",
                    "-q",
                    "-i",
                    str(coded),
                    "--threads",
                    str(threads),
                    "--muxer",
                    "null",
                    "-o",
                    "/dev/null",
                ],
            ),
            # It has no property for threads.
            Contender(
                "av1dec (libaom)",
                launch(*feed, "av1parse", "av1dec", "fakesink"),
                needs="av1dec",
                most_turns=1,
            ),
            Contender(
                "ffmpeg (libdav1d)",
                [
                    "ffmpeg",
                    "-loglevel",
                    "error",
                    "-nostdin",
                    "-threads",
                    str(threads),
                    "-c:v",
                    "libdav1d",
                    "-i",
                    str(coded),
                    "-f",
                    "null",
                    "-",
                ],
                most_turns=2,
            ),
        ],
        [coded],
    )


def raw_feed(inputs, video, frames):
    """The first frames of what the programs read, a buffer each."""
    return [
        f"filesrc blocksize={video.frame_bytes} num-buffers={frames} location={inputs.yuv(video)}",
        f"rawvideoparse format={video.gst_format} width={video.width} height={video.height} "
        f"framerate={bench_inputs.RATE}/1",
    ]


def rav1e_case(inputs, video, threads):
    frames = RAV1E["frames"][video.size]
    ours, theirs = inputs.folder / "ours.obu", inputs.folder / "rav1e.ivf"
    return Case(
        "rav1e",
        f"cpuav1enc, {video.name}, threads {threads}",
        frames,
        [
            Contender(
                "cpuav1enc",
                launch(
                    *raw_feed(inputs, video, frames),
                    f"cpuav1enc preset={RAV1E['speed']} quantizer={RAV1E['quantizer']} tune=psnr "
                    f"threads={threads} tile-columns={threads}",
                    f"filesink location={ours}",
                ),
                ours,
                "cpuav1enc",
            ),
            Contender(
                "rav1e",
                [
                    "rav1e",
                    str(inputs.y4m(video)),
                    "-o",
                    str(theirs),
                    "-y",
                    "-q",
                    "--limit",
                    str(frames),
                    "--speed",
                    str(RAV1E["speed"]),
                    "--quantizer",
                    str(RAV1E["quantizer"]),
                    "--tune",
                    "Psnr",
                    "--threads",
                    str(threads),
                    "--tile-cols",
                    str(threads),
                ],
                theirs,
            ),
        ],
        [inputs.y4m(video), inputs.yuv(video)],
    )


def svt_case(inputs, video, threads):
    frames = SVT["frames"][video.size]
    ours, program, element = (
        inputs.folder / name for name in ("ours.obu", "svt.ivf", "svtav1enc.obu")
    )
    feed = raw_feed(inputs, video, frames)
    return Case(
        "svt",
        f"cpusvtav1enc, {video.name}, threads {threads}",
        frames,
        [
            Contender(
                "cpusvtav1enc",
                launch(
                    *feed,
                    f"cpusvtav1enc preset={SVT['ours']} quantizer={SVT['quantizer']} "
                    f"threads={threads}",
                    f"filesink location={ours}",
                ),
                ours,
                "cpusvtav1enc",
            ),
            Contender(
                "SvtAv1EncApp",
                [
                    "SvtAv1EncApp",
                    "--no-progress",
                    "1",
                    "-i",
                    str(inputs.y4m(video)),
                    "-b",
                    str(program),
                    "-n",
                    str(frames),
                    "--preset",
                    str(SVT["preset"]),
                    "--crf",
                    str(SVT["crf"]),
                    "--lp",
                    str(threads),
                ],
                program,
            ),
            Contender(
                "svtav1enc",
                launch(
                    *feed,
                    f"svtav1enc preset={SVT['preset']} crf={SVT['crf']} "
                    f"parameters-string=lp={threads}",
                    f"filesink location={element}",
                ),
                element,
                "svtav1enc",
            ),
        ],
        [inputs.y4m(video), inputs.yuv(video)],
    )


def composite_case(inputs, video, threads):
    """Two inputs side by side, each at half of its size, on a canvas of one."""
    frames, coded = COMPOSITE_FRAMES[video.size], inputs.coded(video)
    width, height = video.width // 2, video.height // 2
    layout = " ".join(
        f"sink_{n}::xpos={n * width} sink_{n}::width={width} sink_{n}::height={height}"
        for n in (0, 1)
    )
    canvas = (
        f"video/x-raw,format={'I420' if video.depth == 8 else 'I420_10LE'},width={video.width},"
        f"height={height},framerate={bench_inputs.RATE}/1"
    )
    output = inputs.folder / "composite.obu"
    settings = {"preset": SVT["ours"], "quantizer": SVT["quantizer"], "threads": threads}
    inside = " ".join(f"encoder::{name}={value}" for name, value in settings.items())
    plain = " ".join(f"{name}={value}" for name, value in settings.items())
    feed = f"{READ} location={coded} ! ivfparse ! av1parse ! identity eos-after={frames + 1}"
    ours = (
        f"av1compositebin name=c layout=manual {layout} width={video.width} height={height} "
        f"{inside} allow=cpuav1dec,cpusvtav1enc ! filesink location={output} "
        f"{feed} ! c.sink_0 {feed} ! c.sink_1"
    )
    by_hand = (
        f"compositor name=c background=black {layout} ! {canvas} ! queue ! cpusvtav1enc {plain} "
        f"! filesink location={output} "
        f"{feed} ! cpuav1dec ! queue ! c.sink_0 {feed} ! cpuav1dec ! queue ! c.sink_1"
    )
    return Case(
        "composite",
        f"av1compositebin, {video.name}, threads {threads}",
        frames,
        [
            Contender("av1compositebin", launch(ours), output, "av1compositebin"),
            Contender("the same by hand", launch(by_hand), output, "cpusvtav1enc"),
        ],
        [coded],
    )


MAKERS = {"decode": decode_case, "rav1e": rav1e_case, "svt": svt_case, "composite": composite_case}


def all_cases(inputs, quick):
    for section in SECTIONS:
        for video in videos(quick):
            # A composition is measured with all threads: with one there is nothing to keep apart.
            for threads in [2] if section == "composite" else thread_counts(quick):
                yield MAKERS[section](inputs, video, threads)
