// SPDX-License-Identifier: LGPL-2.1-or-later
// Playing backwards: every frame comes out once, and the last is the first.
#include <gst/app/gstappsink.h>
#include <gtest/gtest.h>

#include <format>
#include <utility>

#include "elements/decoder_harness.h"

namespace av1hw::test {
namespace {

constexpr GstClockTime patience = 60 * GST_SECOND;

// A frame's time and what it shows.
using Shown = std::pair<GstClockTime, std::string>;

// A clip of three seconds, with a key frame each, through a decoder.
class Player {
 public:
  explicit Player(const std::string& decoder) {
    const std::filesystem::path source = std::getenv("AV1HW_SOURCE_ROOT");
    const std::string line =
        std::format("filesrc location=\"{}\" ! qtdemux ! {} ! appsink name=sink sync=false",
                    (source / "tests" / "data" / "chart.mp4").string(), decoder);
    GError* error = nullptr;
    pipeline_ = gst_parse_launch(line.c_str(), &error);
    if (error) ADD_FAILURE() << error->message;
    g_clear_error(&error);
    sink_ = gst_bin_get_by_name(GST_BIN(pipeline_), "sink");
  }
  ~Player() {
    gst_element_set_state(pipeline_, GST_STATE_NULL);
    gst_object_unref(sink_);
    gst_object_unref(pipeline_);
  }
  Player(const Player&) = delete;
  Player& operator=(const Player&) = delete;

  // With the last frame first.
  bool seek_backwards() {
    gst_element_set_state(pipeline_, GST_STATE_PAUSED);
    if (gst_element_get_state(pipeline_, nullptr, nullptr, patience) != GST_STATE_CHANGE_SUCCESS) {
      return false;
    }
    constexpr auto flags = static_cast<GstSeekFlags>(GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE);
    return gst_element_seek(pipeline_, -1.0, GST_FORMAT_TIME, flags, GST_SEEK_TYPE_SET, 0,
                            GST_SEEK_TYPE_SET, 3 * GST_SECOND);
  }

  // Frames up to the end of the stream.
  std::vector<Shown> play() {
    gst_element_set_state(pipeline_, GST_STATE_PLAYING);
    std::vector<Shown> shown;
    while (GstSample* sample = gst_app_sink_try_pull_sample(GST_APP_SINK(sink_), patience)) {
      const OutputFrame frame(gst_buffer_ref(gst_sample_get_buffer(sample)),
                              gst_caps_ref(gst_sample_get_caps(sample)));
      shown.emplace_back(frame.pts(), frame.checksum());
      gst_sample_unref(sample);
    }
    EXPECT_TRUE(gst_app_sink_is_eos(GST_APP_SINK(sink_))) << "it hangs after " << shown.size();
    return shown;
  }

 private:
  GstElement* pipeline_ = nullptr;
  GstElement* sink_ = nullptr;
};

class DecoderReverse : public DecoderCase {};

TEST_P(DecoderReverse, EveryFrameComesOutInReverseOrder) {
  for (const char* delay : {"1", "3"}) {
    const std::string element = with_property(GetParam(), "max-frame-delay", delay);
    SCOPED_TRACE(element);
    std::vector<Shown> forwards = Player(element).play();
    ASSERT_EQ(forwards.size(), 75U);
    Player player(element);
    ASSERT_TRUE(player.seek_backwards());
    std::ranges::reverse(forwards);
    EXPECT_EQ(player.play(), forwards);
  }
}

INSTANTIATE_TEST_SUITE_P(Decoders, DecoderReverse, testing::ValuesIn(decoders_to_test()),
                         decoder_test_name);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(DecoderReverse);

}  // namespace
}  // namespace av1hw::test
