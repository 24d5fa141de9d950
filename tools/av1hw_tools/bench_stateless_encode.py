# SPDX-License-Identifier: LGPL-2.1-or-later
"""Our encoder elements beside GStreamer's own on one reference driver that encodes nothing."""
import dataclasses
import os

from av1hw_tools.bench_stateless import Contender, Device, Load, SMALL, LARGE

SECTION = "stateless-encode"


@dataclasses.dataclass(frozen=True)
class EncodeDevice(Device):
    upload: str = ""  # GStreamer's element that puts a picture into the memory
    ours: str = ""  # properties that mean the same
    theirs: str = ""
    their_element: str = ""


VA_TARGETS = ("tests/refdrv/va/refdrv_drv_video.so", "tests/refdrv/va/refdrv_render_node.so")
VA_OURS = "rate-control=cqp quantizer=128 gop-size=250"
VA_THEIRS = "rate-control=cqp qp=128 key-int-max=250 gf-group-size=1 ref-frames=1"
DEVICES = [
    EncodeDevice(
        "ada",
        "nvav1enc",
        "CUDAMemory",
        ("libcuda.so", "libnvidia-encode.so"),
        ("tests/refdrv/nv/libcuda.so.1", "tests/refdrv/nv/libnvidia-encode.so.1"),
        upload="cudaupload",
        ours="rate-control=cbr bitrate=4000 gop-size=250 b-frames=0",
        theirs="rc-mode=cbr bitrate=4000 gop-size=250",
        their_element="nvav1enc",
    ),
    *(
        EncodeDevice(
            profile,
            "vaav1enc",
            "VAMemory",
            ("refdrv_drv_video.so",),
            VA_TARGETS,
            upload="vapostproc",
            ours=VA_OURS,
            theirs=VA_THEIRS,
            # An Arc encodes with its low-power engine alone.
            their_element="vaav1lpenc" if profile == "arc" else "vaav1enc",
        )
        for profile in ("arc", "rdna3")
    ),
]
LOADS = [
    Load("1080p", LARGE, 1, 4800, (120, 600)),
    Load("1080p, 1 ms a frame", LARGE, 1, 4800, (120, 600), frame_time=1000),
    Load("32 streams of 320x180", SMALL, 32, 1200, (30, 60)),
]
# GeForce cards have eight sessions, servers' cards as many as one likes.
MANY_SESSIONS = {"ada": "l40s"}
QUICK_LOAD = Load("1080p", LARGE, 1, 480, (60, 120))


@dataclasses.dataclass
class EncodeCase:
    """A load on a device: one picture in the device's memory, coded again and again."""

    device: EncodeDevice
    load: Load
    section = SECTION
    driver_waits = True

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
            self.device.ours,
            os.environ["GST_PLUGIN_PATH"],
        )
        theirs = Contender("GStreamer's own", self.device.their_element, self.device.theirs, "")
        return [ours, theirs, ours.base(), theirs.base()]

    def pipeline(self, contender, frames):
        video = self.load.video
        raw = f"format=NV12,width={video.width},height={video.height},framerate=30/1"
        parts = [
            "videotestsrc num-buffers=1",
            f"video/x-raw,{raw}",
            self.device.upload,
            f"video/x-raw(memory:{self.device.memory}),format=NV12",
            f"imagefreeze num-buffers={frames}",
        ]
        if contender.works:
            parts.append(f"{contender.element} {contender.settings}")
        parts.append("fakesink sync=false")
        branch = " ! ".join(parts).split()
        return ["gst-launch-1.0", "-q", *branch * self.load.streams]


def cases(quick):
    for device in DEVICES:
        for load in [QUICK_LOAD] if quick else LOADS:
            profile = device.profile if load.streams == 1 else MANY_SESSIONS.get(device.profile, device.profile)
            yield EncodeCase(dataclasses.replace(device, profile=profile), load)


def targets():
    return [target for device in DEVICES for target in device.targets]
