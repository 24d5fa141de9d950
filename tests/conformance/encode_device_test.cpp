// SPDX-License-Identifier: LGPL-2.1-or-later
// A device's encoder element on its reference driver, with all settings, sizes and depths: three
// programs decode what it writes, and must agree, and see the frames that went in.
#include <gst/gst.h>
#include <gst/video/video.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include "conformance/decoded_stream.h"
#include "conformance/encode_matrix.h"
#include "elements/encoder_harness.h"

namespace av1hw::test {
namespace {

constexpr unsigned frame_count = 8;

// The class of the device's element; nullptr: there is none.
GObjectClass* element_class() {
  const EncodeDevice* device = encode_device();
  GstElementFactory* factory = device ? gst_element_factory_find(device->element) : nullptr;
  if (!factory) return nullptr;
  GstPluginFeature* loaded = gst_plugin_feature_load(GST_PLUGIN_FEATURE(factory));
  gst_object_unref(factory);
  if (!loaded) return nullptr;
  const GType type = gst_element_factory_get_element_type(GST_ELEMENT_FACTORY(loaded));
  gst_object_unref(loaded);
  return static_cast<GObjectClass*>(g_type_class_ref(type));
}

std::vector<EncodeCase> all_cases() {
  GObjectClass* element = element_class();
  if (!element) return {};
  const char* wanted = std::getenv("AV1HW_ENCODE_CASES");
  const bool product = wanted && std::string(wanted) == "product";
  std::vector<EncodeCase> cases = encode_cases(*encode_device(), encode_factors(element), product);
  g_type_class_unref(element);
  return cases;
}

GstVideoFormat format_of(unsigned depth) {
  return depth > 8 ? GST_VIDEO_FORMAT_P010_10LE : GST_VIDEO_FORMAT_NV12;
}

// What decoders put out: all that is coded.
PictureSize coded_size(PictureSize size) {
  if (!encode_device()->codes_aligned) return size;
  return {(size.width + 63) / 64 * 64, (size.height + 15) / 16 * 16};
}

// Whether the element's caps have a size.
bool is_taken(PictureSize size, unsigned depth) {
  GstElement* element = gst_element_factory_make(encode_device()->element, nullptr);
  GstPad* pad = gst_element_get_static_pad(element, "sink");
  GstCaps* caps = gst_caps_new_simple(
      "video/x-raw", "format", G_TYPE_STRING, gst_video_format_to_string(format_of(depth)), "width",
      G_TYPE_INT, static_cast<int>(size.width), "height", G_TYPE_INT, static_cast<int>(size.height),
      "framerate", GST_TYPE_FRACTION, 30, 1, nullptr);
  const bool taken = gst_pad_query_accept_caps(pad, caps);
  gst_caps_unref(caps);
  gst_object_unref(pad);
  gst_object_unref(element);
  return taken;
}

class EncodeDeviceMatrix : public testing::TestWithParam<EncodeCase> {
 protected:
  // Each frame one unit, in the order and at the times that they went in.
  static void check_units(const std::vector<Unit>& units, unsigned gop) {
    ASSERT_EQ(units.size(), frame_count);
    for (unsigned n = 0; n < frame_count; n++) {
      EXPECT_EQ(units[n].pts, gst_util_uint64_scale(n, GST_SECOND, 30)) << n;
      EXPECT_LE(units[n].dts, units[n].pts) << n;
      EXPECT_TRUE(n == 0 || units[n - 1].dts < units[n].dts) << n;
      EXPECT_EQ(units[n].key, gop == 0 ? n == 0 : n % gop == 0) << n;
    }
  }

  // Small frames have fewer tiles, and settings of another factor may leave one without effect,
  // which is said; there is nothing else to say.
  static void check_messages(EncoderHarness& h, const EncodeCase& c) {
    EXPECT_EQ(h.coded_message(GST_MESSAGE_ERROR), "none");
    for (std::string text; !(text = h.message(GST_MESSAGE_WARNING)).empty();)
      EXPECT_TRUE(c.properties.contains(text.substr(0, text.find_first_of("= ")) + '=')) << text;
  }

  static void check_pictures(const EncodeCase& c, const DecodedStream& decoded) {
    const PictureSize coded = coded_size(c.size);
    EXPECT_EQ(decoded.width, coded.width);
    EXPECT_EQ(decoded.height, coded.height);
    EXPECT_EQ(decoded.depth, c.depth);
    ASSERT_EQ(decoded.frames.size(), frame_count);
    ASSERT_GE(decoded.width, c.size.width);
    ASSERT_GE(decoded.height, c.size.height);
    std::vector<std::vector<double>> pattern;
    for (unsigned n = 0; n <= frame_count; n++)
      pattern.push_back(pattern_means(c.size.width, c.size.height, n));
    for (unsigned n = 0; n < frame_count; n++) {
      const std::vector<double> means = decoded_means(decoded, n, c.size.width, c.size.height);
      const Difference own = difference(means, pattern[n]);
      EXPECT_LE(own.greatest, c.tolerance) << "frame " << n;
      const double mean_square = own.squares / static_cast<double>(means.size());
      EXPECT_LE(std::sqrt(mean_square), c.mean_tolerance) << "frame " << n;
      // So coarse may a picture be that it is like the one before it.
      if (c.quantizer == coarsest_quantizer) continue;
      EXPECT_LT(own.squares, difference(means, pattern[n + 1]).squares) << "frame " << n;
      const auto& before = pattern[n == 0 ? 1 : n - 1];
      EXPECT_LT(own.squares, difference(means, before).squares) << "frame " << n;
    }
  }
};

TEST_P(EncodeDeviceMatrix, DecodersAgreeAndSeeWhatWentIn) {
  const EncodeCase& c = GetParam();
  EncoderHarness h(std::string(encode_device()->element) + " name=enc " + c.properties,
                   format_of(c.depth), c.size.width, c.size.height);
  const std::vector<Unit> units = h.encode(frame_count);
  check_messages(h, c);
  check_units(units, c.gop);
  std::vector<Bytes> packets;
  for (const Unit& unit : units) packets.push_back(unit.bytes);
  const ScratchFolder folder;
  const std::string ivf = folder.file("stream.ivf");
  const std::string y4m = folder.file("decoded.y4m");
  write_ivf(ivf, c.size.width, c.size.height, packets);

  if (!has_program("dav1d")) GTEST_SKIP() << "there is no dav1d";
  const ProgramRun dav1d = run_program({"dav1d", "--quiet", "--strict", "1", "-i", ivf, "-o", y4m});
  EXPECT_EQ(dav1d.status, 0);
  EXPECT_EQ(dav1d.output, "");
  const DecodedStream decoded = read_y4m(y4m);
  check_pictures(c, decoded);
  for (const auto& [command, words] : other_decoders(ivf, md5_of(decoded))) {
    if (!has_program(command[0].c_str())) continue;
    const ProgramRun run = run_program(command);
    EXPECT_EQ(run.status, 0) << command[0];
    EXPECT_EQ(run.output, words) << command[0];
  }
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(EncodeDeviceMatrix);
INSTANTIATE_TEST_SUITE_P(All, EncodeDeviceMatrix, testing::ValuesIn(all_cases()),
                         [](const auto& tested) { return tested.param.name; });

class DeviceEncoder : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(encode_device()) << "REFDRV_PROFILE names no encoder"; }
};

// What is left out here is about the element and not about its streams.
TEST_F(DeviceEncoder, HasNoPropertyThatNoSettingIsOf) {
  GObjectClass* element = element_class();
  ASSERT_TRUE(element) << "the driver has no encoder";
  std::set<std::string> set = {
      "driver-timeout", "min-force-key-unit-interval", "name", "parent", "qos", "stats"};
  for (const Factor& factor : encode_factors(element)) {
    for (const Setting& setting : factor) {
      for (size_t at = 0, sign = 0;
           (sign = setting.properties.find('=', at)) != std::string::npos;) {
        set.insert(setting.properties.substr(at, sign - at));
        at = std::min(setting.properties.find(' ', sign), setting.properties.size() - 1) + 1;
      }
    }
  }
  guint count = 0;
  GParamSpec** properties = g_object_class_list_properties(element, &count);
  for (guint i = 0; i < count; i++)
    EXPECT_TRUE(set.contains(properties[i]->name)) << properties[i]->name;
  g_free(properties);
  g_type_class_unref(element);
}

// Either its caps say so, or its error.
TEST_F(DeviceEncoder, RefusesSizesThatItCannotCode) {
  for (const PictureSize& size : encode_device()->refused) {
    for (const unsigned depth : {8U, 10U}) {
      SCOPED_TRACE(std::to_string(size.width) + "x" + std::to_string(size.height));
      if (!is_taken(size, depth)) continue;
      EncoderHarness h(std::string(encode_device()->element) + " name=enc", format_of(depth),
                       size.width, size.height);
      EXPECT_NE(h.push(1), GST_FLOW_OK);
      h.end();
      EXPECT_TRUE(h.take().empty());
      const std::string error = h.message(GST_MESSAGE_ERROR);
      EXPECT_TRUE(error.contains(std::to_string(size.width))) << error;
    }
  }
}

}  // namespace
}  // namespace av1hw::test
