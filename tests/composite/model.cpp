// SPDX-License-Identifier: LGPL-2.1-or-later
// Geometry, shape and blending of the model: docs/compositor.md from top to bottom.
#include "model.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

#include "model_colour.h"
#include "model_picture.h"

namespace av1hw::test {
namespace {

struct Layer {
  const LayerInput* input = nullptr;
  const GstVideoFrame* picture = nullptr;
  SampleLayout layout;
  ModelColour colour;
  Extent crop, rectangle;
  double sin = 0, cos = 1;
  bool soft = false;
};

// A colour in the space that is blended in, and alpha.
struct Shade {
  Vec3 colour = {};
  double alpha = 0;
};

struct Canvas {
  const CanvasSettings& settings;
  SampleLayout layout;
  ModelColour colour;
  bool linear = false;
};

bool swaps(GstVideoOrientationMethod method) {
  return method == GST_VIDEO_ORIENTATION_90R || method == GST_VIDEO_ORIENTATION_90L ||
         method == GST_VIDEO_ORIENTATION_UL_LR || method == GST_VIDEO_ORIENTATION_UR_LL;
}

Extent rectangle_of(const LayerSettings& s, const Extent& crop, const GstVideoInfo& picture,
                    const GstVideoInfo& canvas) {
  double wide = crop.right - crop.left, high = crop.bottom - crop.top;
  double pixel = double(picture.par_n) / picture.par_d;
  if (swaps(s.orientation)) {
    std::swap(wide, high);
    pixel = 1 / pixel;
  }
  wide *= pixel / (double(canvas.par_n) / canvas.par_d);
  const double width = s.width > 0 ? s.width : std::max(1.0, std::round(wide));
  const double height = s.height > 0 ? s.height : std::max(1.0, std::round(high));
  const double x = s.xpos, y = s.ypos;
  if (s.sizing_policy == SizingPolicy::None) return {x, y, x + width, y + height};
  if (wide / high < width / height) {
    const double fit = std::max(1.0, std::round(height * wide / high));
    const double left = x + std::floor((width - fit) / 2);
    return {left, y, left + fit, y + height};
  }
  const double fit = std::max(1.0, std::round(width * high / wide));
  const double top = y + std::floor((height - fit) / 2);
  return {x, top, x + width, top + fit};
}

// Layers that are there at all.
std::optional<Layer> layer_of(const LayerInput& input, const GstVideoFrame* picture,
                              const Canvas& canvas) {
  const LayerSettings& s = input.settings;
  const GstVideoInfo& info = *input.info;
  const Extent crop = {double(s.crop_left), double(s.crop_top), info.width - double(s.crop_right),
                       info.height - double(s.crop_bottom)};
  if (crop.left >= crop.right || crop.top >= crop.bottom || s.alpha <= 0) return std::nullopt;
  Layer layer = {.input = &input,
                 .picture = picture,
                 .layout = *sample_layout(info),
                 .colour = ModelColour(info),
                 .crop = crop,
                 .rectangle = rectangle_of(s, crop, info, canvas.settings.info)};
  const double quarters = s.rotation / 90;
  const bool upright = quarters == std::round(quarters);
  const double radians = std::fmod(s.rotation, 360) * std::numbers::pi / 180;
  layer.sin = upright ? std::round(std::sin(radians)) : std::sin(radians);
  layer.cos = upright ? std::round(std::cos(radians)) : std::cos(radians);
  const double width = layer.rectangle.right - layer.rectangle.left;
  const double height = layer.rectangle.bottom - layer.rectangle.top;
  // A quarter turn moves corners by half the difference of the sides.
  const bool on_pixels = layer.sin == 0 || std::fmod(width - height, 2) == 0;
  layer.soft = !upright || !on_pixels || s.corner_radius > 0 || s.border_width > 0;
  return layer;
}

// From the canvas to the rectangle, whose upper left corner is (0, 0).
Position in_rectangle(const Layer& layer, Position at) {
  const Extent& r = layer.rectangle;
  const double x = at.x - (r.left + r.right) / 2, y = at.y - (r.top + r.bottom) / 2;
  return {layer.cos * x + layer.sin * y + (r.right - r.left) / 2,
          -layer.sin * x + layer.cos * y + (r.bottom - r.top) / 2};
}

// And on to the picture: what is shown at this place.
Position in_picture(const Layer& layer, Position at) {
  const Extent &r = layer.rectangle, &c = layer.crop;
  const Position inside = in_rectangle(layer, at);
  const double u = inside.x / (r.right - r.left), v = inside.y / (r.bottom - r.top);
  double a = u, b = v;
  switch (layer.input->settings.orientation) {
  case GST_VIDEO_ORIENTATION_90R: a = v, b = 1 - u; break;
  case GST_VIDEO_ORIENTATION_180: a = 1 - u, b = 1 - v; break;
  case GST_VIDEO_ORIENTATION_90L: a = 1 - v, b = u; break;
  case GST_VIDEO_ORIENTATION_HORIZ: a = 1 - u; break;
  case GST_VIDEO_ORIENTATION_VERT: b = 1 - v; break;
  case GST_VIDEO_ORIENTATION_UL_LR: a = v, b = u; break;
  case GST_VIDEO_ORIENTATION_UR_LL: a = 1 - v, b = 1 - u; break;
  default: break;
  }
  return {c.left + a * (c.right - c.left), c.top + b * (c.bottom - c.top)};
}

// Signed, negative inside.
double distance_to_edge(const Layer& layer, Position at) {
  const Position inside = in_rectangle(layer, at);
  const double half_width = (layer.rectangle.right - layer.rectangle.left) / 2;
  const double half_height = (layer.rectangle.bottom - layer.rectangle.top) / 2;
  const double radius =
      std::clamp(layer.input->settings.corner_radius, 0.0, std::min(half_width, half_height));
  const double x = std::abs(inside.x - half_width) - half_width + radius;
  const double y = std::abs(inside.y - half_height) - half_height + radius;
  // In a corner the distance is to its circle, else to the nearest side.
  if (x > 0 && y > 0) return std::hypot(x, y) - radius;
  return std::max(x, y) - radius;
}

double coverage_of(const Layer& layer, Position at) {
  if (layer.soft) return std::clamp(0.5 - distance_to_edge(layer, at), 0.0, 1.0);
  // Quarter turns swap which edges are the left and upper ones; on the canvas they are still those.
  const Extent& r = layer.rectangle;
  const double x = (r.left + r.right) / 2, y = (r.top + r.bottom) / 2;
  double reach_x = (r.right - r.left) / 2, reach_y = (r.bottom - r.top) / 2;
  if (layer.sin != 0) std::swap(reach_x, reach_y);
  const bool inside =
      at.x >= x - reach_x && at.x < x + reach_x && at.y >= y - reach_y && at.y < y + reach_y;
  return inside ? 1 : 0;
}

Shade colour_of(uint32_t argb, const Canvas& canvas) {
  Vec3 signal = {(argb >> 16 & 255) / 255.0, (argb >> 8 & 255) / 255.0, (argb & 255) / 255.0};
  if (canvas.colour.hdr()) {
    for (double& v : signal) {
      v = v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
    }
    signal = canvas.colour.from_light(signal);
  }
  return {canvas.linear ? canvas.colour.to_light(signal) : canvas.colour.to_components(signal),
          (argb >> 24) / 255.0};
}

// A layer's components as what is blended.
Vec3 converted(const Layer& layer, const Canvas& canvas, const Vec3& components) {
  if (!canvas.linear && layer.colour.same_code(canvas.colour)) return components;
  const Vec3 signal = layer.colour.to_signal(components);
  if (!canvas.linear && layer.colour.same_light(canvas.colour))
    return canvas.colour.to_components(signal);
  Vec3 light = layer.colour.light_for(canvas.colour, layer.colour.to_light(signal));
  for (double& v : light) {
    v = std::max(v, 0.0);
  }
  if (layer.colour.hdr() && !canvas.colour.hdr())
    light =
        model_tone_map(layer.input->settings.tone_map, model_peak(layer.input->luminance), light);
  return canvas.linear ? light : canvas.colour.to_components(canvas.colour.from_light(light));
}

// What the layer shows at a sample of the canvas's plane of component c.
Shade shade_of(const Layer& layer, const Canvas& canvas, unsigned c, Position at,
               Position covered_at) {
  const bool chroma = c == 1 || c == 2;
  const double step_x = chroma ? 1 << canvas.layout.sub_x : 1;
  const double step_y = chroma ? 1 << canvas.layout.sub_y : 1;
  const LayerSettings& s = layer.input->settings;
  const FilteredSample sample =
      filtered(*layer.picture, layer.layout, layer.crop, s.filter, in_picture(layer, at),
               in_picture(layer, {at.x + step_x, at.y}), in_picture(layer, {at.x, at.y + step_y}));
  Shade shade = {{}, sample.alpha};
  if (sample.alpha > 0) shade.colour = converted(layer, canvas, sample.colour);
  if (s.border_width <= 0) return shade;
  const Shade border = colour_of(s.border_colour, canvas);
  const double share =
      border.alpha *
      std::clamp(0.5 + distance_to_edge(layer, covered_at) + s.border_width, 0.0, 1.0);
  Shade both = {{}, share + shade.alpha * (1 - share)};
  for (size_t i = 0; i < 3 && both.alpha > 0; i++) {
    both.colour[i] =
        (share * border.colour[i] + (1 - share) * shade.alpha * shade.colour[i]) / both.alpha;
  }
  return both;
}

Shade background_of(const Canvas& canvas, Position at) {
  uint32_t argb = 0;
  switch (canvas.settings.background) {
  case BackgroundKind::Checker: {
    const int squares = int(std::floor(at.x / 8)) + int(std::floor(at.y / 8));
    argb = squares % 2 == 0 ? 0xff505050 : 0xffa0a0a0;
    break;
  }
  case BackgroundKind::Black: argb = 0xff000000; break;
  case BackgroundKind::White: argb = 0xffffffff; break;
  case BackgroundKind::Transparent: argb = 0; break;
  case BackgroundKind::Colour: argb = canvas.settings.background_colour; break;
  }
  Shade shade = colour_of(argb, canvas);
  if (canvas.layout.alpha_depth == 0) shade.alpha = 1;
  return shade;
}

// Components of the canvas, and alpha, at one sample of component c's plane.
Shade blended(const Canvas& canvas, const std::vector<Layer>& top_down, unsigned c, Position at) {
  const Position covered_at = {std::min(at.x, canvas.layout.width - 0.5),
                               std::min(at.y, canvas.layout.height - 0.5)};
  Vec3 sum = {};
  double alpha = 0, through = 1;
  auto add = [&](const Shade& shade, double a) {
    for (size_t i = 0; i < 3; i++) {
      sum[i] += through * a * shade.colour[i];
    }
    alpha += through * a;
  };
  for (const Layer& layer : top_down) {
    const double cover = coverage_of(layer, covered_at);
    if (cover == 0) continue;
    const Shade shade = shade_of(layer, canvas, c, at, covered_at);
    const double a = shade.alpha * std::min(layer.input->settings.alpha, 1.0) * cover;
    add(shade, a);
    if (layer.input->settings.op == BlendOperator::Over) through *= 1 - a;
    if (layer.input->settings.op == BlendOperator::Source) through *= 1 - cover;
  }
  const Shade background = background_of(canvas, covered_at);
  add(background, background.alpha);
  const Vec3 black = canvas.linear ? Vec3{} : canvas.colour.black();
  Shade result = {black, std::min(alpha, 1.0)};
  for (size_t i = 0; i < 3 && alpha > 0; i++) {
    result.colour[i] += (sum[i] - alpha * black[i]) / result.alpha;
  }
  if (canvas.linear)
    result.colour = canvas.colour.to_components(canvas.colour.from_light(result.colour));
  return result;
}

}  // namespace

ModelFrame::ModelFrame(const SampleLayout& layout) : layout_(layout) {
  for (unsigned c = 0; c < components(); c++) {
    codes_[c].resize(size_t(plane_width(layout, c)) * size_t(plane_height(layout, c)));
  }
}

size_t ModelFrame::index(unsigned c, int x, int y) const {
  return size_t(y) * size_t(plane_width(layout_, c)) + size_t(x);
}

void ModelFrame::write_to(GstVideoFrame& frame) const {
  for (unsigned c = 0; c < components(); c++) {
    for (int y = 0; y < plane_height(layout_, c); y++) {
      for (int x = 0; x < plane_width(layout_, c); x++) {
        set_code(frame, layout_, c, x, y, unsigned(std::lround(exact(c, x, y))));
      }
    }
  }
}

ModelFrame model_frame(const CanvasSettings& settings, std::span<const LayerInput> bottom_up,
                       std::span<const GstVideoFrame* const> pictures) {
  const Canvas canvas = {settings, *sample_layout(settings.info), ModelColour(settings.info),
                         settings.blend_gamma == BlendGamma::Linear};
  std::vector<Layer> top_down;
  for (size_t i = bottom_up.size(); i-- > 0;) {
    auto layer = layer_of(bottom_up[i], pictures[bottom_up[i].input], canvas);
    if (layer) top_down.push_back(*layer);
  }
  ModelFrame frame(canvas.layout);
  for (unsigned c = 0; c < frame.components(); c++) {
    const double most = std::pow(2, c == 3 ? canvas.layout.alpha_depth : canvas.layout.depth) - 1;
    for (int y = 0; y < plane_height(canvas.layout, c); y++) {
      for (int x = 0; x < plane_width(canvas.layout, c); x++) {
        const Shade shade = blended(canvas, top_down, c, sample_position(canvas.layout, c, x, y));
        const double value = c == 3 ? shade.alpha : shade.colour[c];
        frame.set(c, x, y, std::clamp(value * most, 0.0, most));
      }
    }
  }
  return frame;
}

Difference difference(const ModelFrame& model, const GstVideoFrame& frame) {
  Difference found;
  for (unsigned c = 0; c < model.components(); c++) {
    for (int y = 0; y < plane_height(model.layout(), c); y++) {
      for (int x = 0; x < plane_width(model.layout(), c); x++) {
        const double off = std::abs(model.exact(c, x, y) - code_at(frame, model.layout(), c, x, y));
        if (off > found.most) found = {off, c, x, y};
      }
    }
  }
  return found;
}

}  // namespace av1hw::test
