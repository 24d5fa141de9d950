// SPDX-License-Identifier: LGPL-2.1-or-later
// Encoders under control while they run: key frames that are asked for, bitrate changes, presets.
#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>
#include <set>

#include "elements/encoder_cases.h"
#include "elements/encoder_harness.h"

namespace av1hw::test {
namespace {

class EncoderControl : public EncoderCase {
 protected:
  static void request_key_frame(EncoderHarness& h) {
    gst_harness_push_upstream_event(
        h.harness(), gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 7));
  }

  // Asks for a key frame before frames 13 and 22 of 40.
  static void expect_requested_key_frames(EncoderHarness& h) {
    h.push(13);
    request_key_frame(h);
    h.push(9);
    request_key_frame(h);
    h.push(18);
    h.end();
    const std::vector<Unit> units = h.take();
    ASSERT_EQ(units.size(), 40U);
    for (size_t i = 0; i < units.size(); i++) {
      EXPECT_EQ(units[i].key, i == 0 || i == 13 || i == 22) << i;
    }
  }

  // Threads of this process while an encoder is at work.
  static std::ptrdiff_t threads_with(const std::string& launch) {
    EncoderHarness h(launch);
    h.push(5);
    const std::filesystem::directory_iterator tasks("/proc/self/task");
    return std::distance(begin(tasks), end(tasks));
  }

  static uint64_t bytes_of(const std::vector<Unit>& units, size_t from, size_t to) {
    uint64_t sum = 0;
    for (size_t i = from; i < to; i++) sum += units.at(i).bytes.size();
    return sum;
  }
};

TEST_P(EncoderControl, KeyFrameComesAtTheNextFrame) {
  for (const char* mode : {"", "low-latency=true", "bitrate=500", "bitrate=500 low-latency=true"}) {
    SCOPED_TRACE(mode);
    EncoderHarness h(fast(mode));
    expect_requested_key_frames(h);
    EXPECT_EQ(h.message(GST_MESSAGE_ERROR), "");
  }
}

TEST_P(EncoderControl, ThreadsAreAsManyAsAskedFor) {
  const auto one = threads_with(fast("threads=1"));
  const auto eight = threads_with(fast("threads=8"));
  EXPECT_LE(one + 4, eight);
}

TEST_P(EncoderControl, KeyFrameRequestFromUpstreamGoesOnDownstream) {
  EncoderHarness h(fast());
  h.push(5);
  gst_harness_push_event(
      h.harness(), gst_video_event_new_downstream_force_key_unit(
                       GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, TRUE, 9));
  h.push(5);
  h.end();
  const std::vector<Unit> units = h.take();
  ASSERT_EQ(units.size(), 10U);
  EXPECT_TRUE(units[5].key);
  unsigned announced = 0;
  while (GstEvent* event = gst_harness_try_pull_event(h.harness())) {
    if (gst_video_event_is_force_key_unit(event)) announced++;
    gst_event_unref(event);
  }
  EXPECT_EQ(announced, 1U);
}

TEST_P(EncoderControl, BitrateChangeTakesEffectAndLosesNoFrame) {
  for (const char* mode : {"low-latency=false", "low-latency=true"}) {
    SCOPED_TRACE(mode);
    EncoderHarness h(fast(std::string("bitrate=1500 gop-size=300 ") + mode), GST_VIDEO_FORMAT_I420,
                     320, 240);
    h.push(60);
    g_object_set(h.element(), "bitrate", 150, nullptr);
    h.push(60);
    h.end();
    const std::vector<Unit> units = h.take();
    ASSERT_EQ(units.size(), 120U);
    for (size_t i = 0; i < units.size(); i++) {
      EXPECT_EQ(units[i].pts, gst_util_uint64_scale(i, GST_SECOND, 30));
      EXPECT_EQ(units[i].key, i == 0 || i == 60) << i;
    }
    // Ten times less is asked for; less than half shows that it was heard.
    const uint64_t before = bytes_of(units, 0, 60);
    const uint64_t after = bytes_of(units, 60, 120);
    RecordProperty("before", std::to_string(before));
    RecordProperty("after", std::to_string(after));
    EXPECT_LT(after * 2, before);
    EXPECT_EQ(h.message(GST_MESSAGE_ERROR), "");
  }
}

// Changed within the library, each was a chance of a crash (SVT-AV1 2.3).
TEST_P(EncoderControl, BitrateCanBeChangedAgainAndAgain) {
  EncoderHarness h(fast("bitrate=1500 gop-size=300 low-latency=true"));
  constexpr unsigned changes = 40;
  for (unsigned i = 0; i < changes; i++) {
    h.push(3);
    g_object_set(h.element(), "bitrate", i % 2 ? 1500 : 300, nullptr);
  }
  h.end();
  EXPECT_EQ(h.take().size(), 3 * changes);
  EXPECT_EQ(h.message(GST_MESSAGE_ERROR), "");
}

TEST_P(EncoderControl, BitrateThatMakesNoSenseIsIgnoredWithAWarning) {
  EncoderHarness h(fast("bitrate=500 rate-control=vbr"));
  h.push(10);
  g_object_set(h.element(), "bitrate", 0, nullptr);
  h.push(10);
  h.end();
  EXPECT_EQ(h.take().size(), 20U);
  EXPECT_NE(h.message(GST_MESSAGE_WARNING).find("bitrate"), std::string::npos);
}

TEST_P(EncoderControl, HigherQuantizerMakesSmallerFiles) {
  uint64_t smaller_than = UINT64_MAX;
  for (const char* quantizer : {"quantizer=20", "quantizer=120", "quantizer=230"}) {
    EncoderHarness h(fast(quantizer));
    const uint64_t bytes = bytes_of(h.encode(10), 0, 10);
    EXPECT_LT(bytes, smaller_than) << quantizer;
    smaller_than = bytes;
  }
}

TEST_P(EncoderControl, ShippedPresetsLoad) {
  EncoderHarness h(fast());
  ASSERT_TRUE(GST_IS_PRESET(h.element()));
  char** names = gst_preset_get_preset_names(GST_PRESET(h.element()));
  std::set<std::string> found;
  for (char** name = names; name && *name; name++) found.insert(*name);
  g_strfreev(names);
  EXPECT_EQ(found, (std::set<std::string>{"Archive", "Live", "Screen"}));
  ASSERT_TRUE(gst_preset_load_preset(GST_PRESET(h.element()), "Live"));
  gboolean low_latency = FALSE;
  guint preset = 0;
  g_object_get(h.element(), "low-latency", &low_latency, "preset", &preset, nullptr);
  EXPECT_TRUE(low_latency);
  EXPECT_EQ(preset, 10U);
  ASSERT_TRUE(gst_preset_load_preset(GST_PRESET(h.element()), "Archive"));
  g_object_get(h.element(), "preset", &preset, nullptr);
  EXPECT_EQ(preset, 4U);
}

TEST_P(EncoderControl, PropertiesRefuseValuesOutOfRange) {
  GstElement* element = gst_element_factory_make(GetParam(), nullptr);
  gst_object_ref_sink(element);
  // GObject itself holds these back, so what counts is the range that it was told.
  auto takes = [&](const char* name, guint number) {
    GParamSpec* pspec = g_object_class_find_property(G_OBJECT_GET_CLASS(element), name);
    GValue value = G_VALUE_INIT;
    g_value_init(&value, G_TYPE_UINT);
    g_value_set_uint(&value, number);
    return pspec && !g_param_value_validate(pspec, &value);
  };
  EXPECT_TRUE(takes("quantizer", 0));
  EXPECT_TRUE(takes("quantizer", 255));
  EXPECT_FALSE(takes("quantizer", 256));
  EXPECT_FALSE(takes("preset", 0));
  EXPECT_FALSE(takes("preset", 11));
  EXPECT_FALSE(takes("tile-columns", 0));
  EXPECT_FALSE(takes("bitrate", 3'000'000));
  gst_object_unref(element);
}

TEST_P(EncoderControl, HasNoPropertyThatItCannotHonour) {
  GstElement* element = gst_element_factory_make(GetParam(), nullptr);
  gst_object_ref_sink(element);
  GObjectClass* klass = G_OBJECT_GET_CLASS(element);
  for (const char* name : {"temporal-layers", "ref-frames", "b-frames"}) {
    EXPECT_FALSE(g_object_class_find_property(klass, name)) << name;
  }
  EXPECT_EQ(g_object_class_find_property(klass, "film-grain") != nullptr, is("cpusvtav1enc"));
  EXPECT_EQ(g_object_class_find_property(klass, "max-bitrate") != nullptr, is("cpusvtav1enc"));
  EXPECT_EQ(g_object_class_find_property(klass, "min-gop-size") != nullptr, is("cpuav1enc"));
  // rav1e varies the quantizer by frame, so it has no cqp.
  GParamSpec* mode = g_object_class_find_property(klass, "rate-control");
  ASSERT_TRUE(mode);
  EXPECT_EQ(g_enum_get_value_by_nick(G_PARAM_SPEC_ENUM(mode)->enum_class, "cqp") != nullptr,
            is("cpusvtav1enc"));
  gst_object_unref(element);
}

INSTANTIATE_TEST_SUITE_P(All, EncoderControl, testing::ValuesIn(encoder_names), encoder_case_name);

}  // namespace
}  // namespace av1hw::test
