// SPDX-License-Identifier: LGPL-2.1-or-later
// Positions become 32.32 fixed point about the layer's corner, matrices single precision.
#include "vulkan/compositor/layer_params.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "vulkan/compositor/layer_ways.h"
#include "vulkan/compositor/shrink_taps.h"

namespace av1hw {
namespace {

float f(double value) { return static_cast<float>(value); }

uint32_t mask_of(unsigned depth) { return (1u << depth) - 1; }

int64_t to_fixed(double value) {
  // Beyond this the position is of no sample, and bounds catch it.
  constexpr double most = 1 << 30;
  return std::llround(std::clamp(value, -most, most) * 4294967296.0);
}

// The channel of a texel that a component comes in.
uint32_t channel_of(const SampleLayout& layout, unsigned component, VkFormat format) {
  const ComponentLayout& where = layout.components[component];
  if (!is_packed(layout)) return where.offset / std::max<uint32_t>(layout.word_bytes, 1);
  switch (format) {
  case VK_FORMAT_B8G8R8A8_UNORM: {
    constexpr std::array<uint32_t, 4> swapped = {2, 1, 0, 3};
    return swapped[where.offset & 3u];
  }
  case VK_FORMAT_A2B10G10R10_UNORM_PACK32: return where.shift / 10u;
  case VK_FORMAT_A2R10G10B10_UNORM_PACK32: return where.shift == 30 ? 3 : 2 - where.shift / 10u;
  default: return where.offset;
  }
}

uint32_t component_word(const SampleLayout& layout, unsigned component, VkFormat format) {
  const ComponentLayout& where = layout.components[component];
  const bool ten_bits = is_packed(layout) && layout.word_bytes == 4;
  // Of a packed sample the whole word is read.
  const uint32_t shift = is_packed(layout) && !ten_bits ? where.offset * 8u : where.shift;
  return where.plane | channel_of(layout, component, format) << 4 | uint32_t{where.offset} << 8 |
         uint32_t{where.step} << 16 | shift << 24;
}

// A texel's 1.0 as the integer that memory has there.
float image_maximum(VkFormat format) {
  switch (format) {
  case VK_FORMAT_R16_UNORM:
  case VK_FORMAT_R16G16_UNORM: return 65535;
  // These have the ten upper bits, so that the lower six are to be made.
  case VK_FORMAT_R10X6_UNORM_PACK16:
  case VK_FORMAT_R10X6G10X6_UNORM_2PACK16: return 1023 * 64;
  case VK_FORMAT_A2B10G10R10_UNORM_PACK32:
  case VK_FORMAT_A2R10G10B10_UNORM_PACK32: return 1023;
  default: return 255;
  }
}

std::array<float, 4> row(const std::array<double, 4>& values) {
  return {f(values[0]), f(values[1]), f(values[2]), f(values[3])};
}

double position_at(double x, double y, double xx, double xy, double x0) {
  return xx * x + xy * y + x0;
}

// Bytes or texels of its planes are the canvas's, where its colour is.
bool has_same_words(const FrameAccess& source, const FrameAccess& target) {
  return source.is_image == target.is_image && source.format == target.format;
}

// All of the layer that is seen is bytes of its picture.
bool is_copied(uint32_t flags, const SampleLayout& canvas) {
  const uint32_t needed =
      is_packed(canvas) ? layer_copies_luma : layer_copies_luma | layer_copies_chroma;
  return (flags & needed) == needed;
}

uint32_t layer_flags(const LayerPlan& layer, const FramePlan& plan, const FrameAccess& source,
                     const FrameAccess& target) {
  const SampleLayout& layout = layer.layout;
  uint32_t flags = 0;
  if (layer.opaque) flags |= layer_opaque;
  if (layer.one_to_one) flags |= layer_one_to_one;
  if (source.is_image) flags |= layer_image;
  if (is_packed(layout)) flags |= layer_packed;
  if (layout.alpha_depth > 0) flags |= layer_has_alpha;
  if (layer.soft) flags |= layer_soft;
  if (layout.word_bytes == 2) flags |= layer_wide;
  if (is_paired(layout)) flags |= layer_paired;
  if (layer.luma_meets) flags |= layer_meets_luma;
  if (layer.chroma_meets) flags |= layer_meets_chroma;
  if (is_separable(layer, plan, source)) flags |= layer_separable;
  const bool same = layer.colour.kind == ColourTransform::Kind::Same;
  if (flags & layer_separable) {
    if (layer.luma_meets && (same || is_packed(layout))) flags |= layer_direct_luma;
    if (layer.chroma_meets && same) flags |= layer_direct_chroma;
  }
  if (layout.format == plan.canvas.format && !is_packed(layout)) {
    flags |= layer_same_layout;
    const bool copies = layer.opaque && has_same_words(source, target) &&
                        layer.colour.kind == ColourTransform::Kind::Same &&
                        plan.blend_gamma == BlendGamma::AsCoded;
    if (copies && layer.luma_meets) flags |= layer_copies_luma;
    if (copies && layer.chroma_meets) flags |= layer_copies_chroma;
  }
  flags |= static_cast<uint32_t>(layer.filter) << layer_filter_shift;
  flags |= static_cast<uint32_t>(layer.op) << layer_operator_shift;
  flags |= static_cast<uint32_t>(layer.colour.kind) << layer_transform_shift;
  if (layer.colour.tone_mapped)
    flags |= (static_cast<uint32_t>(layer.colour.tone_map) + 1) << layer_tone_map_shift;
  return flags | static_cast<uint32_t>(layer.colour.from.curve) << layer_curve_shift;
}

void set_geometry(const LayerPlan& layer, const FramePlan& plan, LayerParams& params) {
  const SampleLayout& layout = layer.layout;
  const double left = layer.box.left, top = layer.box.top;
  params.boxes = {{{layer.box.left, layer.box.top, layer.box.right, layer.box.bottom},
                   chroma_box(layer.box, plan.canvas)}};
  params.bounds = {bounds_of(layer, false), bounds_of(layer, true)};
  const Affine& map = layer.to_source;
  params.start = {to_fixed(position_at(left, top, map.xx, map.xy, map.x0)),
                  to_fixed(position_at(left, top, map.yx, map.yy, map.y0))};
  params.steps = {to_fixed(map.xx), to_fixed(map.xy), to_fixed(map.yx), to_fixed(map.yy)};
  params.shrink = {shrink_of(layer, plan.canvas, false), shrink_of(layer, plan.canvas, true)};
  const double scale_x = 1.0 / (1 << layout.sub_x), scale_y = 1.0 / (1 << layout.sub_y);
  params.chroma = {f(scale_x), f(scale_y), layout.sub_x ? f(0.5 - layout.chroma_x * scale_x) : 0,
                   layout.sub_y ? f(0.5 - layout.chroma_y * scale_y) : 0};
  const Affine& shape = layer.to_shape;
  params.shape_x = {f(shape.xx), f(shape.xy),
                    f(position_at(left, top, shape.xx, shape.xy, shape.x0)), f(layer.width)};
  params.shape_y = {f(shape.yx), f(shape.yy),
                    f(position_at(left, top, shape.yx, shape.yy, shape.y0)), f(layer.height)};
  params.edge = {f(layer.corner_radius), f(layer.border_width), 0, 0};
}

// Where samples meet the canvas's: from the canvas's to the picture's.
void set_origins(const LayerPlan& layer, const FramePlan& plan, const FrameAccess& source,
                 LayerParams& params) {
  const SampleLayout& layout = layer.layout;
  if (!layer.luma_meets) return;
  const int x = static_cast<int>(layer.to_source.x0), y = static_cast<int>(layer.to_source.y0);
  params.moved = {x, y, x >> plan.canvas.sub_x, y >> plan.canvas.sub_y};
  for (unsigned plane = 0; plane < layout.planes; plane++) {
    const ComponentLayout& first = layout.components[plane];
    const size_t at = plane == 0 ? 0 : 2;
    const int64_t bytes = int64_t{params.moved[at + 1]} * source.stride[plane] +
                          int64_t{params.moved[at]} * first.step;
    // Where the layer begins left of or above the canvas that is before the picture's first.
    params.origins[plane] = source.address[plane] + static_cast<uint64_t>(bytes);
  }
}

void set_colour(const LayerPlan& layer, LayerParams& params) {
  const ColourTransform& colour = layer.colour;
  for (size_t r = 0; r < 3; r++) {
    params.decode[r] = row(colour.decode[r]);
    params.primaries[r] = {f(colour.primaries[r][0]), f(colour.primaries[r][1]),
                           f(colour.primaries[r][2]), f(colour.from.luminance[r])};
  }
  params.transfer = {f(colour.from.gamma), f(colour.peak), 0, 0};
  params.border = row(layer.border);
}

// What nobody sees is black: it is written where no layer is.
ShaderVec4 background_of(const FramePlan& plan, size_t which) {
  ShaderVec4 colour = row(plan.background_colours[which]);
  if (colour[3] > 0 || plan.blend_gamma != BlendGamma::AsCoded) return colour;
  for (size_t r = 0; r < 3; r++) colour[r] = f(plan.canvas_encode[r][3]);
  return colour;
}

}  // namespace

Result<KernelKey> kernel_for(const FramePlan& plan, std::span<const FrameAccess> sources,
                             const FrameAccess& target) {
  KernelKey key;
  switch (plan.canvas.format) {
  case GST_VIDEO_FORMAT_NV12: key.canvas = CanvasKind::Pairs8; break;
  case GST_VIDEO_FORMAT_P010_10LE: key.canvas = CanvasKind::Pairs16; break;
  case GST_VIDEO_FORMAT_I420: key.canvas = CanvasKind::Planar8; break;
  case GST_VIDEO_FORMAT_I420_10LE: key.canvas = CanvasKind::Planar16; break;
  case GST_VIDEO_FORMAT_RGBA:
  case GST_VIDEO_FORMAT_BGRA: key.canvas = CanvasKind::Packed; break;
  default:
    return fail(ErrorCode::NotSupported,
                std::string("no kernel writes ") + gst_video_format_to_string(plan.canvas.format));
  }
  key.to_image = target.is_image;
  if (plan.blend_gamma == BlendGamma::Linear) key.features |= kernel_linear_blend | kernel_light;
  // Few are looked at as fast as a list of them is made.
  constexpr size_t few_layers = 4;
  if (plan.layers.size() > few_layers) key.features |= kernel_lists;
  if (plan.blend_gamma == BlendGamma::Linear) key.features |= kernel_general;
  bool shrinks = plan.blend_gamma == BlendGamma::AsCoded;
  for (const LayerPlan& layer : plan.layers) {
    const uint32_t flags = layer_flags(layer, plan, sources[layer.input], target);
    shrinks = shrinks && (is_copied(flags, plan.canvas)
                              ? ends_between_quads(layer, plan.canvas)
                              : shrink_taps(layer, plan.canvas, sources[layer.input]).has_value());
    if (!(flags & layer_separable)) {
      key.features |= kernel_general;
    } else if (!is_copied(flags, plan.canvas)) {
      key.features |= kernel_blend;
      if (!is_taken_as_is(layer, plan.canvas)) key.features |= kernel_resample;
    }
    key.features |= sources[layer.input].is_image ? kernel_images : kernel_addresses;
    key.features |= is_packed(layer.layout) ? kernel_packed : kernel_planar;
    if (layer.filter != ScaleFilter::Nearest && !layer.one_to_one) {
      key.features |= kernel_filters;
      if (layer.filter == ScaleFilter::Lanczos || is_shrunk(layer, plan.canvas))
        key.features |= kernel_kernels;
    }
    if (layer.colour.kind == ColourTransform::Kind::Affine) key.features |= kernel_affine;
    if (layer.colour.kind == ColourTransform::Kind::Light) key.features |= kernel_light;
    if (layer.soft) key.features |= kernel_shapes;
  }
  if (shrinks && !key.copies_only()) {
    key.features &= ~uint32_t{kernel_blend | kernel_resample | kernel_general};
    key.features |= kernel_shrink;
  }
  return key;
}

CanvasParams canvas_params(const FramePlan& plan, const FrameAccess& target, uint64_t address) {
  const SampleLayout& canvas = plan.canvas;
  CanvasParams params = {};
  params.params = address;
  params.planes = target.address;
  params.strides = target.stride;
  params.size = {canvas.width, canvas.height};
  params.layers = static_cast<uint32_t>(plan.layers.size());
  const auto all_multiples_of = [&](uint64_t n) {
    for (size_t plane = 0; plane < canvas.planes; plane++) {
      if (target.address[plane] % n != 0 || target.stride[plane] % n != 0) return false;
    }
    return true;
  };
  if (all_multiples_of(4)) params.flags |= canvas_aligned;
  if (all_multiples_of(16)) params.flags |= canvas_vectors;
  if (plan.background == Background::Checker) params.flags |= canvas_checker;
  if (canvas.format == GST_VIDEO_FORMAT_BGRA) params.flags |= canvas_swapped;
  params.flags |= static_cast<uint32_t>(plan.canvas_transfer.curve) << canvas_curve_shift;
  for (size_t i = 0; i < 2; i++) params.background[i] = background_of(plan, i);
  params.chroma = {f(canvas.chroma_x), f(canvas.chroma_y)};
  params.maximum = f(mask_of(canvas.depth));
  params.shift = is_packed(canvas) ? 0 : canvas.components[0].shift;
  params.image_maximum = image_maximum(target.format);
  return params;
}

CanvasColourParams canvas_colour_params(const FramePlan& plan) {
  CanvasColourParams params = {};
  for (size_t r = 0; r < 3; r++) {
    params.encode[r] = row(plan.canvas_encode[r]);
    params.luminance[r] = f(plan.canvas_transfer.luminance[r]);
  }
  params.luminance[3] = f(plan.canvas_transfer.gamma);
  return params;
}

LayerParams layer_params(const LayerPlan& layer, const FramePlan& plan, const FrameAccess& source,
                         const FrameAccess& target) {
  const SampleLayout& layout = layer.layout;
  LayerParams params = {};
  set_geometry(layer, plan, params);
  set_colour(layer, params);
  params.planes = source.address;
  params.strides = source.stride;
  set_origins(layer, plan, source, params);
  for (unsigned c = 0; c < 4; c++) params.components[c] = component_word(layout, c, source.format);
  params.flags = layer_flags(layer, plan, source, target);
  params.mask = mask_of(layout.depth);
  params.alpha_mask = mask_of(layout.alpha_depth);
  params.images = source.first_image;
  params.scale = 1.0f / f(params.mask);
  params.alpha_scale = layout.alpha_depth > 0 ? 1.0f / f(params.alpha_mask) : 0;
  params.image_maximum = image_maximum(source.format);
  params.alpha = f(layer.alpha);
  if (const auto taps = shrink_taps(layer, plan.canvas, source)) {
    params.taps_down = taps->down;
    params.taps_across = taps->across;
    params.shrunk = taps->first;
  }
  return params;
}

}  // namespace av1hw
