// SPDX-License-Identifier: LGPL-2.1-or-later
// The picture of docs/compositor.md: sixteen layers, turned, rounded, bordered, one of them HDR;
// held to what a person has looked at. AV1HW_RENEW_PICTURES=1 writes it anew.
#include <gst/video/video.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <format>
#include <string>
#include <vector>

#include "bins/pipeline.h"

namespace av1hw::test {
namespace {

constexpr int width = 960, height = 540;

std::string picture_file() {
  return std::string(std::getenv("AV1HW_SOURCE_ROOT")) + "/docs/images/vkcompositor.png";
}

std::string layer(int index, const std::string& caps, const std::string& pattern) {
  return std::format(
      "videotestsrc num-buffers=1 pattern={} ! video/x-raw,{},width=320,height=180,framerate=25/1 "
      "! c.sink_{} ",
      pattern, caps, index);
}

std::string pad(int index, const std::string& properties) {
  std::string text;
  for (size_t at = 0; at < properties.size();) {
    const size_t end = std::min(properties.find(' ', at), properties.size());
    text += std::format("sink_{}::{} ", index, properties.substr(at, end - at));
    at = end + 1;
  }
  return text;
}

// A row of four a line, each with something else about it.
std::string scene() {
  constexpr const char* patterns[] = {"smpte",   "ball",     "circular",     "pinwheel",
                                      "spokes",  "gradient", "colors",       "checkers-8",
                                      "smpte75", "smpte100", "red",          "bar",
                                      "green",   "pinwheel", "smpte-rp-219", "smpte"};
  const std::vector<std::string> looks = {
      "corner-radius=24",
      "rotation=8",
      "corner-radius=60 border-width=6 border-color=0xffffffff",
      "video-direction=90r",
      "alpha=0.6 rotation=-12 corner-radius=20",
      "video-direction=horiz crop-left=80 crop-right=80",
      "scale-filter=lanczos corner-radius=12 border-width=3 border-color=0xffe0a020",
      "scale-filter=nearest",
      "sizing-policy=keep-aspect-ratio rotation=30",
      "video-direction=180",
      "operator=add alpha=0.5",
      "rotation=45 corner-radius=90",
      "alpha=0.5",
      "crop-top=40 crop-bottom=40 rotation=-5 border-width=4 border-color=0x80ffffff",
      "corner-radius=16 border-width=2 border-color=0xff20c0ff",
      "rotation=15 corner-radius=30"};
  std::string pads, sources;
  for (int i = 0; i < 16; i++) {
    const int x = 12 + (i % 4) * 236, y = 10 + (i / 4) * 132;
    pads += pad(i, std::format("xpos={} ypos={} width=224 height=126 {}", x, y, looks[i]));
    // The last two are of other colours: wide gamut, and HDR whose light is brought into range.
    const std::string caps = i == 14   ? "format=P010_10LE,colorimetry=bt2020"
                             : i == 15 ? "format=P010_10LE,colorimetry=bt2100-pq"
                                       : "format=NV12,colorimetry=bt709";
    sources += layer(i, caps, patterns[i]);
  }
  return std::format(
      "vkcompositor name=c background=color background-color=0xff203040 {} ! "
      "video/x-raw,format=RGBA,width={},height={},colorimetry=sRGB ! {{}} {}",
      pads, width, height, sources);
}

std::string with_sink(const std::string& sink) {
  std::string line = scene();
  return line.replace(line.find("{}"), 2, sink);
}

// The first buffer that reaches the element "sink", as bytes of RGBA rows.
std::vector<uint8_t> picture(const std::string& line) {
  Pipeline pipeline(line);
  std::vector<uint8_t> bytes;
  const Ref<GstPad> pad(gst_element_get_static_pad(pipeline.get("sink").get(), "sink"));
  gst_pad_add_probe(
      pad.get(), GST_PAD_PROBE_TYPE_BUFFER,
      [](GstPad*, GstPadProbeInfo* probe, gpointer to) {
        GstMapInfo map;
        GstBuffer* buffer = GST_PAD_PROBE_INFO_BUFFER(probe);
        if (gst_buffer_map(buffer, &map, GST_MAP_READ)) {
          static_cast<std::vector<uint8_t>*>(to)->assign(map.data, map.data + map.size);
          gst_buffer_unmap(buffer, &map);
        }
        return GST_PAD_PROBE_OK;
      },
      &bytes, nullptr);
  EXPECT_TRUE(pipeline.run()) << line;
  return bytes;
}

TEST(Gallery, SixteenLayersAsTheyWereLookedAt) {
  const char* renew = std::getenv("AV1HW_RENEW_PICTURES");
  if (renew && *renew == '1') {
    Pipeline pipeline(with_sink("pngenc snapshot=true ! filesink location=" + picture_file()));
    ASSERT_TRUE(pipeline.run());
  }
  const std::vector<uint8_t> now = picture(with_sink("fakesink name=sink"));
  const std::vector<uint8_t> before =
      picture("filesrc location=" + picture_file() +
              " ! pngdec ! videoconvert ! video/x-raw,format=RGBA ! fakesink name=sink");
  ASSERT_EQ(now.size(), size_t{width} * height * 4);
  ASSERT_EQ(before.size(), now.size());
  int largest = 0;
  for (size_t i = 0; i < now.size(); i++) largest = std::max(largest, std::abs(now[i] - before[i]));
  EXPECT_LE(largest, 1);
}

}  // namespace
}  // namespace av1hw::test
