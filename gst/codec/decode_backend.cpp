// SPDX-License-Identifier: LGPL-2.1-or-later
// What most drivers do alike.
#include "codec/decode_backend.h"

namespace av1hw {

GstVideoFormat DecodeBackend::surface_format(const StreamConfig& stream) const {
  const bool is_420 = stream.subsampling_x && stream.subsampling_y;
  if (!stream.mono_chrome && !is_420) return GST_VIDEO_FORMAT_UNKNOWN;
  switch (stream.bit_depth) {
  case 8: return GST_VIDEO_FORMAT_NV12;
  case 10: return GST_VIDEO_FORMAT_P010_10LE;
  case 12: return GST_VIDEO_FORMAT_P012_LE;
  default: return GST_VIDEO_FORMAT_UNKNOWN;
  }
}

}  // namespace av1hw
