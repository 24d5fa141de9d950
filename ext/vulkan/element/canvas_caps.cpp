// SPDX-License-Identifier: LGPL-2.1-or-later
// Ranks the caps that downstream takes, and fixes the best.
#include "vulkan/element/canvas_caps.h"

#include <gst/allocators/gstdmabuf.h>

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "composite/sample_layout.h"
#include "vulkan/dmabuf/drm_caps.h"

namespace av1hw {
namespace {

// What an application that says nothing gets.
constexpr int default_width = 320, default_height = 240;
constexpr int default_rate = 25;

int64_t area(const GstVideoInfo& info) {
  return int64_t{GST_VIDEO_INFO_WIDTH(&info)} * GST_VIDEO_INFO_HEIGHT(&info);
}

const CanvasInput* largest(std::span<const CanvasInput> inputs) {
  const auto found = std::ranges::max_element(
      inputs, {}, [](const CanvasInput& input) { return area(input.info); });
  return found == inputs.end() ? nullptr : &*found;
}

// Whose colours the canvas takes: HDR is kept, whatever else there is.
const CanvasInput* colour_giver(std::span<const CanvasInput> inputs) {
  const CanvasInput* found = nullptr;
  for (const CanvasInput& input : inputs) {
    if (is_hdr(input.info) && (!found || area(input.info) > area(found->info))) found = &input;
  }
  return found ? found : largest(inputs);
}

// Those of `like` for RGB or Y'CbCr. Nothing for SDR of the other kind, which has its own defaults.
std::optional<GstVideoColorimetry> colours_for(const GstVideoInfo& like, bool rgb) {
  GstVideoColorimetry colours = like.colorimetry;
  if (rgb == bool(GST_VIDEO_INFO_IS_RGB(&like))) return colours;
  if (!is_hdr(like)) return std::nullopt;
  colours.matrix = rgb ? GST_VIDEO_COLOR_MATRIX_RGB : GST_VIDEO_COLOR_MATRIX_BT2020;
  colours.range = rgb ? GST_VIDEO_COLOR_RANGE_0_255 : GST_VIDEO_COLOR_RANGE_16_235;
  return colours;
}

// The inputs' kinds of memory, that of most of them first.
std::vector<std::string> memory_order(std::span<const CanvasInput> inputs) {
  std::map<std::string, int> counts;
  for (const CanvasInput& input : inputs) counts[input.memory]++;
  std::vector<std::string> order;
  for (const auto& [memory, count] : counts) order.push_back(memory);
  std::ranges::stable_sort(order, std::greater(), [&](const auto& m) { return counts[m]; });
  return order;
}

// What a format loses of what the inputs have; less is better.
int loss(GstVideoFormat format, std::span<const CanvasInput> inputs, BackgroundKind background) {
  const GstVideoFormatInfo* info = gst_video_format_get_info(format);
  const bool rgb = GST_VIDEO_FORMAT_INFO_IS_RGB(info);
  const bool alpha = GST_VIDEO_FORMAT_INFO_HAS_ALPHA(info);
  int lost = 0;
  if (background == BackgroundKind::Transparent && !alpha) lost += 8;
  const auto deep = [](const CanvasInput& i) { return GST_VIDEO_INFO_COMP_DEPTH(&i.info, 0) > 8; };
  if (std::ranges::any_of(inputs, deep) && GST_VIDEO_FORMAT_INFO_DEPTH(info, 0) <= 8) lost += 4;
  const auto is_rgb = [](const CanvasInput& i) { return GST_VIDEO_INFO_IS_RGB(&i.info); };
  const bool all_rgb = !inputs.empty() && std::ranges::all_of(inputs, is_rgb);
  if (all_rgb != rgb) lost += 2;
  const CanvasInput* main = largest(inputs);
  if (main && GST_VIDEO_INFO_FORMAT(&main->info) != format) lost += 1;
  return lost;
}

std::vector<GstVideoFormat> format_order(std::span<const CanvasInput> inputs,
                                         BackgroundKind background) {
  std::vector<GstVideoFormat> order(composite_output_formats.begin(),
                                    composite_output_formats.end());
  std::ranges::stable_sort(order, {},
                           [&](GstVideoFormat f) { return loss(f, inputs, background); });
  return order;
}

// `caps` with the colours of `like` wherever they leave them open.
void suggest_colours(GstCaps* caps, const GstVideoInfo& like, GstVideoFormat format) {
  const bool rgb = GST_VIDEO_FORMAT_INFO_IS_RGB(gst_video_format_get_info(format));
  const auto suggest = [caps](const char* field, gchar* value) {
    if (value && !gst_structure_has_field(gst_caps_get_structure(caps, 0), field))
      gst_caps_set_simple(caps, field, G_TYPE_STRING, value, nullptr);
    g_free(value);
  };
  const std::optional<GstVideoColorimetry> colours = colours_for(like, rgb);
  if (!colours) return;
  suggest("colorimetry", gst_video_colorimetry_to_string(&*colours));
  if (!rgb && like.chroma_site != GST_VIDEO_CHROMA_SITE_UNKNOWN)
    suggest("chroma-site", gst_video_chroma_site_to_string(like.chroma_site));
}

CapsHandle of_kind(const GstCaps* allowed, const char* memory, GstVideoFormat format) {
  if (std::string_view(memory) == GST_CAPS_FEATURE_MEMORY_DMABUF)
    return drm_caps_of(allowed, format);
  CapsHandle wanted(gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING,
                                        gst_video_format_to_string(format), nullptr));
  gst_caps_set_features_simple(wanted.get(), gst_caps_features_new_single(memory));
  return CapsHandle(gst_caps_intersect(const_cast<GstCaps*>(allowed), wanted.get()));
}

// On a device that shares it a canvas is written there as anywhere else.
bool costs_nothing(const std::string& memory) {
  return memory == "memory:CUDAMemory" || memory == "memory:VulkanImage";
}

std::vector<std::string> all_memory(const GstCaps* allowed, std::span<const CanvasInput> inputs,
                                    const std::string& welcome) {
  std::vector<std::string> order = memory_order(inputs);
  if (costs_nothing(welcome)) order.insert(order.begin(), welcome);
  for (guint i = 0; i < gst_caps_get_size(allowed); i++) {
    const GstCapsFeatures* features = gst_caps_get_features(allowed, i);
    if (gst_caps_features_is_any(features)) continue;
    const std::string memory = gst_caps_features_get_size(features) == 0
                                   ? GST_CAPS_FEATURE_MEMORY_SYSTEM_MEMORY
                                   : gst_caps_features_get_nth(features, 0);
    if (std::ranges::find(order, memory) == order.end()) order.push_back(memory);
  }
  return order;
}

void fix_int(GstStructure* s, const char* field, int value) {
  if (gst_structure_has_field(s, field))
    gst_structure_fixate_field_nearest_int(s, field, value);
  else
    gst_structure_set(s, field, G_TYPE_INT, value, nullptr);
}

void fix_fraction(GstStructure* s, const char* field, int numerator, int denominator) {
  if (gst_structure_has_field(s, field))
    gst_structure_fixate_field_nearest_fraction(s, field, numerator, denominator);
  else
    gst_structure_set(s, field, GST_TYPE_FRACTION, numerator, denominator, nullptr);
}

}  // namespace

CapsHandle rank_canvas_caps(const GstCaps* allowed, std::span<const CanvasInput> inputs,
                            BackgroundKind background, const std::string& welcome) {
  CapsHandle ranked(gst_caps_new_empty());
  const CanvasInput* giver = colour_giver(inputs);
  const std::vector<GstVideoFormat> formats = format_order(inputs, background);
  for (const std::string& memory : all_memory(allowed, inputs, welcome)) {
    for (const GstVideoFormat format : formats) {
      CapsHandle caps = of_kind(allowed, memory.c_str(), format);
      if (gst_caps_is_empty(caps.get())) continue;
      caps.reset(gst_caps_make_writable(caps.release()));
      if (giver) suggest_colours(caps.get(), giver->info, format);
      ranked.reset(gst_caps_merge(ranked.release(), caps.release()));
    }
  }
  return ranked;
}

CapsHandle fixate_canvas_caps(CapsHandle ranked, std::span<const CanvasInput> inputs) {
  int width = 0, height = 0, rate_n = 0, rate_d = 1;
  for (const CanvasInput& input : inputs) {
    width = std::max(width, input.right);
    height = std::max(height, input.bottom);
    const int n = GST_VIDEO_INFO_FPS_N(&input.info), d = GST_VIDEO_INFO_FPS_D(&input.info);
    if (n > 0 && d > 0 && gst_util_fraction_compare(n, d, rate_n, rate_d) > 0)
      rate_n = n, rate_d = d;
  }
  CapsHandle fixed(gst_caps_make_writable(gst_caps_truncate(ranked.release())));
  GstStructure* s = gst_caps_get_structure(fixed.get(), 0);
  fix_fraction(s, "pixel-aspect-ratio", 1, 1);
  fix_int(s, "width", width > 0 ? width : default_width);
  fix_int(s, "height", height > 0 ? height : default_height);
  fix_fraction(s, "framerate", rate_n > 0 ? rate_n : default_rate, rate_n > 0 ? rate_d : 1);
  fixed.reset(gst_caps_fixate(fixed.release()));
  std::vector<LitInput> lit;
  for (const CanvasInput& input : inputs)
    lit.push_back({input.info.colorimetry.transfer, input.light});
  GstVideoInfo info;
  if (gst_video_info_from_caps(&info, fixed.get())) add_light(fixed.get(), canvas_light(info, lit));
  return fixed;
}

}  // namespace av1hw
