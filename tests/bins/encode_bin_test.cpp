// SPDX-License-Identifier: LGPL-2.1-or-later
// av1encbin: the choice, its properties on whichever encoder was chosen, and autoplugging.
#include <gst/pbutils/encoding-profile.h>
#include <gtest/gtest.h>

#include <format>

#include "fake_codecs.h"
#include "pipeline.h"

namespace av1hw::test {
namespace {

std::string source(int width, int height, int buffers) {
  return std::format(
      "videotestsrc num-buffers={} ! video/x-raw,format=I420,width={},height={},framerate=30/1",
      buffers, width, height);
}

// Plays to the end; the units that came out.
unsigned count_units(Pipeline& pipeline) {
  const Ref<GstElement> sink = pipeline.get("sink");
  const Ref<GstPad> pad(gst_element_get_static_pad(sink.get(), "sink"));
  const BufferCount count(pad.get());
  EXPECT_TRUE(pipeline.run());
  return count.value();
}

// The encoder inside a bin; its own factory name is that of `chosen`.
Ref<GstElement> inner(GstElement* bin) {
  GValue item = G_VALUE_INIT;
  GstIterator* elements = gst_bin_iterate_elements(GST_BIN(bin));
  GstElement* found = nullptr;
  if (gst_iterator_next(elements, &item) == GST_ITERATOR_OK) {
    found = static_cast<GstElement*>(g_value_dup_object(&item));
    g_value_unset(&item);
  }
  gst_iterator_free(elements);
  return Ref<GstElement>(found);
}

TEST(EncodeBin, EncodesAndSaysWithWhat) {
  Pipeline pipeline(source(320, 240, 20) + " ! av1encbin name=e preset=10 ! fakesink name=sink");
  EXPECT_EQ(count_units(pipeline), 20u);
  ASSERT_EQ(pipeline.chosen.size(), 1u);
  EXPECT_EQ(pipeline.chosen[0].stage, "encode");
  EXPECT_NE(pipeline.chosen[0].reason.find("keeps up with 30 fps"), std::string::npos)
      << pipeline.chosen[0].reason;
}

TEST(EncodeBin, TakesOddSizesThatSomeEncoderTakes) {
  Pipeline pipeline(source(227, 115, 5) + " ! av1encbin name=e preset=10 ! fakesink name=sink");
  EXPECT_EQ(count_units(pipeline), 5u);
}

TEST(EncodeBin, CandidatesThatFailAreSkippedWithoutLoss) {
  const FakeCodecsFirst fakes;
  for (const char* encoder : {"fakeenc-ready", "fakeenc-caps", "fakeenc-first"}) {
    SCOPED_TRACE(encoder);
    Pipeline pipeline(source(320, 240, 20) +
                      std::format(" ! av1encbin name=e preset=10 allow={},svtav1enc ! "
                                  "fakesink name=sink",
                                  encoder));
    EXPECT_EQ(count_units(pipeline), 20u);
    const Ref<GstElement> bin = pipeline.get("e");
    EXPECT_EQ(get_string(bin.get(), "chosen"), "svtav1enc");
    const Ref<GstStructure> report = get_structure(bin.get(), "report");
    EXPECT_EQ(report_field(report.get(), encoder, "verdict"), "failed")
        << report_field(report.get(), encoder, "reason");
  }
}

TEST(EncodeBin, PropertiesReachTheChosenEncoder) {
  Pipeline pipeline(source(320, 240, 20) +
                    " ! av1encbin name=e preset=9 bitrate=700 gop-size=10 ! fakesink name=sink");
  const Ref<GstElement> bin = pipeline.get("e");
  pipeline.set_state(GST_STATE_PAUSED);
  ASSERT_EQ(pipeline.wait(GST_MESSAGE_ASYNC_DONE), GST_MESSAGE_ASYNC_DONE);
  const Ref<GstElement> encoder = inner(bin.get());
  ASSERT_TRUE(encoder);
  guint bitrate = 0, preset = 0, gop = 0;
  g_object_get(encoder.get(), "bitrate", &bitrate, "preset", &preset, "gop-size", &gop, nullptr);
  EXPECT_EQ(bitrate, 700u);
  EXPECT_EQ(preset, 9u);
  EXPECT_EQ(gop, 10u);
}

TEST(EncodeBin, PropertiesOfForeignEncodersAreMapped) {
  Pipeline pipeline(source(320, 240, 20) +
                    " ! av1encbin name=e allow=svtav1enc preset=10 bitrate=700 gop-size=10 "
                    "min-gop-size=5 ! fakesink name=sink");
  const Ref<GstElement> bin = pipeline.get("e");
  EXPECT_EQ(count_units(pipeline), 20u);
  const Ref<GstStructure> report = get_structure(bin.get(), "report");
  EXPECT_NE(report_field(report.get(), "svtav1enc", "reason").find("without min-gop-size"),
            std::string::npos);
  pipeline.set_state(GST_STATE_NULL);

  Pipeline low_latency(source(320, 240, 100) +
                       " ! av1encbin name=e allow=svtav1enc preset=10 bitrate=700 gop-size=10 "
                       "low-latency=true ! fakesink name=sink");
  EXPECT_EQ(count_units(low_latency), 100u);
  const Ref<GstElement> encoder = inner(low_latency.get("e").get());
  ASSERT_TRUE(encoder);
  guint bitrate = 0, preset = 0;
  gint gop = 0;
  g_object_get(encoder.get(), "target-bitrate", &bitrate, "preset", &preset, "intra-period-length",
               &gop, nullptr);
  EXPECT_EQ(bitrate, 700u);
  EXPECT_EQ(preset, 12u);
  EXPECT_EQ(gop, 9);
}

TEST(EncodeBin, SettingsThatOnlyOneHonoursDecide) {
  Pipeline pipeline(source(320, 240, 5) +
                    " ! av1encbin name=e preset=10 min-gop-size=5 ! fakesink name=sink");
  EXPECT_EQ(count_units(pipeline), 5u);
  EXPECT_EQ(get_string(pipeline.get("e").get(), "chosen"), "cpuav1enc (cpu)");
}

// A property that is there on the bin and does nothing on the chosen encoder must not go unsaid.
TEST(EncodeBin, WarnsOfSettingsThatAreLost) {
  Pipeline pipeline(source(320, 240, 5) +
                    " ! av1encbin name=e preset=10 allow=cpusvtav1enc temporal-layers=3 "
                    "b-frames=0 ! fakesink name=sink");
  EXPECT_EQ(count_units(pipeline), 5u);
  ASSERT_EQ(pipeline.warnings.size(), 1u);
  EXPECT_TRUE(pipeline.warnings[0].starts_with(
      "temporal-layers is lost: cpusvtav1enc has no such property or value\n"))
      << pipeline.warnings[0];
  const Ref<GstStructure> report = get_structure(pipeline.get("e").get(), "report");
  EXPECT_EQ(report_field(report.get(), "cpusvtav1enc", "reason").find("b-frames"),
            std::string::npos);
}

// Each of ours refuses them; another plugin's would do something, but nothing that was asked for.
TEST(EncodeBin, ContradictionsAreAnErrorWhateverElseIsThere) {
  Pipeline pipeline(source(320, 240, 5) + " ! av1encbin rate-control=vbr ! fakesink");
  EXPECT_FALSE(pipeline.run());
  ASSERT_FALSE(pipeline.errors.empty());
  EXPECT_TRUE(pipeline.errors[0].starts_with("rate-control=vbr needs a bitrate"))
      << pipeline.errors[0];
}

TEST(EncodeBin, FailsWithAllReasonsWhereThePolicyLeavesNothing) {
  Pipeline pipeline(source(320, 240, 5) + " ! av1encbin require-hardware=true ! fakesink");
  EXPECT_FALSE(pipeline.run());
  ASSERT_FALSE(pipeline.errors.empty());
  EXPECT_NE(pipeline.errors[0].find("No element is left that can encode"), std::string::npos);
  EXPECT_NE(pipeline.errors[0].find("cpuav1enc: rejected: software"), std::string::npos)
      << pipeline.errors[0];
}

// What is set while playing is there on the encoder at once, and nothing is lost.
TEST(EncodeBin, BitrateCanBeChangedWhilePlaying) {
  Pipeline pipeline(source(320, 240, 120) +
                    " ! identity name=i ! av1encbin name=e preset=10 low-latency=true bitrate=2000 "
                    "! fakesink name=sink");
  const Ref<GstElement> bin = pipeline.get("e");
  const Ref<GstElement> sink = pipeline.get("sink");
  const Ref<GstPad> pad(gst_element_get_static_pad(sink.get(), "sink"));
  const BufferCount count(pad.get());
  struct State {
    GstElement* bin;
    guint inner_bitrate = 0;
  } state{bin.get()};
  // On the streaming thread, so that it is surely in the middle.
  const Ref<GstElement> identity = pipeline.get("i");
  const Ref<GstPad> before(gst_element_get_static_pad(identity.get(), "src"));
  gst_pad_add_probe(
      before.get(), GST_PAD_PROBE_TYPE_BUFFER,
      [](GstPad*, GstPadProbeInfo* info, gpointer data) {
        auto* s = static_cast<State*>(data);
        if (GST_BUFFER_PTS(GST_PAD_PROBE_INFO_BUFFER(info)) < 2 * GST_SECOND)
          return GST_PAD_PROBE_OK;
        g_object_set(s->bin, "bitrate", 300u, nullptr);
        g_object_get(inner(s->bin).get(), "bitrate", &s->inner_bitrate, nullptr);
        return GST_PAD_PROBE_REMOVE;
      },
      &state, nullptr);
  EXPECT_TRUE(pipeline.run());
  EXPECT_EQ(count.value(), 120u);
  EXPECT_EQ(state.inner_bitrate, 300u);
}

TEST(EncodeBin, CapsOfferTheBestCandidatesFormatsFirst) {
  Pipeline pipeline("av1encbin name=e ! fakesink");
  const Ref<GstElement> bin = pipeline.get("e");
  const Ref<GstPad> pad(gst_element_get_static_pad(bin.get(), "sink"));
  const Ref<GstCaps> caps(gst_pad_query_caps(pad.get(), nullptr));
  const Ref<GstCaps> wide(
      gst_caps_from_string("video/x-raw,format=Y444_12LE,width=320,height=240,framerate=30/1"));
  EXPECT_TRUE(gst_caps_can_intersect(caps.get(), wide.get()));
  const Ref<GstCaps> none(gst_caps_from_string("video/x-raw,format=RGBA"));
  EXPECT_FALSE(gst_caps_can_intersect(caps.get(), none.get()));
}

TEST(EncodeBin, PassesOnWhatDownstreamInsistsOn) {
  Pipeline pipeline(
      "videotestsrc num-buffers=5 ! av1encbin preset=10 ! video/x-av1,width=192,height=128 ! "
      "fakesink name=sink");
  EXPECT_EQ(count_units(pipeline), 5u);
}

GstEncodingProfile* av1_profile(const char* container, const char* preset = nullptr) {
  GstCaps* av1 = gst_caps_new_empty_simple("video/x-av1");
  GstCaps* outer = gst_caps_from_string(container);
  GstEncodingContainerProfile* profile =
      gst_encoding_container_profile_new("container", nullptr, outer, nullptr);
  auto* video = gst_encoding_video_profile_new(av1, preset, nullptr, 0);
  gst_encoding_container_profile_add_profile(profile, GST_ENCODING_PROFILE(video));
  gst_caps_unref(av1);
  gst_caps_unref(outer);
  return GST_ENCODING_PROFILE(profile);
}

class AutoplugEncoder : public testing::TestWithParam<const char*> {};

TEST_P(AutoplugEncoder, WithAnEncodingProfile) {
  Pipeline pipeline(std::format("{} name=b ! fakesink name=sink  {} ! identity name=i", GetParam(),
                                source(320, 240, 20)));
  const Ref<GstElement> encodebin = pipeline.get("b");
  GstEncodingProfile* profile = av1_profile("video/x-matroska");
  g_object_set(encodebin.get(), "profile", profile, nullptr);
  gst_encoding_profile_unref(profile);
  ASSERT_TRUE(gst_element_link(pipeline.get("i").get(), encodebin.get()));
  EXPECT_GT(count_units(pipeline), 1u);
  GstIterator* it =
      gst_bin_iterate_all_by_element_factory_name(GST_BIN(pipeline.element()), "av1encbin");
  GValue item = G_VALUE_INIT;
  EXPECT_EQ(gst_iterator_next(it, &item), GST_ITERATOR_OK) << "another encoder was plugged";
  g_value_unset(&item);
  gst_iterator_free(it);
  EXPECT_EQ(pipeline.chosen.size(), 1u);
}

// By its name a preset is looked for on every encoder, and ours that chooses is to be the first.
TEST_P(AutoplugEncoder, APresetOfTheProfileReachesTheEncoder) {
  Pipeline pipeline(std::format("{} name=b ! fakesink name=sink  {} ! identity name=i", GetParam(),
                                source(320, 240, 20)));
  const Ref<GstElement> encodebin = pipeline.get("b");
  GstEncodingProfile* profile = av1_profile("video/x-matroska", "Live");
  g_object_set(encodebin.get(), "profile", profile, nullptr);
  gst_encoding_profile_unref(profile);
  ASSERT_TRUE(gst_element_link(pipeline.get("i").get(), encodebin.get()));
  ASSERT_TRUE(pipeline.run());
  ASSERT_EQ(pipeline.chosen.size(), 1u) << "another encoder was plugged";
  // Not by the encoder's name: it has two, and tells the other one where the process itself scanned
  // the plugin.
  GstIterator* it =
      gst_bin_iterate_all_by_element_factory_name(GST_BIN(pipeline.element()), "av1encbin");
  GValue item = G_VALUE_INIT;
  ASSERT_EQ(gst_iterator_next(it, &item), GST_ITERATOR_OK);
  const Ref<GstElement> encoder = inner(GST_ELEMENT(g_value_get_object(&item)));
  g_value_unset(&item);
  gst_iterator_free(it);
  ASSERT_TRUE(encoder);
  gboolean low_latency = FALSE;
  guint preset = 0;
  g_object_get(encoder.get(), "low-latency", &low_latency, "preset", &preset, nullptr);
  EXPECT_TRUE(low_latency);
  EXPECT_EQ(preset, 10u);
}

INSTANTIATE_TEST_SUITE_P(Encodebins, AutoplugEncoder, testing::Values("encodebin", "encodebin2"));

TEST(EncodeBin, StartsAndStopsManyTimes) {
  Pipeline pipeline(source(128, 96, 10) + " ! av1encbin preset=10 ! fakesink");
  for (int i = 0; i < 50; i++) {
    pipeline.set_state(i % 2 ? GST_STATE_PLAYING : GST_STATE_PAUSED);
    if (i % 5 == 0) {
      ASSERT_EQ(pipeline.wait(GST_MESSAGE_ASYNC_DONE), GST_MESSAGE_ASYNC_DONE) << i;
    }
    pipeline.set_state(i % 3 ? GST_STATE_NULL : GST_STATE_READY);
    pipeline.poll();
  }
  EXPECT_TRUE(pipeline.errors.empty()) << pipeline.errors[0];
}

}  // namespace
}  // namespace av1hw::test
