// SPDX-License-Identifier: LGPL-2.1-or-later
// Puts the plan of a frame together: geometry, colour and what is visible of each layer.
#include "composite/planner.h"

#include <algorithm>
#include <cmath>
#include <format>
#include <limits>
#include <ranges>
#include <utility>

#include "composite/colour_transform.h"
#include "composite/geometry.h"

namespace av1hw {
namespace {

constexpr double most_pixels = std::numeric_limits<int>::max();

double pixel_aspect_ratio(const GstVideoInfo& info) {
  if (info.par_n <= 0 || info.par_d <= 0) return 1;
  return static_cast<double>(info.par_n) / info.par_d;
}

std::optional<Extent> crop_of(const LayerSettings& settings, const GstVideoInfo& picture) {
  const Size size = {static_cast<double>(picture.width), static_cast<double>(picture.height)};
  return cropped(size, settings.crop_left, settings.crop_top, settings.crop_right,
                 settings.crop_bottom);
}

// As it is to be seen: cropped, oriented, and as wide as the canvas's pixels make it.
Size shown_size(const LayerSettings& settings, const Extent& crop, const GstVideoInfo& picture,
                const GstVideoInfo& canvas) {
  Size size = {crop.right - crop.left, crop.bottom - crop.top};
  double ratio = pixel_aspect_ratio(picture);
  if (swaps_axes(settings.orientation)) {
    std::swap(size.width, size.height);
    ratio = 1 / ratio;
  }
  size.width *= ratio / pixel_aspect_ratio(canvas);
  return size;
}

double whole_pixels(double length) { return std::clamp(std::round(length), 1.0, most_pixels); }

Result<> check(const LayerSettings& settings) {
  const std::pair<const char*, double> numbers[] = {{"rotation", settings.rotation},
                                                    {"alpha", settings.alpha},
                                                    {"corner-radius", settings.corner_radius},
                                                    {"border-width", settings.border_width}};
  for (const auto& [name, value] : numbers) {
    if (!std::isfinite(value))
      return fail(ErrorCode::InvalidSettings, std::format("{} is {}, not a number", name, value));
  }
  if (!is_plain_orientation(settings.orientation))
    return fail(ErrorCode::InvalidSettings,
                std::format("orientation {} of GstVideoOrientationMethod says no orientation",
                            static_cast<int>(settings.orientation)));
  return {};
}

struct Canvas {
  const CanvasSettings& settings;
  SampleLayout layout;
  ColourSpace colour;
};

// What lies where. Empty: nowhere on the canvas.
std::optional<LayerPlan> place(const LayerInput& input, const SampleLayout& picture,
                               const Canvas& canvas) {
  const LayerSettings& settings = input.settings;
  const auto crop = crop_of(settings, *input.info);
  const auto rectangle = layer_rectangle(settings, *input.info, canvas.settings.info);
  if (!crop || !rectangle) return std::nullopt;
  LayerPlan plan;
  plan.input = input.input;
  plan.layout = picture;
  plan.crop = *crop;
  plan.width = rectangle->right - rectangle->left;
  plan.height = rectangle->bottom - rectangle->top;
  plan.corner_radius =
      std::clamp(settings.corner_radius, 0.0, std::min(plan.width, plan.height) / 2);
  plan.border_width = std::clamp(settings.border_width, 0.0, std::min(plan.width, plan.height));
  const Extent bounds = turned_bounds(*rectangle, settings.rotation);
  // A quarter turn may leave edges on half pixels; any other turn surely does not leave them on
  // whole ones.
  const bool upright = std::fmod(settings.rotation, 90) == 0;
  plan.soft =
      !upright || !on_whole_pixels(bounds) || plan.corner_radius > 0 || plan.border_width > 0;
  plan.box = pixels_within(bounds, plan.soft ? 0.5 : 0, canvas.layout.width, canvas.layout.height);
  if (plan.box.empty()) return std::nullopt;
  plan.to_shape = shape_map(*rectangle, settings.rotation);
  plan.to_source =
      compose(plan.to_shape, picture_map({plan.width, plan.height}, settings.orientation, *crop));
  return plan;
}

Result<std::optional<LayerPlan>> plan_layer(const LayerInput& input, const Canvas& canvas) {
  const LayerSettings& settings = input.settings;
  if (auto valid = check(settings); !valid) return std::unexpected(valid.error());
  auto layout = sample_layout(*input.info);
  if (!layout) return std::unexpected(layout.error());
  auto colour = colour_space(*input.info, *layout);
  if (!colour) return std::unexpected(colour.error());
  if (settings.alpha <= 0) return std::nullopt;
  auto plan = place(input, *layout, canvas);
  if (!plan) return std::nullopt;
  const BlendGamma blend_gamma = canvas.settings.blend_gamma;
  plan->filter = settings.filter;
  plan->colour =
      colour_transform(*colour, canvas.colour, blend_gamma, settings.tone_map, input.luminance);
  if (plan->border_width > 0)
    plan->border = canvas_colour(settings.border_colour, canvas.colour, blend_gamma);
  plan->alpha = std::min(settings.alpha, 1.0);
  plan->op = settings.op;
  plan->opaque = settings.op != BlendOperator::Add && plan->alpha == 1 &&
                 layout->alpha_depth == 0 && !plan->soft;
  plan->luma_meets = luma_meets(plan->to_source);
  plan->chroma_meets = chroma_meets(plan->to_source, canvas.layout, *layout);
  plan->one_to_one = plan->colour.kind == ColourTransform::Kind::Same && plan->chroma_meets;
  return plan;
}

// Source replaces what is beneath, also where it shows little of itself.
bool hides_what_is_beneath(const LayerPlan& layer) {
  return layer.opaque || (layer.op == BlendOperator::Source && !layer.soft);
}

void plan_background(const Canvas& canvas, FramePlan& plan) {
  auto colour = [&canvas](uint32_t argb) {
    return canvas_colour(argb, canvas.colour, canvas.settings.blend_gamma);
  };
  auto both = [&](uint32_t argb) { plan.background_colours = {colour(argb), colour(argb)}; };
  switch (canvas.settings.background) {
  case BackgroundKind::Checker:
    plan.background = Background::Checker;
    plan.background_colours = {colour(0xff505050), colour(0xffa0a0a0)};
    break;
  case BackgroundKind::Black: both(0xff000000); break;
  case BackgroundKind::White: both(0xffffffff); break;
  case BackgroundKind::Transparent: both(0x00000000); break;
  case BackgroundKind::Colour: both(canvas.settings.background_colour); break;
  }
  if (canvas.layout.alpha_depth > 0) return;
  for (auto& each : plan.background_colours) {
    each[3] = 1;
  }
}

Result<Canvas> read_canvas(const CanvasSettings& settings) {
  auto layout = sample_layout(settings.info);
  if (!layout) return std::unexpected(layout.error());
  if (!std::ranges::contains(composite_output_formats, layout->format))
    return fail(ErrorCode::NotSupported, std::format("canvases of format {} are not composited",
                                                     gst_video_format_to_string(layout->format)));
  auto colour = colour_space(settings.info, *layout);
  if (!colour) return std::unexpected(colour.error());
  return Canvas{settings, *layout, *colour};
}

}  // namespace

std::optional<Extent> layer_rectangle(const LayerSettings& settings, const GstVideoInfo& picture,
                                      const GstVideoInfo& canvas) {
  const auto crop = crop_of(settings, picture);
  if (!crop) return std::nullopt;
  const Size shown = shown_size(settings, *crop, picture, canvas);
  const Size size = {settings.width > 0 ? settings.width : whole_pixels(shown.width),
                     settings.height > 0 ? settings.height : whole_pixels(shown.height)};
  const double left = settings.xpos, top = settings.ypos;
  const Extent rectangle = {left, top, left + size.width, top + size.height};
  return settings.sizing_policy == SizingPolicy::KeepAspectRatio ? fitted(rectangle, shown)
                                                                 : rectangle;
}

Result<FramePlan> plan_frame(const CanvasSettings& settings,
                             std::span<const LayerInput> bottom_up) {
  auto canvas = read_canvas(settings);
  if (!canvas) return std::unexpected(canvas.error());
  FramePlan plan;
  plan.canvas = canvas->layout;
  plan.blend_gamma = settings.blend_gamma;
  plan.canvas_transfer = canvas->colour.transfer;
  plan.canvas_encode = canvas->colour.encode;
  plan_background(*canvas, plan);
  std::vector<PixelBox> hidden;
  for (const LayerInput& input : std::views::reverse(bottom_up)) {
    auto layer = plan_layer(input, *canvas);
    if (!layer) return std::unexpected(layer.error());
    const auto& placed = *layer;
    if (!placed || std::ranges::any_of(
                       hidden, [&](const PixelBox& box) { return contains(box, placed->box); }))
      continue;
    if (hides_what_is_beneath(*placed)) hidden.push_back(placed->box);
    plan.layers.push_back(*placed);
  }
  return plan;
}

}  // namespace av1hw
