// SPDX-License-Identifier: LGPL-2.1-or-later
// Time codes on buffers.
#include "memory/time_code_meta.h"

#include <gst/video/video.h>
#include <gtest/gtest.h>

#include <string>

#include "memory/handles.h"

namespace av1hw {
namespace {

std::string written(const Timecode& timecode, int fps_n, int fps_d) {
  gst_init(nullptr, nullptr);
  const BufferHandle buffer(gst_buffer_new());
  add_time_code_meta(buffer.get(), timecode, fps_n, fps_d);
  const GstVideoTimeCodeMeta* meta = gst_buffer_get_video_time_code_meta(buffer.get());
  if (!meta) return "none";
  char* text = gst_video_time_code_to_string(&meta->tc);
  std::string copy = text;
  g_free(text);
  return copy;
}

TEST(TimeCodeMeta, TimesOfDay) {
  Timecode code;
  code.full_timestamp = true;
  code.hours = 7;
  code.minutes = 56;
  code.seconds = 34;
  code.n_frames = 12;
  EXPECT_EQ(written(code, 25, 1), "07:56:34:12");
  code.counting_type = 4;
  EXPECT_EQ(written(code, 30000, 1001), "07:56:34;12");
}

TEST(TimeCodeMeta, NoneWhereItWouldBeWrong) {
  Timecode code;
  code.seconds = 1;
  EXPECT_EQ(written(code, 25, 1), "none");  // no whole time of day
  code.full_timestamp = true;
  EXPECT_EQ(written(code, 0, 1), "none");
  code.n_frames = 25;
  EXPECT_EQ(written(code, 25, 1), "none");
  code.n_frames = 0;
  code.hours = 31;
  EXPECT_EQ(written(code, 25, 1), "none");
}

}  // namespace
}  // namespace av1hw
