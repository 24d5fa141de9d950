# SPDX-License-Identifier: LGPL-2.1-or-later
"""Whether an encoder's parameters of a picture say what the headers that it packed with them do."""

NONE, ALL_SLOTS = "7", "255"  # PRIMARY_REF_NONE, and what a key frame that is shown refreshes
# In the same words in both; what a header leaves out is what comes last.
OF_PICTURE = {
    "base_qindex": ("base_q_idx", "0"),
    "order_hint": ("order_hint", "0"),
    "primary_ref_frame": ("primary_ref_frame", NONE),
    "refresh_frame_flags": ("refresh_frame_flags", ALL_SLOTS),
    "context_update_tile_id": ("context_update_tile_id", "0"),
    "cdef_damping_minus_3": ("cdef_damping_minus_3", None),
    "cdef_bits": ("cdef_bits", None),
    "picture_flags.frame_type": ("frame_type", None),
    "picture_flags.error_resilient_mode": ("error_resilient_mode", "1"),
    "picture_flags.disable_cdf_update": ("disable_cdf_update", None),
    "picture_flags.disable_frame_end_update_cdf": ("disable_frame_end_update_cdf", None),
    "picture_flags.allow_high_precision_mv": ("allow_high_precision_mv", "0"),
    "picture_flags.use_ref_frame_mvs": ("use_ref_frame_mvs", "0"),
    "picture_flags.use_superres": ("use_superres", "0"),
    "picture_flags.allow_intrabc": ("allow_intrabc", "0"),
    "picture_flags.reduced_tx_set": ("reduced_tx_set", None),
    "loop_filter_flags.sharpness_level": ("loop_filter_sharpness", None),
    "loop_filter_flags.mode_ref_delta_enabled": ("loop_filter_delta_enabled", None),
    "loop_filter_flags.mode_ref_delta_update": ("loop_filter_delta_update", "0"),
    "mode_control_flags.delta_q_present": ("delta_q_present", "0"),
    "mode_control_flags.tx_mode": ("tx_mode", None),
    "mode_control_flags.skip_mode_present": ("skip_mode_present", "0"),
    "segments.seg_flags.segmentation_enabled": ("segmentation_enabled", None),
    "qmatrix_flags.using_qmatrix": ("using_qmatrix", None),
}
OF_SEQUENCE = ("seq_profile", "seq_level_idx", "seq_tier", "order_hint_bits_minus_1")
SEQUENCE_FLAGS = "sequence.seq_fields."
SWITCHABLE, SELECT = "4", "2"
INTER = "1"


def strengths(fields, plane):
    """As libva has them: the primary one over 2 bits of the secondary."""
    pairs = (fields[f"frame_header.cdef_{plane}_{kind}_strength"].split(",")
             for kind in ("pri", "sec"))
    return [4 * int(primary) + int(secondary) for primary, secondary in zip(*pairs, strict=True)]


def header_values(fields):
    """What the frame header says, by the names of the picture's parameters."""
    header = {name.removeprefix("frame_header."): value for name, value in fields.items()
              if name.startswith("frame_header.")}
    said = {name: header.get(element, other) for name, (element, other) in OF_PICTURE.items()}
    levels = header.get("loop_filter_level", "").split(",")
    said["filter_level"] = ",".join(levels[:2]) or None
    if len(levels) > 2:
        said["filter_level_u"], said["filter_level_v"] = levels[2:]
    said["mode_control_flags.reference_mode"] = (
        SELECT if header.get("reference_select") == "1" else "0")
    if header["frame_type"] == INTER:
        said["ref_frame_idx"] = header["ref_frame_idx"]
        said["interpolation_filter"] = (SWITCHABLE if header["is_filter_switchable"] == "1"
                                        else header["interpolation_filter"])
    return {name: value for name, value in said.items() if value is not None}


def disagreements(fields):
    """Names of parameters that the headers contradict, with both values."""
    found = [(name, fields[f"picture.{name}"], value)
             for name, value in header_values(fields).items() if fields[f"picture.{name}"] != value]
    if "frame_header.cdef_bits" in fields:
        count = 1 << int(fields["frame_header.cdef_bits"])
        for plane in ("y", "uv"):
            told = fields[f"picture.cdef_{plane}_strengths"].split(",")[:count]
            if list(map(int, told)) != strengths(fields, plane):
                found.append((f"cdef_{plane}_strengths", told, strengths(fields, plane)))
    elements = [f"sequence.{name}" for name in OF_SEQUENCE]
    elements += [name for name in fields if name.startswith(SEQUENCE_FLAGS)]
    for name in elements:
        element = f"sequence_header.{name.rpartition('.')[2]}"
        if name in fields and fields.get(element, fields[name]) != fields[name]:
            found.append((name, fields[name], fields[element]))
    if "sequence_header.high_bitdepth" in fields:
        depth = str(2 * int(fields["sequence_header.high_bitdepth"]))
        if fields["sequence.seq_fields.bit_depth_minus8"] != depth:
            found.append(("bit_depth_minus8", fields["sequence.seq_fields.bit_depth_minus8"],
                          depth))
    return found
