// SPDX-License-Identifier: LGPL-2.1-or-later
// What GStreamer's caps say, as a sequence header says it.
#include "codec/coded_sequence.h"

#include <algorithm>
#include <bit>
#include <string>

#include "av1/levels.h"

namespace av1hw {
namespace {

constexpr unsigned max_size = 65536;
constexpr unsigned first_level_with_tiers = 8;  // 4.0

// chroma_sample_position, 6.4.2
constexpr uint8_t csp_unknown = 0;
constexpr uint8_t csp_vertical = 1;
constexpr uint8_t csp_colocated = 2;

uint8_t chroma_sample_position(GstVideoChromaSite site) {
  if (site == GST_VIDEO_CHROMA_SITE_H_COSITED) return csp_vertical;
  if (site == GST_VIDEO_CHROMA_SITE_COSITED) return csp_colocated;
  return csp_unknown;
}

// "Unspecified" for what ISO/IEC 23091-4 has no code point for.
uint8_t code_point(guint iso) { return iso == 0 ? color_unspecified : static_cast<uint8_t>(iso); }

ColorConfig color_of(const GstVideoInfo& info) {
  const GstVideoFormatInfo* format = info.finfo;
  ColorConfig color;
  const unsigned depth = GST_VIDEO_FORMAT_INFO_DEPTH(format, 0);
  color.bit_depth = static_cast<uint8_t>(std::min(depth, 12U));
  color.mono_chrome = GST_VIDEO_FORMAT_INFO_N_COMPONENTS(format) == 1;
  if (!color.mono_chrome) {
    color.subsampling_x = static_cast<uint8_t>(GST_VIDEO_FORMAT_INFO_W_SUB(format, 1));
    color.subsampling_y = static_cast<uint8_t>(GST_VIDEO_FORMAT_INFO_H_SUB(format, 1));
  }
  const GstVideoColorimetry& colorimetry = info.colorimetry;
  color.color_primaries = code_point(gst_video_color_primaries_to_iso(colorimetry.primaries));
  color.transfer_characteristics =
      code_point(gst_video_transfer_function_to_iso(colorimetry.transfer));
  // The identity matrix is code point 0, and of 4:4:4 alone (6.4.2).
  const bool is_444 = !color.mono_chrome && !color.subsampling_x && !color.subsampling_y;
  color.matrix_coefficients = is_444 && colorimetry.matrix == GST_VIDEO_COLOR_MATRIX_RGB
                                  ? matrix_identity
                                  : code_point(gst_video_color_matrix_to_iso(colorimetry.matrix));
  color.color_range = colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255;
  // sRGB is of full range, and headers do not say it again (5.5.2): a limited one goes without its
  // transfer.
  if (color.color_primaries == color_primaries_bt709 &&
      color.transfer_characteristics == transfer_srgb &&
      color.matrix_coefficients == matrix_identity) {
    if (colorimetry.range == GST_VIDEO_COLOR_RANGE_16_235)
      color.transfer_characteristics = color_unspecified;
    else
      color.color_range = true;
  }
  color.color_description_present = color.color_primaries != color_unspecified ||
                                    color.transfer_characteristics != color_unspecified ||
                                    color.matrix_coefficients != color_unspecified;
  if (!color.mono_chrome && color.subsampling_x && color.subsampling_y)
    color.chroma_sample_position = chroma_sample_position(info.chroma_site);
  return color;
}

// The denominator of a rate that is halved so many times.
unsigned halved_rate(int fps_d, unsigned times) {
  const uint64_t whole = uint64_t{static_cast<unsigned>(std::max(fps_d, 1))} << times;
  return static_cast<unsigned>(std::min<uint64_t>(whole, UINT32_MAX));
}

OperatingPoint operating_point(const CodedSequence& coded, unsigned profile, unsigned dropped) {
  OperatingPoint point;
  // Spatial layer 0, and the temporal layers that are left; 0 where there are no layers (6.4.1).
  if (coded.temporal_layers > 1)
    point.idc = static_cast<uint16_t>(0x100U | ((1U << (coded.temporal_layers - dropped)) - 1));
  const LevelRequest request = {
      .width = coded.coded_width,
      .height = coded.coded_height,
      .fps_n = static_cast<unsigned>(std::max(GST_VIDEO_INFO_FPS_N(&coded.info), 0)),
      .fps_d = halved_rate(GST_VIDEO_INFO_FPS_D(&coded.info), dropped),
      .bitrate = coded.peak_bitrate,
      .seq_profile = profile,
      .tile_columns = coded.tile_columns,
      .tiles = coded.tiles};
  point.seq_level_idx = level_for(request, Tier::Main);
  if (point.seq_level_idx != level_maximum) return point;
  const uint8_t high = level_for(request, Tier::High);
  if (high == level_maximum || high < first_level_with_tiers) return point;
  point.seq_level_idx = high;
  point.seq_tier = static_cast<uint8_t>(Tier::High);
  return point;
}

void set_tools(SequenceHeader& seq, const CodingTools& tools) {
  seq.use_128x128_superblock = tools.use_128x128_superblock;
  seq.enable_filter_intra = tools.enable_filter_intra;
  seq.enable_intra_edge_filter = tools.enable_intra_edge_filter;
  seq.enable_interintra_compound = tools.enable_interintra_compound;
  seq.enable_masked_compound = tools.enable_masked_compound;
  seq.enable_warped_motion = tools.enable_warped_motion;
  seq.enable_dual_filter = tools.enable_dual_filter;
  seq.enable_order_hint = tools.order_hint_bits > 0;
  seq.order_hint_bits = static_cast<uint8_t>(tools.order_hint_bits);
  seq.enable_jnt_comp = seq.enable_order_hint && tools.enable_jnt_comp;
  seq.enable_ref_frame_mvs = seq.enable_order_hint && tools.enable_ref_frame_mvs;
  seq.enable_superres = tools.enable_superres;
  seq.enable_cdef = tools.enable_cdef;
  seq.enable_restoration = tools.enable_restoration;
  seq.color.separate_uv_delta_q = !seq.color.mono_chrome && tools.separate_uv_delta_q;
}

}  // namespace

unsigned profile_of_format(GstVideoFormat format) {
  const GstVideoFormatInfo* info = gst_video_format_get_info(format);
  // GRAY16 stands for 12 bits: AV1 has no more.
  if (GST_VIDEO_FORMAT_INFO_DEPTH(info, 0) > 10) return 2;
  if (GST_VIDEO_FORMAT_INFO_N_COMPONENTS(info) == 1) return 0;
  if (GST_VIDEO_FORMAT_INFO_W_SUB(info, 1) == 0) return 1;
  return GST_VIDEO_FORMAT_INFO_H_SUB(info, 1) == 0 ? 2 : 0;
}

Result<SequenceHeader> make_sequence_header(const CodedSequence& coded, const CodingTools& tools) {
  const auto invalid = [](std::string message) {
    return fail(ErrorCode::InvalidSettings, std::move(message));
  };
  const GstVideoFormatInfo* format = coded.info.finfo;
  if (!format || GST_VIDEO_FORMAT_INFO_DEPTH(format, 0) < 8)
    return invalid("AV1 codes 8, 10 and 12 bits, in Y'CbCr, gray and planar RGB");
  if (coded.coded_width < 1 || coded.coded_width > max_size || coded.coded_height < 1 ||
      coded.coded_height > max_size)
    return invalid("AV1 codes 1 to 65536 samples either way, not " +
                   std::to_string(coded.coded_width) + "x" + std::to_string(coded.coded_height));
  if (tools.order_hint_bits > 8) return invalid("OrderHintBits is 0 to 8");
  if (coded.temporal_layers < 1 || coded.temporal_layers > 3)
    return invalid("temporal-layers is not 1 to 3");
  SequenceHeader seq;
  seq.seq_profile = static_cast<uint8_t>(profile_of_format(GST_VIDEO_FORMAT_INFO_FORMAT(format)));
  seq.color = color_of(coded.info);
  seq.max_frame_width = coded.coded_width;
  seq.max_frame_height = coded.coded_height;
  seq.frame_width_bits = static_cast<uint8_t>(std::max(std::bit_width(coded.coded_width - 1), 1));
  seq.frame_height_bits = static_cast<uint8_t>(std::max(std::bit_width(coded.coded_height - 1), 1));
  // Pictures may come at other times than the rate says, so that equal_picture_interval is not set.
  if (GST_VIDEO_INFO_FPS_N(&coded.info) > 0 && GST_VIDEO_INFO_FPS_D(&coded.info) > 0) {
    seq.timing_info_present = true;
    seq.timing_info.num_units_in_display_tick =
        static_cast<uint32_t>(GST_VIDEO_INFO_FPS_D(&coded.info));
    seq.timing_info.time_scale = static_cast<uint32_t>(GST_VIDEO_INFO_FPS_N(&coded.info));
  }
  seq.operating_points_count = static_cast<uint8_t>(coded.temporal_layers);
  for (unsigned i = 0; i < coded.temporal_layers; ++i)
    seq.operating_points[i] = operating_point(coded, seq.seq_profile, i);
  set_tools(seq, tools);
  return seq;
}

}  // namespace av1hw
