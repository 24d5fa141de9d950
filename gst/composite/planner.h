// SPDX-License-Identifier: LGPL-2.1-or-later
// From what a user set on pads and canvas to the numbers that a shader works with. Pure.
#pragma once

#include <gst/video/video.h>

#include <cstdint>
#include <optional>
#include <span>

#include "base/result.h"
#include "composite/frame_plan.h"

namespace av1hw {

enum class SizingPolicy : uint8_t { None, KeepAspectRatio };

// Luminance that a stream tells of itself, cd/m2; 0: not told.
struct HdrLuminance {
  unsigned max_content_light_level = 0;
  double max_display_luminance = 0;
};

// The properties of a pad, as docs/elements/vkcompositor.md has them.
struct LayerSettings {
  int xpos = 0, ypos = 0;
  int width = -1, height = -1;  // -1 (and 0): the picture's own, after cropping and orientation
  SizingPolicy sizing_policy = SizingPolicy::None;
  unsigned crop_left = 0, crop_top = 0, crop_right = 0, crop_bottom = 0;
  // One of the eight; what AUTO means is for whoever knows the stream's tags.
  GstVideoOrientationMethod orientation = GST_VIDEO_ORIENTATION_IDENTITY;
  double rotation = 0;  // degrees, clockwise
  double alpha = 1;
  BlendOperator op = BlendOperator::Over;
  ScaleFilter filter = ScaleFilter::Bilinear;
  double corner_radius = 0, border_width = 0;  // canvas pixels
  uint32_t border_colour = 0xff000000;         // ARGB; docs/compositor.md has its meaning
  ToneMap tone_map = ToneMap::Bt2390;
};

struct LayerInput {
  size_t input = 0;
  const GstVideoInfo* info = nullptr;
  HdrLuminance luminance;
  LayerSettings settings;
};

enum class BackgroundKind : uint8_t { Checker, Black, White, Transparent, Colour };

struct CanvasSettings {
  GstVideoInfo info;
  BackgroundKind background = BackgroundKind::Checker;
  uint32_t background_colour = 0xff000000;  // ARGB, as the border's
  BlendGamma blend_gamma = BlendGamma::AsCoded;
};

// `bottom_up`: layers in z-order, the lowest first. Layers that show nothing (outside of the
// canvas, alpha 0, cropped away, hidden by one opaque layer above) are left out. NotSupported: a
// format; InvalidSettings: no such geometry.
Result<FramePlan> plan_frame(const CanvasSettings& canvas, std::span<const LayerInput> bottom_up);

// Where a layer's rectangle lies before it is turned, in canvas pixels (KeepAspectRatio centres
// it). Empty where cropping leaves nothing.
std::optional<Extent> layer_rectangle(const LayerSettings& settings, const GstVideoInfo& picture,
                                      const GstVideoInfo& canvas);

}  // namespace av1hw
