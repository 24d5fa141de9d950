// SPDX-License-Identifier: LGPL-2.1-or-later
// A pipeline of appsrcs, compositor and appsink for one frame.
#include "compositor_run.h"

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gtest/gtest.h>

#include <format>
#include <string>

namespace av1hw::test {
namespace {

const char* background_name(BackgroundKind kind) {
  switch (kind) {
  case BackgroundKind::Checker: return "checker";
  case BackgroundKind::White: return "white";
  case BackgroundKind::Transparent: return "transparent";
  default: return "black";
  }
}

const char* operator_name(BlendOperator op) {
  switch (op) {
  case BlendOperator::Source: return "source";
  case BlendOperator::Add: return "add";
  default: return "over";
  }
}

GstCaps* caps_of(const GstVideoInfo& info) {
  GstVideoInfo one_a_second = info;
  one_a_second.fps_n = one_a_second.fps_d = 1;
  return gst_video_info_to_caps(&one_a_second);
}

// As the model scales: linear, or Lanczos of three lobes to a side. It has no prefilter of another
// kind.
void set_filter(GstObject* pad, ScaleFilter filter) {
  const auto method = filter == ScaleFilter::Nearest    ? GST_VIDEO_RESAMPLER_METHOD_NEAREST
                      : filter == ScaleFilter::Bilinear ? GST_VIDEO_RESAMPLER_METHOD_LINEAR
                                                        : GST_VIDEO_RESAMPLER_METHOD_LANCZOS;
  GstStructure* config = gst_structure_new(
      "GstVideoConverter", GST_VIDEO_CONVERTER_OPT_RESAMPLER_METHOD,
      GST_TYPE_VIDEO_RESAMPLER_METHOD, method, GST_VIDEO_CONVERTER_OPT_CHROMA_RESAMPLER_METHOD,
      GST_TYPE_VIDEO_RESAMPLER_METHOD, method, GST_VIDEO_RESAMPLER_OPT_ENVELOPE, G_TYPE_DOUBLE, 3.0,
      nullptr);
  g_object_set(pad, "converter-config", config, nullptr);
  gst_structure_free(config);
}

void add_layer(GstElement* pipeline, GstElement* compositor, const LayerInput& layer,
               const Picture& picture) {
  GstElement* source = gst_element_factory_make("appsrc", nullptr);
  GstCaps* caps = caps_of(picture.info());
  g_object_set(source, "caps", caps, "format", GST_FORMAT_TIME, nullptr);
  gst_caps_unref(caps);
  gst_bin_add(GST_BIN(pipeline), source);
  GstPad* pad = gst_element_request_pad_simple(compositor, "sink_%u");
  const LayerSettings& s = layer.settings;
  g_object_set(pad, "xpos", s.xpos, "ypos", s.ypos, "width", s.width, "height", s.height, "alpha",
               s.alpha, nullptr);
  gst_util_set_object_arg(G_OBJECT(pad), "operator", operator_name(s.op));
  set_filter(GST_OBJECT(pad), s.filter);
  GstPad* output = gst_element_get_static_pad(source, "src");
  EXPECT_EQ(gst_pad_link(output, pad), GST_PAD_LINK_OK);
  gst_object_unref(output);
  gst_object_unref(pad);
  GstBuffer* buffer = picture.copy();
  GST_BUFFER_PTS(buffer) = 0;
  GST_BUFFER_DURATION(buffer) = GST_SECOND;
  gst_app_src_push_buffer(GST_APP_SRC(source), buffer);
  gst_app_src_end_of_stream(GST_APP_SRC(source));
}

std::string failure(GstElement* pipeline) {
  GstBus* bus = gst_element_get_bus(pipeline);
  GstMessage* message = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
  gst_object_unref(bus);
  if (!message) return "no frame came";
  GError* error = nullptr;
  gst_message_parse_error(message, &error, nullptr);
  std::string text = error->message;
  g_error_free(error);
  gst_message_unref(message);
  return text;
}

}  // namespace

bool has_compositor() {
  GstElementFactory* factory = gst_element_factory_find("compositor");
  if (factory) gst_object_unref(factory);
  return factory;
}

std::unique_ptr<Picture> run_compositor(const CanvasSettings& canvas,
                                        std::span<const LayerInput> bottom_up,
                                        std::span<const Picture* const> pictures) {
  GstElement* pipeline = gst_pipeline_new(nullptr);
  GstElement* compositor = gst_element_factory_make("compositor", nullptr);
  GstElement* sink = gst_element_factory_make("appsink", nullptr);
  gst_util_set_object_arg(G_OBJECT(compositor), "background", background_name(canvas.background));
  GstCaps* caps = caps_of(canvas.info);
  g_object_set(sink, "caps", caps, "sync", FALSE, nullptr);
  gst_caps_unref(caps);
  gst_bin_add_many(GST_BIN(pipeline), compositor, sink, nullptr);
  EXPECT_TRUE(gst_element_link(compositor, sink));
  for (const LayerInput& layer : bottom_up) {
    add_layer(pipeline, compositor, layer, *pictures[layer.input]);
  }
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  GstSample* sample = gst_app_sink_try_pull_sample(GST_APP_SINK(sink), 30 * GST_SECOND);
  std::unique_ptr<Picture> result;
  if (sample) {
    GstVideoInfo info;
    gst_video_info_from_caps(&info, gst_sample_get_caps(sample));
    result = std::make_unique<Picture>(info, gst_sample_get_buffer(sample));
    gst_sample_unref(sample);
  } else {
    ADD_FAILURE() << failure(pipeline);
  }
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  return result;
}

}  // namespace av1hw::test
