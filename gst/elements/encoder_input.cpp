// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads caps of raw video: features, drm-format, HDR.
#include "elements/encoder_input.h"

#include <gst/video/video-info-dma.h>

#include <string>

#include "base/unique_handle.h"

namespace av1hw {
namespace {

MemoryDomain memory_of(const GstCaps* caps) {
  const GstCapsFeatures* features = gst_caps_get_features(caps, 0);
  for (guint i = 0; features && i < gst_caps_features_get_size(features); i++) {
    if (const auto domain = memory_domain_of(gst_caps_features_get_nth(features, i))) {
      return *domain;
    }
  }
  return MemoryDomain::System;
}

// The caps as they would be without DMA-BUFs: a GstVideoInfo's format is then the one that the
// frames have. Gives their modifier.
Result<uint64_t> replace_drm_format(GstCaps* caps) {
  GstStructure* structure = gst_caps_get_structure(caps, 0);
  const char* text = gst_structure_get_string(structure, "drm-format");
  guint64 modifier = 0;
  const guint32 fourcc = text ? gst_video_dma_drm_fourcc_from_string(text, &modifier) : 0;
  const GstVideoFormat format =
      fourcc != 0 ? gst_video_dma_drm_fourcc_to_format(fourcc) : GST_VIDEO_FORMAT_UNKNOWN;
  if (format == GST_VIDEO_FORMAT_UNKNOWN) {
    return fail(ErrorCode::InvalidData,
                std::string("DMA-BUFs can't be read: ") +
                    (text ? std::string("drm-format ") + text + " is not known"
                          : std::string("their caps have no drm-format")));
  }
  gst_structure_set(structure, "format", G_TYPE_STRING, gst_video_format_to_string(format),
                    nullptr);
  gst_structure_remove_field(structure, "drm-format");
  return modifier;
}

}  // namespace

Result<EncoderInput> read_encoder_input(const GstCaps* caps) {
  EncoderInput input;
  input.memory = memory_of(caps);
  const CapsHandle plain{gst_caps_copy(caps)};
  if (gst_video_is_dma_drm_caps(caps)) {
    const Result<uint64_t> modifier = replace_drm_format(plain.get());
    if (!modifier) return std::unexpected(modifier.error());
    input.drm_modifier = *modifier;
  }
  if (!gst_video_info_from_caps(&input.info, plain.get())) {
    const GCharPtr text{gst_caps_to_string(caps)};
    return fail(ErrorCode::InvalidData, std::string("no raw video: ") + text.get());
  }
  GstVideoMasteringDisplayInfo mastering_display;
  if (gst_video_mastering_display_info_from_caps(&mastering_display, caps)) {
    input.mastering_display = mastering_display;
  }
  GstVideoContentLightLevel light;
  if (gst_video_content_light_level_from_caps(&light, caps)) input.content_light = light;
  return input;
}

bool same_memory(const EncoderInput& a, const EncoderInput& b) {
  return a.memory == b.memory && a.drm_modifier == b.drm_modifier &&
         GST_VIDEO_INFO_FORMAT(&a.info) == GST_VIDEO_INFO_FORMAT(&b.info);
}

}  // namespace av1hw
