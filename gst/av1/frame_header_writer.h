// SPDX-License-Identifier: LGPL-2.1-or-later
// Writes frame_header_obu() (AV1 specification 5.9) for encoders, and says where in it is what
// drivers fill in themselves.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "av1/bit_writer.h"
#include "av1/frame_header.h"
#include "av1/gop_planner.h"
#include "av1/sequence_header.h"
#include "av1/tile_info.h"
#include "base/result.h"

namespace av1hw {

constexpr unsigned max_segments = 8;
constexpr unsigned segment_features = 8;
constexpr uint8_t interpolation_switchable = 4;

// quantization_params(), 5.9.12
struct QuantizationParams {
  uint8_t base_q_idx = 128;
  int8_t delta_q_y_dc = 0;  // all -64..63
  int8_t delta_q_u_dc = 0;
  int8_t delta_q_u_ac = 0;
  int8_t delta_q_v_dc = 0;  // as for U, unless the sequence has separate_uv_delta_q
  int8_t delta_q_v_ac = 0;
  bool using_qmatrix = false;
  uint8_t qm_y = 15;  // 0..15
  uint8_t qm_u = 15;
  uint8_t qm_v = 15;
};

// segmentation_params(), 5.9.14
struct SegmentationParams {
  bool enabled = false;
  bool update_map =
      true;  // as are temporal_update and update_data: given with no primary_ref_frame
  bool temporal_update = false;
  bool update_data = true;
  // Empty: the feature is not enabled for the segment.
  std::array<std::array<std::optional<int16_t>, segment_features>, max_segments> feature_data = {};
};

// loop_filter_params(), 5.9.11
struct LoopFilterParams {
  std::array<uint8_t, 4> level = {};  // 0..63: luma vertical, horizontal, U, V
  uint8_t sharpness = 0;              // 0..7
  bool delta_enabled = false;
  bool delta_update = false;
  std::array<int8_t, 8> ref_deltas = {1, 0, 0, 0, -1, 0, -1, -1};
  std::array<int8_t, 2> mode_deltas = {};
};

// cdef_params(), 5.9.19
struct CdefParams {
  uint8_t damping = 3;  // 3..6
  uint8_t bits = 0;     // 0..3: 1 << bits strengths
  // Primary strength << 2 | secondary strength as coded (3 stands for 4).
  std::array<uint8_t, 8> y_strength = {};
  std::array<uint8_t, 8> uv_strength = {};
};

enum class RestorationType : uint8_t { None = 0, Wiener = 1, SgrProj = 2, Switchable = 3 };

// lr_params(), 5.9.20
struct LoopRestorationParams {
  std::array<RestorationType, 3> type = {};
  uint8_t unit_shift = 0;  // units of luma of 64 << unit_shift samples
  bool uv_shift = false;   // half of that for 4:2:0 chroma
};

// Everything in a frame header that an encoder of this project decides. Names are those of the
// specification. Frames have the sequence's size unless `frame_size_override_flag`.
struct FrameHeaderParams {
  PlannedFrame plan;
  bool error_resilient_mode = false;  // a shown key frame always is
  bool disable_cdf_update = false;
  bool disable_frame_end_update_cdf = false;
  bool allow_screen_content_tools = false;
  bool force_integer_mv = false;
  bool frame_size_override_flag = false;
  uint32_t frame_width = 0;  // with frame_size_override_flag, 1..max_frame_width
  uint32_t frame_height = 0;
  uint32_t render_width = 0;  // 0: as the frame, else 1..65536
  uint32_t render_height = 0;
  bool allow_intrabc = false;
  bool allow_high_precision_mv = false;
  uint8_t interpolation_filter = interpolation_switchable;
  bool is_motion_mode_switchable = false;
  bool use_ref_frame_mvs = false;
  TileInfo tiles;
  QuantizationParams quantization;
  SegmentationParams segmentation;
  bool delta_q_present = false;
  uint8_t delta_q_res = 0;  // log2, 0..3
  bool delta_lf_present = false;
  uint8_t delta_lf_res = 0;
  bool delta_lf_multi = false;
  LoopFilterParams loop_filter;
  CdefParams cdef;
  LoopRestorationParams restoration;
  bool tx_mode_select = true;
  bool reference_select = false;
  bool skip_mode_present = false;  // written where it is allowed (5.9.22)
  bool allow_warped_motion = false;
  bool reduced_tx_set = false;
  // Of what is in the reference slots when the frame is coded: RefOrderHint.
  std::array<uint8_t, num_ref_frames> ref_order_hint = {};
};

// In bits from the start of the frame header.
struct FrameHeaderOffsets {
  unsigned base_q_idx = 0;
  unsigned segmentation_params = 0;
  unsigned delta_q_params = 0;
  unsigned loop_filter_params = 0;
  unsigned cdef_params = 0;
  unsigned cdef_params_size = 0;
  unsigned end = 0;  // trailing bits and alignment are behind it
};

struct WrittenFrameHeader {
  std::vector<uint8_t> bytes;  // zeros up to a whole byte; no trailing bits
  FrameHeaderOffsets offsets;
};

// InvalidData: what the syntax can't say; the message names the element. The sequence has no frame
// ids, no reduced still picture header, and a picture has no film grain and no superres.
Result<WrittenFrameHeader> write_frame_header(const SequenceHeader& sequence,
                                              const FrameHeaderParams& params);
// The same behind what is in `bits`, which ends with a whole byte. Nothing is written on an error.
Result<FrameHeaderOffsets> write_frame_header(const SequenceHeader& sequence,
                                              const FrameHeaderParams& params, BitWriter& bits);

// Whether skip_mode_present is written for such a frame: its references lie on both sides, or there
// are two before it (5.9.22).
bool skip_mode_allowed(const SequenceHeader& sequence, const FrameHeaderParams& params);

// No segment has a quantizer: the loop filters then have no parameters (CodedLossless).
bool is_coded_lossless(const FrameHeaderParams& params);

}  // namespace av1hw
