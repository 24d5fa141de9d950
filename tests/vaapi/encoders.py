# SPDX-License-Identifier: LGPL-2.1-or-later
"""The encoders that are compared, the settings they get, and how each is told of them."""
import dataclasses
import pathlib
import re
import subprocess

import decoders
import encode_traces

PATIENCE = 60
NOISE = ("DRM_IOCTL", "DRM_SHIM")
SPEAKER = re.compile(r"^(\[[^]]*\] *)+")
FRAMES = 6
LEAST_SIZE = 128


@dataclasses.dataclass(frozen=True)
class Setting:
    """What is coded, and how. Bitrates are in kbit/s; `maximum` is the peak of VBR."""
    name: str
    width: int = 1280
    height: int = 720
    bits: int = 8
    rate: str = "30/1"
    mode: str = "cqp"
    quantizer: int = 120
    bitrate: int = 3000
    maximum: int = 4000
    least: int = 1
    most: int = 255
    gop: int = 4
    tile_rows: int = 1
    references: int = 1
    b_frames: int = 0
    vcn: int = 4  # generation of the video engine
    frames: int = FRAMES
    others: tuple = ("gstreamer", "ffmpeg")  # that can be told to code like this

    @property
    def codable(self):
        """Whether the video engine codes pictures as small as these."""
        return self.width >= LEAST_SIZE and self.height >= LEAST_SIZE


def quality_factor(quantizer):
    """Of QVBR, 1 to 51, where 1 is the best: what stands for a quantizer."""
    return 1 + (quantizer * 50 + 127) // 255


def named(**options):
    """A setting that is called by what it has of its own."""
    words = [f"{key}={value}" for key, value in options.items()
             if key not in ("width", "height", "mode", "others", "frames")]
    size = f"{options.get('width', 1280)}x{options.get('height', 720)}"
    return Setting(" ".join([size, options.get("mode", "cqp"), *words]), **options)


SIZES = ((128, 128), (226, 130), (1280, 720), (1920, 1080))
MODES = ("cqp", "cbr", "vbr")

SETTINGS = [
    *(named(width=w, height=h, mode=mode) for w, h in SIZES for mode in MODES),
    *(named(mode=mode, bits=10) for mode in MODES),
    named(width=226, height=130, bits=10),
    # Less than what the video engine codes.
    named(width=64, height=64), named(width=227, height=115),
    *(named(gop=gop, mode=mode) for gop in (1, 2, 60) for mode in ("cqp", "cbr")),
    named(rate="30000/1001", mode="cbr"), named(rate="120000/1001", mode="vbr"),
    named(quantizer=1), named(quantizer=255),
    # Constant quality, which radeonsi does within a bitrate.
    *(named(width=w, height=h, mode="qvbr") for w, h in SIZES),
    named(mode="qvbr", quantizer=1), named(mode="qvbr", quantizer=255),
    named(mode="qvbr", bits=10),
    named(mode="qvbr", vcn=5),
    named(mode="cbr", least=40, most=200), named(mode="vbr", least=40, most=200),
    *(named(width=1920, height=1080, tile_rows=rows, mode=mode)
      for rows in (2, 4) for mode in ("cqp", "cbr")),
    *(named(vcn=5, mode=mode) for mode in MODES),
    *(named(vcn=5, references=2, gop=gop) for gop in (4, 60)),
    # FFmpeg's B-frames are never referred to, GStreamer's always form a pyramid.
    *(named(vcn=5, b_frames=1, references=3, gop=60, mode=mode, others=("ffmpeg",))
      for mode in MODES),
    *(named(vcn=5, b_frames=3, references=3, gop=60, mode=mode, frames=9, others=("gstreamer",))
      for mode in MODES),
]


def gst_source(setting):
    depth = {8: "NV12", 10: "P010_10LE"}[setting.bits]
    return ["gst-launch-1.0", "-q", "videotestsrc", f"num-buffers={setting.frames}", "!",
            f"video/x-raw,format={depth},width={setting.width},height={setting.height},"
            f"framerate={setting.rate}", "!"]


def ours(s):
    options = {"cqp": [f"quantizer={s.quantizer}"],
               "cbr": [f"bitrate={s.bitrate}"],
               "vbr": [f"bitrate={s.bitrate}", f"max-bitrate={s.maximum}"],
               "qvbr": [f"quantizer={s.quantizer}", f"max-bitrate={s.maximum}"]}[s.mode]
    if s.mode != "cqp":
        options += [f"min-quantizer={s.least}", f"max-quantizer={s.most}"]
    if s.tile_rows > 1:
        options.append(f"tile-rows={s.tile_rows}")
    if s.vcn >= 5:
        options += [f"ref-frames={s.references}", f"b-frames={s.b_frames}"]
    mode = "cq" if s.mode == "qvbr" else s.mode
    return [*gst_source(s), "av1hwvaav1enc", f"rate-control={mode}", f"gop-size={s.gop}",
            *options, "!", "fakesink"]


def gstreamer(s):
    # Its cpb-size is in kbit, and its own peak follows from the percentage.
    options = {"cqp": [f"qp={s.quantizer}"],
               "cbr": [f"bitrate={s.bitrate}", f"cpb-size={s.bitrate}"],
               "vbr": [f"bitrate={s.bitrate}", f"target-percentage={100 * s.bitrate // s.maximum}"],
               "qvbr": [f"qp={quality_factor(s.quantizer)}", f"bitrate={s.maximum}", "target-percentage=100"]}
    levels = 3 if s.b_frames else 1
    return [*gst_source(s), "vaav1enc", f"rate-control={s.mode}", f"key-int-max={s.gop}",
            *options[s.mode], f"min-qp={s.least}", f"max-qp={s.most}",
            f"num-tile-rows={s.tile_rows}", f"ref-frames={s.references}",
            f"gf-group-size={s.b_frames + 1 if s.b_frames else 32}",
            f"hierarchical-level={levels}", "!", "fakesink"]


def ffmpeg(s):
    depth = {8: "nv12", 10: "p010le"}[s.bits]
    # Else key frames and B-frames get other quantizers.
    same = ["-i_qfactor", "1", "-i_qoffset", "0", "-b_qfactor", "1", "-b_qoffset", "0"]
    options = {"cqp": ["-global_quality", str(s.quantizer), *same],
               "cbr": ["-b:v", f"{s.bitrate}k", "-maxrate", f"{s.bitrate}k",
                       "-bufsize", f"{s.bitrate}k"],
               "vbr": ["-b:v", f"{s.bitrate}k", "-maxrate", f"{s.maximum}k"],
               "qvbr": ["-global_quality", str(quality_factor(s.quantizer)), *same, "-b:v", f"{s.maximum}k",
                        "-maxrate", f"{s.maximum}k"]}[s.mode]
    if s.mode != "cqp":
        options += ["-qmin", str(s.least), "-qmax", str(s.most)]
    return ["ffmpeg", "-v", "error", "-nostdin", "-vaapi_device", "/dev/dri/renderD128",
            "-f", "lavfi", "-i", f"testsrc2=s={s.width}x{s.height}:r={s.rate}", "-vf",
            f"format={depth},hwupload", "-frames:v", str(s.frames), "-c:v", "av1_vaapi",
            "-rc_mode", s.mode.upper(), *options, "-g", str(s.gop), "-bf", str(s.b_frames),
            "-refs", str(s.references), "-tiles", f"1x{s.tile_rows}", "-f", "null", "-"]


COMMANDS = {"ours": ours, "gstreamer": gstreamer, "ffmpeg": ffmpeg}


def environment(encoder, setting, build, registries):
    made = decoders.environment(build, registries, encoder == "ours")
    made["RADEONSI_VCN"] = str(setting.vcn)
    # What a plugin offers depends on the engine.
    made["GST_REGISTRY"] += f".{setting.vcn}"
    return made


def warm_up(build, registries):
    """Looks at the plugins, which also asks the driver, before anything is traced."""
    for vcn in sorted({setting.vcn for setting in SETTINGS}):
        for encoder in ("ours", "gstreamer"):
            made = environment(encoder, Setting("", vcn=vcn), build, registries)
            subprocess.run([decoders.MACHINE, "gst-inspect-1.0", "va"], env=made,
                           capture_output=True, timeout=PATIENCE, check=False)


def said_of_errors(done):
    if done.returncode == 0:
        return None
    lines = [line for line in done.stderr.splitlines() if line and not line.startswith(NOISE)]
    return SPEAKER.sub("", lines[0]) if lines else f"exit status {done.returncode}"


def encode(encoder, setting, build, folder, registries):
    """The trace of one setting."""
    prefix = pathlib.Path(folder) / encoder
    made = {**environment(encoder, setting, build, registries), "LIBVA_TRACE": str(prefix),
            "LIBVA_TRACE_BUFDATA": "1"}
    done = subprocess.run([decoders.MACHINE, *COMMANDS[encoder](setting)], env=made, text=True,
                          capture_output=True, timeout=PATIENCE, check=False)
    return encode_traces.read(str(prefix), said_of_errors(done))
