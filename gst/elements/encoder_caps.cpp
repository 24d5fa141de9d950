// SPDX-License-Identifier: LGPL-2.1-or-later
// Derives an encoder's caps: sink formats from downstream's profiles, source caps from the stream.
#include "elements/encoder_caps.h"

#include <optional>
#include <utility>

#include "av1/codec_config.h"
#include "av1/frame_header.h"
#include "av1/levels.h"
#include "av1/obu.h"
#include "codec/coded_sequence.h"
#include "memory/drm_format.h"

namespace av1hw {
namespace {

bool takes_profile(const GstCaps* downstream, unsigned profile) {
  const CapsHandle wanted{
      gst_caps_new_simple("video/x-av1", "profile", G_TYPE_STRING, profile_name(profile), nullptr)};
  return gst_caps_can_intersect(downstream, wanted.get());
}

// Leaves in the list (or the single string) of `field` those that `keep` says; false: none is left.
template <typename Keep>
bool filter_strings(GstStructure* structure, const char* field, Keep keep) {
  const GValue* strings = gst_structure_get_value(structure, field);
  if (!strings) return true;
  GValue kept = G_VALUE_INIT;
  g_value_init(&kept, GST_TYPE_LIST);
  auto consider = [&](const GValue* v) {
    if (G_VALUE_HOLDS_STRING(v) && keep(g_value_get_string(v)))
      gst_value_list_append_value(&kept, v);
  };
  if (GST_VALUE_HOLDS_LIST(strings)) {
    for (guint i = 0; i < gst_value_list_get_size(strings); i++) {
      consider(gst_value_list_get_value(strings, i));
    }
  } else {
    consider(strings);
  }
  const guint n = gst_value_list_get_size(&kept);
  if (n > 0) gst_structure_set_value(structure, field, &kept);
  g_value_unset(&kept);
  return n > 0;
}

// False: none is left.
bool filter_formats(GstStructure* structure, const bool (&takes)[3]) {
  auto fits = [&](GstVideoFormat format) {
    return format > GST_VIDEO_FORMAT_ENCODED && takes[profile_of_format(format)];
  };
  // The format of DMA-BUFs stands in another field; where it does not, it is open.
  return filter_strings(structure, "format",
                        [&](const char* name) {
                          const GstVideoFormat format = gst_video_format_from_string(name);
                          return format == GST_VIDEO_FORMAT_DMA_DRM || fits(format);
                        }) &&
         filter_strings(structure, "drm-format", [&](const char* name) {
           return fits(parse_drm_format(name).value_or(DrmFormat{}).format);
         });
}

const char* chroma_format_of(const ColorConfig& color) {
  if (color.mono_chrome) return "4:0:0";
  if (color.subsampling_y) return "4:2:0";
  return color.subsampling_x ? "4:2:2" : "4:4:4";
}

Result<EncodedStream> describe_sequence(const Obu& obu) {
  auto sequence = parse_sequence_header(obu.payload);
  if (!sequence) return std::unexpected(sequence.error());
  auto codec_data = make_codec_data(obu);
  if (!codec_data) return std::unexpected(codec_data.error());
  return EncodedStream{*sequence,
                       {obu.bytes.begin(), obu.bytes.end()},
                       std::move(*codec_data),
                       sequence->max_frame_width,
                       sequence->max_frame_height};
}

// Of a frame whose header tells.
void set_render_size(EncodedStream& stream, const Obu& frame_obu) {
  FrameHeaderParser parser;
  parser.set_sequence(stream.sequence);
  const Result<FrameHeader> frame = parser.parse(frame_obu);
  if (!frame || !frame->size) return;
  stream.width = frame->size->render_width;
  stream.height = frame->size->render_height;
}

}  // namespace

CapsHandle restrict_to_profiles(const GstCaps* sink_caps, const GstCaps* downstream) {
  bool takes[3];
  for (unsigned p = 0; p < 3; p++) takes[p] = takes_profile(downstream, p);
  CapsHandle restricted{gst_caps_new_empty()};
  for (guint i = 0; i < gst_caps_get_size(sink_caps); i++) {
    StructureHandle structure{gst_structure_copy(gst_caps_get_structure(sink_caps, i))};
    if (!filter_formats(structure.get(), takes)) continue;
    gst_caps_append_structure_full(restricted.get(), structure.release(),
                                   gst_caps_features_copy(gst_caps_get_features(sink_caps, i)));
  }
  return restricted;
}

Result<EncodedStream> describe_stream(std::span<const uint8_t> unit) {
  ObuReader reader(unit, ObuFraming::Section5);
  std::optional<EncodedStream> stream;
  while (true) {
    const auto obu = reader.next();
    if (!obu) return fail(ErrorCode::InvalidData, obu.error().describe(0));
    if (!*obu) break;
    if (stream && (*obu)->starts_frame()) {
      set_render_size(*stream, **obu);
      break;
    }
    if (stream || (*obu)->type != ObuType::SequenceHeader) continue;
    auto described = describe_sequence(**obu);
    if (!described) return std::unexpected(described.error());
    stream = std::move(*described);
  }
  if (stream) return std::move(*stream);
  return fail(ErrorCode::InvalidData, "there is no sequence header in the first unit");
}

CapsHandle encoded_caps(const SequenceHeader& sequence) {
  CapsHandle caps{gst_caps_from_string(encoder_src_caps)};
  const ColorConfig& color = sequence.color;
  gst_caps_set_simple(caps.get(), "chroma-format", G_TYPE_STRING, chroma_format_of(color),
                      "bit-depth-luma", G_TYPE_UINT, static_cast<guint>(color.bit_depth), nullptr);
  if (!color.mono_chrome) {
    gst_caps_set_simple(caps.get(), "bit-depth-chroma", G_TYPE_UINT,
                        static_cast<guint>(color.bit_depth), nullptr);
  }
  if (const char* profile = profile_name(sequence.seq_profile)) {
    gst_caps_set_simple(caps.get(), "profile", G_TYPE_STRING, profile, nullptr);
  }
  const OperatingPoint& op = sequence.operating_points[0];
  if (const char* level = level_name(op.seq_level_idx)) {
    gst_caps_set_simple(caps.get(), "level", G_TYPE_STRING, level, "tier", G_TYPE_STRING,
                        tier_name(static_cast<Tier>(op.seq_tier)), nullptr);
  }
  return caps;
}

GstVideoColorimetry colorimetry_of(const ColorConfig& color) {
  return {color.color_range ? GST_VIDEO_COLOR_RANGE_0_255 : GST_VIDEO_COLOR_RANGE_16_235,
          gst_video_color_matrix_from_iso(color.matrix_coefficients),
          gst_video_transfer_function_from_iso(color.transfer_characteristics),
          gst_video_color_primaries_from_iso(color.color_primaries)};
}

}  // namespace av1hw
