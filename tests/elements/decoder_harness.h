// SPDX-License-Identifier: LGPL-2.1-or-later
// A decoder element of the built plugin between two test pads, with what came out of it.
#pragma once

#include <gst/video/video.h>

#include <deque>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "av1/obu.h"
#include "elements/element_harness.h"
#include "support/decode_session.h"
#include "support/decoder_test_name.h"
#include "support/test_files.h"

namespace av1hw::test {

// A frame and the caps that it came with.
class OutputFrame {
 public:
  OutputFrame(GstBuffer* buffer, GstCaps* caps) : buffer_(buffer) {
    gst_video_info_from_caps(&info_, caps);
    gst_caps_unref(caps);
  }
  ~OutputFrame() { gst_clear_buffer(&buffer_); }
  OutputFrame(OutputFrame&& other) noexcept
      : buffer_(std::exchange(other.buffer_, nullptr)), info_(other.info_) {}
  OutputFrame& operator=(OutputFrame&&) = delete;

  GstBuffer* buffer() const { return buffer_; }
  const GstVideoInfo& info() const { return info_; }
  GstClockTime pts() const { return GST_BUFFER_PTS(buffer_); }
  bool flagged(GstBufferFlags flag) const { return GST_BUFFER_FLAG_IS_SET(buffer_, flag); }

  // Of the visible samples of all planes.
  std::string checksum() const {
    GstVideoFrame frame;
    if (!gst_video_frame_map(&frame, &info_, buffer_, GST_MAP_READ)) return "not mapped";
    GChecksum* sum = g_checksum_new(G_CHECKSUM_MD5);
    for (guint c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS(&frame); c++) {
      const auto* row = static_cast<const guchar*>(GST_VIDEO_FRAME_COMP_DATA(&frame, c));
      for (int y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT(&frame, c); y++) {
        g_checksum_update(sum, row,
                          static_cast<gssize>(GST_VIDEO_FRAME_COMP_WIDTH(&frame, c)) *
                              GST_VIDEO_FRAME_COMP_PSTRIDE(&frame, c));
        row += GST_VIDEO_FRAME_COMP_STRIDE(&frame, c);
      }
    }
    const std::string text = g_checksum_get_string(sum);
    g_checksum_free(sum);
    gst_video_frame_unmap(&frame);
    return text;
  }

 private:
  GstBuffer* buffer_;
  GstVideoInfo info_ = {};
};

inline std::vector<std::string> checksums(std::span<const OutputFrame> frames) {
  std::vector<std::string> all;
  for (const OutputFrame& frame : frames) all.push_back(frame.checksum());
  return all;
}

inline constexpr const char* default_sink_caps =
    "video/x-av1,stream-format=obu-stream,alignment=tu,framerate=25/1";

class DecoderHarness : public ElementHarness {
 public:
  enum class VideoMeta : uint8_t { Taken, Refused };

  // `element`: as gst-launch-1.0 writes it, with properties.
  explicit DecoderHarness(const std::string& element, VideoMeta meta = VideoMeta::Taken,
                          bool live = false)
      : ElementHarness(element + " name=dec", "dec") {
    gst_harness_set_live(harness_, live);
    if (meta == VideoMeta::Taken) {
      gst_harness_add_propose_allocation_meta(harness_, GST_VIDEO_META_API_TYPE, nullptr);
    }
    caps_probe_ = gst_pad_add_probe(
        harness_->sinkpad, GST_PAD_PROBE_TYPE_BUFFER,
        [](GstPad* pad, GstPadProbeInfo*, gpointer self) {
          static_cast<DecoderHarness*>(self)->caps_.push_back(gst_pad_get_current_caps(pad));
          return GST_PAD_PROBE_OK;
        },
        this, nullptr);
  }
  ~DecoderHarness() {
    gst_pad_remove_probe(harness_->sinkpad, caps_probe_);
    take();
  }

  // A packet of the clip, at its time.
  GstFlowReturn push(const Bytes& packet, size_t index, unsigned flags = 0) {
    GstBuffer* buffer = gst_buffer_new_memdup(packet.data(), packet.size());
    GST_BUFFER_PTS(buffer) = packet_time(index);
    GST_BUFFER_DURATION(buffer) = packet_time(1);
    GST_BUFFER_FLAG_SET(buffer, flags);
    return gst_harness_push(harness_, buffer);
  }
  void push_all(std::span<const Bytes> packets, size_t first_index = 0) {
    for (size_t i = 0; i < packets.size(); i++) push(packets[i], first_index + i);
  }

  // What has come out since the last call, with the caps of each.
  std::vector<OutputFrame> take() {
    std::vector<OutputFrame> frames;
    while (GstBuffer* buffer = gst_harness_try_pull(harness_)) {
      frames.emplace_back(buffer, caps_.front());
      caps_.pop_front();
    }
    return frames;
  }
  std::vector<OutputFrame> decode(std::span<const Bytes> packets) {
    push_all(packets);
    end();
    return take();
  }

 private:
  gulong caps_probe_ = 0;
  std::deque<GstCaps*> caps_;  // of the frames that were not taken yet
};

// Elements of the decoder shell; the bins behave as their choice does.
inline std::vector<std::string> decoder_elements() {
  std::vector<std::string> elements = decoders_to_test();
  std::erase_if(elements, [](const std::string& name) { return name.ends_with("bin"); });
  return elements;
}

// Each test runs on every decoder element that the plugin has here.
class DecoderCase : public testing::TestWithParam<std::string> {
 protected:
  // A clip of tests/data, or of the test vectors. Empty: it is not there, and the test skips.
  static std::vector<Bytes> clip(const std::string& name) {
    const std::filesystem::path source = std::getenv("AV1HW_SOURCE_ROOT");
    std::filesystem::path path = source / "tests" / "data" / name;
    if (!std::filesystem::exists(path)) {
      const auto vectors = vectors_folder();
      if (!vectors || !std::filesystem::exists(*vectors / name)) return {};
      path = *vectors / name;
    }
    const Bytes file = read_bytes(path);
    std::vector<Bytes> units;
    if (is_ivf(file)) {
      for (const auto unit : split_ivf(file)) units.emplace_back(unit.begin(), unit.end());
    } else {
      for (const TemporalUnit& unit : split_section5(file).units) {
        units.emplace_back(unit.packet.begin(), unit.packet.end());
      }
    }
    return units;
  }

  static std::string decoder(const std::string& properties = {}) {
    return GetParam() + (properties.empty() ? "" : " " + properties);
  }
};

}  // namespace av1hw::test
