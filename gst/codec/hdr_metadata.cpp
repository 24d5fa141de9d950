// SPDX-License-Identifier: LGPL-2.1-or-later
// Converting AV1's fixed-point HDR metadata (specification 6.7.3 and 6.7.4).
#include "codec/hdr_metadata.h"

#include <algorithm>

namespace av1hw {
namespace {

GstVideoMasteringDisplayInfoCoordinates coordinates(const Chromaticity& from) {
  auto scaled = [](uint16_t value) {
    return static_cast<guint16>((uint32_t{value} * 50000 + (1 << 15)) >> 16);
  };
  return {scaled(from.x), scaled(from.y)};
}

guint32 luminance(uint32_t value, unsigned fraction_bits) {
  const uint64_t half = uint64_t{1} << (fraction_bits - 1);
  const uint64_t scaled = (uint64_t{value} * 10000 + half) >> fraction_bits;
  return static_cast<guint32>(std::min<uint64_t>(scaled, G_MAXUINT32));
}

Chromaticity chromaticity(const GstVideoMasteringDisplayInfoCoordinates& from) {
  const auto scaled = [](guint16 value) {
    return static_cast<uint16_t>(
        std::min<uint32_t>((uint32_t{value} * 65536 + 25000) / 50000, UINT16_MAX));
  };
  return {scaled(from.x), scaled(from.y)};
}

uint32_t fixed_point(guint32 value, unsigned fraction_bits) {
  const uint64_t scaled = ((uint64_t{value} << fraction_bits) + 5000) / 10000;
  return static_cast<uint32_t>(std::min<uint64_t>(scaled, UINT32_MAX));
}

}  // namespace

GstVideoMasteringDisplayInfo mastering_display_info(const HdrMdcv& mdcv) {
  GstVideoMasteringDisplayInfo info;
  gst_video_mastering_display_info_init(&info);
  // Both sides have red first, then green, then blue.
  for (size_t i = 0; i < mdcv.primaries.size(); i++) {
    info.display_primaries[i] = coordinates(mdcv.primaries[i]);
  }
  info.white_point = coordinates(mdcv.white_point);
  info.max_display_mastering_luminance = luminance(mdcv.luminance_max, 8);
  info.min_display_mastering_luminance = luminance(mdcv.luminance_min, 14);
  return info;
}

GstVideoContentLightLevel content_light_level(const HdrCll& cll) {
  GstVideoContentLightLevel level;
  gst_video_content_light_level_init(&level);
  level.max_content_light_level = cll.max_cll;
  level.max_frame_average_light_level = cll.max_fall;
  return level;
}

HdrMdcv hdr_mdcv(const GstVideoMasteringDisplayInfo& info) {
  HdrMdcv mdcv;
  for (size_t i = 0; i < mdcv.primaries.size(); i++) {
    mdcv.primaries[i] = chromaticity(info.display_primaries[i]);
  }
  mdcv.white_point = chromaticity(info.white_point);
  mdcv.luminance_max = fixed_point(info.max_display_mastering_luminance, 8);
  mdcv.luminance_min = fixed_point(info.min_display_mastering_luminance, 14);
  return mdcv;
}

HdrCll hdr_cll(const GstVideoContentLightLevel& level) {
  return {.max_cll = level.max_content_light_level,
          .max_fall = level.max_frame_average_light_level};
}

}  // namespace av1hw
