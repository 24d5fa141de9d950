// SPDX-License-Identifier: LGPL-2.1-or-later
// What an application's threads may do to an element while it works, starts and stops. Nothing must
// come of it, and ThreadSanitizer looks on.
#include <gst/app/gstappsrc.h>
#include <gst/gst.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "base/unique_handle.h"
#include "memory/handles.h"
#include "support/decode_session.h"
#include "support/decoder_test_name.h"
#include "support/test_files.h"

namespace av1hw::test {
namespace {

// Reads all properties, and sets each that can be set to what it is.
void read_and_set_all(GObject* object) {
  guint count = 0;
  GParamSpec** specs = g_object_class_list_properties(G_OBJECT_GET_CLASS(object), &count);
  for (guint i = 0; i < count; i++) {
    const GParamSpec* spec = specs[i];
    const std::string name = g_param_spec_get_name(specs[i]);
    if (!(spec->flags & G_PARAM_READABLE) || name == "name" || name == "parent") continue;
    GValue value = G_VALUE_INIT;
    g_value_init(&value, spec->value_type);
    g_object_get_property(object, name.c_str(), &value);
    if ((spec->flags & G_PARAM_WRITABLE) && !(spec->flags & G_PARAM_CONSTRUCT_ONLY)) {
      g_object_set_property(object, name.c_str(), &value);
    }
    g_value_unset(&value);
  }
  g_free(specs);
}

void ask_latency(GstElement* element) {
  const GstHandle<GstQuery> query(gst_query_new_latency());
  gst_element_query(element, query.get());
}

// A further input, and away with it again, where there may be several.
void add_and_remove_input(GstElement* element) {
  if (!gst_element_get_pad_template(element, "sink_%u")) return;
  const PadHandle pad(gst_element_request_pad_simple(element, "sink_%u"));
  if (!pad) return;
  read_and_set_all(G_OBJECT(pad.get()));
  gst_element_release_request_pad(element, pad.get());
}

// Threads that do all of this to `element` for as long as this lives.
class Meddlers {
 public:
  explicit Meddlers(GstElement* element) {
    for (std::thread& thread : threads_) {
      thread = std::thread([this, element] {
        do {
          read_and_set_all(G_OBJECT(element));
          ask_latency(element);
          add_and_remove_input(element);
          std::this_thread::yield();
        } while (!done_);
      });
    }
  }
  ~Meddlers() {
    done_ = true;
    for (std::thread& thread : threads_) thread.join();
  }
  Meddlers(const Meddlers&) = delete;
  Meddlers& operator=(const Meddlers&) = delete;

 private:
  std::atomic<bool> done_ = false;
  std::array<std::thread, 2> threads_;
};

bool decodes(const std::string& element) {
  return element.ends_with("dec") || element.ends_with("decbin");
}

// A pipeline around the element "it", which is given a few frames or streams for ever.
ElementHandle make_pipeline(const std::string& element, bool ends) {
  const std::string video = std::string("videotestsrc num-buffers=") + (ends ? "30" : "-1") +
                            " ! video/x-raw,format=I420,width=96,height=64,framerate=30/1 ! ";
  const std::string line =
      decodes(element) ? "appsrc name=source format=time max-bytes=0 ! " + element + " name=it ! "
                       : video + element + " name=it ! ";
  GstElement* made = gst_parse_launch((line + "fakesink sync=false").c_str(), nullptr);
  return ElementHandle(made ? GST_ELEMENT(gst_object_ref_sink(made)) : nullptr);
}

// Gives a decoder a clip; other elements get their input from the pipeline.
void feed(GstElement* pipeline) {
  const ElementHandle source(gst_bin_get_by_name(GST_BIN(pipeline), "source"));
  if (!source) return;
  const std::filesystem::path root = std::getenv("AV1HW_SOURCE_ROOT");
  const Bytes file = read_bytes(root / "tests" / "data" / "hdr10.ivf");
  const CapsHandle caps(gst_caps_from_string("video/x-av1,stream-format=obu-stream,alignment=tu"));
  gst_app_src_set_caps(GST_APP_SRC(source.get()), caps.get());
  size_t index = 0;
  for (const auto packet : split_ivf(file)) {
    GstBuffer* buffer = gst_buffer_new_memdup(packet.data(), packet.size());
    GST_BUFFER_PTS(buffer) = packet_time(index++);
    gst_app_src_push_buffer(GST_APP_SRC(source.get()), buffer);
  }
  gst_app_src_end_of_stream(GST_APP_SRC(source.get()));
}

std::string wait_for_end(GstElement* pipeline) {
  const GstHandle<GstBus> bus(gst_element_get_bus(pipeline));
  const GstHandle<GstMessage> message(
      gst_bus_timed_pop_filtered(bus.get(), 120 * GST_SECOND,
                                 static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
  if (!message) return "it hangs";
  if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_EOS) return {};
  GError* error = nullptr;
  gst_message_parse_error(message.get(), &error, nullptr);
  const GErrorPtr owned(error);
  return error->message;
}

class Threads : public testing::TestWithParam<std::string> {};

TEST_P(Threads, MeddleWhileItWorks) {
  const ElementHandle pipeline = make_pipeline(GetParam(), true);
  ASSERT_TRUE(pipeline);
  const ElementHandle it(gst_bin_get_by_name(GST_BIN(pipeline.get()), "it"));
  {
    const Meddlers meddlers(it.get());
    gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
    feed(pipeline.get());
    EXPECT_EQ(wait_for_end(pipeline.get()), "");
  }
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
}

TEST_P(Threads, MeddleWhileItStartsAndStops) {
  const ElementHandle pipeline = make_pipeline(GetParam(), false);
  ASSERT_TRUE(pipeline);
  const ElementHandle it(gst_bin_get_by_name(GST_BIN(pipeline.get()), "it"));
  {
    const Meddlers meddlers(it.get());
    for (unsigned i = 0; i < 12; i++) {
      gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
      feed(pipeline.get());
      std::this_thread::sleep_for(std::chrono::milliseconds(20 * (i % 4)));
      gst_element_set_state(pipeline.get(), GST_STATE_NULL);
    }
  }
}

// All elements of the plugin, or those that AV1HW_DECODERS names.
std::vector<std::string> elements() {
  std::vector<std::string> names = decoders_to_test();
  if (names.empty() || std::getenv("AV1HW_DECODERS")) return names;
  for (const char* other : {"cpuav1enc", "cpusvtav1enc", "av1encbin", "av1compositebin"}) {
    if (const GstHandle<GstPluginFeature> there{
            gst_registry_lookup_feature(gst_registry_get(), other)}) {
      names.emplace_back(other);
    }
  }
  return names;
}

INSTANTIATE_TEST_SUITE_P(Elements, Threads, testing::ValuesIn(elements()), decoder_test_name);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Threads);

}  // namespace
}  // namespace av1hw::test
