// SPDX-License-Identifier: LGPL-2.1-or-later
#include "fuzz/encoder_choices.h"

#include <climits>

namespace av1hw::test {
namespace {

constexpr std::array formats = {
    GST_VIDEO_FORMAT_NV12,      GST_VIDEO_FORMAT_NV12,  GST_VIDEO_FORMAT_NV12,
    GST_VIDEO_FORMAT_P010_10LE, GST_VIDEO_FORMAT_I420,  GST_VIDEO_FORMAT_Y444,
    GST_VIDEO_FORMAT_Y42B,      GST_VIDEO_FORMAT_GRAY8, GST_VIDEO_FORMAT_P012_LE,
    GST_VIDEO_FORMAT_GBR,       GST_VIDEO_FORMAT_RGBA,  GST_VIDEO_FORMAT_GRAY16_LE,
};
constexpr std::array chroma_sites = {
    GST_VIDEO_CHROMA_SITE_UNKNOWN, GST_VIDEO_CHROMA_SITE_JPEG,      GST_VIDEO_CHROMA_SITE_MPEG2,
    GST_VIDEO_CHROMA_SITE_COSITED, GST_VIDEO_CHROMA_SITE_V_COSITED, GST_VIDEO_CHROMA_SITE_ALT_LINE,
};
constexpr std::array some_sizes = {16U, 64U, 65U, 128U, 176U, 640U, 1080U, 1920U, 4096U, 7680U};
constexpr std::array rate_controls = {RateControl::Auto, RateControl::Cqp, RateControl::Cq,
                                      RateControl::Vbr, RateControl::Cbr};
constexpr std::array errors = {ErrorCode::NotSupported, ErrorCode::OutOfMemory,
                               ErrorCode::DeviceLost, ErrorCode::InvalidData, ErrorCode::Failed};

// A number of `low` to `high` as a rule, else one of any size.
unsigned about(FuzzBytes& bytes, unsigned low, unsigned high) {
  if (!bytes.rarely(16)) return bytes.number(low, high);
  return bytes.one_of(std::array{0U, 1U, 255U, 256U, 65535U, 65536U, 0x7fffffffU, UINT_MAX});
}

unsigned choose_size(FuzzBytes& bytes) {
  return bytes.flag() ? bytes.one_of(some_sizes) : bytes.number(1, 65535);
}

void choose_tools(FuzzBytes& bytes, EncodeLimits& limits) {
  CodingTools& tools = limits.tools;
  for (bool* tool : {&tools.enable_filter_intra, &tools.enable_intra_edge_filter,
                     &tools.enable_interintra_compound, &tools.enable_masked_compound,
                     &tools.enable_warped_motion, &tools.enable_dual_filter, &tools.enable_jnt_comp,
                     &tools.enable_ref_frame_mvs, &tools.enable_cdef, &tools.separate_uv_delta_q,
                     &tools.use_128x128_superblock})
    *tool = bytes.flag();
  tools.order_hint_bits = bytes.rarely(4) ? bytes.number(3, 8) : 7;
  FrameTools& frame = limits.frame_tools;
  for (bool* tool :
       {&frame.tx_mode_select, &frame.reduced_tx_set, &frame.is_motion_mode_switchable,
        &frame.allow_high_precision_mv, &frame.skip_mode, &frame.cdef_channel_strength})
    *tool = bytes.flag();
  frame.interpolation_filter = static_cast<uint8_t>(bytes.number(0, interpolation_switchable));
}

void choose_metadata(FuzzBytes& bytes, EncoderInput& input) {
  if (bytes.rarely(4)) {
    GstVideoMasteringDisplayInfo& display = input.mastering_display.emplace();
    for (auto& primary : display.display_primaries)
      primary = {static_cast<guint16>(bytes.number(0, 65535)),
                 static_cast<guint16>(bytes.number(0, 65535))};
    display.white_point = {static_cast<guint16>(bytes.number(0, 65535)), 1};
    display.max_display_mastering_luminance = about(bytes, 0, 65535) * 1000;
    display.min_display_mastering_luminance = about(bytes, 0, 65535);
  }
  if (bytes.rarely(4)) {
    GstVideoContentLightLevel& light = input.content_light.emplace();
    light.max_content_light_level = static_cast<guint16>(bytes.number(0, 65535));
    light.max_frame_average_light_level = static_cast<guint16>(bytes.number(0, 65535));
  }
}

}  // namespace

void choose_limits(FuzzBytes& bytes, EncodeLimits& limits) {
  limits.width_alignment = 1U << bytes.number(1, 7);
  limits.height_alignment = 1U << bytes.number(1, 7);
  limits.header_size_is_aligned = bytes.flag();
  limits.min_width = bytes.rarely(4) ? choose_size(bytes) : 1;
  limits.min_height = bytes.rarely(4) ? choose_size(bytes) : 1;
  if (bytes.rarely(4)) limits.max_width = choose_size(bytes);
  if (bytes.rarely(4)) limits.max_height = choose_size(bytes);
  limits.forward_references = bytes.number(1, 4);
  limits.backward_references = bytes.number(0, 3);
  limits.primary_is_last = bytes.flag();
  limits.slots = bytes.rarely(4) ? bytes.number(1, 8) : 8;
  limits.low_delay_compound = bytes.flag();
  limits.temporal_layers = bytes.number(1, 3);
  choose_tools(bytes, limits);
  limits.max_tile_columns = bytes.number(1, 64);
  limits.max_tile_rows = bytes.number(1, 64);
  limits.tile_size_bytes = bytes.number(1, 4);
  limits.obu_size_bytes = bytes.number(2, 8);
  limits.cq = bytes.flag();
  limits.vbr = bytes.flag();
  limits.cbr = bytes.flag();
  limits.changes_bitrate = bytes.flag();
  limits.region_of_interest = bytes.flag();
  limits.max_in_flight = bytes.number(1, 16);
}

void plan_faults(FuzzBytes& bytes, EncodeScript& script) {
  const std::array calls = {&script.open_errors,    &script.configure_errors, &script.input_errors,
                            &script.acquire_errors, &script.submit_errors,    &script.wait_errors};
  if (bytes.flag()) return;
  for (unsigned count = bytes.number(0, 4); count > 0; --count) {
    auto* call = bytes.one_of(calls);
    // Neither of these is waited for again.
    const bool may_be_busy = call != &script.configure_errors && call != &script.wait_errors;
    const ErrorCode code = may_be_busy && bytes.rarely(4) ? ErrorCode::Busy : bytes.one_of(errors);
    call->emplace(bytes.number(0, 40), Error{code, "a fault"});
  }
}

bool has_faults(const EncodeScript& script) {
  // Surfaces that are used up are errors as well, where nothing is in flight that holds one.
  return !script.open_errors.empty() || !script.configure_errors.empty() ||
         !script.input_errors.empty() || !script.acquire_errors.empty() ||
         !script.submit_errors.empty() || !script.wait_errors.empty() || script.targets > 0 ||
         script.inputs > 0;
}

EncoderSettings choose_settings(FuzzBytes& bytes) {
  EncoderSettings settings;
  settings.rate_control = bytes.one_of(rate_controls);
  settings.bitrate = choose_bitrate(bytes);
  settings.max_bitrate = bytes.flag() ? choose_bitrate(bytes) : 0;
  settings.quantizer = about(bytes, 0, 255);
  if (bytes.rarely(4)) settings.min_quantizer = about(bytes, 0, 255);
  if (bytes.rarely(4)) settings.max_quantizer = about(bytes, 0, 255);
  settings.gop_size = bytes.flag() ? about(bytes, 0, 40) : 0;
  if (bytes.rarely(4)) settings.min_gop_size = about(bytes, 0, 40);
  settings.b_frames = bytes.flag() ? about(bytes, 0, 31) : 0;
  settings.ref_frames = bytes.flag() ? about(bytes, 0, 8) : 0;
  settings.temporal_layers = bytes.flag() ? about(bytes, 0, 4) : 1;
  settings.tile_columns = about(bytes, 0, 64);
  settings.tile_rows = about(bytes, 0, 64);
  settings.low_latency = bytes.rarely(4);
  settings.ultra_low_latency = bytes.rarely(8);
  settings.lossless = bytes.rarely(8);
  if (bytes.rarely(8)) settings.intra_refresh = about(bytes, 0, 40);
  return settings;
}

EncoderInput choose_input(FuzzBytes& bytes) {
  EncoderInput input;
  gst_video_info_init(&input.info);
  // GStreamer has none of a size of 0.
  gst_video_info_set_format(&input.info, bytes.one_of(formats), choose_size(bytes),
                            choose_size(bytes));
  if (bytes.flag()) {
    input.info.fps_n = static_cast<int>(about(bytes, 0, 240) & INT_MAX);
    input.info.fps_d = static_cast<int>(about(bytes, 1, 1001) & INT_MAX);
  } else {
    input.info.fps_n = 30;
    input.info.fps_d = 1;
  }
  if (bytes.rarely(4)) {
    GstVideoColorimetry& color = input.info.colorimetry;
    color.range = static_cast<GstVideoColorRange>(bytes.number(0, 2));
    color.matrix = static_cast<GstVideoColorMatrix>(bytes.number(0, 6));
    color.transfer = static_cast<GstVideoTransferFunction>(bytes.number(0, 16));
    color.primaries = static_cast<GstVideoColorPrimaries>(bytes.number(0, 12));
    input.info.chroma_site = bytes.one_of(chroma_sites);
  }
  input.live = bytes.flag();
  choose_metadata(bytes, input);
  return input;
}

unsigned choose_bitrate(FuzzBytes& bytes) { return bytes.flag() ? about(bytes, 0, 60000) : 0; }

FrameBuffer choose_frame(FuzzBytes& bytes, uint64_t number) {
  FrameBuffer buffer(gst_buffer_new());
  GST_BUFFER_OFFSET(buffer.get()) = number;
  if (!bytes.rarely(16)) return buffer;
  for (unsigned count = bytes.number(1, 4); count > 0; --count) {
    GstVideoRegionOfInterestMeta* meta = gst_buffer_add_video_region_of_interest_meta(
        buffer.get(), "region", about(bytes, 0, 2000), about(bytes, 0, 2000), about(bytes, 0, 2000),
        about(bytes, 0, 2000));
    gst_video_region_of_interest_meta_add_param(
        meta, gst_structure_new("roi/av1hw", "delta-q", G_TYPE_INT,
                                static_cast<int>(about(bytes, 0, 300)) - 150, nullptr));
  }
  return buffer;
}

std::vector<std::vector<uint8_t>> choose_payloads(FuzzBytes& bytes) {
  std::vector<std::vector<uint8_t>> payloads;
  if (!bytes.rarely(16)) return payloads;
  for (unsigned count = bytes.number(1, 3); count > 0; --count)
    payloads.emplace_back(bytes.number(1, 300), bytes.byte());
  return payloads;
}

}  // namespace av1hw::test
