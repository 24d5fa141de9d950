// SPDX-License-Identifier: LGPL-2.1-or-later
// nvav1enc on the reference driver: what comes out decodes to what went in, with every setting.
#include <gst/video/video-anc.h>

#include <filesystem>
#include <functional>
#include <map>

#include "av1/obu.h"
#include "bins/pipeline.h"
#include "nvcodec/nv_encoder_harness.h"
#include "support/test_files.h"

namespace av1hw::test {
namespace {

// The pattern's noise costs some of it.
constexpr double good_psnr = 26;

uint64_t bytes_of(std::span<const Unit> units) {
  uint64_t sum = 0;
  for (const Unit& unit : units) sum += unit.bytes.size();
  return sum;
}

struct Setting {
  const char* name;
  const char* properties;
};

constexpr Setting settings[] = {
    {"Default", ""},
    {"Slowest", "preset=1"},
    {"Fastest", "preset=10"},
    {"Cqp", "rate-control=cqp quantizer=60"},
    {"Cq", "rate-control=cq quantizer=60"},
    {"Vbr", "bitrate=4000 max-bitrate=8000 min-quantizer=10 max-quantizer=160"},
    {"Cbr", "bitrate=4000 rate-control=cbr"},
    {"BFrames", "b-frames=3"},
    {"BFramesLookahead", "b-frames=2 lookahead=8"},
    {"Lookahead", "lookahead=12"},
    {"References", "ref-frames=4"},
    {"LowLatency", "low-latency=true bitrate=4000"},
    {"UltraLowLatency", "ultra-low-latency=true bitrate=4000"},
    {"ShortGop", "gop-size=4"},
    {"IntraRefresh", "intra-refresh=5 low-latency=true"},
    {"Layers", "temporal-layers=3 quantizer=60"},
    {"Tiles", "tile-columns=2 tile-rows=2"},
    {"Passes", "multipass=full bitrate=4000"},
    {"Aq", "spatial-aq=true temporal-aq=true bitrate=4000"},
    {"Split", "split-encode=2"},
};

struct Picture {
  GstVideoFormat format;
  unsigned width;
  unsigned height;
};

constexpr Picture pictures[] = {
    {GST_VIDEO_FORMAT_NV12, 192, 128},
    {GST_VIDEO_FORMAT_NV12, 482, 270},
    {GST_VIDEO_FORMAT_P010_10LE, 320, 180},
    {GST_VIDEO_FORMAT_I420, 322, 182},
};

class NvEncoderSettings : public testing::TestWithParam<std::tuple<Setting, Picture>> {};

TEST_P(NvEncoderSettings, EveryFrameComesBack) {
  const auto& [setting, picture] = GetParam();
  constexpr unsigned frames = 14;
  NvEncoderHarness h(setting.properties, picture.format, picture.width, picture.height);
  const std::vector<Unit> units = h.encode(frames);
  h.expect_all(units, frames, good_psnr);
  EXPECT_EQ(h.message(GST_MESSAGE_WARNING), "");
  EXPECT_TRUE(units.at(0).key);
  EXPECT_TRUE(units.at(0).header);
  EXPECT_EQ(h.stat("upload-frames"), frames);
}

std::string setting_name(const testing::TestParamInfo<std::tuple<Setting, Picture>>& info) {
  const auto& [setting, picture] = info.param;
  return std::string(setting.name) + "_" + gst_video_format_to_string(picture.format) + "_" +
         std::to_string(picture.width);
}

INSTANTIATE_TEST_SUITE_P(All, NvEncoderSettings,
                         testing::Combine(testing::ValuesIn(settings), testing::ValuesIn(pictures)),
                         setting_name);

TEST(NvEncoder, KeyFramesComeAtTheFrameThatTheyWereAskedFor) {
  for (const char* mode :
       {"low-latency=true", "b-frames=3", "lookahead=6", "temporal-layers=3 quantizer=60"}) {
    SCOPED_TRACE(mode);
    NvEncoderHarness h(mode);
    h.push(11);
    gst_harness_push_upstream_event(
        h.harness(), gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 1));
    h.push(13);
    h.end();
    const std::vector<Unit> units = h.take();
    h.expect_all(units, 24, good_psnr);
    for (size_t i = 0; i < units.size(); i++) EXPECT_EQ(units[i].key, i == 0 || i == 11) << i;
  }
}

TEST(NvEncoder, AKeyFrameThatIsLostIsTheNextOne) {
  NvEncoderHarness h("low-latency=true");
  h.push(5);
  gst_harness_push_upstream_event(
      h.harness(), gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 1));
  GstBuffer* const lost = h.make_frame();
  gst_buffer_resize(lost, 0, 100);
  EXPECT_EQ(gst_harness_push(h.harness(), lost), GST_FLOW_OK);
  h.push(6);
  h.end();
  EXPECT_NE(h.message(GST_MESSAGE_WARNING).find("frame left out"), std::string::npos);
  const std::vector<Unit> units = h.take();
  ASSERT_EQ(units.size(), 11U);
  for (size_t i = 0; i < units.size(); i++) EXPECT_EQ(units[i].key, i == 0 || i == 5) << i;
  EXPECT_EQ(units[5].pts, gst_util_uint64_scale(6, GST_SECOND, 30));
  EXPECT_EQ(decode_units(units).size(), 11U);
}

TEST(NvEncoder, BFramesFitBetweenKeyFrames) {
  NvEncoderHarness h("b-frames=4 gop-size=3");
  const std::vector<Unit> units = h.encode(12);
  EXPECT_NE(h.message(GST_MESSAGE_WARNING).find("b-frames=4: 2 are used"), std::string::npos);
  ASSERT_EQ(units.size(), 12U);
  for (size_t i = 0; i < units.size(); i++) EXPECT_EQ(units[i].key, i % 3 == 0) << i;
  EXPECT_EQ(decode_units(units).size(), 12U);
}

// Frames of noise, which take whatever bits there are, and with a coarse quantizer few.
void push_noise(NvEncoderHarness& h, unsigned frames) {
  static uint32_t random = 1;
  while (frames-- > 0) {
    GstBuffer* buffer = h.make_frame();
    GstMapInfo map;
    ASSERT_TRUE(gst_buffer_map(buffer, &map, GST_MAP_WRITE));
    for (guint8& sample : std::span(map.data, map.size)) {
      random = random * 1664525U + 1013904223U;
      sample = static_cast<guint8>(120 + (random >> 28));
    }
    gst_buffer_unmap(buffer, &map);
    ASSERT_EQ(gst_harness_push(h.harness(), buffer), GST_FLOW_OK);
  }
}

TEST(NvEncoder, ANewBitrateCostsNoKeyFrameAndNoFrame) {
  NvEncoderHarness h("low-latency=true bitrate=5000", GST_VIDEO_FORMAT_NV12, 640, 360);
  push_noise(h, 40);
  g_object_set(h.element(), "bitrate", 1000, nullptr);
  push_noise(h, 40);
  g_object_set(h.element(), "bitrate", 8000, nullptr);
  push_noise(h, 40);
  h.end();
  const std::vector<Unit> units = h.take();
  ASSERT_EQ(units.size(), 120U);
  for (size_t i = 0; i < units.size(); i++) {
    EXPECT_EQ(units[i].pts, gst_util_uint64_scale(i, GST_SECOND, 30)) << i;
    EXPECT_EQ(units[i].key, i == 0) << i;
  }
  EXPECT_EQ(decode_units(units).size(), 120U);
  // The last half of each part, in which the rate has settled.
  const std::span all(units);
  const uint64_t five = bytes_of(all.subspan(20, 20));
  const uint64_t one = bytes_of(all.subspan(60, 20));
  const uint64_t eight = bytes_of(all.subspan(100, 20));
  EXPECT_LT(one * 2, five);
  EXPECT_LT(five * 5, eight * 4);
}

// In a process of its own, with a driver that refuses it.
TEST(NvEncoder, FaultReconfigure) {
  NvEncoderHarness h("low-latency=true bitrate=5000");
  h.push(10);
  g_object_set(h.element(), "bitrate", 1000, nullptr);
  h.push(10);
  h.end();
  EXPECT_EQ(h.message(GST_MESSAGE_ERROR), "");
  EXPECT_NE(h.message(GST_MESSAGE_WARNING).find("bitrate=1000 costs a key frame"),
            std::string::npos);
  const std::vector<Unit> units = h.take();
  ASSERT_EQ(units.size(), 20U);
  for (size_t i = 0; i < units.size(); i++) EXPECT_EQ(units[i].key, i == 0 || i == 10) << i;
  EXPECT_EQ(decode_units(units).size(), 20U);
}

// The unit without the OBUs above a temporal layer; empty where no frame is left.
std::vector<uint8_t> up_to_layer(const Unit& unit, unsigned layer) {
  std::vector<uint8_t> kept;
  bool has_frame = false;
  ObuReader reader(unit.bytes, ObuFraming::Section5);
  for (auto obu = reader.next(); obu && *obu; obu = reader.next()) {
    if ((*obu)->has_extension && (*obu)->temporal_id > layer) continue;
    has_frame = has_frame || (*obu)->starts_frame();
    kept.insert(kept.end(), (*obu)->bytes.begin(), (*obu)->bytes.end());
  }
  return has_frame ? kept : std::vector<uint8_t>();
}

TEST(NvEncoder, UpperTemporalLayersMayBeLeftOut) {
  constexpr unsigned frames = 17;
  NvEncoderHarness h("temporal-layers=3 low-latency=true quantizer=60");
  const std::vector<Unit> units = h.encode(frames);
  h.expect_all(units, frames, good_psnr);
  for (unsigned layer = 0; layer < 2; layer++) {
    SCOPED_TRACE(layer);
    const unsigned step = layer == 0 ? 4 : 2;
    std::vector<Unit> left;
    for (const Unit& unit : units) {
      Unit some = unit;
      some.bytes = up_to_layer(unit, layer);
      if (!some.bytes.empty()) left.push_back(std::move(some));
    }
    ASSERT_EQ(left.size(), (frames + step - 1) / step);
    const std::vector<DecodedFrame> decoded = decode_units(left, 0, step);
    ASSERT_EQ(decoded.size(), left.size());
    for (const DecodedFrame& frame : decoded) EXPECT_TRUE(frame.is_that_frame);
  }
}

TEST(NvEncoder, NothingIsHeldBackWithLowLatency) {
  NvEncoderHarness h("low-latency=true");
  h.push(20);
  EXPECT_EQ(h.stat("latency-frames-declared"), 0U);
  h.end();
  EXPECT_EQ(h.take().size(), 20U);
  EXPECT_EQ(h.stat("latency-frames-declared"), 0U);
}

TEST(NvEncoder, WhatIsHeldBackIsDeclared) {
  NvEncoderHarness h("b-frames=2 lookahead=5");
  EXPECT_EQ(h.encode(30).size(), 30U);
  EXPECT_EQ(h.stat("latency-frames-declared"), 7U);
  EXPECT_LE(h.stat("latency-frames-measured"), 7U);
}

TEST(NvEncoder, AFlushDropsWhatIsHeldBackAndStartsAnew) {
  NvEncoderHarness h("b-frames=3 lookahead=4");
  h.push(10);
  gst_harness_push_event(h.harness(), gst_event_new_flush_start());
  gst_harness_push_event(h.harness(), gst_event_new_flush_stop(TRUE));
  (void)h.take();
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  gst_harness_push_event(h.harness(), gst_event_new_segment(&segment));
  h.push(10);
  h.end();
  const std::vector<Unit> units = h.take();
  ASSERT_EQ(units.size(), 10U);
  EXPECT_TRUE(units[0].key);
  EXPECT_EQ(units[0].pts, gst_util_uint64_scale(10, GST_SECOND, 30));
  const std::vector<DecodedFrame> decoded = decode_units(units, 10);
  ASSERT_EQ(decoded.size(), 10U);
  for (const DecodedFrame& frame : decoded) EXPECT_TRUE(frame.is_that_frame);
}

TEST(NvEncoder, ANewSizeStartsANewStream) {
  NvEncoderHarness h("b-frames=2");
  h.push(6);
  h.set_format(GST_VIDEO_FORMAT_NV12, 256, 144);
  h.push(6);
  h.end();
  const std::vector<Unit> units = h.take();
  ASSERT_EQ(units.size(), 12U);
  for (size_t i = 0; i < units.size(); i++) EXPECT_EQ(units[i].key, i == 0 || i == 6) << i;
  EXPECT_EQ(decode_units(units).size(), 12U);
}

TEST(NvEncoder, HdrMetadataIsInEveryKeyFrame) {
  NvEncoderHarness h("gop-size=5", GST_VIDEO_FORMAT_P010_10LE);
  h.set_format(GST_VIDEO_FORMAT_P010_10LE, 320, 180,
               ", colorimetry=bt2100-pq, content-light-level=(string)1000:400, "
               "mastering-display-info=(string)"
               "35400:14600:8500:39850:6550:2300:15635:16450:10000000:50");
  const std::vector<Unit> units = h.encode(10);
  ASSERT_EQ(units.size(), 10U);
  // Whoever joins at the second key frame has it as well.
  for (const size_t start : {0U, 5U}) {
    ASSERT_TRUE(units[start].key);
    GstHarness* decoder = gst_harness_new("av1hwcpuav1dec");
    gst_harness_set_src_caps_str(decoder, "video/x-av1, stream-format=obu-stream, alignment=tu");
    const Bytes& bytes = units[start].bytes;
    gst_harness_push(decoder, gst_buffer_new_memdup(bytes.data(), bytes.size()));
    gst_harness_push_event(decoder, gst_event_new_eos());
    const CapsHandle caps(gst_pad_get_current_caps(decoder->sinkpad));
    ASSERT_TRUE(caps);
    const GstStructure* structure = gst_caps_get_structure(caps.get(), 0);
    EXPECT_STREQ(gst_structure_get_string(structure, "content-light-level"), "1000:400");
    EXPECT_STREQ(gst_structure_get_string(structure, "colorimetry"), "bt2100-pq");
    EXPECT_TRUE(gst_structure_has_field(structure, "mastering-display-info"));
    gst_harness_teardown(decoder);
  }
}

TEST(NvEncoder, CaptionsStayWithTheirFrame) {
  NvEncoderHarness h("b-frames=3");
  const guint8 caption[] = {0xfc, 0x41, 0x42};
  for (unsigned i = 0; i < 12; i++) {
    GstBuffer* frame = h.make_frame();
    if (i == 6) {
      gst_buffer_add_video_caption_meta(frame, GST_VIDEO_CAPTION_TYPE_CEA708_RAW, caption,
                                        sizeof caption);
    }
    gst_harness_push(h.harness(), frame);
  }
  h.end();
  const std::vector<Unit> units = h.take();
  ASSERT_EQ(units.size(), 12U);
  for (size_t i = 0; i < units.size(); i++) {
    unsigned metadata = 0;
    ObuReader reader(units[i].bytes, ObuFraming::Section5);
    for (auto obu = reader.next(); obu && *obu; obu = reader.next())
      metadata += (*obu)->type == ObuType::Metadata ? 1 : 0;
    EXPECT_EQ(metadata, i == 6 ? 1U : 0U) << i;
  }
}

TEST(NvEncoder, PropertiesAreThoseThatTheDeviceHonours) {
  NvEncoderHarness h;
  GObjectClass* klass = G_OBJECT_GET_CLASS(h.element());
  for (const char* name : {"b-frames", "ref-frames", "temporal-layers", "lookahead", "temporal-aq",
                           "intra-refresh", "split-encode", "multipass", "driver-timeout"})
    EXPECT_TRUE(g_object_class_find_property(klass, name)) << name;
  for (const char* name : {"threads", "film-grain", "tune", "screen-content", "lossless"})
    EXPECT_FALSE(g_object_class_find_property(klass, name)) << name;
}

TEST(NvEncoder, PresetsAreThoseOfTheDocumentation) {
  NvEncoderHarness h;
  ASSERT_TRUE(GST_IS_PRESET(h.element()));
  for (const char* name : {"Live", "WebRTC", "Archive", "Screen"})
    EXPECT_TRUE(gst_preset_load_preset(GST_PRESET(h.element()), name)) << name;
  ASSERT_TRUE(gst_preset_load_preset(GST_PRESET(h.element()), "WebRTC"));
  gboolean low_latency = FALSE;
  guint layers = 0;
  guint b_frames = 1;
  gint rate_control = 0;
  g_object_get(h.element(), "ultra-low-latency", &low_latency, "temporal-layers", &layers,
               "b-frames", &b_frames, "rate-control", &rate_control, nullptr);
  EXPECT_TRUE(low_latency);
  EXPECT_EQ(layers, 3U);
  EXPECT_EQ(b_frames, 0U);
  EXPECT_EQ(rate_control, 4);  // cbr
  const std::vector<Unit> units = h.encode(20);
  h.expect_all(units, 20, 20);
  EXPECT_EQ(h.stat("latency-frames-declared"), 0U);
}

// Runs a pipeline to its end, and `look` before it is taken apart. Its first error, or an empty
// string.
std::string run(GstElement* pipeline, const std::function<void()>& look = [] {}) {
  GError* error = nullptr;
  GstBus* bus = gst_element_get_bus(pipeline);
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  GstMessage* message = gst_bus_timed_pop_filtered(
      bus, 60 * GST_SECOND, static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR));
  std::string text = message ? "" : "it does not end";
  if (message && GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
    gst_message_parse_error(message, &error, nullptr);
    text = error->message;
    g_clear_error(&error);
  }
  if (message) gst_message_unref(message);
  look();
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(bus);
  return text;
}

std::string run(const std::string& line) {
  GError* error = nullptr;
  GstElement* pipeline = gst_parse_launch(line.c_str(), &error);
  std::string text = error ? error->message : "";
  g_clear_error(&error);
  if (!pipeline) return text;
  text = run(pipeline);
  gst_object_unref(pipeline);
  return text;
}

// As many as tests/refdrv/profiles/ada.conf allows, and one more.
TEST(NvEncoder, ABinGoesElsewhereWhereNoSessionIsFree) {
  constexpr unsigned sessions = 8;
  std::string line;
  for (unsigned i = 0; i <= sessions; i++) {
    line +=
        "videotestsrc num-buffers=20 ! video/x-raw,format=I420,width=320,height=180 ! "
        "av1encbin allow=nv,cpu preset=10 name=enc" +
        std::to_string(i) + " ! fakesink name=sink" + std::to_string(i) + " sync=false ";
  }
  GstElement* pipeline = gst_parse_launch(line.c_str(), nullptr);
  ASSERT_TRUE(pipeline);
  std::map<std::string, unsigned> chosen;
  EXPECT_EQ(run(pipeline,
                [&] {
                  for (unsigned i = 0; i <= sessions; i++) {
                    const ElementHandle bin(gst_bin_get_by_name(
                        GST_BIN(pipeline), ("enc" + std::to_string(i)).c_str()));
                    gchar* name = nullptr;
                    g_object_get(bin.get(), "chosen", &name, nullptr);
                    chosen[std::string(name ? name : "").starts_with("cpu") ? "cpu" : "nv"]++;
                    g_free(name);
                  }
                }),
            "");
  EXPECT_EQ(chosen["nv"], sessions);
  EXPECT_EQ(chosen["cpu"], 1U);
  gst_object_unref(pipeline);
}

class NvEncoderMuxers : public testing::TestWithParam<const char*> {};

TEST_P(NvEncoderMuxers, TakeTheStream) {
  GstElementFactory* factory = gst_element_factory_find(GetParam());
  if (!factory) GTEST_SKIP() << "there is no " << GetParam();
  gst_object_unref(factory);
  const std::string file = (std::filesystem::path(testing::TempDir()) / "nvav1enc.muxed").string();
  const std::string source =
      "videotestsrc num-buffers=30 ! video/x-raw,format=NV12,width=320,height=180,framerate=30/1 "
      "! ";
  EXPECT_EQ(
      run(source + "av1hwnvav1enc b-frames=2 ! " + GetParam() + " ! filesink location=" + file),
      "");
  EXPECT_EQ(
      run("filesrc location=" + file + " ! parsebin ! av1hwcpuav1dec ! fakesink num-buffers=30"),
      "");
  std::filesystem::remove(file);
}

INSTANTIATE_TEST_SUITE_P(All, NvEncoderMuxers, testing::Values("mp4mux", "matroskamux"),
                         [](const auto& muxer) { return std::string(muxer.param); });

}  // namespace
}  // namespace av1hw::test
