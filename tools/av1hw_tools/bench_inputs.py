# SPDX-License-Identifier: LGPL-2.1-or-later
"""The benchmarks' inputs: made once, kept in the cache folder."""
import dataclasses
import subprocess

SIZES = {"1080p": (1920, 1080), "4K": (3840, 2160), "180p": (320, 180)}
RATE = 30
# Frames that are kept raw for encoding, and are coded and shown several times over for decoding.
RAW_FRAMES = {"1080p": 120, "4K": 30, "180p": 120}
REPEATS = 4
CODED_FRAMES = {size: frames * REPEATS for size, frames in RAW_FRAMES.items()}


@dataclasses.dataclass(frozen=True)
class Video:
    """One content at one size and depth."""

    size: str
    depth: int

    @property
    def name(self):
        return f"{self.size} {self.depth} bits"

    @property
    def width(self):
        return SIZES[self.size][0]

    @property
    def height(self):
        return SIZES[self.size][1]

    @property
    def gst_format(self):
        return {8: "i420", 10: "i420-10le"}[self.depth]

    @property
    def frame_bytes(self):
        return self.width * self.height * 3 // 2 * (1 if self.depth == 8 else 2)


VIDEOS = [Video(size, depth) for size in ("1080p", "4K") for depth in (8, 10)]


class Inputs:
    def __init__(self, folder):
        self.folder = folder

    def coded(self, video):
        return self.folder / f"{video.size}-{video.depth}.ivf"

    def y4m(self, video):
        return self.folder / f"{video.size}-{video.depth}.y4m"

    def yuv(self, video):
        """The frames of y4m() alone: GStreamer reads them as they are, but copies out of Y4M."""
        return self.folder / f"{video.size}-{video.depth}.yuv"

    def stream(self, video, frames):
        """So many frames of coded(), which begins anew at its end; made here if it is not there."""
        path, coded = self.folder / f"{video.size}-{video.depth}-{frames}.ivf", self.coded(video)
        self.folder.mkdir(parents=True, exist_ok=True)
        make(self.y4m(video), lambda target: make_y4m(video, target))
        make(coded, lambda target: make_coded(self.y4m(video), target))
        make(path, lambda target: target.write_bytes(of_length(coded.read_bytes(), frames)))
        return path

    def make(self, paths):
        """Makes those of `paths` that are not there yet."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for video in VIDEOS:
            y4m, yuv, coded = self.y4m(video), self.yuv(video), self.coded(video)
            if {y4m, yuv, coded} & set(paths):
                make(y4m, lambda path, video=video: make_y4m(video, path))
            if yuv in paths:
                make(yuv, lambda path, video=video, y4m=y4m: make_yuv(video, y4m, path))
            if coded in paths:
                make(coded, lambda path, y4m=y4m: make_coded(y4m, path))


def make(path, maker):
    """Calls `maker` for a file that is not there; an interrupted one leaves nothing behind."""
    if path.exists():
        return
    print(f"making {path.name}", flush=True)
    partial = path.with_suffix(".partial" + path.suffix)
    maker(partial)
    partial.rename(path)


def make_yuv(video, y4m, path):
    """Y4M without the line that heads the file, and those that head its frames."""
    with y4m.open("rb") as source, path.open("wb") as target:
        source.readline()
        while source.readline():
            target.write(source.read(video.frame_bytes))


def make_y4m(video, path):
    """A moving chart with noise on it: much that can be predicted, and much that can't."""
    chart = (
        f"testsrc2=size={video.width}x{video.height}:rate={RATE},"
        "noise=alls=8:allf=t,hue=H=0.2*sin(t)"
    )
    pixels = {8: "yuv420p", 10: "yuv420p10le"}[video.depth]
    subprocess.run(
        [
            "ffmpeg",
            "-hide_banner",
            "-loglevel",
            "error",
            "-nostdin",
            "-y",
            "-f",
            "lavfi",
            "-i",
            chart,
            "-frames:v",
            str(RAW_FRAMES[video.size]),
            "-pix_fmt",
            pixels,
            "-strict",
            "-1",
            "-f",
            "yuv4mpegpipe",
            str(path),
        ],
        check=True,
    )


def make_coded(y4m, path):
    subprocess.run(
        [
            "SvtAv1EncApp",
            "--no-progress",
            "1",
            "--preset",
            "10",
            "--crf",
            "32",
            "-i",
            str(y4m),
            "-b",
            str(path),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    coded = path.read_bytes()
    path.write_bytes(of_length(coded, len(ivf_frames(coded)) * REPEATS))


def ivf_frames(ivf):
    frames, position = [], 32
    while position < len(ivf):
        size = int.from_bytes(ivf[position : position + 4], "little")
        frames.append(ivf[position + 12 : position + 12 + size])
        position += 12 + size
    return frames


def of_length(ivf, count):
    """An IVF file of so many frames: another's over and over, with timestamps that go on."""
    header, frames = bytearray(ivf[:32]), ivf_frames(ivf)
    header[24:28] = count.to_bytes(4, "little")
    parts = [bytes(header)]
    for timestamp in range(count):
        frame = frames[timestamp % len(frames)]
        parts.append(len(frame).to_bytes(4, "little") + timestamp.to_bytes(8, "little") + frame)
    return b"".join(parts)
