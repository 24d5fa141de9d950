# SPDX-License-Identifier: LGPL-2.1-or-later
"""Why our encoder and GStreamer's and FFmpeg's tell a VA driver different things, wherever they do."""
import encoders
from parameter_rules import Rule

# Those that the rules are about. Others may differ elsewhere, and no longer here.
VERSIONS = {"gstreamer": "1.26", "ffmpeg": "7.1"}

FRAME_RATE = ["FrameRate.framerate", "FrameRate.framerate_flags.temporal_id"]
SLOTS = ["picture.reference_frames", "picture.ref_frame_idx", "frame_header.ref_frame_idx"]
REFRESHED = ["picture.refresh_frame_flags", "frame_header.refresh_frame_flags"]
LEVELS = ["picture.filter_level", "picture.filter_level_u", "picture.filter_level_v",
          "frame_header.loop_filter_level"]
FILTER = ["picture.interpolation_filter", "frame_header.is_filter_switchable",
          "frame_header.interpolation_filter"]
CDEF = ["picture.cdef_bits", "picture.cdef_damping_minus_3", "picture.cdef_y_strengths",
        "picture.cdef_uv_strengths", "frame_header.cdef_bits", "frame_header.cdef_damping_minus_3",
        "frame_header.cdef_y_pri_strength", "frame_header.cdef_y_sec_strength",
        "frame_header.cdef_uv_pri_strength", "frame_header.cdef_uv_sec_strength"]
SCREEN_CONTENT = ["sequence_header.seq_choose_screen_content_tools",
                  "sequence_header.seq_force_screen_content_tools",
                  "sequence_header.seq_choose_integer_mv",
                  "frame_header.allow_screen_content_tools"]
TIMING = ["sequence_header.timing_info_present_flag", "sequence_header.num_units_in_display_tick",
          "sequence_header.time_scale", "sequence_header.equal_picture_interval",
          "sequence_header.decoder_model_info_present_flag"]
COLOR = ["sequence_header.color_description_present_flag", "sequence_header.color_primaries",
         "sequence_header.transfer_characteristics", "sequence_header.matrix_coefficients",
         "sequence_header.chroma_sample_position"]
SIZES = ["picture.frame_width_minus_1", "picture.frame_height_minus_1",
         "sequence_header.max_frame_width_minus_1", "sequence_header.max_frame_height_minus_1",
         "frame_header.render_and_frame_size_different", "frame_header.render_width_minus_1",
         "frame_header.render_height_minus_1"]
OPTIONAL_BUFFERS = {"QualityLevel", "FrameRate", "HRD"}
MOST_FILTER_LEVEL = 63
LAST, BWDREF = 0, 4  # in ref_frame_idx


def ours(difference, field):
    return difference.fields[0].get(field)


def theirs(difference, field):
    return difference.fields[1].get(field)


def same(field):
    return lambda d, _: ours(d, field) == theirs(d, field)


def only_ours(difference, _):
    return difference.theirs is None


def only_theirs(difference, _):
    return difference.ours is None


def always(difference, _):
    return difference.fields is not None


def numbers(text):
    return [int(value) for value in text.split(",")]


def needed_buffers(text):
    return sorted(set(text.split()) - OPTIONAL_BUFFERS)


def is_key(difference, _):
    return ours(difference, "picture.picture_flags.frame_type") == "0"


def has_no_rate_control(difference):
    return theirs(difference, "RateControl.bits_per_second") is None


def is_bidirectional(difference):
    return (ours(difference, "picture.picture_flags.frame_type") == "1"
            and ours(difference, "picture.ref_frame_ctrl_l1.search_idx0") != "0")


def refresh_alike(difference, _):
    return (difference.ours == "0") == (difference.theirs == "0")


def first_are_same(difference, _):
    """LAST_FRAME, and for a B-frame BWDREF_FRAME, which is what is searched first."""
    a, b = (text.split(",") for text in (difference.ours, difference.theirs))
    return a[LAST] == b[LAST] and (not is_bidirectional(difference) or a[BWDREF] in b[BWDREF:])


def names_same_picture(difference, _):
    """Whether both primary_ref_frame lead to one picture."""
    a, b = (fields["references"].split(",")[int(value)] for fields, value in
            zip(difference.fields, (difference.ours, difference.theirs)))
    return a == b


def has_pyramid(difference, _):
    return "b_frames=3" in difference.stream


def ends_with_trailing_bit(difference, _):
    return (difference.ours, difference.theirs) == ("trailing bit", "last byte")


def truncated_rate(difference, _):
    n, d = (int(ours(difference, f"sequence_header.{field}"))
            for field in ("time_scale", "num_units_in_display_tick"))
    return n > 0xffff and int(difference.theirs) == d << 16 | n & 0xffff


def both_refuse(difference, trace):
    return not trace.pictures and trace.error and difference.ours


def common_rules(name):
    return [
        Rule(["error"], "sizes that the video engine does not code are refused by both", "both",
             both_refuse),
        Rule(["buffers"],
             "the order of buffers is each encoder's own; what one alone gives has a row below",
             "both", lambda d, _: needed_buffers(d.ours) == needed_buffers(d.theirs)),
        Rule(FRAME_RATE, f"with CQP no rate is planned; {name} tells the frame rate all the same",
             "both", lambda d, _: d.ours is None and has_no_rate_control(d)),
        Rule(["RateControl.rc_flags.disable_frame_skip",
              "RateControl.rc_flags.disable_bit_stuffing"],
             "ours asks for every frame, and for no fillers; "
             f"{name} leaves both to the driver", "both",
             lambda d, _: (d.ours, d.theirs) == ("1", "0")),
        Rule(["config.EncPackedHeaders"],
             f"{name} asks for packed headers of further kinds, which neither gives", "both",
             lambda d, _: int(d.ours) & ~int(d.theirs) == 0),
        Rule(["sequence.order_hint_bits_minus_1", "sequence_header.order_hint_bits_minus_1"],
             "how many bits order hints have is the encoder's choice, if they tell all references "
             "apart", "both", always),
        Rule(["picture.order_hint", "frame_header.order_hint"],
             f"{name} counts from each key frame, ours goes on; the distance from the last key "
             "frame is the same", "both", same("hint_since_key")),
        Rule(REFRESHED, "which slots keep a picture is the encoder's own affair", "both",
             refresh_alike),
        Rule(SLOTS, "so is where a reference lies, and what is in slots that nothing refers to; "
                    "what each name refers to is compared as `references`", "both",
             lambda d, _: not is_key(d, _)),
        Rule(LEVELS, "a proposal: the video engine chooses, and the driver writes what it chose",
             "both", always),
        Rule(FILTER, "of the filters that the driver offers ours lets each block choose; "
                     f"{name} has EIGHTTAP for all. The driver writes what it used", "both",
             lambda d, _: ours(d, "picture.interpolation_filter") == "4"),
        Rule(CDEF, "a proposal, like levels of the loop filter", "both", always),
        Rule(SCREEN_CONTENT, f"for a sequence {name} rules out what ours does for each picture",
             "both", lambda d, _: ours(d, "frame_header.allow_screen_content_tools") == "0"),
        Rule(TIMING, "the frame rate, which only ours has in the stream", "both",
             lambda d, _: ours(d, "sequence_header.timing_info_present_flag") == "1"),
        Rule(["sequence_header.frame_width_bits_minus_1",
              "sequence_header.frame_height_bits_minus_1"],
             f"the fewest bits that hold the size; {name} takes one more for 128", "both",
             lambda d, _: int(d.theirs) == int(d.ours) + 1),
        Rule(SIZES, "the video engine codes multiples of 64x16 (`VASurfaceAttribAlignmentSize`), "
                    "and writes that size; ours says so, and what part of it is shown", "ours",
             lambda d, _: ours(d, "frame_header.render_and_frame_size_different") == "1"),
        Rule(["packed_sequence.bit_length", "packed_frame.bit_length"],
             "a header ends with its trailing bit or with that bit's byte; drivers take either",
             "both", lambda d, _: {d.ours, d.theirs} == {"trailing bit", "last byte"}),
        Rule(["picture.size_in_bits_frame_hdr_obu"],
             f"up to the trailing bit, says libva; {name} counts whole bytes", "ours",
             ends_with_trailing_bit),
        Rule(["picture.base_qindex", "frame_header.base_q_idx"],
             "the driver chooses quantizers. To begin with ours tells the one that the quality "
             f"stands for, {name} the quality factor itself", "both",
             lambda d, _: "qvbr" in d.stream
             and int(d.theirs) == encoders.quality_factor(int(d.ours))),
        Rule(["sequence.hierarchical_flag", "picture.hierarchical_level_plus1"],
             f"{name} does not tell the levels of B-frames", "ours",
             lambda d, _: d.theirs == "0"),
    ]


RULES = {
    "gstreamer": [
        Rule(LEVELS[:-1], "GStreamer tells 255 for a level of 6 bits; its header has 63", "ours",
             lambda d, _: max(numbers(d.theirs)) > MOST_FILTER_LEVEL),
        *common_rules("GStreamer"),
        Rule(["QualityLevel.quality_level"],
             "radeonsi's quality levels are bits (`VaQualityBits`), the lowest of which says that "
             "the others hold; GStreamer tells a number from 1 to 7", "ours",
             lambda d, _: int(d.ours) & 1 and not int(d.theirs) & 1),
        Rule(["RateControl.window_size"],
             "milliseconds, says libva; GStreamer tells bits", "ours",
             lambda d, _: d.ours == "1000" and int(d.theirs) > 60_000),
        Rule(["RateControl.initial_qp"], "ours leaves it to the driver", "both",
             lambda d, _: d.ours == "0"),
        Rule(["HRD.buffer_size", "HRD.initial_buffer_fullness"],
             "ours leaves the buffer of VBR to the driver", "both", only_theirs),
        Rule(["sequence.bits_per_second"],
             "of VBR the peak, as FFmpeg tells it and radeonsi reads it; GStreamer tells the "
             "average", "ours", lambda d, _: int(d.ours) > int(d.theirs)),
        Rule(["sequence.seq_level_idx", "sequence_header.seq_level_idx"],
             "the lowest level with this bitrate (specification, A.3), which GStreamer does not "
             "look at", "ours", lambda d, _: int(d.ours) > int(d.theirs)),
        Rule(["FrameRate.framerate"], "GStreamer tells but 16 bits of 120000/1001", "ours",
             truncated_rate),
        Rule(["context.width", "context.height"],
             "ours tells the coded size, GStreamer the input's", "both", always),
        Rule(["packed_sequence.has_emulation_bytes", "packed_frame.has_emulation_bytes"],
             "AV1 knows none: 0 asks the driver to put them in, which none does", "both",
             lambda d, _: d.ours == "1"),
        Rule(["picture.ref_frame_idx"], "an intra picture has no references; GStreamer has 255",
             "both", lambda d, _: is_key(d, _) and set(numbers(d.theirs)) == {255}),
        Rule(["picture.min_base_qindex", "picture.max_base_qindex"],
             "CQP has no bounds; GStreamer tells its own", "both",
             lambda d, _: has_no_rate_control(d) and d.ours == "0"),
        Rule(["picture.bit_offset_segmentation"],
             "segmentation is off, so that a driver has nothing to change there", "both",
             lambda d, _: (d.ours, d.theirs) == ("0", "segmentation_enabled")),
        Rule([*REFRESHED, "picture.picture_flags.disable_frame_recon"],
             "nothing refers to the B-frames of the highest level; GStreamer keeps them", "both",
             lambda d, _: has_pyramid(d, _) and "0" in (d.ours, d.theirs)),
        Rule(["references"],
             "which earlier pictures, but the nearest one, is the encoder's choice: GStreamer's "
             "GOLDEN_FRAME is another, and it refers to B-frames of the highest level", "both",
             lambda d, _: first_are_same(d, _) or has_pyramid(d, _)),
        Rule(["picture.ref_frame_ctrl_l0.search_idx1"],
             "GStreamer tells the driver to search one earlier picture, ours both that it refers "
             "to", "ours", lambda d, _: (d.ours, d.theirs) == ("2", "0")),
        Rule(COLOR, "GStreamer does not look at the colorimetry of caps", "ours",
             lambda d, _: d.ours != d.theirs),
    ],
    "ffmpeg": [
        *common_rules("FFmpeg"),
        Rule(["pictures", "error"],
             "FFmpeg holds the aligned size (256x128) to the least size of the engine, ours the "
             "size of the frame", "FFmpeg's",
             lambda d, trace: d.fields is None and not trace.error, named=True),
        Rule(["QualityLevel.quality_level"], "FFmpeg leaves it to the driver", "both", only_ours),
        Rule(["RateControl.rc_flags.mb_rate_control", "RateControl.ICQ_quality_factor"],
             "FFmpeg turns rate control within a picture off, and tells a quality that these modes "
             "do not have", "both", lambda d, _: d.ours == "0"),
        Rule(["HRD.buffer_size", "HRD.initial_buffer_fullness"],
             "ours leaves the buffer of VBR to the driver; CBR's begins half full, FFmpeg's three "
             "quarters", "both", always),
        Rule(["sequence.seq_fields.subsampling_x", "sequence.seq_fields.subsampling_y",
              "sequence.seq_fields.bit_depth_minus8"],
             "FFmpeg leaves them out; the sequence header has them", "ours",
             lambda d, _: d.theirs == "0"),
        Rule(["sequence.seq_fields.enable_cdef", "sequence_header.enable_cdef"],
             "FFmpeg has no CDEF with CQP", "both", lambda d, _: has_no_rate_control(d)),
        Rule(["sequence.seq_level_idx", "sequence_header.seq_level_idx"],
             "the lowest level with this peak bitrate (specification, A.3); FFmpeg takes the "
             "average", "ours", lambda d, _: int(d.ours) > int(d.theirs)),
        Rule(["context.height"],
             "FFmpeg's surfaces have whole superblocks, ours what the driver asks for", "both",
             lambda d, _: int(d.theirs) % 64 == 0),
        Rule(["picture.picture_flags.allow_high_precision_mv",
              "frame_header.allow_high_precision_mv"],
             "ours lets the driver use them. The driver writes whether it did", "both",
             lambda d, _: d.ours == "1"),
        Rule(COLOR, "FFmpeg's source tells no colorimetry, and the caps of ours do", "both",
             lambda d, _: d.ours != d.theirs),
        Rule(["references"],
             "FFmpeg's GOLDEN_FRAME is the second nearest picture, although the driver of VCN 4 "
             "says that it searches one (`VAConfigAttribEncMaxRefFrames`)", "both",
             first_are_same),
        Rule(["picture.ref_frame_ctrl_l0.search_idx1"],
             "where ours searches a second picture that is LAST2_FRAME, for FFmpeg GOLDEN_FRAME; "
             "either may be paired with LAST_FRAME (specification, 5.11.25)", "both",
             lambda d, _: d.theirs in ("0", "4")),
        Rule(["picture.ref_deltas"],
             "deltas of the loop filter are off, so that nothing reads them; ours are those that "
             "the specification begins with", "both",
             lambda d, _: ours(d, "picture.loop_filter_flags.mode_ref_delta_enabled") == "0"),
        Rule(["picture.primary_ref_frame", "frame_header.primary_ref_frame"],
             "an index into ref_frame_idx, for which FFmpeg has the slot; here both lead to the "
             "same picture", "ours", names_same_picture),
    ],
}
