// SPDX-License-Identifier: LGPL-2.1-or-later
// Running pipelines in tests: to EOS or an error, with everything that they posted kept.
#pragma once

#include <gst/gst.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace av1hw::test {

struct Unref {
  void operator()(GstElement* p) const { gst_object_unref(p); }
  void operator()(GstPad* p) const { gst_object_unref(p); }
  void operator()(GstBus* p) const { gst_object_unref(p); }
  void operator()(GstMessage* p) const { gst_message_unref(p); }
  void operator()(GstCaps* p) const { gst_caps_unref(p); }
  void operator()(GstSample* p) const { gst_sample_unref(p); }
  void operator()(GstBuffer* p) const { gst_buffer_unref(p); }
  void operator()(GstStructure* p) const { gst_structure_free(p); }
};
template <typename T>
using Ref = std::unique_ptr<T, Unref>;

struct Chosen {
  std::string stage, element, reason;
};

// A pipeline, which is brought to NULL when this goes.
class Pipeline {
 public:
  // From a gst-launch line; a line that can't be parsed fails the test.
  explicit Pipeline(const std::string& line);
  // From an element made elsewhere: takes a floating or full reference.
  explicit Pipeline(GstElement* pipeline);
  ~Pipeline();

  GstElement* element() const { return pipeline_.get(); }
  Ref<GstElement> get(const std::string& name) const;
  void set_state(GstState state) { gst_element_set_state(pipeline_.get(), state); }
  // Plays until EOS, an error or the limit. True: EOS.
  bool run(std::chrono::seconds limit = std::chrono::seconds(90));
  // Waits for a message of these types; its type, or GST_MESSAGE_UNKNOWN after the limit.
  GstMessageType wait(GstMessageType types, std::chrono::seconds limit = std::chrono::seconds(90));
  // Handles what is on the bus by now.
  void poll() { wait(GST_MESSAGE_UNKNOWN, std::chrono::seconds(0)); }

  // What was posted so far.
  std::vector<Chosen> chosen;
  std::vector<std::string> errors;    // message and debug text
  std::vector<std::string> warnings;  // likewise
  bool ended = false;                 // with EOS

 private:
  void note(GstMessage* message);

  Ref<GstElement> pipeline_;
};

// A file of tests/data.
std::string data_file(const std::string& name);

std::string get_string(GstElement* element, const char* property);
Ref<GstStructure> get_structure(GstElement* element, const char* property);
// The field of the entry for `element` in a report; "(none)" where there is no entry.
std::string report_field(const GstStructure* report, const std::string& element, const char* field);

// Counts buffers that pass `pad` from now on.
class BufferCount {
 public:
  explicit BufferCount(GstPad* pad);
  unsigned value() const { return g_atomic_int_get(&*count_); }
  // Waits until `n` have passed.
  bool reaches(unsigned n, std::chrono::seconds limit = std::chrono::seconds(90)) const;

 private:
  std::shared_ptr<gint> count_ = std::make_shared<gint>(0);
};

bool eventually(const std::function<bool()>& condition,
                std::chrono::seconds limit = std::chrono::seconds(90));

}  // namespace av1hw::test
