# SPDX-License-Identifier: LGPL-2.1-or-later
"""Why what we give a VA driver differs from what GStreamer and FFmpeg give it, wherever it does."""
import re

from parameter_rules import ANY, Rule, coded_grain_coefficients

GRAIN = "film_grain_info."
GRAIN_BITS = "film_grain_info.film_grain_info_fields."
DELTAS = "loop_filter_info_fields.mode_ref_delta_enabled"
NO_REFERENCES = "255,255,255,255,255,255,255"
NO_LAYERS_CHOSEN = ("dav1d/8-bit/data/00001139.ivf", "dav1d/8-bit/data/00001140.ivf")
DECODER_MODEL = "dav1d/8-bit/features/seq_hdr_op_param_info.ivf"
DELTA_QS = ("y_dc_delta_q", "u_dc_delta_q", "u_ac_delta_q", "v_dc_delta_q", "v_ac_delta_q")
LAST_MATRIX, UNSPECIFIED = 14, "2"
NO_EXPORT = "vaExportSurfaceHandle: VA_STATUS_ERROR_INVALID_SURFACE"


def ours(difference, field):
    return difference.fields[0][field]


def theirs(difference, field):
    return difference.fields[1][field]


def is_theirs(difference):
    """No rule but that about refused streams excuses an error or a misuse of ours."""
    return difference.field not in ("error", "misuse", "kept") or not difference.ours


def is_one_of(*streams):
    return lambda difference, _: difference.stream in streams and is_theirs(difference)


def is_intra(difference, _):
    return ours(difference, "pic_info_fields.frame_type") in ("0", "2")


def buffers(layout):
    """Of each buffer its size, and where its tiles begin."""
    return [(int(size), [int(at) for at in re.findall(r"@(\d+)", tiles)])
            for size, tiles in re.findall(r"\d+ in (\d+)([ @\d]*)", layout)]


def begin_elsewhere(difference, _):
    """The same buffers, with more or fewer bytes before the tiles; what they hold is compared."""
    a, b = buffers(difference.ours), buffers(difference.theirs)
    return len(a) == len(b) and all(
        len(tiles) == len(others) and all(at - other == size - other_size
                                          for at, other in zip(tiles, others))
        for (size, tiles), (other_size, others) in zip(a, b))


def is_lossless(fields):
    """Whether all segments are (specification, 7.12.2)."""
    if any(fields[name] != "0" for name in DELTA_QS):
        return False
    features = 8
    data = [int(value) for value in fields["seg_info.feature_data"].split(",")]
    changed = [int(mask) & 1 for mask in fields["seg_info.feature_mask"].split(",")]
    base = int(fields["base_qindex"])
    if fields["seg_info.segment_info_fields.enabled"] == "0":
        return base == 0
    return all(base + data[segment * features] * changed[segment] <= 0
               for segment in range(len(changed)))


def has_no_loop_filter(difference, _):
    return (is_lossless(difference.fields[0])
            or ours(difference, "pic_info_fields.allow_intrabc") == "1")


def are_not_coded(plane):
    def applies(difference, _):
        lag, from_luma = (int(ours(difference, GRAIN_BITS + field))
                          for field in ("ar_coeff_lag", "chroma_scaling_from_luma"))
        points, luma_points = (int(ours(difference, GRAIN + field))
                               for field in (f"num_{plane}_points", "num_y_points"))
        count = coded_grain_coefficients(plane, lag, from_luma, points, luma_points)
        return difference.ours.split(",")[:count] == difference.theirs.split(",")[:count]
    return applies


def has_no_grain(difference, _):
    return all(fields[GRAIN_BITS + "apply_grain"] == "0" for fields in difference.fields)


def both_refuse(difference, trace):
    """What the device does not have; neither began to decode it."""
    return (not trace.pictures and trace.error and difference.ours is not None
            and difference.ours.startswith(("this device decodes no", "this GPU decodes AV1 from")))


def refused_picture(trace):
    """The first picture whose parameters the driver did not take."""
    return next((pictures - 1 for pictures, what in trace.misuse
                 if what == "vaRenderPicture: VA_STATUS_ERROR_INVALID_PARAMETER"), None)


def follows_refused(difference, trace):
    first = refused_picture(trace)
    return (first is not None and is_theirs(difference)
            and (difference.picture >= first or difference.fields is None))


def said(words):
    return lambda difference, trace: words in (trace.error or "") and is_theirs(difference)


def only_fails_to_export(difference, trace):
    return is_theirs(difference) and {what for _, what in trace.misuse} == {NO_EXPORT}


def chroma_position_alone(difference, _):
    return int(difference.ours) ^ int(difference.theirs) == 1 << 14


def grain_rules(name):
    why = (f"the coefficients that are coded are equal; the others are 0 before {name} takes 128 "
           "from them")
    return [
        *(Rule([f"film_grain_info.ar_coeffs_{plane}"], why, "both", are_not_coded(plane))
          for plane in ("y", "cb", "cr")),
        Rule(["film_grain_info.grain_seed"],
             f"no grain is applied to this picture, and {name} tells a seed", "both", has_no_grain),
    ]


def buffer_rule(begin):
    return Rule(["slice_buffers"],
                "`slice_data_offset` counts from where the client lets the buffer begin: "
                f"{begin}", "both", begin_elsewhere)


REFUSED = Rule(["error"], "sizes and profiles that the driver does not have are refused by both",
               "both", both_refuse)

# Those that the rules are about. Others may differ elsewhere, and no longer here.
VERSIONS = {"gstreamer": "1.26", "ffmpeg": "7.1"}

RULES = {
    "gstreamer": [
        REFUSED,
        Rule(["misuse"],
             "GStreamer exports a surface to learn its modifier, which nothing can on the DRM shim",
             "both", only_fails_to_export),
        Rule(ANY,
             "`av1parse` drops OBUs of spatial layer 1, although operating point 0 chooses no "
             "layers, so that all are decoded (specification, 5.3.1: `OperatingPointIdc` is 0)",
             "ours", is_one_of(*NO_LAYERS_CHOSEN), named=True),
        Rule(ANY, "GStreamer's parser refuses most frame headers of a stream with a decoder model",
             "ours", is_one_of(DECODER_MODEL), named=True),
        buffer_rule("GStreamer's with the OBU's payload, frame header included, ours with the tile "
                    "group"),
        Rule(["ref_frame_idx"],
             "an intra picture has no references; GStreamer's parser has -1 for none", "both",
             lambda d, trace: is_intra(d, trace) and d.theirs == NO_REFERENCES),
        Rule(["order_hint_bits_minus_1"],
             "without order hints they have 0 bits, of which GStreamer takes 1 in 8 bits", "both",
             lambda d, _: ours(d, "seq_info_fields.enable_order_hint") == "0"),
        Rule([DELTAS],
             "a lossless picture, or one with intrabc, has no loop filter; 1 is GStreamer's "
             "parser's default", "both", has_no_loop_filter),
        *grain_rules("GStreamer"),
    ],
    "ffmpeg": [
        REFUSED,
        Rule(ANY,
             "a new sequence has larger pictures; FFmpeg goes on with the surfaces and the context "
             "of the first one, and the driver refuses (`vaRenderPicture`: invalid parameter) "
             "these pictures and what follows", "ours", follows_refused, named=True),
        Rule(["pictures", "error"], "FFmpeg has no VA-API for gray streams", "ours",
             said("doesn't support hardware accelerated AV1 decoding"), named=True),
        Rule(["pictures", "error"], "FFmpeg refuses the reserved `chroma_sample_position` 3",
             "both", said("chroma_sample_position out of range"), named=True),
        Rule(["matrix_coefficients"],
             "reserved values, which the `ffmpeg` program's filters do not take; `ffmpeg_each.py` "
             "has them replaced by \"unspecified\"", "ours",
             lambda d, _: int(d.ours) > LAST_MATRIX and d.theirs == UNSPECIFIED),
        buffer_rule("FFmpeg's after the tile group's header, ours before it"),
        Rule(["current_display_picture"],
             "valid only with grain, says libva; without, FFmpeg names the picture itself", "both",
             lambda d, trace: has_no_grain(d, trace) and d.theirs == "current_frame"),
        Rule(["ref_frame_map"],
             "a key frame refers to nothing, and FFmpeg names no surfaces; ours are what the slots "
             "hold until then", "both",
             lambda d, _: (ours(d, "pic_info_fields.frame_type") == "0"
                           and not d.theirs.strip("-,"))),
        Rule(["seq_info_fields"], "`chroma_sample_position`, which libva has deprecated", "both",
             chroma_position_alone),
        Rule(["ref_deltas", "mode_deltas"],
             "`loop_filter_delta_enabled` is 0, so nothing reads them; ours are those of the "
             "primary reference (`load_previous()`), FFmpeg's the defaults", "both",
             lambda d, _: ours(d, DELTAS) == theirs(d, DELTAS) == "0"),
        Rule(["wm.invalid"],
             "an intra picture has no global motion; FFmpeg leaves the flags of an earlier picture",
             "both", is_intra),
        *grain_rules("FFmpeg"),
    ],
}
