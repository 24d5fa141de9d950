// SPDX-License-Identifier: LGPL-2.1-or-later
// Decodes streams one after another with an element; libva traces each into files of its own.
#include <gst/app/gstappsrc.h>
#include <gst/gst.h>

#include <algorithm>
#include <cstdio>
#include <span>
#include <string>

#include "base/unique_handle.h"
#include "conformance/stream_reader.h"
#include "memory/handles.h"

namespace av1hw {
namespace {

// A stream takes less than a second; a driver that hangs takes forever.
constexpr GstClockTime patience = 60 * GST_SECOND;

// There are elements of one name in several plugins, so the one that is meant is named with it.
Result<> check_plugin(const std::string& plugin, const std::string& element) {
  const GstHandle<GstElementFactory> factory(gst_element_factory_find(element.c_str()));
  if (!factory) return fail(ErrorCode::Unavailable, "there is no element " + element);
  const char* name = gst_plugin_feature_get_plugin_name(GST_PLUGIN_FEATURE(factory.get()));
  if (name && plugin == name) return {};
  return fail(ErrorCode::Unavailable, element + " is not of the plugin " + plugin);
}

Result<ElementHandle> make_pipeline(const std::string& decoder, conformance::Container container) {
  const std::string description =
      std::string("appsrc name=source format=time max-bytes=0 caps=video/x-av1,alignment=tu,") +
      "stream-format=" + (container == conformance::Container::AnnexB ? "annexb" : "obu-stream") +
      " ! " + decoder + " ! video/x-raw(memory:VAMemory) ! fakesink enable-last-sample=false";
  GError* error = nullptr;
  GstElement* made = gst_parse_launch(description.c_str(), &error);
  const GErrorPtr owned(error);
  ElementHandle pipeline(made ? GST_ELEMENT(gst_object_ref_sink(made)) : nullptr);
  if (error) return fail(ErrorCode::Failed, error->message);
  return pipeline;
}

void feed(GstAppSrc* source, const conformance::Stream& stream) {
  GstClockTime time = 0;
  for (const std::span<const uint8_t> unit : stream.units) {
    GstBuffer* buffer = gst_buffer_new_memdup(unit.data(), unit.size());
    GST_BUFFER_PTS(buffer) = time;
    time += GST_SECOND / 30;
    gst_app_src_push_buffer(source, buffer);
  }
  gst_app_src_end_of_stream(source);
}

Result<> wait_for_end(GstElement* pipeline) {
  const GstHandle<GstBus> bus(gst_element_get_bus(pipeline));
  const GstHandle<GstMessage> message(gst_bus_timed_pop_filtered(
      bus.get(), patience, static_cast<GstMessageType>(GST_MESSAGE_ERROR | GST_MESSAGE_EOS)));
  if (!message) return fail(ErrorCode::Failed, "did not finish");
  if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_EOS) return {};
  GError* error = nullptr;
  char* debug = nullptr;
  gst_message_parse_error(message.get(), &error, &debug);
  const GErrorPtr owned_error(error);
  const GCharPtr owned_debug(debug);
  return fail(ErrorCode::Failed, std::string(error->message) + " (" + (debug ? debug : "") + ")");
}

Result<> decode(const std::string& decoder, const std::string& file) {
  const Result<conformance::Stream> stream = conformance::read_stream(file);
  if (!stream) return std::unexpected(stream.error());
  const Result<ElementHandle> pipeline = make_pipeline(decoder, stream->container);
  if (!pipeline) return std::unexpected(pipeline.error());
  const ElementHandle source(gst_bin_get_by_name(GST_BIN(pipeline->get()), "source"));
  gst_element_set_state(pipeline->get(), GST_STATE_PLAYING);
  feed(GST_APP_SRC(source.get()), *stream);
  Result<> ended = wait_for_end(pipeline->get());
  gst_element_set_state(pipeline->get(), GST_STATE_NULL);
  return ended;
}

void say(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  std::printf("%s\n", text.c_str());
  // So that what was done is known, whatever a driver does to this process next.
  std::fflush(stdout);
}

int run(int argc, char** argv) {
  if (argc < 6) {
    std::fprintf(stderr, "Usage: %s PLUGIN ELEMENT PIPELINE FOLDER STREAM...\n", argv[0]);
    return 2;
  }
  const std::string folder = argv[4];
  if (const Result<> checked = check_plugin(argv[1], argv[2]); !checked) {
    std::fprintf(stderr, "%s\n", checked.error().message.c_str());
    return 1;
  }
  g_setenv("LIBVA_TRACE_BUFDATA", "1", TRUE);
  for (int i = 5; i < argc; i++) {
    const std::string number = std::to_string(i - 5);
    // libva reads it for each display that is opened, as each pipeline does.
    g_setenv("LIBVA_TRACE", (folder + "/" + number).c_str(), TRUE);
    say("begin " + number);
    const Result<> decoded = decode(argv[3], argv[i]);
    say(decoded ? "done" : "error " + decoded.error().message);
  }
  return 0;
}

}  // namespace
}  // namespace av1hw

int main(int argc, char** argv) {
  gst_init(nullptr, nullptr);
  const int status = av1hw::run(argc, argv);
  // Waits for the threads of pipelines, which may hold the last display.
  gst_deinit();
  return status;
}
