// SPDX-License-Identifier: LGPL-2.1-or-later
// Takes over what HDR inputs agree on, and else what holds for all of them.
#include "vulkan/element/canvas_light.h"

#include <algorithm>

#include "composite/transfer.h"

namespace av1hw {
namespace {

constexpr guint16 hlg_peak = 1000;         // cd/m2, as docs/compositor.md has it
constexpr guint32 luminance_unit = 10000;  // of a mastering display's, in one cd/m2

constexpr const char* display_field = "mastering-display-info";
constexpr const char* content_field = "content-light-level";

bool is_hdr(GstVideoTransferFunction transfer) {
  return transfer == GST_VIDEO_TRANSFER_SMPTE2084 || transfer == GST_VIDEO_TRANSFER_ARIB_STD_B67;
}

// BT.2020's primaries and D65, in units of 0.00002: they hold the colours of every input.
GstVideoMasteringDisplayInfo widest_display() {
  GstVideoMasteringDisplayInfo display = {};
  display.display_primaries[0] = {35400, 14600};
  display.display_primaries[1] = {8500, 39850};
  display.display_primaries[2] = {6550, 2300};
  display.white_point = {15635, 16450};
  return display;
}

// Nothing where an input does not say. What is of SDR was mastered on a display that others hold.
std::optional<GstVideoMasteringDisplayInfo> merged_display(std::span<const LitInput> inputs) {
  std::optional<GstVideoMasteringDisplayInfo> merged;
  for (const LitInput& input : inputs) {
    if (!is_hdr(input.transfer)) continue;
    if (!input.light.display) return std::nullopt;
    const GstVideoMasteringDisplayInfo& display = *input.light.display;
    if (!merged) {
      merged = display;
    } else if (!gst_video_mastering_display_info_is_equal(&*merged, &display)) {
      GstVideoMasteringDisplayInfo both = widest_display();
      both.max_display_mastering_luminance = std::max(merged->max_display_mastering_luminance,
                                                      display.max_display_mastering_luminance);
      both.min_display_mastering_luminance = std::min(merged->min_display_mastering_luminance,
                                                      display.min_display_mastering_luminance);
      merged = both;
    }
  }
  return merged;
}

// Bounds of the light that an input has; nothing where it does not say. What knows no limit but
// HLG's display is as bright as that.
std::optional<GstVideoContentLightLevel> content_of(const LitInput& input) {
  if (input.light.content && input.light.content->max_content_light_level > 0)
    return input.light.content;
  GstVideoContentLightLevel level = {};
  if (!is_hdr(input.transfer)) {
    level.max_content_light_level = static_cast<guint16>(reference_white);
    level.max_frame_average_light_level = level.max_content_light_level;
    return level;
  }
  if (input.transfer != GST_VIDEO_TRANSFER_ARIB_STD_B67) return std::nullopt;
  level.max_content_light_level = hlg_peak;
  return level;
}

// An average of 0 is not known.
std::optional<GstVideoContentLightLevel> merged_content(std::span<const LitInput> inputs) {
  std::optional<GstVideoContentLightLevel> merged;
  for (const LitInput& input : inputs) {
    const auto level = content_of(input);
    if (!level) return std::nullopt;
    if (!merged) {
      merged = *level;
      continue;
    }
    const bool known =
        merged->max_frame_average_light_level > 0 && level->max_frame_average_light_level > 0;
    merged->max_frame_average_light_level = known ? std::max(merged->max_frame_average_light_level,
                                                             level->max_frame_average_light_level)
                                                  : 0;
    merged->max_content_light_level =
        std::max(merged->max_content_light_level, level->max_content_light_level);
  }
  return merged;
}

}  // namespace

LightInfo light_of(const GstCaps* caps) {
  LightInfo light;
  GstVideoMasteringDisplayInfo display;
  GstVideoContentLightLevel content;
  if (gst_video_mastering_display_info_from_caps(&display, caps)) light.display = display;
  if (gst_video_content_light_level_from_caps(&content, caps)) light.content = content;
  return light;
}

bool is_hdr(const GstVideoInfo& info) { return is_hdr(info.colorimetry.transfer); }

LightInfo canvas_light(const GstVideoInfo& canvas, std::span<const LitInput> inputs) {
  const auto says_something = [](const LitInput& input) {
    return is_hdr(input.transfer) && (input.light.display || input.light.content);
  };
  if (!is_hdr(canvas) || std::ranges::none_of(inputs, says_something)) return {};
  LightInfo light = {merged_display(inputs), merged_content(inputs)};
  if (canvas.colorimetry.transfer != GST_VIDEO_TRANSFER_ARIB_STD_B67) return light;
  // Brighter light has no code there.
  if (light.display) {
    guint32& peak = light.display->max_display_mastering_luminance;
    peak = std::min(peak, hlg_peak * luminance_unit);
  }
  if (light.content) {
    guint16& peak = light.content->max_content_light_level;
    guint16& average = light.content->max_frame_average_light_level;
    peak = std::min(peak, hlg_peak);
    average = std::min(average, peak);
  }
  return light;
}

void add_light(GstCaps* caps, const LightInfo& light) {
  const GstStructure* structure = gst_caps_get_structure(caps, 0);
  if (light.display && !gst_structure_has_field(structure, display_field))
    gst_video_mastering_display_info_add_to_caps(&*light.display, caps);
  if (light.content && !gst_structure_has_field(structure, content_field))
    gst_video_content_light_level_add_to_caps(&*light.content, caps);
}

}  // namespace av1hw
