// SPDX-License-Identifier: LGPL-2.1-or-later
// An encoder element of the built plugin between two test pads, with what came out of it.
#pragma once

#include <gst/video/video.h>

#include <cstdint>
#include <string>
#include <vector>

#include "elements/element_harness.h"
#include "support/test_pattern.h"

namespace av1hw::test {

struct Unit {
  GstClockTime pts = 0;
  GstClockTime dts = 0;
  bool key = false;
  bool header = false;
  std::vector<uint8_t> bytes;
};

class EncoderHarness : public ElementHarness {
 public:
  // The encoder has name=enc.
  explicit EncoderHarness(const std::string& launch, GstVideoFormat format = GST_VIDEO_FORMAT_I420,
                          unsigned width = 176, unsigned height = 144)
      : ElementHarness(launch, "enc") {
    set_format(format, width, height);
  }
  ~EncoderHarness() { gst_clear_caps(&caps_); }

  // Sends caps; `more` is appended to them (", colorimetry=...").
  void set_format(GstVideoFormat format, unsigned width, unsigned height,
                  const std::string& more = {}) {
    gst_video_info_set_format(&info_, format, width, height);
    const std::string caps = std::string("video/x-raw, format=") +
                             gst_video_format_to_string(format) +
                             ", width=" + std::to_string(width) +
                             ", height=" + std::to_string(height) + ", framerate=30/1" + more;
    set_caps(caps);
  }

  GstBuffer* make_frame() {
    GstBuffer* buffer = make_pattern_buffer(info_, next_);
    GST_BUFFER_PTS(buffer) = gst_util_uint64_scale(next_, GST_SECOND, 30);
    GST_BUFFER_DURATION(buffer) = GST_SECOND / 30;
    next_++;
    return buffer;
  }

  GstFlowReturn push(unsigned frames) {
    GstFlowReturn flow = GST_FLOW_OK;
    while (frames-- > 0 && flow == GST_FLOW_OK) flow = gst_harness_push(harness_, make_frame());
    return flow;
  }

  // What has come out since the last call.
  std::vector<Unit> take() {
    std::vector<Unit> units;
    while (GstBuffer* buffer = gst_harness_try_pull(harness_)) {
      Unit unit = {.pts = GST_BUFFER_PTS(buffer),
                   .dts = GST_BUFFER_DTS(buffer),
                   .key = !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT),
                   .header = GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_HEADER) != 0,
                   .bytes = std::vector<uint8_t>(gst_buffer_get_size(buffer))};
      gst_buffer_extract(buffer, 0, unit.bytes.data(), unit.bytes.size());
      gst_buffer_unref(buffer);
      units.push_back(std::move(unit));
    }
    return units;
  }

  std::vector<Unit> encode(unsigned frames) {
    push(frames);
    end();
    return take();
  }

  // Caps at the source pad; not owned beyond the next call. nullptr: none yet.
  const GstStructure* source_structure() {
    gst_clear_caps(&caps_);
    caps_ = gst_pad_get_current_caps(harness_->sinkpad);
    return caps_ ? gst_caps_get_structure(caps_, 0) : nullptr;
  }

  const GstVideoInfo& info() const { return info_; }

 private:
  GstCaps* caps_ = nullptr;
  GstVideoInfo info_ = {};
  unsigned next_ = 0;
};

}  // namespace av1hw::test
