// SPDX-License-Identifier: LGPL-2.1-or-later
// What a frame's kernel is told, as it lies in memory: shaders/params.glsl in C++, field by field.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace av1hw {

using ShaderVec2 = std::array<float, 2>;
using ShaderVec4 = std::array<float, 4>;

enum LayerFlag : uint32_t {
  layer_opaque = 1u << 0,
  layer_one_to_one = 1u << 1,
  layer_image = 1u << 2,
  layer_packed = 1u << 3,
  layer_has_alpha = 1u << 4,
  layer_soft = 1u << 5,
  layer_wide = 1u << 6,
  layer_paired = 1u << 7,
  layer_copies_luma = 1u << 8,
  layer_copies_chroma = 1u << 9,
  layer_meets_luma = 1u << 10,
  layer_meets_chroma = 1u << 11,
  layer_separable = 1u << 24,
  layer_same_layout = 1u << 25,
  layer_direct_luma = 1u << 26,
  layer_direct_chroma = 1u << 27,
};
inline constexpr unsigned layer_filter_shift = 12, layer_operator_shift = 14;
inline constexpr unsigned layer_transform_shift = 16, layer_tone_map_shift = 18;
inline constexpr unsigned layer_curve_shift = 20;

struct alignas(32) LayerParams {
  std::array<std::array<int32_t, 4>, 2> boxes;
  std::array<std::array<int32_t, 4>, 2> bounds;
  std::array<int64_t, 4> steps;
  std::array<uint64_t, 4> planes;
  std::array<uint64_t, 4> origins;
  std::array<int64_t, 2> start;
  std::array<int32_t, 4> moved;
  std::array<ShaderVec4, 2> shrink;
  std::array<uint32_t, 4> strides;
  std::array<uint32_t, 4> components;
  ShaderVec4 chroma;
  uint32_t flags;
  uint32_t mask;
  uint32_t alpha_mask;
  uint32_t images;
  float scale;
  float alpha_scale;
  float image_maximum;
  float alpha;
  std::array<ShaderVec4, 3> decode;
  std::array<ShaderVec4, 3> primaries;
  ShaderVec4 transfer;
  ShaderVec4 shape_x;
  ShaderVec4 shape_y;
  ShaderVec4 border;
  ShaderVec4 edge;
  std::array<std::array<uint32_t, 4>, 2> taps_down;
  std::array<std::array<uint32_t, 4>, 4> taps_across;
  std::array<int32_t, 4> shrunk;
};
static_assert(offsetof(LayerParams, steps) == 64 && offsetof(LayerParams, planes) == 96);
static_assert(offsetof(LayerParams, origins) == 128 && offsetof(LayerParams, start) == 160);
static_assert(offsetof(LayerParams, shrink) == 192 && offsetof(LayerParams, flags) == 272);
static_assert(offsetof(LayerParams, decode) == 304 && offsetof(LayerParams, edge) == 464);
static_assert(offsetof(LayerParams, shrunk) == 576 && sizeof(LayerParams) == 608);

enum CanvasFlag : uint32_t {
  canvas_aligned = 1u << 0,
  canvas_vectors = 1u << 1,
  canvas_checker = 1u << 2,
  canvas_swapped = 1u << 3,
};
inline constexpr unsigned canvas_curve_shift = 4;

// Push constants.
struct CanvasParams {
  std::array<uint64_t, 4> planes;
  std::array<uint32_t, 4> strides;
  std::array<int32_t, 2> size;
  uint32_t layers;
  uint32_t flags;
  std::array<ShaderVec4, 2> background;
  ShaderVec2 chroma;
  float maximum;
  uint32_t shift;
  float image_maximum;
  uint32_t reserved;
  uint64_t params;
};
static_assert(offsetof(CanvasParams, background) == 64 && offsetof(CanvasParams, chroma) == 96);
// Every device has room for as much.
static_assert(offsetof(CanvasParams, params) == 120 && sizeof(CanvasParams) == 128);

struct alignas(32) CanvasColourParams {
  std::array<ShaderVec4, 3> encode;
  ShaderVec4 luminance;
};
static_assert(sizeof(CanvasColourParams) == 64);

// What pipelines differ in: the kernel's specialisation constants.
enum class CanvasKind : uint32_t { Pairs8, Pairs16, Planar8, Planar16, Packed };
enum KernelFeature : uint32_t {
  kernel_addresses = 1u << 0,
  kernel_images = 1u << 1,
  kernel_planar = 1u << 2,
  kernel_packed = 1u << 3,
  kernel_filters = 1u << 4,
  kernel_kernels = 1u << 5,
  kernel_affine = 1u << 6,
  kernel_light = 1u << 7,
  kernel_shapes = 1u << 8,
  kernel_linear_blend = 1u << 9,
  kernel_lists = 1u << 10,
  kernel_blend = 1u << 11,
  kernel_resample = 1u << 12,
  kernel_general = 1u << 13,
  kernel_shrink = 1u << 14,
};

struct KernelKey {
  CanvasKind canvas = CanvasKind::Pairs8;
  bool to_image = false;
  uint32_t features = 0;
  bool copies_only() const { return !(features & (kernel_blend | kernel_general | kernel_shrink)); }
  bool operator==(const KernelKey&) const = default;
};

// Of what a workgroup computes, in luma samples.
inline constexpr uint32_t tile_width = 128, packed_tile_width = 32;
inline constexpr uint32_t tile_rows = 8, copied_tile_rows = 16;

// What resample.glsl has room for: components of a picture's row that a tile needs, and samples
// that are filtered to one.
inline constexpr uint32_t stage_components = 2304, stage_taps = 64;

}  // namespace av1hw
