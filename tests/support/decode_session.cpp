// SPDX-License-Identifier: LGPL-2.1-or-later
// Runs packets through a decoder element and writes down everything that came of it.
#include "support/decode_session.h"

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/video/video.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "base/unique_handle.h"
#include "memory/handles.h"

namespace av1hw::test {
namespace {

using ChecksumHandle = UniqueHandle<GChecksum, g_checksum_free>;

std::string checksum_of(GstVideoFrame& frame) {
  const ChecksumHandle checksum(g_checksum_new(G_CHECKSUM_MD5));
  const GstVideoFormatInfo* format = frame.info.finfo;
  for (guint plane = 0; plane < GST_VIDEO_FRAME_N_PLANES(&frame); plane++) {
    int components[GST_VIDEO_MAX_COMPONENTS];
    gst_video_format_info_component(format, plane, components);
    const int width = GST_VIDEO_FRAME_COMP_WIDTH(&frame, components[0]) *
                      GST_VIDEO_FRAME_COMP_PSTRIDE(&frame, components[0]);
    const int height = GST_VIDEO_FRAME_COMP_HEIGHT(&frame, components[0]);
    const auto* row = static_cast<const guint8*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, plane));
    for (int y = 0; y < height; y++, row += GST_VIDEO_FRAME_PLANE_STRIDE(&frame, plane)) {
      g_checksum_update(checksum.get(), row, width);
    }
  }
  return g_checksum_get_string(checksum.get());
}

// A driver may not let a picture be read that it could not decode. GStreamer tries to copy it then,
// and libgstva (1.26) leaks a surface each time.
bool is_unreadable(GstBuffer* buffer) {
  return GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_CORRUPTED) &&
         !gst_memory_is_type(gst_buffer_peek_memory(buffer, 0), GST_ALLOCATOR_SYSMEM);
}

DecodedFrame look_at(GstSample* sample) {
  DecodedFrame decoded;
  GstBuffer* buffer = gst_sample_get_buffer(sample);
  decoded.pts = GST_BUFFER_PTS(buffer);
  if (is_unreadable(buffer)) {
    decoded.checksum = "damaged on the device";
    return decoded;
  }
  GstVideoInfo info;
  GstVideoFrame frame;
  if (!gst_video_info_from_caps(&info, gst_sample_get_caps(sample)) ||
      !gst_video_frame_map(&frame, &info, buffer, GST_MAP_READ)) {
    decoded.checksum = "could not be mapped";
    return decoded;
  }
  decoded.width = info.width;
  decoded.height = info.height;
  decoded.checksum = checksum_of(frame);
  gst_video_frame_unmap(&frame);
  return decoded;
}

class Session {
 public:
  explicit Session(const DecodeRequest& request)
      : timeout_(request.timeout_s * GST_SECOND), pipeline_(launch(request.element)) {
    if (!pipeline_) return;
    source_ = GST_APP_SRC(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "source"));
    sink_ = GST_APP_SINK(gst_bin_get_by_name(GST_BIN(pipeline_.get()), "sink"));
    const CapsHandle caps(gst_caps_from_string(request.caps.c_str()));
    gst_app_src_set_caps(source_, caps.get());
  }
  Session(const Session&) = delete;
  ~Session() {
    if (!pipeline_) return;
    gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
    gst_object_unref(source_);
    gst_object_unref(sink_);
  }

  DecodeOutcome run(std::span<const std::vector<uint8_t>> packets) {
    if (!pipeline_) return std::move(outcome_);
    gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
    for (size_t i = 0; i < packets.size(); i++) push(packets[i], i);
    gst_app_src_end_of_stream(source_);
    GstClockTime idle = 0;
    constexpr GstClockTime poll_interval = GST_SECOND / 50;
    while (idle < timeout_ && outcome_.errors.empty() && !gst_app_sink_is_eos(sink_)) {
      idle = pull(poll_interval) ? 0 : idle + poll_interval;
      drain_bus();
    }
    while (pull(0)) continue;
    drain_bus();
    outcome_.ended = !outcome_.errors.empty() || gst_app_sink_is_eos(sink_);
    return std::move(outcome_);
  }

 private:
  ElementHandle launch(const std::string& element) {
    // A sink that keeps its last sample copies it when caps change, and libgstva (1.26) unmaps a VA
    // image then that it never mapped.
    const std::string line = "appsrc name=source format=time max-bytes=0 ! " + element +
                             " ! appsink name=sink sync=false enable-last-sample=false";
    GError* error = nullptr;
    GstElement* made = gst_parse_launch(line.c_str(), &error);
    const GErrorPtr owned(error);
    if (error != nullptr) outcome_.errors.push_back(error->message);
    return ElementHandle(made != nullptr ? GST_ELEMENT(gst_object_ref_sink(made)) : nullptr);
  }

  void push(const std::vector<uint8_t>& packet, size_t index) {
    GstBuffer* buffer =
        packet.empty() ? gst_buffer_new() : gst_buffer_new_memdup(packet.data(), packet.size());
    GST_BUFFER_PTS(buffer) = packet_time(index);
    GST_BUFFER_DURATION(buffer) = packet_time(1);
    gst_app_src_push_buffer(source_, buffer);
  }

  bool pull(GstClockTime wait) {
    const GstHandle<GstSample> sample(gst_app_sink_try_pull_sample(sink_, wait));
    if (sample) outcome_.frames.push_back(look_at(sample.get()));
    return sample != nullptr;
  }

  void drain_bus() {
    const GstHandle<GstBus> bus(gst_element_get_bus(pipeline_.get()));
    const auto wanted = static_cast<GstMessageType>(GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);
    for (;;) {
      const GstHandle<GstMessage> message(gst_bus_pop_filtered(bus.get(), wanted));
      if (!message) return;
      const bool is_error = GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_ERROR;
      GError* error = nullptr;
      gchar* debug = nullptr;
      (is_error ? gst_message_parse_error : gst_message_parse_warning)(message.get(), &error,
                                                                       &debug);
      const GErrorPtr owned_error(error);
      const GCharPtr owned_debug(debug);
      (is_error ? outcome_.errors : outcome_.warnings)
          .push_back(std::string(error->message) + " | " + (debug != nullptr ? debug : ""));
    }
  }

  DecodeOutcome outcome_;
  GstClockTime timeout_;
  ElementHandle pipeline_;
  GstAppSrc* source_ = nullptr;
  GstAppSink* sink_ = nullptr;
};

bool takes_av1(GstElementFactory* factory) {
  const CapsHandle av1(gst_caps_new_empty_simple("video/x-av1"));
  return gst_element_factory_list_is_type(factory, GST_ELEMENT_FACTORY_TYPE_DECODER) &&
         gst_element_factory_can_sink_any_caps(factory, av1.get());
}

}  // namespace

bool DecodeOutcome::mentions(const std::string& text) const { return complaints().contains(text); }

std::string DecodeOutcome::complaints() const {
  std::string all;
  for (const std::string& warning : warnings) all += "warning: " + warning + "\n";
  for (const std::string& error : errors) all += "error: " + error + "\n";
  return all;
}

DecodeOutcome decode_packets(const DecodeRequest& request,
                             std::span<const std::vector<uint8_t>> packets) {
  return Session(request).run(packets);
}

std::vector<std::string> decoders_to_test() {
  std::vector<std::string> names;
  if (const char* wanted = std::getenv("AV1HW_DECODERS")) {
    std::istringstream words(wanted);
    for (std::string name; words >> name;) names.push_back(name);
    return names;
  }
  GList* features = gst_registry_get_feature_list_by_plugin(gst_registry_get(), "av1hw");
  for (GList* item = features; item != nullptr; item = item->next) {
    if (!GST_IS_ELEMENT_FACTORY(item->data)) continue;
    auto* factory = GST_ELEMENT_FACTORY(item->data);
    const std::string name = gst_plugin_feature_get_name(GST_PLUGIN_FEATURE(factory));
    // "av1hwcpuav1dec" is "cpuav1dec" under a name that nobody else has.
    if (takes_av1(factory) && !name.starts_with("av1hw")) names.push_back(name);
  }
  gst_plugin_feature_list_free(features);
  // Without a decoder of ours, the bins use other people's, which need not report as ours do.
  const auto is_bin = [](const std::string& name) { return name.ends_with("bin"); };
  if (std::ranges::all_of(names, is_bin)) names.clear();
  return names;
}

std::string with_property(const std::string& element, const std::string& name,
                          const std::string& value) {
  const std::string factory = element.substr(0, element.find(' '));
  GstElement* made = gst_element_factory_make(factory.c_str(), nullptr);
  if (made == nullptr) return element;
  const ElementHandle owned(GST_ELEMENT(gst_object_ref_sink(made)));
  const bool has = g_object_class_find_property(G_OBJECT_GET_CLASS(made), name.c_str()) != nullptr;
  return has ? element + " " + name + "=" + value : element;
}

}  // namespace av1hw::test
