// SPDX-License-Identifier: LGPL-2.1-or-later
// vaav1enc in a harness, on the reference driver in the same process. What it makes is decoded by
// dav1d: each frame has a brightness of its own, by which it is known again.
#pragma once

#include <gst/video/video.h>

#include <cmath>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "vaapi/va_harness.h"

namespace av1hw::test {

inline bool is_arc() { return std::string_view(std::getenv("REFDRV_PROFILE")).contains("arc"); }

struct ShownFrame {
  GstClockTime pts = 0;
  int width = 0;
  int height = 0;
  double brightness = 0;  // mean of luma, in 8 bits
};

inline double brightness_of(unsigned number) { return 40 + number * 37 % 160; }

class VaEncoderHarness : public ElementHarness {
 public:
  // `properties` of the encoder, as gst-launch-1.0 writes them.
  explicit VaEncoderHarness(const std::string& properties = {},
                            GstVideoFormat format = GST_VIDEO_FORMAT_NV12, unsigned width = 320,
                            unsigned height = 180)
      : ElementHarness("av1hwvaav1enc name=enc " + properties + " ! av1hwcpuav1dec", "enc") {
    gst_video_info_set_format(&info_, format, width, height);
    set_caps(std::string("video/x-raw, format=") + gst_video_format_to_string(format) + ", width=" +
             std::to_string(width) + ", height=" + std::to_string(height) + ", framerate=30/1");
  }

  GstFlowReturn push(unsigned frames) {
    GstFlowReturn flow = GST_FLOW_OK;
    while (frames-- > 0 && flow == GST_FLOW_OK) flow = gst_harness_push(harness_, make_frame());
    return flow;
  }
  // A frame whose top left quarter shall have a quantizer lower by 20.
  GstFlowReturn push_with_region() {
    GstBuffer* frame = make_frame();
    GstVideoRegionOfInterestMeta* meta = gst_buffer_add_video_region_of_interest_meta(
        frame, "face", 0, 0, static_cast<guint>(info_.width / 2),
        static_cast<guint>(info_.height / 2));
    gst_video_region_of_interest_meta_add_param(
        meta, gst_structure_new("roi/av1hw", "delta-q", G_TYPE_INT, -20, nullptr));
    return gst_harness_push(harness_, frame);
  }
  void force_key_frame() {
    gst_harness_push_upstream_event(
        harness_, gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 1));
  }

  // What has come out since the last call.
  std::vector<ShownFrame> take() {
    std::vector<ShownFrame> shown;
    while (GstBuffer* buffer = gst_harness_try_pull(harness_)) {
      shown.push_back(look_at(buffer));
      gst_buffer_unref(buffer);
    }
    return shown;
  }

 private:
  GstBuffer* make_frame() {
    GstBuffer* buffer = gst_buffer_new_allocate(nullptr, GST_VIDEO_INFO_SIZE(&info_), nullptr);
    const auto level = static_cast<uint8_t>(brightness_of(next_));
    GstMapInfo map;
    gst_buffer_map(buffer, &map, GST_MAP_WRITE);
    const size_t chroma = GST_VIDEO_INFO_PLANE_OFFSET(&info_, 1);
    const bool wide = GST_VIDEO_INFO_COMP_DEPTH(&info_, 0) > 8;
    // Of P010 the upper byte of each sample is what it has in 8 bits.
    for (size_t i = 0; i < map.size; i++) {
      const uint8_t value = i < chroma ? level : 128;
      map.data[i] = wide && i % 2 == 0 ? 0 : value;
    }
    gst_buffer_unmap(buffer, &map);
    GST_BUFFER_PTS(buffer) = gst_util_uint64_scale(next_, GST_SECOND, 30);
    GST_BUFFER_DURATION(buffer) = GST_SECOND / 30;
    next_++;
    return buffer;
  }

  ShownFrame look_at(GstBuffer* buffer) {
    GstCaps* caps = gst_pad_get_current_caps(harness_->sinkpad);
    GstVideoInfo info;
    GstVideoFrame frame;
    ShownFrame shown;
    if (gst_video_info_from_caps(&info, caps) &&
        gst_video_frame_map(&frame, &info, buffer, GST_MAP_READ)) {
      shown = {GST_BUFFER_PTS(buffer), info.width, info.height, mean_luma(frame)};
      gst_video_frame_unmap(&frame);
    }
    gst_caps_unref(caps);
    return shown;
  }

  static double mean_luma(const GstVideoFrame& frame) {
    const int depth = GST_VIDEO_FRAME_COMP_DEPTH(&frame, 0);
    double sum = 0;
    for (int y = 0; y < frame.info.height; y++) {
      const auto* row = static_cast<const uint8_t*>(GST_VIDEO_FRAME_COMP_DATA(&frame, 0)) +
                        static_cast<ptrdiff_t>(y) * GST_VIDEO_FRAME_COMP_STRIDE(&frame, 0);
      for (int x = 0; x < frame.info.width; x++)
        sum += depth == 8 ? row[x] : GST_READ_UINT16_LE(row + 2 * x);
    }
    return sum / frame.info.width / frame.info.height / (1 << (depth - 8));
  }

  GstVideoInfo info_ = {};
  unsigned next_ = 0;
};

// Ten frames, of which the middle four have a region of interest.
inline void push_regions(VaEncoderHarness& encoder) {
  encoder.push(3);
  for (int i = 0; i < 4; i++) EXPECT_EQ(encoder.push_with_region(), GST_FLOW_OK);
  encoder.push(3);
  encoder.end();
}

// Each frame, in order, as bright as it went in, and none beside.
inline void expect_frames(const std::vector<ShownFrame>& shown, unsigned count) {
  ASSERT_EQ(shown.size(), count);
  for (unsigned i = 0; i < count; i++) {
    EXPECT_EQ(shown[i].pts, gst_util_uint64_scale(i, GST_SECOND, 30)) << i;
    EXPECT_NEAR(shown[i].brightness, brightness_of(i), 6) << i;
  }
}

}  // namespace av1hw::test
