// SPDX-License-Identifier: LGPL-2.1-or-later
// Encodes frames with an element while its driver fails, and prints what an application sees.
//
//   encoder_fault_run FRAMES FORMAT ELEMENT
//
// gives the element, which may have properties, so many frames of 320x180 in system memory. What it
// prints, a line each: "frames COUNT" (temporal units that came out), "warning NAME TEXT", "error
// NAME TEXT", "details STRUCTURE" (of the error before it), "chosen ELEMENT" and "report LINE" (of
// a bin).
//
//   encoder_fault_run --exists ELEMENT
//
// ends with 0 if there is such an element.
#include <gst/app/gstappsink.h>

#include <cstdio>
#include <string>

#include "base/unique_handle.h"
#include "faults/messages.h"
#include "memory/handles.h"

namespace av1hw::test {
namespace {

constexpr GstClockTime patience = 100 * GST_SECOND;

std::string pipeline_line(const std::string& frames, const std::string& format,
                          const std::string& element) {
  return "videotestsrc num-buffers=" + frames +
         " ! video/x-raw,width=320,height=180,framerate=25/1,format=" + format + " ! " + element +
         " name=encoder ! appsink name=sink sync=false";
}

class EncoderFaultRun {
 public:
  explicit EncoderFaultRun(const std::string& line) {
    GError* error = nullptr;
    pipeline_.reset(gst_parse_launch(line.c_str(), &error));
    const GErrorPtr owned(error);
    if (error) {
      std::printf("error none %s\n", error->message);
      pipeline_.reset();
      return;
    }
    sink_.reset(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "sink"));
    encoder_.reset(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "encoder"));
    bus_.reset(gst_element_get_bus(pipeline_.get()));
  }

  bool made() const { return encoder_ != nullptr; }

  void run() {
    const bool started =
        gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE;
    if (started) wait();
    read_bus();
    print_choice(encoder_.get());
    // In steps, for the last one throws messages away.
    if (started) gst_element_set_state(pipeline_.get(), GST_STATE_READY);
    read_bus();
    gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
    std::printf("frames %u\n", frames_);
  }

 private:
  void wait() {
    constexpr GstClockTime interval = GST_SECOND / 50;
    GstAppSink* sink = GST_APP_SINK(sink_.get());
    for (GstClockTime waited = 0; waited < patience && !source_failed_; waited += interval) {
      take(gst_app_sink_try_pull_sample(sink, interval));
      read_bus();
      if (gst_app_sink_is_eos(sink)) return;
    }
    if (!source_failed_) std::puts("error none nothing happened any more");
    while (take(gst_app_sink_try_pull_sample(sink, 0))) {
    }
  }

  bool take(GstSample* sample) {
    const GstHandle<GstSample> owned(sample);
    if (owned) frames_++;
    return owned != nullptr;
  }

  void read_bus() { source_failed_ |= print_messages(bus_.get()).by_source; }

  ElementHandle pipeline_, sink_, encoder_;
  GstHandle<GstBus> bus_;
  unsigned frames_ = 0;
  bool source_failed_ = false;
};

int exists(const char* name) {
  const GstHandle<GstPluginFeature> feature(gst_registry_lookup_feature(gst_registry_get(), name));
  return feature ? 0 : 1;
}

}  // namespace
}  // namespace av1hw::test

int main(int argc, char** argv) {
  using namespace av1hw::test;
  gst_init(&argc, &argv);
  if (argc == 3 && std::string(argv[1]) == "--exists") return exists(argv[2]);
  if (argc != 4) return 2;
  EncoderFaultRun run(pipeline_line(argv[1], argv[2], argv[3]));
  if (!run.made()) return 1;
  run.run();
  return 0;
}
