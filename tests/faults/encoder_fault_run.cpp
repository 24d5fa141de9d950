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
  return "videotestsrc name=source num-buffers=" + frames +
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
    source_.reset(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "source"));
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
    tell_choice();
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

  void read_bus() {
    const auto wanted = static_cast<GstMessageType>(GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);
    while (GstMessage* popped = gst_bus_pop_filtered(bus_.get(), wanted)) {
      const GstHandle<GstMessage> message(popped);
      const bool is_error = GST_MESSAGE_TYPE(popped) == GST_MESSAGE_ERROR;
      GError* parsed = nullptr;
      (is_error ? gst_message_parse_error : gst_message_parse_warning)(popped, &parsed, nullptr);
      const GErrorPtr error(parsed);
      // The source only says that somebody else has failed.
      if (GST_MESSAGE_SRC(popped) == GST_OBJECT(source_.get())) {
        source_failed_ = true;
        continue;
      }
      const GCharPtr text(g_strdelimit(g_strdup(error->message), "\n", '/'));
      std::printf("%s %s %s\n", is_error ? "error" : "warning", code_name(*error).c_str(),
                  text.get());
      const GstStructure* details = nullptr;
      if (is_error) gst_message_parse_error_details(popped, &details);
      if (details) {
        const GCharPtr all(gst_structure_to_string(details));
        std::printf("details %s\n", all.get());
      }
      std::fflush(stdout);
    }
  }

  void tell_choice() {
    if (!g_object_class_find_property(G_OBJECT_GET_CLASS(encoder_.get()), "report")) return;
    gchar* chosen = nullptr;
    GstStructure* report = nullptr;
    g_object_get(encoder_.get(), "chosen", &chosen, "report", &report, nullptr);
    const GCharPtr owned(chosen);
    const StructureHandle structure(report);
    std::printf("chosen %s\n", chosen ? chosen : "");
    const GValue* candidates = gst_structure_get_value(report, "candidates");
    for (guint i = 0; i < gst_value_array_get_size(candidates); i++) {
      const GstStructure* entry = gst_value_get_structure(gst_value_array_get_value(candidates, i));
      std::printf("report %s %s: %s\n", gst_structure_get_string(entry, "element"),
                  gst_structure_get_string(entry, "verdict"),
                  gst_structure_get_string(entry, "reason"));
    }
  }

  ElementHandle pipeline_, source_, sink_, encoder_;
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
