// SPDX-License-Identifier: LGPL-2.1-or-later
// What the kernel has room for, and what it takes to be whole.
#include "vulkan/compositor/layer_ways.h"

#include <algorithm>
#include <cmath>

namespace av1hw {
namespace {

float f(double value) { return static_cast<float>(value); }

// What a row of a tile of `samples` needs of a picture's plane, and whether that fits.
bool fits_stage(double samples, double step, double scale, ScaleFilter filter, double components) {
  const double radius = filter == ScaleFilter::Nearest    ? 0
                        : filter == ScaleFilter::Bilinear ? scale
                                                          : 3 * scale;
  constexpr double rounding = 3, unaligned = 6;
  return 2 * radius + 2 <= stage_taps &&
         (samples * step + 2 * radius + rounding) * components + unaligned <= stage_components;
}

// Rows that are read in words.
bool has_whole_words(const LayerPlan& layer, const FrameAccess& source) {
  for (size_t plane = 0; plane < layer.layout.planes && !source.is_image; plane++) {
    if (source.stride[plane] % 4 != 0) return false;
  }
  return true;
}

// First sample of the canvas's chroma whose position is not before an edge; the last sample of an
// odd canvas may lie on the canvas's own, and belongs to what reaches that.
int32_t chroma_edge(int edge, unsigned sub, double first_centre, int size) {
  if (sub == 0 || edge == size) return (edge + (1 << sub) - 1) >> sub;
  return static_cast<int32_t>(std::ceil((edge - first_centre) / 2));
}

// First and last sample along an axis that positions within the crop are in.
std::array<int32_t, 2> samples_within(double from, double to, unsigned sub, double first_centre,
                                      int size) {
  const double scale = 1.0 / (1 << sub);
  const double offset = sub == 0 ? 0 : 0.5 - first_centre * scale;
  const int last = ((size + (1 << sub) - 1) >> sub) - 1;
  const auto at = [&](double value) { return std::clamp(static_cast<int>(value), 0, last); };
  return {at(std::floor(from * scale + offset)), at(std::ceil(to * scale + offset) - 1)};
}

}  // namespace

bool is_packed(const SampleLayout& layout) {
  // YUY2 has one plane as well, but two samples in a word.
  return layout.planes == 1 && layout.sub_x == 0;
}

bool is_paired(const SampleLayout& layout) {
  const ComponentLayout &cb = layout.components[1], &cr = layout.components[2];
  return layout.planes == 2 && cb.plane == 1 && cr.plane == 1 && cb.step == 2 * layout.word_bytes;
}

ShaderVec4 shrink_of(const LayerPlan& layer, const SampleLayout& canvas, bool canvas_chroma) {
  const double step_x = canvas_chroma ? 1 << canvas.sub_x : 1;
  const double step_y = canvas_chroma ? 1 << canvas.sub_y : 1;
  const Affine& map = layer.to_source;
  const double x = std::hypot(map.xx * step_x, map.xy * step_y);
  const double y = std::hypot(map.yx * step_x, map.yy * step_y);
  const auto scale = [](double length) { return f(std::max(1.0, length)); };
  return {scale(x), scale(y), scale(x / (1 << layer.layout.sub_x)),
          scale(y / (1 << layer.layout.sub_y))};
}

bool is_shrunk(const LayerPlan& layer, const SampleLayout& canvas) {
  const ShaderVec4 for_luma = shrink_of(layer, canvas, false);
  const ShaderVec4 for_chroma = shrink_of(layer, canvas, true);
  if (layer.colour.kind == ColourTransform::Kind::Same && !is_packed(layer.layout))
    return std::max({for_luma[0], for_luma[1], for_chroma[2], for_chroma[3]}) > 1;
  return std::ranges::max(for_luma) > 1 || (!canvas.rgb && std::ranges::max(for_chroma) > 1);
}

std::array<int32_t, 4> bounds_of(const LayerPlan& layer, bool chroma) {
  const SampleLayout& layout = layer.layout;
  const auto x = samples_within(layer.crop.left, layer.crop.right, chroma ? layout.sub_x : 0,
                                layout.chroma_x, layout.width);
  const auto y = samples_within(layer.crop.top, layer.crop.bottom, chroma ? layout.sub_y : 0,
                                layout.chroma_y, layout.height);
  return {x[0], y[0], x[1], y[1]};
}

std::array<int32_t, 4> chroma_box(const PixelBox& box, const SampleLayout& canvas) {
  const auto x = [&](int at) {
    return chroma_edge(at, canvas.sub_x, canvas.chroma_x, canvas.width);
  };
  const auto y = [&](int at) {
    return chroma_edge(at, canvas.sub_y, canvas.chroma_y, canvas.height);
  };
  return {x(box.left), y(box.top), x(box.right), y(box.bottom)};
}

bool is_taken_as_is(const LayerPlan& layer, const SampleLayout& canvas) {
  if (is_packed(layer.layout)) return layer.luma_meets && is_packed(canvas);
  return layer.one_to_one;
}

bool is_separable(const LayerPlan& layer, const FramePlan& plan, const FrameAccess& source) {
  const Affine& map = layer.to_source;
  if (layer.soft || map.xy != 0 || map.yx != 0 || plan.blend_gamma != BlendGamma::AsCoded ||
      layer.colour.kind == ColourTransform::Kind::Light)
    return false;
  if (is_taken_as_is(layer, plan.canvas)) return true;
  if (!has_whole_words(layer, source)) return false;
  const SampleLayout& layout = layer.layout;
  const bool packed_canvas = is_packed(plan.canvas);
  for (const bool canvas_chroma : {false, true}) {
    if (canvas_chroma && packed_canvas) continue;
    const double samples = packed_canvas ? packed_tile_width : tile_width >> canvas_chroma;
    const ShaderVec4 scales = shrink_of(layer, plan.canvas, canvas_chroma);
    for (const bool chroma : {false, true}) {
      if (chroma && is_packed(layout)) continue;
      const double step = std::abs(map.xx) * (1 << (canvas_chroma ? plan.canvas.sub_x : 0)) /
                          (1 << (chroma ? layout.sub_x : 0));
      const double components =
          is_packed(layout) ? 4 : layout.components[chroma ? 1 : 0].step / layout.word_bytes;
      const double scale = std::max(scales[chroma ? 2 : 0], scales[chroma ? 3 : 1]);
      if (!fits_stage(samples, step, scale, layer.filter, components)) return false;
    }
  }
  return true;
}

bool ends_between_quads(const LayerPlan& layer, const SampleLayout& canvas) {
  const PixelBox& box = layer.box;
  if (box.left % 4 != 0 || (box.right % 4 != 0 && box.right < canvas.width)) return false;
  if (is_packed(canvas)) return true;
  const int components = is_paired(canvas) ? 2 : 1;
  const int width = (canvas.width + (1 << canvas.sub_x) - 1) >> canvas.sub_x;
  const auto chroma = chroma_box(box, canvas);
  return chroma[0] * components % 4 == 0 && (chroma[2] * components % 4 == 0 || chroma[2] >= width);
}

}  // namespace av1hw
