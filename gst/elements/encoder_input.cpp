// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads caps of raw video: features, drm-format, HDR.
#include "elements/encoder_input.h"

#include <gst/video/video-info-dma.h>

#include <optional>
#include <string>

#include "base/unique_handle.h"
#include "memory/drm_format.h"

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

Error unreadable(const char* drm_format) {
  return {ErrorCode::InvalidData,
          std::string("DMA-BUFs can't be read: ") +
              (drm_format ? std::string("drm-format ") + drm_format + " is not known"
                          : std::string("their caps have no drm-format"))};
}

template <typename T>
bool equal(const std::optional<T>& a, const std::optional<T>& b,
           gboolean (*same)(const T*, const T*)) {
  return a && b ? same(&*a, &*b) != FALSE : !a && !b;
}

}  // namespace

Result<EncoderInput> read_encoder_input(const GstCaps* caps) {
  EncoderInput input;
  input.memory = memory_of(caps);
  CapsHandle plain{gst_caps_copy(caps)};
  if (gst_video_is_dma_drm_caps(caps)) {
    const char* text = gst_structure_get_string(gst_caps_get_structure(caps, 0), "drm-format");
    const std::optional<DrmFormat> drm = parse_drm_format(text);
    if (!drm) return std::unexpected(unreadable(text));
    input.drm_modifier = drm->modifier;
    plain = with_plain_format(caps, drm->format);
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

bool same_input(const EncoderInput& a, const EncoderInput& b) {
  return a.memory == b.memory && a.drm_modifier == b.drm_modifier &&
         gst_video_info_is_equal(&a.info, &b.info) &&
         equal(a.mastering_display, b.mastering_display,
               gst_video_mastering_display_info_is_equal) &&
         equal(a.content_light, b.content_light, gst_video_content_light_level_is_equal);
}

}  // namespace av1hw
