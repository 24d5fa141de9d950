// SPDX-License-Identifier: LGPL-2.1-or-later
// A drm-format is a fourcc, and a modifier where that is not the linear one.
#include "vulkan/dmabuf/drm_caps.h"

#include <gst/allocators/gstdmabuf.h>

#include <algorithm>
#include <optional>

#include "base/unique_handle.h"
#include "memory/drm_format.h"

namespace av1hw {
namespace {

constexpr uint32_t no_fourcc = 0;  // DRM_FORMAT_INVALID

bool has_dma_bufs(const GstCaps* caps, guint index) {
  const GstCapsFeatures* features = gst_caps_get_features(caps, index);
  return features && !gst_caps_features_is_any(features) &&
         gst_caps_features_contains(features, GST_CAPS_FEATURE_MEMORY_DMABUF);
}

// The texts of a field that is one or a list.
std::vector<std::string> drm_formats(const GstStructure* structure) {
  std::vector<std::string> found;
  const GValue* value = gst_structure_get_value(structure, "drm-format");
  if (value && G_VALUE_HOLDS_STRING(value)) found.emplace_back(g_value_get_string(value));
  if (!value || !GST_VALUE_HOLDS_LIST(value)) return found;
  for (guint i = 0; i < gst_value_list_get_size(value); i++) {
    const GValue* entry = gst_value_list_get_value(value, i);
    if (G_VALUE_HOLDS_STRING(entry)) found.emplace_back(g_value_get_string(entry));
  }
  return found;
}

GstVideoFormat format_of(const std::string& drm_format) {
  return parse_drm_format(drm_format.c_str()).value_or(DrmFormat{}).format;
}

void set_drm_formats(GstStructure* structure, const std::vector<std::string>& formats) {
  GValue list = G_VALUE_INIT;
  g_value_init(&list, GST_TYPE_LIST);
  for (const std::string& format : formats) {
    GValue text = G_VALUE_INIT;
    g_value_init(&text, G_TYPE_STRING);
    g_value_set_string(&text, format.c_str());
    gst_value_list_append_and_take_value(&list, &text);
  }
  gst_structure_take_value(structure, "drm-format", &list);
}

CapsHandle with_drm_formats(const std::vector<std::string>& formats) {
  CapsHandle caps(gst_caps_new_empty());
  if (formats.empty()) return caps;
  GstStructure* structure =
      gst_structure_new("video/x-raw", "format", G_TYPE_STRING, "DMA_DRM", nullptr);
  set_drm_formats(structure, formats);
  gst_caps_append_structure_full(caps.get(), structure,
                                 gst_caps_features_new_single(GST_CAPS_FEATURE_MEMORY_DMABUF));
  return caps;
}

template <typename Wanted>
CapsHandle structures_of(const GstCaps* caps, Wanted wanted) {
  CapsHandle kept(gst_caps_new_empty());
  for (guint i = 0; i < gst_caps_get_size(caps); i++) {
    if (!wanted(i)) continue;
    gst_caps_append_structure_full(kept.get(), gst_structure_copy(gst_caps_get_structure(caps, i)),
                                   gst_caps_features_copy(gst_caps_get_features(caps, i)));
  }
  return kept;
}

GQuark caps_quark() {
  static const GQuark quark = g_quark_from_static_string("av1hw-drm-caps");
  return quark;
}

}  // namespace

CapsHandle any_drm_caps() {
  return CapsHandle(
      gst_caps_from_string(GST_VIDEO_CAPS_MAKE_WITH_FEATURES("memory:DMABuf", "DMA_DRM")));
}

bool are_drm_caps(const GstCaps* caps) {
  return caps && !gst_caps_is_any(caps) && gst_caps_get_size(caps) > 0 && has_dma_bufs(caps, 0);
}

Result<DrmPicture> drm_picture(const GstCaps* caps) {
  const auto unusable = [caps](const char* why) {
    const GCharPtr text(gst_caps_to_string(caps));
    return fail(ErrorCode::InvalidData,
                std::string("the caps of a DMA-BUF ") + why + ": " + text.get());
  };
  if (!gst_video_is_dma_drm_caps(caps)) return unusable("lack format=DMA_DRM");
  DrmPicture picture;
  const char* text = gst_structure_get_string(gst_caps_get_structure(caps, 0), "drm-format");
  const std::optional<DrmFormat> drm = parse_drm_format(text);
  if (!drm) return unusable("have no drm-format that can be read");
  const CapsHandle raw = with_plain_format(caps, drm->format);
  if (!gst_video_info_from_caps(&picture.info, raw.get())) return unusable("describe no picture");
  picture.modifier = drm->modifier;
  return picture;
}

std::string drm_format_text(GstVideoFormat format, uint64_t modifier) {
  const guint32 fourcc = gst_video_dma_drm_fourcc_from_format(format);
  if (fourcc == no_fourcc) return {};
  const GCharPtr text(gst_video_dma_drm_fourcc_to_string(fourcc, modifier));
  return text ? text.get() : "";
}

CapsHandle restrict_drm_caps(const GstCaps* caps, std::span<const DrmModifiers> taken) {
  std::vector<std::string> formats;
  for (const DrmModifiers& each : taken) {
    for (const uint64_t modifier : each.modifiers) {
      std::string text = drm_format_text(each.format, modifier);
      if (!text.empty()) formats.push_back(std::move(text));
    }
  }
  const CapsHandle usable = with_drm_formats(formats);
  CapsHandle kept(gst_caps_new_empty());
  for (guint i = 0; i < gst_caps_get_size(caps); i++) {
    CapsHandle one = structures_of(caps, [i](guint each) { return each == i; });
    if (has_dma_bufs(caps, i)) one.reset(gst_caps_intersect(one.get(), usable.get()));
    gst_caps_append(kept.get(), one.release());
  }
  return kept;
}

CapsHandle drm_caps_of(const GstCaps* caps, GstVideoFormat format) {
  std::vector<std::string> formats;
  for (guint i = 0; i < gst_caps_get_size(caps); i++) {
    if (!has_dma_bufs(caps, i)) continue;
    for (std::string& each : drm_formats(gst_caps_get_structure(caps, i))) {
      if (format_of(each) == format && std::ranges::find(formats, each) == formats.end())
        formats.push_back(std::move(each));
    }
  }
  const CapsHandle wanted = with_drm_formats(formats);
  return CapsHandle(gst_caps_intersect(wanted.get(), const_cast<GstCaps*>(caps)));
}

CapsHandle drm_caps_last(const GstCaps* caps) {
  CapsHandle sorted = structures_of(caps, [caps](guint i) { return !has_dma_bufs(caps, i); });
  gst_caps_append(sorted.get(),
                  structures_of(caps, [caps](guint i) { return has_dma_bufs(caps, i); }).release());
  return sorted;
}

void note_drm_caps(GstBuffer* buffer, GstCaps* caps) {
  if (noted_drm_caps(buffer) == caps) return;
  gst_mini_object_set_qdata(GST_MINI_OBJECT_CAST(buffer), caps_quark(),
                            caps ? gst_caps_ref(caps) : nullptr,
                            [](gpointer noted) { gst_caps_unref(static_cast<GstCaps*>(noted)); });
}

const GstCaps* noted_drm_caps(GstBuffer* buffer) {
  return static_cast<const GstCaps*>(
      gst_mini_object_get_qdata(GST_MINI_OBJECT_CAST(buffer), caps_quark()));
}

}  // namespace av1hw
