// SPDX-License-Identifier: LGPL-2.1-or-later
// av1decbin: the choice, the way past candidates that fail, and autoplugging.
#include <gst/video/video.h>
#include <gtest/gtest.h>

#include <format>
#include <thread>

#include "fake_codecs.h"
#include "pipeline.h"

namespace av1hw::test {
namespace {

// Frames in the project's clips, as their manifest says.
constexpr unsigned chart_frames = 75;

std::string chart_into(const std::string& rest) {
  return std::format("filesrc location={} ! qtdemux ! {}", data_file("chart.mp4"), rest);
}

unsigned count_frames(Pipeline& pipeline, const char* sink = "sink") {
  const Ref<GstElement> element = pipeline.get(sink);
  const Ref<GstPad> pad(gst_element_get_static_pad(element.get(), "sink"));
  const BufferCount count(pad.get());
  EXPECT_TRUE(pipeline.run());
  return count.value();
}

TEST(DecodeBin, DecodesAndSaysWithWhat) {
  Pipeline pipeline(chart_into("av1decbin name=d ! fakesink name=sink"));
  EXPECT_EQ(count_frames(pipeline), chart_frames);
  ASSERT_EQ(pipeline.chosen.size(), 1u);
  EXPECT_EQ(pipeline.chosen[0].stage, "decode");
  EXPECT_FALSE(pipeline.chosen[0].reason.empty());
  const Ref<GstElement> bin = pipeline.get("d");
  EXPECT_TRUE(get_string(bin.get(), "chosen").starts_with(pipeline.chosen[0].element));
  const Ref<GstStructure> report = get_structure(bin.get(), "report");
  EXPECT_EQ(report_field(report.get(), pipeline.chosen[0].element, "verdict"), "chosen");
}

TEST(DecodeBin, PolicyIsObeyed) {
  Pipeline pipeline(chart_into("av1decbin name=d allow=av1dec ! fakesink name=sink"));
  EXPECT_EQ(count_frames(pipeline), chart_frames);
  EXPECT_EQ(get_string(pipeline.get("d").get(), "chosen"), "av1dec");
}

TEST(DecodeBin, WarnsOfSettingsThatAreLost) {
  Pipeline pipeline(
      chart_into("av1decbin allow=av1dec film-grain=off all-layers=false ! fakesink name=sink"));
  EXPECT_EQ(count_frames(pipeline), chart_frames);
  ASSERT_EQ(pipeline.warnings.size(), 1u);
  EXPECT_TRUE(pipeline.warnings[0].starts_with("film-grain is lost: av1dec has no such property\n"))
      << pipeline.warnings[0];
}

TEST(DecodeBin, FailsWithAllReasonsWhereThePolicyLeavesNothing) {
  Pipeline pipeline(chart_into("av1decbin name=d require-hardware=true device=nosuch ! fakesink"));
  EXPECT_FALSE(pipeline.run());
  ASSERT_FALSE(pipeline.errors.empty());
  EXPECT_NE(pipeline.errors[0].find("No element is left that can decode"), std::string::npos);
  EXPECT_NE(pipeline.errors[0].find("av1dec: rejected: "), std::string::npos) << pipeline.errors[0];
  EXPECT_NE(pipeline.errors[0].find("av1hw-info lists the devices"), std::string::npos);
}

TEST(DecodeBin, SaysWhereToLookForABackendThatIsNotThere) {
  Pipeline pipeline(chart_into("av1decbin backend=vk ! fakesink"));
  EXPECT_FALSE(pipeline.run());
  ASSERT_FALSE(pipeline.errors.empty());
  EXPECT_NE(pipeline.errors[0].find("None is there of backend vk: av1hw-info says why"),
            std::string::npos)
      << pipeline.errors[0];
}

// Each fake fails at another moment; what came in until then must not be lost.
TEST(DecodeBin, CandidatesThatFailAreSkippedWithoutLoss) {
  const FakeCodecsFirst fakes;
  struct Case {
    const char* element;
    const char* reason;
  };
  for (const Case& c :
       {Case{"fakedec-ready", "the device is on fire"},
        Case{"fakedec-caps", "refused the stream's caps"},
        Case{"fakedec-first", "no session is free"}, Case{"fakedec-quiet", "the engine hangs"}}) {
    SCOPED_TRACE(c.element);
    Pipeline pipeline(chart_into(
        std::format("av1decbin name=d allow={},av1dec ! fakesink name=sink", c.element)));
    EXPECT_EQ(count_frames(pipeline), chart_frames);
    EXPECT_TRUE(pipeline.errors.empty());
    const Ref<GstElement> bin = pipeline.get("d");
    EXPECT_EQ(get_string(bin.get(), "chosen"), "av1dec");
    const Ref<GstStructure> report = get_structure(bin.get(), "report");
    EXPECT_EQ(report_field(report.get(), c.element, "verdict"), "failed");
    EXPECT_NE(report_field(report.get(), c.element, "reason").find(c.reason), std::string::npos)
        << report_field(report.get(), c.element, "reason");
    EXPECT_EQ(pipeline.chosen.back().element, "av1dec");
  }
}

TEST(DecodeBin, AllFakesInARowAreSkipped) {
  const FakeCodecsFirst fakes;
  Pipeline pipeline(chart_into(
      "av1decbin name=d allow=fakedec-first,fakedec-quiet,fakedec-caps,fakedec-ready,av1dec ! "
      "fakesink name=sink"));
  EXPECT_EQ(count_frames(pipeline), chart_frames);
  EXPECT_EQ(get_string(pipeline.get("d").get(), "chosen"), "av1dec");
}

TEST(DecodeBin, ErrorWhereAllFailNamesEach) {
  const FakeCodecsFirst fakes;
  Pipeline pipeline(
      chart_into("av1decbin allow=fakedec-first,fakedec-ready,fakedec-caps ! fakesink"));
  EXPECT_FALSE(pipeline.run());
  ASSERT_FALSE(pipeline.errors.empty());
  for (const char* text : {"fakedec-first: failed: no session is free",
                           "fakedec-caps: failed: refused the stream's caps",
                           "the device is on fire", "not named in `allow`"})
    EXPECT_NE(pipeline.errors[0].find(text), std::string::npos) << text;
}

TEST(DecodeBin, TakesEveryFraming) {
  const std::string section5 = std::format(
      "filesrc location={} ! video/x-av1 ! av1decbin name=d allow=av1dec ! fakesink name=sink",
      data_file("life.obu"));
  const std::string ivf = std::format(
      "filesrc location={} ! ivfparse ! av1decbin name=d allow=av1dec ! fakesink name=sink",
      data_file("grain.ivf"));
  for (const std::string& line : {section5, ivf}) {
    SCOPED_TRACE(line);
    Pipeline pipeline(line);
    EXPECT_GT(count_frames(pipeline), 5u);
  }
}

// What an autoplugger builds must have our bin in it, and play the whole file.
class Autoplug : public testing::TestWithParam<const char*> {};

bool has_our_bin(Pipeline& pipeline) {
  GstIterator* it =
      gst_bin_iterate_all_by_element_factory_name(GST_BIN(pipeline.element()), "av1decbin");
  GValue item = G_VALUE_INIT;
  const bool found = gst_iterator_next(it, &item) == GST_ITERATOR_OK;
  g_value_unset(&item);
  gst_iterator_free(it);
  return found;
}

TEST_P(Autoplug, InDecodebin) {
  for (const char* autoplugger : {"decodebin", "decodebin3"}) {
    SCOPED_TRACE(autoplugger);
    Pipeline pipeline(std::format("filesrc location={} ! {} ! fakesink name=sink",
                                  data_file(GetParam()), autoplugger));
    EXPECT_GT(count_frames(pipeline), 5u);
    EXPECT_TRUE(has_our_bin(pipeline)) << "autoplugging chose something else";
    EXPECT_EQ(pipeline.chosen.size(), 1u);
  }
}

// What the sink says; playbin3 has it in place only while it plays.
guint64 frames_rendered(const Pipeline& pipeline) {
  const Ref<GstStructure> stats = get_structure(pipeline.get("sink").get(), "stats");
  guint64 rendered = 0;
  gst_structure_get_uint64(stats.get(), "rendered", &rendered);
  return rendered;
}

// uridecodebin3, and so playbin3, of GStreamer 1.26 stalls now and then before it has plugged any
// decoder, whichever are installed (docs/known-gaps.md): that is tried again. A stall with a
// decoder in place is a failure.
void expect_to_play(const std::string& line) {
  constexpr unsigned attempts = 8;
  for (unsigned i = 0; i < attempts; i++) {
    Pipeline pipeline(line);
    pipeline.set_state(GST_STATE_PLAYING);
    const auto plugged = [&] {
      pipeline.poll();
      return has_our_bin(pipeline) || pipeline.ended || !pipeline.errors.empty();
    };
    if (!eventually(plugged, std::chrono::seconds(10))) continue;
    EXPECT_TRUE(pipeline.ended || pipeline.run());
    EXPECT_GT(frames_rendered(pipeline), 5u);
    EXPECT_TRUE(has_our_bin(pipeline)) << "autoplugging chose something else";
    return;
  }
  FAIL() << "no decoder was plugged in " << attempts << " attempts: " << line;
}

TEST_P(Autoplug, InUridecodebin3) {
  expect_to_play(
      std::format("uridecodebin3 uri=file://{} ! fakesink name=sink", data_file(GetParam())));
}

TEST_P(Autoplug, InPlaybin3) {
  expect_to_play(
      std::format("playbin3 uri=file://{} video-sink=\"fakesink name=sink\" "
                  "audio-sink=fakesink",
                  data_file(GetParam())));
}

INSTANTIATE_TEST_SUITE_P(Containers, Autoplug,
                         testing::Values("chart.mp4", "fractal.webm", "grain.ivf"));

TEST(DecodeBin, SeekBeforeAndWhilePlaying) {
  Pipeline pipeline(chart_into("av1decbin ! fakesink name=sink"));
  pipeline.set_state(GST_STATE_PAUSED);
  ASSERT_EQ(pipeline.wait(GST_MESSAGE_ASYNC_DONE), GST_MESSAGE_ASYNC_DONE);
  constexpr auto flags = static_cast<GstSeekFlags>(GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT);
  ASSERT_TRUE(gst_element_seek_simple(pipeline.element(), GST_FORMAT_TIME, flags, 0));
  // The first may have come before counting began.
  EXPECT_GE(count_frames(pipeline) + 1, chart_frames);
}

// Seeks when the first caps reach the decoder that is being tried, and loses them to the flush.
class SeekDuringTheChoice {
 public:
  explicit SeekDuringTheChoice(Pipeline& pipeline)
      : pipeline_(pipeline.element()),
        bin_pad_(gst_element_get_static_pad(pipeline.get("d").get(), "sink")) {
    g_signal_connect(pipeline_, "deep-element-added", G_CALLBACK(on_element), this);
  }
  ~SeekDuringTheChoice() {
    g_signal_handlers_disconnect_by_data(pipeline_, this);
    if (seeker_.joinable()) seeker_.join();
  }
  bool done() const { return sought_; }

 private:
  static void on_element(GstBin*, GstBin*, GstElement* element, gpointer self) {
    if (!GST_IS_VIDEO_DECODER(element)) return;
    const Ref<GstPad> pad(gst_element_get_static_pad(element, "sink"));
    gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event, self, nullptr);
  }
  static GstPadProbeReturn on_event(GstPad*, GstPadProbeInfo* info, gpointer data) {
    auto* self = static_cast<SeekDuringTheChoice*>(data);
    if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) != GST_EVENT_CAPS || self->sought_)
      return GST_PAD_PROBE_OK;
    self->sought_ = true;
    self->seeker_ = std::thread([self] {
      gst_element_seek_simple(
          self->pipeline_, GST_FORMAT_TIME,
          static_cast<GstSeekFlags>(GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT), 0);
    });
    EXPECT_TRUE(eventually([self] { return GST_PAD_IS_FLUSHING(self->bin_pad_.get()); }));
    return GST_PAD_PROBE_DROP;
  }

  GstElement* pipeline_;
  Ref<GstPad> bin_pad_;
  std::thread seeker_;
  bool sought_ = false;
};

TEST(DecodeBin, ASeekDuringTheChoiceCostsNoCandidate) {
  Pipeline pipeline(chart_into("av1decbin name=d allow=av1dec ! fakesink name=sink"));
  const SeekDuringTheChoice seek(pipeline);
  EXPECT_EQ(count_frames(pipeline), chart_frames);
  EXPECT_TRUE(seek.done());
  EXPECT_TRUE(pipeline.errors.empty()) << pipeline.errors[0];
  EXPECT_EQ(get_string(pipeline.get("d").get(), "chosen"), "av1dec");
}

TEST(DecodeBin, StartsAndStopsManyTimes) {
  // No demuxer here: their pads are linked once only by gst_parse_launch.
  Pipeline pipeline(std::format("filesrc location={} ! ivfparse ! av1decbin name=d ! fakesink",
                                data_file("grain.ivf")));
  for (int i = 0; i < 60; i++) {
    pipeline.set_state(i % 2 ? GST_STATE_PLAYING : GST_STATE_PAUSED);
    ASSERT_NE(pipeline.wait(GST_MESSAGE_ASYNC_DONE), GST_MESSAGE_UNKNOWN) << i;
    pipeline.set_state(i % 3 ? GST_STATE_NULL : GST_STATE_READY);
    pipeline.poll();
  }
  EXPECT_TRUE(pipeline.errors.empty());
  EXPECT_GE(pipeline.chosen.size(), 60u);
}

// Stopping while the choice is being made must neither hang nor post an error.
TEST(DecodeBin, StopsInTheMiddleOfTheChoice) {
  const FakeCodecsFirst fakes;
  for (int i = 0; i < 40; i++) {
    Pipeline pipeline(
        chart_into("av1decbin allow=fakedec-first,fakedec-caps,av1dec ! fakesink async=false"));
    pipeline.set_state(GST_STATE_PLAYING);
    g_usleep(static_cast<gulong>(i) * 500);
    pipeline.set_state(GST_STATE_NULL);
    pipeline.poll();
    EXPECT_TRUE(pipeline.errors.empty()) << pipeline.errors[0];
  }
}

}  // namespace
}  // namespace av1hw::test
