// SPDX-License-Identifier: LGPL-2.1-or-later
// The frame OBU of the rebuilt stream (AV1 specification, 5.9 to 5.11).
#include "refdrv/resynth/frame_writer.h"

#include <algorithm>

#include "refdrv/resynth/bit_writer.h"
#include "refdrv/resynth/header_parts.h"
#include "refdrv/resynth/tile_layout.h"

namespace refdrv {
namespace {

constexpr unsigned interp_filter_switchable = 4;
constexpr unsigned superres_denom_min = 9;
constexpr unsigned tx_mode_select = 2;

// The frame type in the rebuilt stream.
FrameType coded_type(const Picture& picture) {
  if (picture.frame_type == FrameType::Switch) return FrameType::Inter;
  if (picture.frame_type == FrameType::Key && !picture.show_frame) return FrameType::IntraOnly;
  return picture.frame_type;
}

void write_frame_size(BitWriter& out, const Picture& picture) {
  out.f(16, picture.upscaled_width - 1);
  out.f(16, picture.frame_height - 1);
  out.flag(picture.use_superres);
  if (picture.use_superres) out.f(3, picture.superres_denom - superres_denom_min);
  out.flag(false);  // render_and_frame_size_different
}

void write_references(BitWriter& out, const Picture& picture, const FrameCoding& coding) {
  if (picture.sequence.enable_order_hint) out.flag(false);  // frame_refs_short_signaling
  for (const uint8_t slot : coding.slots) out.f(3, slot);
  for (unsigned i = 0; i < refs_per_frame; ++i) out.flag(false);  // found_ref
  write_frame_size(out, picture);
  if (!picture.force_integer_mv) out.flag(picture.allow_high_precision_mv);
  const bool switchable = picture.interpolation_filter == interp_filter_switchable;
  out.flag(switchable);
  if (!switchable) out.f(2, picture.interpolation_filter);
  out.flag(picture.is_motion_mode_switchable);
  if (picture.sequence.enable_order_hint) out.flag(picture.use_ref_frame_mvs);
}

void write_modes(BitWriter& out, const Picture& picture) {
  if (!is_coded_lossless(picture)) out.flag(picture.tx_mode == tx_mode_select);
  if (!is_intra(picture)) out.flag(picture.reference_select);
}

// Up to the sizes and references; returns where refresh_frame_flags is.
size_t write_start(BitWriter& out, const Picture& picture, const FrameCoding& coding) {
  const FrameType type = coded_type(picture);
  size_t refresh_bit_position = 0;
  out.flag(false);  // show_existing_frame
  out.f(2, static_cast<uint32_t>(type));
  out.flag(true);                               // show_frame
  if (type != FrameType::Key) out.flag(false);  // error_resilient_mode
  out.flag(picture.disable_cdf_update);
  out.flag(picture.allow_screen_content_tools);
  if (picture.allow_screen_content_tools) out.flag(picture.force_integer_mv);
  out.flag(true);  // frame_size_override_flag
  if (picture.sequence.enable_order_hint)
    out.f(picture.sequence.order_hint_bits, picture.order_hint);
  if (type == FrameType::Inter) out.f(3, picture.primary_ref_frame);
  if (type != FrameType::Key) {
    refresh_bit_position = out.bit_position();
    out.f(8, coding.refresh_frame_flags);
  }
  if (type == FrameType::Inter) {
    write_references(out, picture, coding);
  } else {
    write_frame_size(out, picture);
    if (picture.allow_screen_content_tools && !picture.use_superres)
      out.flag(picture.allow_intrabc);
  }
  return refresh_bit_position;
}

void append_tiles(std::vector<uint8_t>& out, const Picture& picture) {
  for (size_t i = 0; i < picture.tiles.size(); ++i) {
    const auto& tile = picture.tiles[i];
    if (i + 1 < picture.tiles.size()) {
      const auto size_minus_1 = static_cast<uint32_t>(tile.size() - 1);
      for (unsigned shift = 0; shift < 32; shift += 8)
        out.push_back(static_cast<uint8_t>(size_minus_1 >> shift));
    }
    out.insert(out.end(), tile.begin(), tile.end());
  }
}

}  // namespace

bool is_shown_key_frame(const Picture& picture) {
  return picture.frame_type == FrameType::Key && picture.show_frame;
}

bool is_intra(const Picture& picture) {
  return picture.frame_type == FrameType::Key || picture.frame_type == FrameType::IntraOnly;
}

Result<CodedFrame> write_frame(const Picture& picture, const FrameCoding& coding) {
  auto layout = plan_tiles(picture);
  if (!layout) return std::unexpected(layout.error());

  BitWriter out;
  const size_t refresh_bit_position = write_start(out, picture, coding);
  if (!picture.disable_cdf_update) out.flag(picture.disable_frame_end_update_cdf);
  write_tile_info(out, picture.tile_info, *layout);
  write_quantization(out, picture);
  write_segmentation(out, picture);
  write_delta_params(out, picture);
  write_loop_filter(out, picture);
  write_cdef(out, picture);
  write_restoration(out, picture);
  write_modes(out, picture);
  if (auto r = write_skip_mode(out, picture, coding); !r) return std::unexpected(r.error());
  if (!is_intra(picture)) out.flag(picture.allow_warped_motion);
  out.flag(picture.reduced_tx_set);
  if (auto r = write_global_motion(out, picture, coding); !r) return std::unexpected(r.error());
  write_film_grain(out, picture);
  out.align();
  if (picture.tiles.size() > 1) {
    out.flag(false);  // tile_start_and_end_present_flag
    out.align();
  }

  std::vector<uint8_t> tiles;
  append_tiles(tiles, picture);
  CodedFrame frame;
  const size_t payload = append_obu(frame.obu, ObuType::Frame, out.bytes(), tiles);
  frame.refresh_bit_position = refresh_bit_position > 0 ? payload * 8 + refresh_bit_position : 0;
  return frame;
}

}  // namespace refdrv
