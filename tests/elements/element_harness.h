// SPDX-License-Identifier: LGPL-2.1-or-later
// An element of the built plugin between two test pads, with what it posts and counts.
#pragma once

#include <gst/check/gstharness.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace av1hw::test {

inline std::string coded(GQuark domain, int code) {
  return std::string(g_quark_to_string(domain)) + " " + std::to_string(code);
}

class ElementHarness {
 public:
  // `launch`: elements and their properties, as gst-launch-1.0 writes them; `name` is that of the
  // element which is tested.
  ElementHarness(const std::string& launch, const char* name)
      : harness_(gst_harness_new_parse(launch.c_str())), bus_(gst_bus_new()) {
    gst_element_set_bus(harness_->element, bus_);
    // gst_bin_get_by_name() finds what is in a bin, not the bin itself.
    const GstElement* whole = harness_->element;
    element_ = g_strcmp0(GST_OBJECT_NAME(whole), name) == 0
                   ? GST_ELEMENT(gst_object_ref(harness_->element))
                   : gst_bin_get_by_name(GST_BIN(harness_->element), name);
  }
  ElementHarness(const ElementHarness&) = delete;
  ElementHarness& operator=(const ElementHarness&) = delete;

  void set_caps(const std::string& caps) { gst_harness_set_src_caps_str(harness_, caps.c_str()); }
  void end() { gst_harness_push_event(harness_, gst_event_new_eos()); }

  // A field of the stats property.
  uint64_t stat(const char* field) const {
    GstStructure* stats = nullptr;
    g_object_get(element_, "stats", &stats, nullptr);
    guint64 wide = 0;
    guint narrow = 0;
    if (!gst_structure_get_uint64(stats, field, &wide)) {
      EXPECT_TRUE(gst_structure_get_uint(stats, field, &narrow)) << field;
      wide = narrow;
    }
    gst_structure_free(stats);
    return wide;
  }

  // How many messages of these types were posted since they were last asked for.
  unsigned messages(GstMessageType types) {
    return static_cast<unsigned>(
        std::erase_if(posted(), [types](const Message& one) { return (one.type & types) != 0; }));
  }

  // The text of the next message of this type; empty: there is none.
  std::string message(GstMessageType type) {
    std::vector<Message>& all = posted();
    const auto found = std::ranges::find(all, type, &Message::type);
    if (found == all.end()) return {};
    std::string text = std::move(found->text);
    all.erase(found);
    return text;
  }

  // The same with its domain and code before it, as coded() writes them; "none".
  std::string coded_message(GstMessageType type) {
    const std::vector<Message>& all = posted();
    const auto found = std::ranges::find(all, type, &Message::type);
    if (found == all.end()) return "none";
    const std::string code = found->code;
    return code + ": " + message(type);
  }

  // Caps at the source pad as text; empty: none yet.
  std::string source_caps() const {
    GstCaps* caps = gst_pad_get_current_caps(harness_->sinkpad);
    if (!caps) return {};
    char* text = gst_caps_to_string(caps);
    std::string result = text;
    g_free(text);
    gst_caps_unref(caps);
    return result;
  }

  GstHarness* harness() { return harness_; }
  GstElement* element() { return element_; }

 protected:
  ~ElementHarness() {
    gst_element_set_bus(harness_->element, nullptr);
    gst_clear_object(&element_);
    gst_harness_teardown(harness_);
    gst_object_unref(bus_);
  }

  GstHarness* harness_;

 private:
  struct Message {
    GstMessageType type;
    std::string code;
    std::string text;
  };

  static Message read(GstMessage* message) {
    GError* error = nullptr;
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
      gst_message_parse_error(message, &error, nullptr);
    } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_WARNING) {
      gst_message_parse_warning(message, &error, nullptr);
    }
    Message read = {GST_MESSAGE_TYPE(message), "(no code)", "(no text)"};
    if (error) read = {read.type, coded(error->domain, error->code), error->message};
    g_clear_error(&error);
    return read;
  }

  // With what came onto the bus by now.
  std::vector<Message>& posted() {
    while (GstMessage* message = gst_bus_pop(bus_)) {
      posted_.push_back(read(message));
      gst_message_unref(message);
    }
    return posted_;
  }

  GstBus* bus_;
  GstElement* element_ = nullptr;
  std::vector<Message> posted_;
};

}  // namespace av1hw::test
