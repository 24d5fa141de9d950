# SPDX-License-Identifier: LGPL-2.1-or-later
"""Why our picture parameters differ from NVIDIA's parser's, wherever they do."""
from parameter_rules import Rule, coded_grain_coefficients
from traces import REFERENCES

INTRA = ("0", "2")  # KEY_FRAME, INTRA_ONLY_FRAME
SHOWN_AGAIN = "dav1d/8-bit/issues/48_delayed.ivf"


def ours(difference, field):
    return difference.fields[0][field]


def is_intra(difference, _):
    return ours(difference, "frame_type") in INTRA


def has_no_points(plane):
    def applies(difference, _):
        return ours(difference, f"num_{plane}_points") == "0"
    return applies


def are_not_coded(plane):
    def applies(difference, _):
        lag, points, luma_points, from_luma = (int(ours(difference, field)) for field in (
            "ar_coeff_lag", f"num_{plane}_points", "num_y_points", "chroma_scaling_from_luma"))
        count = coded_grain_coefficients(plane, lag, from_luma, points, luma_points)
        return difference.ours.split(",")[:count] == difference.theirs.split(",")[:count]
    return applies


def begins_sequence(difference, _):
    return (ours(difference, "frame_type") == "0" and ours(difference, "show_frame") == "1"
            and difference.ours == ",".join("-" * 8))


def after_shown_key_frame(difference, _):
    return difference.stream == SHOWN_AGAIN and difference.picture >= 128


LEFT_OVER = "NVIDIA's parser leaves the value of an earlier picture"

RULES = [
    Rule(["SkipModeFrame0", "SkipModeFrame1"],
         f"`skip_mode` is 0, so nothing reads it; {LEFT_OVER}", "both",
         lambda d, _: ours(d, "skip_mode") == "0"),
    Rule(REFERENCES,
         "an intra picture has no references; NVIDIA's parser looks up the slots that an earlier "
         "picture referred to", "both", is_intra),
    Rule(["interp_filter", "switchable_motion_mode", "allow_high_precision_mv"],
         f"an intra picture has no motion vectors but intrabc's; {LEFT_OVER}", "both", is_intra),
    Rule(["intra_pic_flag"],
         "an intra-only picture; NVIDIA's parser sets the flag for key frames alone, the header "
         "says \"entirely intra coded\"", "ours", lambda d, _: ours(d, "frame_type") == "2"),
    Rule(["CurrPicIdx"],
         "no grain is applied to this picture; NVIDIA's parser takes a second surface for every "
         "picture of a sequence that may have grain, we for those that do", "both",
         lambda d, _: ours(d, "enable_fgs") == "1" and ours(d, "apply_grain") == "0"),
    Rule(["cdef_damping_minus_3", "cdef_y_strength", "cdef_uv_strength"],
         f"a lossless picture has no CDEF; {LEFT_OVER}", "both",
         lambda d, _: ours(d, "coded_lossless") == "1"),
    Rule(["lr_unit_size"], f"a lossless picture has no loop restoration; {LEFT_OVER}", "both",
         lambda d, _: ours(d, "coded_lossless") == "1"),
    Rule(["cb_mult", "cb_luma_mult", "cb_offset"], f"Cb has no grain points; {LEFT_OVER}", "both",
         has_no_points("cb")),
    Rule(["cr_mult", "cr_luma_mult", "cr_offset"], f"Cr has no grain points; {LEFT_OVER}", "both",
         has_no_points("cr")),
    *(Rule([f"ar_coeffs_{plane}"],
           "the coefficients that are coded are equal; in others NVIDIA's parser leaves the values "
           "of an earlier picture", "both", are_not_coded(plane)) for plane in ("y", "cb", "cr")),
    Rule(["ref_frame_map"],
         "a new sequence begins with a key frame that replaces all slots; we let go of the old "
         "sequence's pictures before it, NVIDIA's parser after it", "both", begins_sequence),
    Rule([*REFERENCES, "ref_frame_map", "primary_ref_frame", "output"],
         "a key frame is shown again, which puts it into every slot (specification, 7.21); "
         "NVIDIA's parser empties the slots instead, and does not put it out", "ours", after_shown_key_frame),
    Rule(["pictures", "output"],
         "Annex B, given to the parser in one piece: it refuses the file, or stops after a picture",
         "ours", lambda d, theirs: theirs.refused or d.stream == "gen/annexb.obu"),
    Rule(["pictures", "output"],
         "the file was given to the parser in one piece, and it was stopped before its end",
         "ours", lambda d, theirs: theirs.cut),
]

# The reference driver's parser decides as NVIDIA's where the plugin decides otherwise.
PLUGIN_ONLY = (["intra_pic_flag"], ["CurrPicIdx"], ["ref_frame_map"])
PARSER_RULES = [rule._replace(right="the reference driver's") if rule.right == "ours" else rule
                for rule in RULES if rule.fields not in PLUGIN_ONLY]
