// SPDX-License-Identifier: LGPL-2.1-or-later
// Composes frames with vkcompositor while its Vulkan device fails, and prints what an application
// sees.
//
//   compositor_fault_run FRAMES [WIDTH HEIGHT]
//
// What it prints, a line each: "warning NAME TEXT", "error NAME TEXT", "details
// STRUCTURE" (of the error before it), "frames COUNT", "md5 HEX".
#include <gst/app/gstappsink.h>
#include <gst/video/video.h>

#include <cstdio>
#include <cstdlib>
#include <format>
#include <string>

#include "base/unique_handle.h"
#include "faults/messages.h"
#include "memory/handles.h"

namespace av1hw::test {
namespace {

constexpr GstClockTime patience = 100 * GST_SECOND;

int run(unsigned frames, unsigned width, unsigned height) {
  const auto source = [&](const char* pattern) {
    return std::format(
        "videotestsrc num-buffers={} pattern={} ! "
        "video/x-raw,format=NV12,width={},height={},framerate=25/1 ! c. ",
        frames, pattern, width, height);
  };
  const std::string line =
      "vkcompositor name=c sink_1::xpos=16 sink_1::alpha=0.5 ! "
      "video/x-raw ! appsink name=sink sync=false max-buffers=1 " +
      source("ball") + source("smpte");
  const ElementHandle pipeline(gst_parse_launch(line.c_str(), nullptr));
  if (!pipeline) {
    std::puts("error none there is no vkcompositor");
    return 1;
  }
  const ElementHandle sink(gst_bin_get_by_name(GST_BIN(pipeline.get()), "sink"));
  const GstHandle<GstBus> bus(gst_element_get_bus(pipeline.get()));
  const ChecksumHandle sum(g_checksum_new(G_CHECKSUM_MD5));
  unsigned count = 0;
  bool failed =
      gst_element_set_state(pipeline.get(), GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE;
  constexpr GstClockTime interval = GST_SECOND / 50;
  GstAppSink* app_sink = GST_APP_SINK(sink.get());
  // What was sent before an element failed may still be in the sink: it is counted as well.
  for (GstClockTime waited = 0; waited < patience && !gst_app_sink_is_eos(app_sink);) {
    const GstHandle<GstSample> sample(gst_app_sink_try_pull_sample(app_sink, interval));
    if (!sample && failed) break;
    failed |= print_messages(bus.get()).error;
    if (!sample) waited += interval;
    if (!sample) continue;
    count++;
    add_to_checksum(sum.get(), sample.get());
  }
  print_messages(bus.get());
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  std::printf("frames %u\nmd5 %s\n", count, g_checksum_get_string(sum.get()));
  return 0;
}

}  // namespace
}  // namespace av1hw::test

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  const auto number = [&](int i, unsigned otherwise) {
    return argc > i ? static_cast<unsigned>(std::strtoul(argv[i], nullptr, 10)) : otherwise;
  };
  const int status = av1hw::test::run(number(1, 24), number(2, 64), number(3, 48));
  gst_deinit();
  return status;
}
