// SPDX-License-Identifier: LGPL-2.1-or-later
// Encodes frames with an element while its driver fails, and prints what an application sees.
//
//   encode_fault_run FRAMES ELEMENT
//
// gives the element, which may have properties, so many frames of 320x180. What it prints, a line
// each: "frames COUNT" (units that came out), "warning NAME TEXT", "error NAME TEXT" and "details
// STRUCTURE" (of the error before it). What is said again, as sources send their caps again, is
// printed once.
#include <gst/app/gstappsink.h>
#include <gst/gst.h>

#include <cstdio>
#include <set>
#include <string>

#include "base/unique_handle.h"
#include "faults/messages.h"
#include "memory/handles.h"

namespace av1hw::test {
namespace {

constexpr GstClockTime patience = 100 * GST_SECOND;
constexpr GstClockTime interval = GST_SECOND / 50;

class EncodeFaultRun {
 public:
  explicit EncodeFaultRun(const std::string& frames, const std::string& element) {
    const std::string line = "videotestsrc num-buffers=" + frames +
                             " ! video/x-raw,format=NV12,width=320,height=180,framerate=25/1 ! " +
                             element + " name=encoder ! appsink name=sink sync=false";
    GError* error = nullptr;
    pipeline_.reset(gst_parse_launch(line.c_str(), &error));
    const GErrorPtr owned(error);
    if (error) {
      std::printf("error none %s\n", error->message);
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
    // In steps, for the last one throws messages away.
    if (started) gst_element_set_state(pipeline_.get(), GST_STATE_READY);
    read_bus();
    gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
    std::printf("frames %u\n", frames_);
  }

 private:
  // For the end of the stream, or for the source to say that nobody takes its frames.
  void wait() {
    GstAppSink* sink = GST_APP_SINK(sink_.get());
    for (GstClockTime waited = 0; waited < patience; waited += interval) {
      if (take(interval)) continue;
      read_bus();
      if (gst_app_sink_is_eos(sink)) return;
      if (failed_) {
        while (take(interval)) continue;
        return;
      }
    }
    std::puts("error none nothing happened any more");
  }

  bool take(GstClockTime timeout) {
    const GstHandle<GstSample> sample(
        gst_app_sink_try_pull_sample(GST_APP_SINK(sink_.get()), timeout));
    if (sample) frames_++;
    return sample != nullptr;
  }

  void read_bus() {
    while (GstMessage* raw = gst_bus_pop(bus_.get())) {
      const GstHandle<GstMessage> message(raw);
      const bool is_error = GST_MESSAGE_TYPE(raw) == GST_MESSAGE_ERROR;
      if (!is_error && GST_MESSAGE_TYPE(raw) != GST_MESSAGE_WARNING) continue;
      GError* error = nullptr;
      if (is_error) {
        gst_message_parse_error(raw, &error, nullptr);
      } else {
        gst_message_parse_warning(raw, &error, nullptr);
      }
      const GErrorPtr owned(error);
      // That its frames are taken no more is what becomes of the element's error.
      const bool of_source =
          g_str_has_prefix(GST_OBJECT_NAME(GST_MESSAGE_SRC(raw)), "videotestsrc");
      failed_ |= is_error;
      if (of_source) continue;
      const std::string text =
          std::string(is_error ? "error " : "warning ") + code_name(*error) + " " + error->message;
      if (!said_.insert(text).second) continue;
      std::puts(text.c_str());
      if (is_error) tell_details(raw);
    }
  }

  static void tell_details(GstMessage* message) {
    const GstStructure* details = nullptr;
    gst_message_parse_error_details(message, &details);
    if (!details) return;
    const GCharPtr text(gst_structure_to_string(details));
    std::printf("details %s\n", text.get());
  }

  ElementHandle pipeline_;
  ElementHandle sink_;
  ElementHandle encoder_;
  GstHandle<GstBus> bus_;
  std::set<std::string> said_;
  unsigned frames_ = 0;
  bool failed_ = false;
};

}  // namespace
}  // namespace av1hw::test

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  if (argc != 3) {
    std::fputs("encode_fault_run FRAMES ELEMENT\n", stderr);
    return 2;
  }
  av1hw::test::EncodeFaultRun run(argv[1], argv[2]);
  if (!run.made()) return 1;
  run.run();
  return 0;
}
