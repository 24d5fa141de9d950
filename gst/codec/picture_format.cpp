// SPDX-License-Identifier: LGPL-2.1-or-later
// Comparing picture formats.
#include "codec/picture_format.h"

namespace av1hw {

bool operator==(const PictureFormat& a, const PictureFormat& b) {
  auto same_mastering = [](const auto& x, const auto& y) {
    return x.has_value() == y.has_value() &&
           (!x || gst_video_mastering_display_info_is_equal(&*x, &*y));
  };
  auto same_light = [](const auto& x, const auto& y) {
    return x.has_value() == y.has_value() &&
           (!x || (x->max_content_light_level == y->max_content_light_level &&
                   x->max_frame_average_light_level == y->max_frame_average_light_level));
  };
  return same_layout(a, b) && a.par_n == b.par_n && a.par_d == b.par_d && a.fps_n == b.fps_n &&
         a.fps_d == b.fps_d && gst_video_colorimetry_is_equal(&a.colorimetry, &b.colorimetry) &&
         a.chroma_site == b.chroma_site &&
         same_mastering(a.mastering_display, b.mastering_display) &&
         same_light(a.content_light, b.content_light);
}

}  // namespace av1hw
