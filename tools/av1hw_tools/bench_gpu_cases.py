# SPDX-License-Identifier: LGPL-2.1-or-later
"""What tools/bench --gpu runs: layouts of pictures on a canvas, and compositors in kinds of memory."""
import dataclasses

SIZES = {"1080p": (1920, 1080), "4K": (3840, 2160)}
# How many samples of a picture lie along one of the canvas.
SCALES = {"1:1": 1, "halved": 2, "quartered": 4}
RATE = "framerate=30/1"
# Takes frames as video sinks do: fakesink refuses GstVideoMeta, and so has frames copied.
SINK = "fakevideosink sync=false"


@dataclasses.dataclass(frozen=True)
class Layout:
    """So many pictures side by side, which fill the canvas in rows and columns."""

    size: str
    layers: int
    scale: str

    @property
    def name(self):
        return f"{self.size}, {self.layers} layer{'s' if self.layers > 1 else ''} {self.scale}"

    @property
    def canvas(self):
        return SIZES[self.size]

    @property
    def columns(self):
        return next(n for n in range(1, self.layers + 1) if n * n >= self.layers)

    @property
    def tile(self):
        return tuple(side // self.columns for side in self.canvas)

    @property
    def picture(self):
        return tuple(side * SCALES[self.scale] for side in self.tile)


QUICK = [Layout("1080p", 4, "halved"), Layout("4K", 4, "1:1")]
DEFAULT = [
    *QUICK,
    Layout("1080p", 1, "1:1"),
    Layout("4K", 16, "1:1"),
    Layout("4K", 16, "quartered"),
]
FULL = [
    Layout(size, layers, scale) for size in SIZES for layers in (1, 4, 16) for scale in SCALES
]
# A processor takes seconds for a frame of the others.
CPU_QUICK = [Layout("1080p", 4, "1:1"), Layout("1080p", 4, "halved")]
CPU_DEFAULT = [Layout("1080p", 1, "1:1"), *CPU_QUICK, Layout("4K", 4, "1:1")]


@dataclasses.dataclass(frozen=True)
class Contender:
    element: str
    memory: str  # in words
    feature: str = ""  # of the caps, of pictures and canvas
    upload: str = ""  # what brings a picture into this memory
    format: str = "NV12"
    on_cpu: bool = False  # measured where Vulkan's device is a processor, too
    full_only: bool = False
    canvas_feature: str | None = None  # where it is not that of the pictures

    @property
    def name(self):
        return f"`{self.element}`, {self.memory}"

    @property
    def needs(self):
        """The elements without which it can't run."""
        parts = [part for part in self.upload.split(" ! ") if part]
        return [self.element, *(part for part in parts if not part.startswith("video/"))]

    def pipeline(self, layout, frames, device=""):
        """Arguments of gst-launch-1.0. Each picture is made once, and repeated in its memory."""
        places = " ".join(
            f"sink_{n}::xpos={n % layout.columns * layout.tile[0]} "
            f"sink_{n}::ypos={n // layout.columns * layout.tile[1]} "
            f"sink_{n}::width={layout.tile[0]} sink_{n}::height={layout.tile[1]}"
            for n in range(layout.layers)
        )
        of_canvas = self.feature if self.canvas_feature is None else self.canvas_feature
        chosen = f"device={device}" if device and self.element == "vkcompositor" else ""
        parts = [
            f"{self.element} name=c {chosen} {places}",
            f"{caps(of_canvas, self.format, *layout.canvas)}",
            SINK,
        ]
        branch = [
            "videotestsrc num-buffers=1",
            caps("", "NV12", *layout.picture),
            *([self.upload] if self.upload else []),
            f"imagefreeze num-buffers={frames}",
            f"video/x-raw{feature_text(self.feature)},{RATE}",
        ]
        text = " ! ".join(parts)
        for n in range(layout.layers):
            text += f" {' ! '.join(branch)} ! c.sink_{n}"
        return text.split()


def feature_text(feature):
    return f"(memory:{feature})" if feature else ""


def caps(feature, pixels, width, height):
    return f"video/x-raw{feature_text(feature)},format={pixels},width={width},height={height},{RATE}"


VULKAN = Contender("vkcompositor", "Vulkan images", "VulkanImage", "vulkanupload", on_cpu=True)
CUDA = Contender("vkcompositor", "CUDA memory", "CUDAMemory", "cudaupload")
SYSTEM = Contender("vkcompositor", "system memory", on_cpu=True)
TO_CUDA = Contender(
    "vkcompositor", "system memory to CUDA memory", full_only=True, canvas_feature="CUDAMemory"
)
# It works in RGBA; a canvas of NV12 would cost it another pass.
OPENGL = Contender(
    "glvideomixer",
    "OpenGL textures (RGBA)",
    "GLMemory",
    "glupload ! glcolorconvert ! video/x-raw(memory:GLMemory),format=RGBA",
    "RGBA",
)
OTHER_CUDA = Contender("cudacompositor", "CUDA memory", "CUDAMemory", "cudaupload")
CPU = Contender("compositor", "system memory", on_cpu=True)
CONTENDERS = [VULKAN, OPENGL, CUDA, OTHER_CUDA, TO_CUDA, SYSTEM, CPU]
# Ours and what it is held to, frames being in the same memory.
PAIRS = [(VULKAN, OPENGL), (CUDA, OTHER_CUDA), (SYSTEM, CPU)]
# Where Vulkan's device is a processor, whose memory all is in.
CPU_PAIRS = [(VULKAN, CPU), (SYSTEM, CPU)]
