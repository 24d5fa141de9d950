// SPDX-License-Identifier: LGPL-2.1-or-later
// Choosing what frame headers say, and framing them.
#include "codec/encode_headers.h"

#include <algorithm>
#include <span>
#include <utility>

#include "av1/bit_writer.h"

namespace av1hw {
namespace {

// A usual loop filter level of luma by quantizer; between these it is interpolated. Fine quantizers
// leave no edges to filter. Chroma has about half.
constexpr std::array<uint8_t, 9> level_by_quantizer = {0, 0, 2, 7, 15, 27, 41, 60, 63};
constexpr unsigned quantizers_a_level = 32;
// Where the quantizer is the driver's to find.
constexpr unsigned middle_quantizer = 128;

uint8_t proposed_quantizer(const EncodeRate& rate) {
  const bool fixed = rate.mode == RateControl::Cqp || rate.mode == RateControl::Cq;
  const unsigned quantizer = fixed ? rate.quantizer
                                   : std::clamp(middle_quantizer, rate.min_quantizer,
                                                std::max(rate.min_quantizer, rate.max_quantizer));
  return static_cast<uint8_t>(quantizer);
}

LoopFilterParams proposed_loop_filter(uint8_t base_q_idx, bool mono_chrome) {
  LoopFilterParams filter;
  const unsigned step = base_q_idx / quantizers_a_level;
  const unsigned place = base_q_idx % quantizers_a_level;
  const unsigned level = (level_by_quantizer[step] * (quantizers_a_level - place) +
                          level_by_quantizer[step + 1] * place) /
                         quantizers_a_level;
  filter.level[0] = filter.level[1] = static_cast<uint8_t>(level);
  if (!mono_chrome) filter.level[2] = filter.level[3] = static_cast<uint8_t>(level / 2);
  return filter;
}

CdefParams proposed_cdef(uint8_t base_q_idx, bool mono_chrome, const FrameTools& tools) {
  CdefParams cdef;
  cdef.damping = static_cast<uint8_t>(3 + base_q_idx / 64);
  const unsigned primary = base_q_idx / 40U;
  const unsigned secondary = base_q_idx >= 128 ? 1 : 0;
  cdef.y_strength[0] = static_cast<uint8_t>(primary << 2 | secondary);
  const unsigned chroma = tools.cdef_channel_strength ? primary / 2 : primary;
  if (!mono_chrome) cdef.uv_strength[0] = static_cast<uint8_t>(chroma << 2 | secondary);
  return cdef;
}

// leb128() in a given number of bytes (4.10.5 allows for leading zeros).
void write_leb128(std::span<uint8_t> bytes, size_t value) {
  for (size_t i = 0; i < bytes.size(); ++i) {
    const unsigned more = i + 1 < bytes.size() ? 0x80 : 0;
    bytes[i] = static_cast<uint8_t>((value >> (7 * i) & 0x7f) | more);
  }
}

unsigned bytes_in(const BitWriter& bits) { return static_cast<unsigned>(bits.position() / 8); }

}  // namespace

FrameHeaderParams make_frame_params(const EncodeStream& stream, const EncodeLimits& limits,
                                    const PlannedFrame& plan, const OrderHints& ref_order_hint) {
  FrameHeaderParams params;
  set_frame_params(stream, limits, plan, ref_order_hint, params);
  return params;
}

void set_frame_params(const EncodeStream& stream, const EncodeLimits& limits,
                      const PlannedFrame& plan, const OrderHints& ref_order_hint,
                      FrameHeaderParams& params) {
  const SequenceHeader& sequence = stream.sequence;
  const FrameTools& tools = limits.frame_tools;
  TileInfo tiles = std::move(params.tiles);
  params = {};
  params.tiles = std::move(tiles);
  params.plan = plan;
  params.ref_order_hint = ref_order_hint;
  // Temporal layers need no error_resilient_mode: a frame takes probabilities, motion vectors and
  // whatever else from frames that it refers to, and none of these is of a higher layer.
  params.error_resilient_mode = plan.type == FrameType::Key && plan.show_frame;
  params.tiles = stream.tiles;
  const auto width = static_cast<unsigned>(GST_VIDEO_INFO_WIDTH(&stream.info));
  const auto height = static_cast<unsigned>(GST_VIDEO_INFO_HEIGHT(&stream.info));
  if (sequence.max_frame_width != width || sequence.max_frame_height != height) {
    params.render_width = width;
    params.render_height = height;
  }
  const uint8_t quantizer = proposed_quantizer(stream.rate);
  const bool mono_chrome = sequence.color.mono_chrome;
  params.quantization.base_q_idx = quantizer;
  params.loop_filter = proposed_loop_filter(quantizer, mono_chrome);
  if (sequence.enable_cdef) params.cdef = proposed_cdef(quantizer, mono_chrome, tools);
  params.tx_mode_select = tools.tx_mode_select;
  params.reduced_tx_set = tools.reduced_tx_set;
  if (plan.type != FrameType::Inter) return;
  params.interpolation_filter = tools.interpolation_filter;
  params.is_motion_mode_switchable = tools.is_motion_mode_switchable;
  params.allow_high_precision_mv = tools.allow_high_precision_mv;
  params.use_ref_frame_mvs = sequence.enable_ref_frame_mvs;
  params.allow_warped_motion = sequence.enable_warped_motion;
  // Compound prediction takes one reference of each group.
  params.reference_select = plan.backward_references > 0;
  params.skip_mode_present = tools.skip_mode && skip_mode_allowed(sequence, params);
}

std::optional<ObuLayer> obu_layer(const EncodeStream& stream, const PlannedFrame& plan) {
  if (stream.temporal_layers < 2) return std::nullopt;
  return ObuLayer{.temporal_id = plan.temporal_id, .spatial_id = 0};
}

Result<FrameObu> write_frame_obu(const EncodeStream& stream, const FrameHeaderParams& params,
                                 unsigned obu_size_bytes) {
  FrameObu obu;
  obu.obu_size_bytes = std::clamp(obu_size_bytes, 2U, 8U);
  BitWriter bits;
  write_obu_header(ObuType::Frame, obu_layer(stream, params.plan), bits);
  obu.obu_size_offset = bytes_in(bits);
  for (unsigned i = 0; i < obu.obu_size_bytes; ++i) bits.bits(0, 8);
  obu.header_offset = bytes_in(bits);
  const auto offsets = write_frame_header(stream.sequence, params, bits);
  if (!offsets) return std::unexpected(offsets.error());
  obu.offsets = *offsets;
  obu.bytes = std::move(bits).take();
  write_leb128(std::span(obu.bytes).subspan(obu.obu_size_offset, obu.obu_size_bytes),
               obu.bytes.size() - obu.header_offset);
  return obu;
}

Result<std::vector<uint8_t>> write_show_existing_obu(const EncodeStream& stream,
                                                     const PlannedFrame& plan) {
  FrameHeaderParams params;
  params.plan = plan;
  auto header = write_frame_header(stream.sequence, params);
  if (!header) return std::unexpected(header.error());
  // The trailing one bit (5.3.4) goes behind the header's last.
  std::vector<uint8_t> payload = std::move(header->bytes);
  const unsigned end = header->offsets.end;
  payload.resize(end / 8 + 1);
  payload[end / 8] |= static_cast<uint8_t>(0x80 >> (end % 8));
  return write_obu(ObuType::FrameHeader, payload, obu_layer(stream, plan));
}

}  // namespace av1hw
