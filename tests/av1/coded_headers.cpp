// SPDX-License-Identifier: LGPL-2.1-or-later
// The random values of coded_headers.h.
#include "coded_headers.h"

#include <gtest/gtest.h>

#include <bit>

#include "av1/obu_writer.h"
#include "av1/sequence_header_writer.h"

namespace av1hw::testing {
namespace {

class Choices {
 public:
  explicit Choices(std::mt19937& random) : random_(random) {}

  unsigned below(unsigned n) { return static_cast<unsigned>(random_() % n); }
  unsigned between(unsigned low, unsigned high) { return low + below(high - low + 1); }
  int within(int low, int high) { return low + static_cast<int>(below(high - low + 1)); }
  bool coin() { return below(2) == 0; }

 private:
  std::mt19937& random_;
};

ColorConfig random_color(Choices& choose, uint8_t& profile) {
  ColorConfig color;
  profile = static_cast<uint8_t>(choose.below(3));
  color.bit_depth = choose.coin() ? 8 : 10;
  if (profile == 0) color.mono_chrome = choose.below(4) == 0;
  if (profile == 1) color.subsampling_x = color.subsampling_y = 0;
  if (profile == 2) color.subsampling_y = 0;
  color.separate_uv_delta_q = !color.mono_chrome && choose.coin();
  return color;
}

SequenceHeader random_sequence(Choices& choose, unsigned order_hint_bits) {
  SequenceHeader seq;
  seq.color = random_color(choose, seq.seq_profile);
  seq.max_frame_width = choose.between(16, choose.coin() ? 500 : 8192);
  seq.max_frame_height = choose.between(16, choose.coin() ? 500 : 4352);
  seq.frame_width_bits = static_cast<uint8_t>(std::bit_width(seq.max_frame_width - 1));
  seq.frame_height_bits = static_cast<uint8_t>(std::bit_width(seq.max_frame_height - 1));
  seq.operating_points[0].seq_level_idx = 31;
  seq.use_128x128_superblock = choose.coin();
  seq.enable_warped_motion = choose.coin();
  seq.enable_order_hint = true;
  seq.order_hint_bits = static_cast<uint8_t>(order_hint_bits);
  seq.enable_ref_frame_mvs = choose.coin();
  seq.enable_superres = choose.coin();
  seq.enable_cdef = choose.coin();
  seq.enable_restoration = choose.coin();
  seq.film_grain_params_present = choose.coin();
  seq.seq_force_screen_content_tools = static_cast<uint8_t>(choose.below(3));
  seq.seq_force_integer_mv = seq.seq_force_screen_content_tools == 0
                                 ? select_integer_mv
                                 : static_cast<uint8_t>(choose.below(3));
  return seq;
}

GopSettings random_structure(Choices& choose) {
  GopSettings s;
  do {
    s.gop_size = choose.between(2, 20);
    s.b_frames = choose.coin() ? 0 : choose.below(8);
    s.open_gop = choose.coin();
    s.forward_references = choose.between(1, 4);
    s.backward_references = choose.below(4);
    s.temporal_layers = choose.between(1, 3);
    s.low_delay_compound = choose.coin();
    s.intra_refresh_period = choose.coin() ? 0 : choose.between(2, 9);
    s.order_hint_bits = choose.between(4, 8);
  } while (!GopPlanner::make(s));
  return s;
}

void choose_quantizers(Choices& choose, const SequenceHeader& seq, FrameHeaderParams& params) {
  QuantizationParams& q = params.quantization;
  q.base_q_idx = static_cast<uint8_t>(choose.below(5) == 0 ? 0 : choose.below(256));
  const auto delta = [&] {
    return static_cast<int8_t>(choose.coin() ? 0 : choose.within(-64, 63));
  };
  q.delta_q_y_dc = delta();
  if (!seq.color.mono_chrome) {
    q.delta_q_u_dc = delta();
    q.delta_q_u_ac = delta();
    q.delta_q_v_dc = seq.color.separate_uv_delta_q ? delta() : q.delta_q_u_dc;
    q.delta_q_v_ac = seq.color.separate_uv_delta_q ? delta() : q.delta_q_u_ac;
  }
  q.using_qmatrix = choose.coin();
  q.qm_y = static_cast<uint8_t>(choose.below(16));
  q.qm_u = static_cast<uint8_t>(choose.below(16));
  q.qm_v = seq.color.separate_uv_delta_q ? static_cast<uint8_t>(choose.below(16)) : q.qm_u;
  params.delta_q_present = choose.coin();
  params.delta_q_res = static_cast<uint8_t>(choose.below(4));
  params.delta_lf_present = choose.coin();
  params.delta_lf_res = static_cast<uint8_t>(choose.below(4));
  params.delta_lf_multi = choose.coin();
}

void choose_segments(Choices& choose, SegmentationParams& segments) {
  segments.enabled = choose.below(3) == 0;
  segments.update_map = choose.coin();
  segments.temporal_update = choose.coin();
  segments.update_data = true;
  for (auto& segment : segments.feature_data) {
    for (unsigned feature = 0; feature < 5; ++feature) {
      const int limit = feature == 0 ? 255 : 63;
      if (choose.below(4) == 0)
        segment[feature] = static_cast<int16_t>(choose.within(-limit, limit));
    }
    if (choose.below(4) == 0) segment[5] = static_cast<int16_t>(choose.below(8));
    for (const unsigned feature : {6U, 7U}) {
      if (choose.below(8) == 0) segment[feature] = int16_t{0};
    }
  }
}

void choose_filters(Choices& choose, const SequenceHeader& seq, FrameHeaderParams& params) {
  LoopFilterParams& lf = params.loop_filter;
  for (auto& level : lf.level) level = static_cast<uint8_t>(choose.below(64));
  lf.sharpness = static_cast<uint8_t>(choose.below(8));
  lf.delta_enabled = choose.coin();
  lf.delta_update = choose.coin();
  for (auto& delta : lf.ref_deltas) delta = static_cast<int8_t>(choose.within(-64, 63));
  for (auto& delta : lf.mode_deltas) delta = static_cast<int8_t>(choose.within(-64, 63));
  params.cdef.damping = static_cast<uint8_t>(choose.between(3, 6));
  params.cdef.bits = static_cast<uint8_t>(choose.below(4));
  for (auto& strength : params.cdef.y_strength) strength = static_cast<uint8_t>(choose.below(64));
  for (auto& strength : params.cdef.uv_strength) strength = static_cast<uint8_t>(choose.below(64));
  for (auto& type : params.restoration.type) type = static_cast<RestorationType>(choose.below(4));
  params.restoration.unit_shift =
      static_cast<uint8_t>(choose.between(seq.use_128x128_superblock ? 1 : 0, 2));
  params.restoration.uv_shift = choose.coin();
}

void choose_size(Choices& choose, const SequenceHeader& seq, FrameHeaderParams& params) {
  // Another size than the references' is for them to allow: only intra frames have one here.
  const FrameType type = params.plan.type;
  const bool intra = type == FrameType::Key || type == FrameType::IntraOnly;
  params.frame_size_override_flag = intra && choose.below(4) == 0;
  params.frame_width = choose.between((seq.max_frame_width + 1) / 2, seq.max_frame_width);
  params.frame_height = choose.between((seq.max_frame_height + 1) / 2, seq.max_frame_height);
  if (choose.coin()) {
    params.render_width = choose.between(1, 65536);
    params.render_height = choose.between(1, 65536);
  }
  const bool own = params.frame_size_override_flag;
  const TileLimits limits =
      tile_limits(own ? params.frame_width : seq.max_frame_width,
                  own ? params.frame_height : seq.max_frame_height, seq.use_128x128_superblock);
  params.tiles = uniform_tiles(limits, choose.between(1, 8), choose.between(1, 8));
  const unsigned most = std::min(limits.sb_cols, 9U);
  if (auto even = even_tiles(limits, choose.between(1, most),
                             choose.between(1, std::min(limits.sb_rows, 9U)));
      even && choose.coin())
    params.tiles = *even;
  params.tiles.context_update_tile_id =
      static_cast<uint16_t>(choose.below(params.tiles.columns() * params.tiles.rows()));
  params.tiles.tile_size_bytes = static_cast<uint8_t>(choose.between(1, 4));
}

FrameHeaderParams random_params(Choices& choose, const SequenceHeader& seq,
                                const PlannedFrame& plan) {
  FrameHeaderParams params;
  params.plan = plan;
  if (plan.show_existing_frame) return params;
  params.error_resilient_mode = choose.below(6) == 0;
  if (params.error_resilient_mode) params.plan.primary_ref_frame = primary_ref_none;
  params.disable_cdf_update = choose.below(4) == 0;
  params.disable_frame_end_update_cdf = params.disable_cdf_update || choose.coin();
  params.allow_screen_content_tools =
      seq.seq_force_screen_content_tools == select_screen_content_tools
          ? choose.coin()
          : seq.seq_force_screen_content_tools != 0;
  params.force_integer_mv =
      seq.seq_force_integer_mv == select_integer_mv ? choose.coin() : seq.seq_force_integer_mv != 0;
  const bool intra = plan.type == FrameType::Key || plan.type == FrameType::IntraOnly;
  params.allow_intrabc = intra && params.allow_screen_content_tools && choose.coin();
  params.allow_high_precision_mv = choose.coin();
  params.interpolation_filter = static_cast<uint8_t>(choose.below(5));
  params.is_motion_mode_switchable = choose.coin();
  params.use_ref_frame_mvs = choose.coin();
  choose_size(choose, seq, params);
  choose_quantizers(choose, seq, params);
  choose_segments(choose, params.segmentation);
  choose_filters(choose, seq, params);
  params.tx_mode_select = choose.coin();
  params.reference_select = choose.coin();
  params.skip_mode_present = choose.coin();
  params.allow_warped_motion = choose.coin();
  params.reduced_tx_set = choose.coin();
  return params;
}

std::vector<uint8_t> obu_of(const FrameHeaderParams& params, const WrittenFrameHeader& header,
                            bool layers) {
  std::optional<ObuLayer> layer;
  if (layers) layer = ObuLayer{params.plan.temporal_id, 0};
  std::vector<uint8_t> payload = header.bytes;
  if (params.plan.show_existing_frame) {
    payload.resize(header.offsets.end / 8 + 1);
    payload[header.offsets.end / 8] |= static_cast<uint8_t>(0x80 >> (header.offsets.end % 8));
    return write_obu(ObuType::FrameHeader, payload, layer);
  }
  const size_t tiles = params.tiles.columns() * params.tiles.rows();
  if (tiles > 1) payload.push_back(0);  // tile_start_and_end_present_flag
  // Tiles of one byte; all but the last have their size, less one, before them.
  payload.insert(payload.end(), (tiles - 1) * (params.tiles.tile_size_bytes + 1U) + 1, 0);
  return write_obu(ObuType::Frame, payload, layer);
}

}  // namespace

CodedHeaders random_headers(std::mt19937& random) {
  Choices choose(random);
  const GopSettings structure = random_structure(choose);
  CodedHeaders coded;
  coded.sequence = random_sequence(choose, structure.order_hint_bits);
  coded.sequence_obu = write_obu(ObuType::SequenceHeader, write_sequence_header(coded.sequence));
  auto planner = GopPlanner::make(structure);
  std::vector<PlannedFrame> planned;
  const unsigned frames = choose.between(1, 40);
  for (uint64_t i = 0; i < frames; ++i) planner->push({.frame_number = i}, planned);
  planner->drain(planned);

  std::array<uint8_t, num_ref_frames> hints = {};
  for (const PlannedFrame& plan : planned) {
    CodedHeader frame;
    frame.params = random_params(choose, coded.sequence, plan);
    frame.params.ref_order_hint = hints;
    auto header = write_frame_header(coded.sequence, frame.params);
    EXPECT_TRUE(header) << header.error().message;
    if (!header) break;
    frame.header = std::move(*header);
    frame.obu = obu_of(frame.params, frame.header, structure.temporal_layers > 1);
    for (unsigned slot = 0; slot < num_ref_frames; ++slot) {
      if (plan.refresh_frame_flags >> slot & 1) hints[slot] = plan.order_hint;
    }
    coded.frames.push_back(std::move(frame));
  }
  return coded;
}

std::vector<uint8_t> CodedHeaders::stream() const {
  std::vector<uint8_t> bytes;
  const auto append = [&](const std::vector<uint8_t>& obu) {
    bytes.insert(bytes.end(), obu.begin(), obu.end());
  };
  bool starts = true;
  for (const CodedHeader& frame : frames) {
    if (starts) append(write_obu(ObuType::TemporalDelimiter, {}));
    if (bytes.size() <= 2) append(sequence_obu);
    append(frame.obu);
    starts = frame.params.plan.is_shown();
  }
  return bytes;
}

}  // namespace av1hw::testing
