// SPDX-License-Identifier: LGPL-2.1-or-later
// For tests of av1compositebin: sources of one colour, inputs that come and go, and pictures.
#pragma once

#include <gst/video/video.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <format>
#include <string>

#include "pipeline.h"

namespace av1hw::test {

struct Colour {
  int r, g, b;
};
inline constexpr Colour red = {255, 0, 0}, green = {0, 255, 0}, blue = {0, 0, 255},
                        white = {255, 255, 255}, black = {0, 0, 0};

// The last picture that came into a fakesink, as RGB.
class Picture {
 public:
  explicit Picture(GstElement* sink) {
    GstSample* sample = nullptr;
    g_object_get(sink, "last-sample", &sample, nullptr);
    if (!sample) return;
    GstCaps* rgb = gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, "RGB", nullptr);
    GstSample* converted = gst_video_convert_sample(sample, rgb, 10 * GST_SECOND, nullptr);
    gst_caps_unref(rgb);
    gst_sample_unref(sample);
    sample_.reset(converted);
    if (!converted) return;
    gst_video_info_from_caps(&info_, gst_sample_get_caps(converted));
  }
  int width() const { return GST_VIDEO_INFO_WIDTH(&info_); }
  int height() const { return GST_VIDEO_INFO_HEIGHT(&info_); }
  // Whether the samples around (x, y) have this colour, up to what coding changes.
  bool is(int x, int y, Colour wanted) const {
    if (!sample_ || x >= width() || y >= height()) return false;
    GstVideoFrame frame;
    if (!gst_video_frame_map(&frame, &info_, gst_sample_get_buffer(sample_.get()), GST_MAP_READ))
      return false;
    const auto* row = static_cast<const guint8*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, 0)) +
                      y * GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0) + 3 * x;
    const auto near = [](int a, int b) { return std::abs(a - b) < 40; };
    const bool same = near(row[0], wanted.r) && near(row[1], wanted.g) && near(row[2], wanted.b);
    gst_video_frame_unmap(&frame);
    return same;
  }

 private:
  Ref<GstSample> sample_;
  GstVideoInfo info_ = {};
};

inline std::string source(const char* pattern, int buffers, const char* extra = "") {
  return std::format(
      "videotestsrc pattern={} num-buffers={} {} ! "
      "video/x-raw,format=I420,width=160,height=120,framerate=30/1",
      pattern, buffers, extra);
}

// A machine that is busy with other tests may run a live source late; late frames are dropped.
inline constexpr GstClockTime live_latency = 300 * GST_MSECOND;

inline constexpr const char* raw_sink = "video/x-raw ! fakesink name=sink enable-last-sample=true";

// A source that is added while the pipeline plays, and can be removed.
class Branch {
 public:
  Branch(Pipeline& pipeline, const std::string& source, GstClockTime offset = 0)
      : pipeline_(pipeline) {
    GError* error = nullptr;
    bin_ = gst_parse_bin_from_description((source + " ! identity").c_str(), TRUE, &error);
    EXPECT_EQ(error, nullptr) << error->message;
    gst_bin_add(GST_BIN(pipeline.element()), bin_);
    composite_ = pipeline.get("c");
    sink_.reset(gst_element_request_pad_simple(composite_.get(), "sink_%u"));
    gst_pad_set_offset(sink_.get(), static_cast<gint64>(offset));
    const Ref<GstPad> src(gst_element_get_static_pad(bin_, "src"));
    EXPECT_EQ(gst_pad_link(src.get(), sink_.get()), GST_PAD_LINK_OK);
    gst_element_sync_state_with_parent(bin_);
  }
  // While data flows.
  void release() {
    gst_element_release_request_pad(composite_.get(), sink_.get());
    sink_.reset();
  }
  void remove() {
    gst_element_set_locked_state(bin_, TRUE);
    gst_element_set_state(bin_, GST_STATE_NULL);
    if (sink_) release();
    gst_bin_remove(GST_BIN(pipeline_.element()), bin_);
  }

 private:
  Pipeline& pipeline_;
  GstElement* bin_;
  Ref<GstElement> composite_;
  Ref<GstPad> sink_;
};

}  // namespace av1hw::test
