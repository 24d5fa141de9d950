// SPDX-License-Identifier: LGPL-2.1-or-later
// The bitstream's time codes as GstVideoTimeCodeMeta.
#include "memory/time_code_meta.h"

#include <gst/video/video.h>

#include "base/unique_handle.h"

namespace av1hw {
namespace {

// counting_type (6.7.7): the two lowest frame numbers are left out now and then.
constexpr unsigned counting_drops_two = 4;

}  // namespace

void add_time_code_meta(GstBuffer* buffer, const Timecode& timecode, int fps_n, int fps_d) {
  if (!timecode.full_timestamp || fps_n <= 0 || fps_d <= 0) return;
  const GstVideoTimeCodeFlags flags = timecode.counting_type == counting_drops_two
                                          ? GST_VIDEO_TIME_CODE_FLAGS_DROP_FRAME
                                          : GST_VIDEO_TIME_CODE_FLAGS_NONE;
  const UniqueHandle<GstVideoTimeCode, gst_video_time_code_free> code{gst_video_time_code_new(
      static_cast<guint>(fps_n), static_cast<guint>(fps_d), nullptr, flags, timecode.hours,
      timecode.minutes, timecode.seconds, timecode.n_frames, 0)};
  if (gst_video_time_code_is_valid(code.get())) {
    gst_buffer_add_video_time_code_meta(buffer, code.get());
  }
}

}  // namespace av1hw
