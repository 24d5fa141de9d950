// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads caps of AV1 and raw video.
#include "registry/raw_caps.h"

#include <gst/video/video.h>

#include <algorithm>

#include "base/unique_handle.h"
#include "memory/drm_format.h"

namespace av1hw {
namespace {

void add_strings(const GValue* value, std::set<std::string>* into) {
  if (!value) return;
  if (G_VALUE_HOLDS_STRING(value)) {
    into->insert(g_value_get_string(value));
  } else if (GST_VALUE_HOLDS_LIST(value)) {
    for (guint i = 0; i < gst_value_list_get_size(value); i++)
      add_strings(gst_value_list_get_value(value, i), into);
  }
}

template <typename T>
void add_once(std::vector<T>* list, T item) {
  if (std::ranges::find(*list, item) == list->end()) list->push_back(std::move(item));
}

const char* chroma_name(const GstVideoFormatInfo* info) {
  if (GST_VIDEO_FORMAT_INFO_IS_GRAY(info)) return "4:0:0";
  if (GST_VIDEO_FORMAT_INFO_IS_RGB(info)) return "4:4:4";
  const int w = GST_VIDEO_FORMAT_INFO_W_SUB(info, 1);
  const int h = GST_VIDEO_FORMAT_INFO_H_SUB(info, 1);
  if (w == 1 && h == 1) return "4:2:0";
  if (w == 1 && h == 0) return "4:2:2";
  return w == 0 && h == 0 ? "4:4:4" : "";
}

const GstVideoFormatInfo* format_info(const std::string& name) {
  const GstVideoFormat format = gst_video_format_from_string(name.c_str());
  if (format <= GST_VIDEO_FORMAT_ENCODED) return nullptr;
  return gst_video_format_get_info(format);
}

// Empty: it has none that is known.
std::string format_of_drm(const char* drm_format) {
  const auto drm = parse_drm_format(drm_format);
  return drm ? gst_video_format_to_string(drm->format) : "";
}

// Of fixed caps; empty: they say none.
std::string raw_format(const GstStructure* s) {
  const char* drm_format = gst_structure_get_string(s, "drm-format");
  if (drm_format) return format_of_drm(drm_format);
  const char* format = gst_structure_get_string(s, "format");
  return format ? format : "";
}

void read_size_and_rate(const GstStructure* s, Request* request) {
  int width = 0, height = 0, num = 0, den = 1;
  if (gst_structure_get_int(s, "width", &width) && width > 0)
    request->width = static_cast<unsigned>(width);
  if (gst_structure_get_int(s, "height", &height) && height > 0)
    request->height = static_cast<unsigned>(height);
  if (gst_structure_get_fraction(s, "framerate", &num, &den) && num > 0 && den > 0)
    request->frame_rate = static_cast<double>(num) / den;
}

std::optional<unsigned> profile_number(const char* profile) {
  const std::string_view name = profile ? profile : "";
  if (name == "main") return 0;
  if (name == "high") return 1;
  if (name == "professional") return 2;
  return std::nullopt;
}

}  // namespace

std::set<std::string> raw_formats(const GstCaps* caps) {
  std::set<std::string> formats;
  for (guint i = 0; !gst_caps_is_any(caps) && i < gst_caps_get_size(caps); i++) {
    const GstStructure* s = gst_caps_get_structure(caps, i);
    if (!gst_structure_has_name(s, "video/x-raw")) continue;
    add_strings(gst_structure_get_value(s, "format"), &formats);
    std::set<std::string> drm_formats;
    add_strings(gst_structure_get_value(s, "drm-format"), &drm_formats);
    for (const std::string& drm_format : drm_formats) {
      formats.insert(format_of_drm(drm_format.c_str()));
    }
  }
  formats.erase("DMA_DRM");
  formats.erase("");
  return formats;
}

std::vector<std::string> raw_memory(const GstCaps* caps) {
  std::vector<std::string> memory;
  for (guint i = 0; !gst_caps_is_any(caps) && i < gst_caps_get_size(caps); i++) {
    if (!gst_structure_has_name(gst_caps_get_structure(caps, i), "video/x-raw")) continue;
    const GstCapsFeatures* features = gst_caps_get_features(caps, i);
    if (!features || gst_caps_features_is_any(features)) return {};
    if (gst_caps_features_contains(features, GST_CAPS_FEATURE_MEMORY_SYSTEM_MEMORY))
      add_once<std::string>(&memory, GST_CAPS_FEATURE_MEMORY_SYSTEM_MEMORY);
    for (guint f = 0; f < gst_caps_features_get_size(features); f++) {
      const std::string name = gst_caps_features_get_nth(features, f);
      if (name.starts_with("memory:")) add_once(&memory, name);
    }
  }
  return memory;
}

void add_raw_facts(const std::set<std::string>& formats, CodecCapability* capability) {
  for (const std::string& name : formats) {
    const GstVideoFormatInfo* info = format_info(name);
    if (!info) continue;
    add_once(&capability->bit_depths, static_cast<unsigned>(GST_VIDEO_FORMAT_INFO_DEPTH(info, 0)));
    if (const std::string chroma = chroma_name(info); !chroma.empty())
      add_once(&capability->chroma, chroma);
  }
  std::ranges::sort(capability->bit_depths);
  std::ranges::sort(capability->chroma);
}

bool differ_in_layout_alone(const std::string& a, const std::string& b) {
  const GstVideoFormatInfo* one = format_info(a);
  const GstVideoFormatInfo* other = format_info(b);
  const auto is_plain = [](const GstVideoFormatInfo* info) {
    return info && (GST_VIDEO_FORMAT_INFO_IS_YUV(info) || GST_VIDEO_FORMAT_INFO_IS_GRAY(info)) &&
           !GST_VIDEO_FORMAT_INFO_HAS_ALPHA(info);
  };
  return is_plain(one) && is_plain(other) &&
         GST_VIDEO_FORMAT_INFO_DEPTH(one, 0) == GST_VIDEO_FORMAT_INFO_DEPTH(other, 0) &&
         std::string_view(chroma_name(one)) == chroma_name(other);
}

Request decode_request(const GstCaps* av1, const GstCaps* downstream) {
  Request request;
  request.direction = CodecDirection::Decode;
  if (downstream) request.memory = raw_memory(downstream);
  if (!av1 || gst_caps_is_any(av1) || gst_caps_is_empty(av1)) return request;
  const GstStructure* s = gst_caps_get_structure(av1, 0);
  read_size_and_rate(s, &request);
  request.profile = profile_number(gst_structure_get_string(s, "profile"));
  guint depth = 0;
  if (gst_structure_get_uint(s, "bit-depth-luma", &depth)) request.bit_depth = depth;
  const char* chroma = gst_structure_get_string(s, "chroma-format");
  if (chroma && strlen(chroma) == 5) request.chroma = chroma;
  return request;
}

Request encode_request(const GstCaps* raw) {
  Request request;
  request.direction = CodecDirection::Encode;
  if (!raw || gst_caps_is_any(raw) || gst_caps_is_empty(raw)) return request;
  const GstStructure* s = gst_caps_get_structure(raw, 0);
  read_size_and_rate(s, &request);
  request.memory = raw_memory(raw);
  const std::string format = raw_format(s);
  const GstVideoFormatInfo* info = format == "DMA_DRM" ? nullptr : format_info(format);
  if (!info) return request;
  request.format = format;
  request.bit_depth = static_cast<unsigned>(GST_VIDEO_FORMAT_INFO_DEPTH(info, 0));
  request.chroma = chroma_name(info);
  return request;
}

}  // namespace av1hw
