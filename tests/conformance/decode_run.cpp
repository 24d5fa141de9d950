// SPDX-License-Identifier: LGPL-2.1-or-later
// appsrc ! element ! appsink over one stream, with dav1d's arguments as the element's properties.
#include "decode_run.h"

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/video/video.h>

#include <sstream>

#include "base/unique_handle.h"
#include "dma_frame.h"
#include "frame_digest.h"
#include "memory/handles.h"
#include "stream_reader.h"

namespace av1hw::conformance {
namespace {

// A property that a vector asks for; `needed` when another value gives other frames.
struct Setting {
  const char* property;
  std::string value;
  bool needed;
};

// dav1d's own defaults where it is called without arguments: no grain (its md5 muxer turns it off),
// all spatial layers, operating point 0.
std::vector<Setting> settings_of(const Vector& vector) {
  Setting grain{"film-grain", "off", vector.has("film_grain") || vector.has("fg_present")};
  Setting layers{"all-layers", "true", vector.has("sids")};
  Setting point{"operating-point", "0", false};
  Setting type{"decode-frame-type", "all", false};
  std::istringstream words(vector.dav1d_args);
  for (std::string option, value; words >> option >> value;) {
    if (option == "--filmgrain") grain.value = value == "0" ? "off" : "apply";
    if (option == "--alllayers") layers.value = value == "0" ? "false" : "true";
    if (option == "--oppoint") point = {point.property, value, value != "0"};
    if (option == "--decodeframetype") type = {type.property, value, true};
  }
  return {grain, layers, point, type};
}

bool has_property(GstElement* element, const char* name) {
  return g_object_class_find_property(G_OBJECT_GET_CLASS(element), name) != nullptr;
}

Result<ElementHandle> make_element(const std::string& description) {
  std::istringstream words(description);
  std::string factory;
  words >> factory;
  GstElement* made = gst_element_factory_make(factory.c_str(), nullptr);
  if (!made) return fail(ErrorCode::Unavailable, "there is no element " + factory);
  ElementHandle element(GST_ELEMENT(gst_object_ref_sink(made)));
  for (std::string assignment; words >> assignment;) {
    std::string name = assignment.substr(0, assignment.find('='));
    if (name == assignment || !has_property(element.get(), name.c_str()))
      return fail(ErrorCode::InvalidSettings, factory + " takes no " + assignment);
    gst_util_set_object_arg(G_OBJECT(made), name.c_str(), assignment.c_str() + name.size() + 1);
  }
  return element;
}

// A decoder with what it needs in front of it.
Result<ElementHandle> make_chain(const std::string& description) {
  GError* error = nullptr;
  GstElement* made = gst_parse_bin_from_description(description.c_str(), TRUE, &error);
  const GErrorPtr owned(error);
  if (error) {
    if (made) gst_object_unref(gst_object_ref_sink(made));
    return fail(ErrorCode::Unavailable, error->message);
  }
  return ElementHandle(GST_ELEMENT(gst_object_ref_sink(made)));
}

Result<ElementHandle> make_decoder(const Vector& vector, const RunOptions& options) {
  const bool chain = options.element.contains('!');
  Result<ElementHandle> element =
      chain ? make_chain(options.element) : make_element(options.element);
  if (!element) return element;
  for (const Setting& setting : settings_of(vector)) {
    if (has_property(element->get(), setting.property)) {
      gst_util_set_object_arg(G_OBJECT(element->get()), setting.property, setting.value.c_str());
    } else if (setting.needed && !options.as_it_is) {
      return fail(ErrorCode::NotSupported, options.element + " has no property " +
                                               setting.property + " to set to " + setting.value);
    }
  }
  return element;
}

CapsHandle caps_of(Container container) {
  return CapsHandle(gst_caps_new_simple("video/x-av1", "stream-format", G_TYPE_STRING,
                                        container == Container::AnnexB ? "annexb" : "obu-stream",
                                        "alignment", G_TYPE_STRING, "tu", nullptr));
}

// Answers for the sink, which by itself does not say that it can read padded frames.
GstPadProbeReturn offer_video_meta(GstPad*, GstPadProbeInfo* info, gpointer) {
  GstQuery* query = GST_PAD_PROBE_INFO_QUERY(info);
  if (GST_QUERY_TYPE(query) != GST_QUERY_ALLOCATION) return GST_PAD_PROBE_OK;
  gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr);
  return GST_PAD_PROBE_HANDLED;
}

class Pipeline {
 public:
  Pipeline(GstElement* decoder, const GstCaps* caps, const RunOptions& options)
      : pipeline_(GST_ELEMENT(gst_object_ref_sink(gst_pipeline_new(nullptr)))),
        source_(GST_APP_SRC(gst_element_factory_make("appsrc", nullptr))),
        sink_(GST_APP_SINK(gst_element_factory_make("appsink", nullptr))) {
    g_object_set(source_, "format", GST_FORMAT_TIME, "max-bytes", guint64{0}, nullptr);
    g_object_set(sink_, "sync", FALSE, "max-buffers", 4u, nullptr);
    gst_app_src_set_caps(source_, caps);
    const CapsHandle sink_caps(gst_caps_from_string(options.caps.c_str()));
    gst_app_sink_set_caps(sink_, sink_caps.get());
    gst_bin_add_many(GST_BIN(pipeline_.get()), GST_ELEMENT(source_), decoder, GST_ELEMENT(sink_),
                     nullptr);
    linked_ = gst_element_link_many(GST_ELEMENT(source_), decoder, GST_ELEMENT(sink_), nullptr);
    if (options.video_meta) {
      PadHandle pad(gst_element_get_static_pad(GST_ELEMENT(sink_), "sink"));
      gst_pad_add_probe(pad.get(), GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM, offer_video_meta, nullptr,
                        nullptr);
    }
  }
  Pipeline(const Pipeline&) = delete;
  ~Pipeline() { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }

  // `gray`: of a picture, luma counts.
  Result<Decoded> run(const Stream& stream, bool gray) {
    if (!linked_) return fail(ErrorCode::NotSupported, "the element does not take these caps");
    gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
    feed(stream);
    Decoded decoded;
    FrameDigest digest;
    while (!gst_app_sink_is_eos(sink_)) {
      GstHandle<GstSample> sample(gst_app_sink_try_pull_sample(sink_, GST_SECOND / 10));
      if (sample) {
        if (Result<> added = add(digest, sample.get(), gray); !added)
          return std::unexpected(added.error());
        decoded.frames++;
      } else if (Result<> fine = check_bus(decoded.frames); !fine) {
        return std::unexpected(fine.error());
      }
    }
    if (Result<> fine = check_bus(decoded.frames); !fine) return std::unexpected(fine.error());
    decoded.md5 = digest.hex();
    return decoded;
  }

 private:
  void feed(const Stream& stream) {
    GstClockTime pts = 0;
    for (std::span<const uint8_t> unit : stream.units) {
      GstBuffer* buffer = gst_buffer_new_memdup(unit.data(), unit.size());
      GST_BUFFER_PTS(buffer) = pts;
      GST_BUFFER_DURATION(buffer) = GST_SECOND / 30;
      pts += GST_SECOND / 30;
      gst_app_src_push_buffer(source_, buffer);
    }
    gst_app_src_end_of_stream(source_);
  }

  static Result<> add(FrameDigest& digest, GstSample* sample, bool gray) {
    GstBuffer* buffer = gst_sample_get_buffer(sample);
    GstCaps* caps = gst_sample_get_caps(sample);
    if (gst_video_is_dma_drm_caps(caps)) {
      Result<SystemFrame> copy = read_dma_frame(buffer, caps);
      if (!copy) return std::unexpected(copy.error());
      return add(digest, copy->buffer.get(), copy->info, gray);
    }
    GstVideoInfo info;
    if (!gst_video_info_from_caps(&info, caps))
      return fail(ErrorCode::Failed, "the output's caps are no raw video's");
    return add(digest, buffer, info, gray);
  }

  static Result<> add(FrameDigest& digest, GstBuffer* buffer, const GstVideoInfo& info, bool gray) {
    GstVideoFrame frame;
    if (!gst_video_frame_map(&frame, &info, buffer, GST_MAP_READ))
      return fail(ErrorCode::Failed, "a frame of the output could not be mapped");
    bool fine = true;
    // Where the layout has no gray, as with a device's own.
    if (gray && GST_VIDEO_INFO_N_PLANES(&info) == 2) {
      fine = digest.add_gray(frame);
    } else {
      digest.add(frame);
    }
    gst_video_frame_unmap(&frame);
    if (!fine) return fail(ErrorCode::Failed, "a gray stream's chroma is not neutral");
    return {};
  }

  // An element that refuses a stream from the start, as none that it decodes, has not failed.
  Result<> check_bus(unsigned frames) {
    GstHandle<GstBus> bus(gst_element_get_bus(pipeline_.get()));
    GstHandle<GstMessage> message(gst_bus_pop_filtered(bus.get(), GST_MESSAGE_ERROR));
    if (!message) return {};
    GError* error = nullptr;
    gchar* debug = nullptr;
    gst_message_parse_error(message.get(), &error, &debug);
    GErrorPtr owned_error(error);
    GCharPtr owned_debug(debug);
    const bool refused =
        frames == 0 && g_error_matches(error, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE);
    if (refused) return fail(ErrorCode::NotSupported, error->message);
    return fail(ErrorCode::Failed, std::string(error->message) + " (" + (debug ? debug : "") + ")");
  }

  ElementHandle pipeline_;
  GstAppSrc* source_;
  GstAppSink* sink_;
  bool linked_ = false;
};

}  // namespace

Result<Decoded> decode(const std::string& file, const Vector& vector, const RunOptions& options) {
  Result<ElementHandle> decoder = make_decoder(vector, options);
  if (!decoder) return std::unexpected(decoder.error());
  Result<Stream> stream = read_stream(file);
  if (!stream) return std::unexpected(stream.error());
  CapsHandle caps = caps_of(stream->container);
  PadHandle pad(gst_element_get_static_pad(decoder->get(), "sink"));
  CapsHandle accepted(gst_pad_query_caps(pad.get(), nullptr));
  if (!gst_caps_can_intersect(accepted.get(), caps.get())) {
    GCharPtr text(gst_caps_to_string(caps.get()));
    return fail(ErrorCode::NotSupported, std::string("the element does not take ") + text.get());
  }
  Pipeline pipeline(decoder->get(), caps.get(), options);
  return pipeline.run(*stream, vector.has("mono"));
}

}  // namespace av1hw::conformance
