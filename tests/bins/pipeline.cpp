// SPDX-License-Identifier: LGPL-2.1-or-later
// Runs pipelines and keeps what they posted.
#include "pipeline.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>

namespace av1hw::test {
namespace {

std::string text_of(GstMessage* message, void (*parse)(GstMessage*, GError**, gchar**)) {
  GError* error = nullptr;
  gchar* debug = nullptr;
  parse(message, &error, &debug);
  std::string text = std::string(error->message) + "\n" + (debug ? debug : "");
  g_error_free(error);
  g_free(debug);
  return text;
}

std::string string_of(const GstStructure* s, const char* field) {
  const char* value = gst_structure_get_string(s, field);
  return value ? value : "";
}

}  // namespace

Pipeline::Pipeline(const std::string& line) {
  GError* error = nullptr;
  GstElement* parsed = gst_parse_launch(line.c_str(), &error);
  EXPECT_EQ(error, nullptr) << error->message;
  g_clear_error(&error);
  if (parsed && !GST_IS_PIPELINE(parsed)) {
    GstElement* pipeline = gst_pipeline_new(nullptr);
    gst_bin_add(GST_BIN(pipeline), parsed);
    parsed = pipeline;
  }
  pipeline_.reset(static_cast<GstElement*>(gst_object_ref_sink(parsed)));
}

Pipeline::Pipeline(GstElement* pipeline)
    : pipeline_(g_object_is_floating(pipeline)
                    ? static_cast<GstElement*>(gst_object_ref_sink(pipeline))
                    : pipeline) {}

Pipeline::~Pipeline() { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }

Ref<GstElement> Pipeline::get(const std::string& name) const {
  GstElement* found = gst_bin_get_by_name(GST_BIN(pipeline_.get()), name.c_str());
  EXPECT_NE(found, nullptr) << name;
  return Ref<GstElement>(found);
}

void Pipeline::note(GstMessage* message) {
  switch (GST_MESSAGE_TYPE(message)) {
  case GST_MESSAGE_ERROR: errors.push_back(text_of(message, gst_message_parse_error)); break;
  case GST_MESSAGE_EOS: ended = true; break;
  case GST_MESSAGE_WARNING: warnings.push_back(text_of(message, gst_message_parse_warning)); break;
  case GST_MESSAGE_ELEMENT: {
    const GstStructure* s = gst_message_get_structure(message);
    if (gst_structure_has_name(s, "av1hw-chosen"))
      chosen.push_back({string_of(s, "stage"), string_of(s, "element"), string_of(s, "reason")});
    break;
  }
  case GST_MESSAGE_LATENCY: gst_bin_recalculate_latency(GST_BIN(pipeline_.get())); break;
  default: break;
  }
}

GstMessageType Pipeline::wait(GstMessageType types, std::chrono::seconds limit) {
  const Ref<GstBus> bus(gst_element_get_bus(pipeline_.get()));
  const auto end = std::chrono::steady_clock::now() + limit;
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(
        end - std::chrono::steady_clock::now());
    const Ref<GstMessage> message(gst_bus_timed_pop(
        bus.get(), static_cast<GstClockTime>(std::max<int64_t>(0, left.count()))));
    if (!message) return GST_MESSAGE_UNKNOWN;
    note(message.get());
    // Extended types are numbers, not bits.
    const GstMessageType type = GST_MESSAGE_TYPE(message.get());
    if ((type & types) && !GST_MESSAGE_TYPE_IS_EXTENDED(message.get())) return type;
  }
}

bool Pipeline::run(std::chrono::seconds limit) {
  constexpr auto ends = static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  set_state(GST_STATE_PLAYING);
  const GstMessageType type = wait(ends, limit);
  poll();
  EXPECT_NE(type, GST_MESSAGE_UNKNOWN) << "no EOS within the limit";
  for (const std::string& error : errors) GTEST_LOG_(INFO) << error;
  return type == GST_MESSAGE_EOS;
}

std::string data_file(const std::string& name) {
  return std::string(std::getenv("AV1HW_SOURCE_ROOT")) + "/tests/data/" + name;
}

std::string get_string(GstElement* element, const char* property) {
  gchar* value = nullptr;
  g_object_get(element, property, &value, nullptr);
  std::string text = value ? value : "";
  g_free(value);
  return text;
}

Ref<GstStructure> get_structure(GstElement* element, const char* property) {
  GstStructure* value = nullptr;
  g_object_get(element, property, &value, nullptr);
  return Ref<GstStructure>(value);
}

std::string report_field(const GstStructure* report, const std::string& element,
                         const char* field) {
  const GValue* candidates = report ? gst_structure_get_value(report, "candidates") : nullptr;
  if (!candidates) return "(no report)";
  for (guint i = 0; i < gst_value_array_get_size(candidates); i++) {
    const GstStructure* entry = gst_value_get_structure(gst_value_array_get_value(candidates, i));
    if (string_of(entry, "element") == element) return string_of(entry, field);
  }
  return "(none)";
}

BufferCount::BufferCount(GstPad* pad) {
  gst_pad_add_probe(
      pad, GST_PAD_PROBE_TYPE_BUFFER,
      [](GstPad*, GstPadProbeInfo*, gpointer count) {
        g_atomic_int_inc(static_cast<std::shared_ptr<gint>*>(count)->get());
        return GST_PAD_PROBE_OK;
      },
      new std::shared_ptr(count_),
      [](gpointer count) { delete static_cast<std::shared_ptr<gint>*>(count); });
}

bool BufferCount::reaches(unsigned n, std::chrono::seconds limit) const {
  return eventually([&] { return value() >= n; }, limit);
}

bool eventually(const std::function<bool()>& condition, std::chrono::seconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace av1hw::test
