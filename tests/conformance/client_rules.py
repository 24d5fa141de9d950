# SPDX-License-Identifier: LGPL-2.1-or-later
"""Why other people's decoders differ from the manifest on the reference drivers, wherever they do."""
import collections
import re

from client_runs import dav1d, has, option, wanted

# `errs`: which side is wrong. `applies(case)`: whether this is the reason.
Rule = collections.namedtuple("Rule", "clients errs why applies")

CUVID, NVDEC, GST_NV = "ffmpeg-cuvid", "ffmpeg-nvdec", "gst-nv"
GST_VA = ["gst-va-arc", "gst-va-rdna3"]
VAAPI = ["ffmpeg-vaapi-arc", "ffmpeg-vaapi-rdna3"]
NATIVE = [NVDEC, *VAAPI]
FFMPEG = [CUVID, *NATIVE]
GST = [GST_NV, *GST_VA]


# What the reference drivers say of a segmentation feature that is above its limit.
CLIPPED = r"feature \d+ of segment \d+ is -?\d+"

ODD_COLOURS = "for parameter 'colorspace' out of range|Error reinitializing filters"


class Case:
    """One stream that a client did not decode as the manifest says, and what can be tried about it."""

    def __init__(self, runner, vector, outcome):
        self.runner, self.vector, self.outcome = runner, vector, outcome

    def is_dav1d(self, *args):
        return self.outcome.text == dav1d(self.runner.folder / self.vector.path, *args)

    def says(self, pattern):
        return re.search(pattern, "\n".join([self.outcome.text, *self.outcome.misuse, *self.outcome.errors])) is not None

    def count_is_right(self):
        return self.outcome.text.startswith(f"decoded {self.vector.frames} ")

    def sequence_size(self):
        """The only size that sequences have, or None."""
        size = next(f for f in self.vector.features if f.startswith("seq="))[4:]
        return None if "/" in size else tuple(int(side) for side in size.split("x"))

    def sizes_vary(self):
        """Whether a frame has another size than its sequence says."""
        sizes = self.sequence_size()
        coded = next((f for f in self.vector.features if f.startswith("frame_size_override w")), "")
        numbers = re.findall(r"\[([\d, ]+)\]", coded)
        return sizes is None or (
            len(numbers) == 2 and [{int(n) for n in text.split(",")} for text in numbers]
            != [{size} for size in sizes])

    def agrees(self, filters):
        """Whether what the filters leave is what they leave of dav1d's."""
        done = self.runner.run(self.vector, filters)
        return (done.text.startswith("decoded ") and not done.misuse
                and done.text == self.runner.reference(self.vector, filters).text)

    def is_right_after(self, filters):
        done = self.runner.run(self.vector, filters)
        return done.text == wanted(self.vector) and not done.misuse


def layers(case):
    point = option(case.vector, "--oppoint")
    known = point and case.runner.client.name in NATIVE
    return has(case.vector, "sids") and case.is_dav1d(
        "--filmgrain", "0", "--alllayers", "0", *(["--oppoint", point] if known else []))


def grain(case):
    return has(case.vector, "film_grain") and case.is_dav1d("--filmgrain", "1")


def frame_types(case):
    return option(case.vector, "--decodeframetype") and case.is_dav1d()


def repainted(case):
    """The case of the stream with other colours."""
    return Case(case.runner, case.vector, case.runner.without_colours(case.vector))


def unclipped(case):
    # Which of both errors comes first is a matter of FFmpeg's threads, so neither is relied upon.
    return case.says(f"{CLIPPED}|{ODD_COLOURS}") and repainted(case).says(CLIPPED)


def odd_colours(case):
    if not case.says(ODD_COLOURS):
        return False
    again = repainted(case)
    return (again.outcome.text == wanted(case.vector) or new_sequence(again) or grain(again)
            or frame_types(again))


def new_sequence(case):
    return case.says(r"a picture of \d+x\d+ in a (decoder|context) for|bit_depth_minus8 is \d in a decoder")


def odd_height(case):
    size = case.sequence_size()
    return size and size[1] % 2 and case.agrees([f"crop={size[0]}:{size[1] - 1}:0:0:exact=1"])


def rounded_up(case):
    size = case.sequence_size()
    return (size and any(side % 2 for side in size)
            and case.is_right_after([f"crop={size[0]}:{size[1]}:0:0:exact=1"]))


RULES = [
    Rule([*GST, *NATIVE], "neither",
         "of a temporal unit's spatial layers the largest alone is put out, as the specification has it "
         "by default (7.18); the manifest has dav1d's default, all of them, or an operating point that "
         "the client has no option for", layers),
    Rule([*GST, CUVID], "neither", "film grain is applied, and there is no option against it; with "
         "grain dav1d gives the same", grain),
    Rule(GST, "neither", "the client has no option to decode some types of frames only; all "
         "frames are right", frame_types),

    Rule([GST_NV], "client", "monochrome is refused (`gst_nv_av1_dec_new_sequence`), though the device "
         "says that it decodes it", lambda c: has(c.vector, "mono") and c.says("not-negotiated")),
    Rule([GST_NV], "client", "superres: `CUVIDAV1PICPARAMS.width` is given the width before upscaling, "
         "where CUVID wants the one after it", lambda c: has(c.vector, "superres")),
    Rule([GST_NV], "client", "frames of another size than the sequence's largest leave in the corner of "
         "one of that size: caps are made of the sequence header alone",
         lambda c: c.sizes_vary() and c.count_is_right()),
    Rule([GST_NV], "client", "an odd width: of chroma as many bytes are copied as of luma, which leaves "
         "out the last Cr", lambda c: c.sequence_size()[0] % 2 and c.count_is_right()),
    Rule(GST, "client", "a spatial id above 0 without an operating point that has it: GstAV1Decoder "
         "takes it for an error, where the specification drops nothing (`OperatingPointIdc` is 0)",
         lambda c: has(c.vector, "sids") and not has(c.vector, "op_points")),
    Rule(GST, "client", "a sequence header is repeated with other `operating_parameters_info`, which the "
         "specification allows (7.5); GstAV1Parser takes it for a new sequence without a key frame, and "
         "av1parse drops what follows", lambda c: c.vector.path.endswith("/seq_hdr_op_param_info.ivf")),

    Rule([NVDEC], "client", "a segmentation feature is coded beyond its limit, to which the "
         "specification clips it (5.9.14); FFmpeg hands it on as it is",
         unclipped),
    Rule(FFMPEG, "client", "the sequence header has a reserved number for its colours, of which FFmpeg's "
         "filters make an error, or it is one that they cannot convert; with BT.709 written there instead "
         "nothing is left but what other lines say",
         odd_colours),
    Rule(NATIVE, "neither", "`chroma_sample_position` is 3, which is reserved; FFmpeg refuses such a "
         "sequence header", lambda c: c.says("chroma_sample_position out of range")),
    Rule(NATIVE, "client", "a new sequence is larger than the one before, or has other samples; FFmpeg keeps "
         "the decoder that it made for the first (`av1dec.c`, `s->pix_fmt`)", new_sequence),
    Rule(VAAPI, "client", "monochrome is refused: FFmpeg offers no VA-API for it (`av1dec.c`, "
         "`get_pixel_format`)", lambda c: has(c.vector, "mono") and c.says("Your platform doesn't support")),
    Rule([CUVID], "client", "frames or layers of several sizes: FFmpeg makes a new decoder for each, which "
         "has none of the references, and refuses those that are larger than the first",
         lambda c: c.says("into which nothing was decoded|AVHWFramesContext is already initialized")),
    Rule([NVDEC], "client", "an odd height: FFmpeg's CUDA copies leave out the last row of chroma; all "
         "others are right", odd_height),
    Rule([NVDEC], "client", "frames of another size than the decoder's leave in the corner of one of that "
         "size (`nvdec.c`)", lambda c: c.sizes_vary() and c.count_is_right()),
    Rule([CUVID], "client", "FFmpeg rounds an odd size up to an even one; within it all samples are "
         "right", rounded_up),
]


def explain(case):
    for rule in RULES:
        if case.runner.client.name in rule.clients and rule.applies(case):
            return rule
    return None
