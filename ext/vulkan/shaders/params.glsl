// SPDX-License-Identifier: LGPL-2.1-or-later
// What a frame's kernel is told: compositor/shader_params.h in C++, field by field.

// Bits of Layer.flags.
const uint layer_opaque = 1u << 0;
const uint layer_one_to_one = 1u << 1;
const uint layer_image = 1u << 2;        // planes are images, else addresses
const uint layer_packed = 1u << 3;       // all components in one word of 32 bits
const uint layer_has_alpha = 1u << 4;
const uint layer_soft = 1u << 5;
const uint layer_wide = 1u << 6;         // words of 16 bits, else of 8 (not packed)
const uint layer_paired = 1u << 7;       // Cb and Cr lie side by side
const uint layer_copies_luma = 1u << 8;  // opaque, and bytes of this class of planes are the canvas's
const uint layer_copies_chroma = 1u << 9;
const uint layer_meets_luma = 1u << 10;  // samples of this class meet the canvas's one to one
const uint layer_meets_chroma = 1u << 11;
const uint layer_filter_shift = 12;    // 2 bits each
const uint layer_operator_shift = 14;
const uint layer_transform_shift = 16;
const uint layer_tone_map_shift = 18;  // 0: none, else ToneMap + 1
const uint layer_curve_shift = 20;     // 4 bits
const uint layer_separable = 1u << 24;    // upright, and what it takes fits a workgroup: for filter_plane()
const uint layer_same_layout = 1u << 25;  // planes as the canvas's: components lie at the same places
const uint layer_direct_luma = 1u << 26;  // samples that meet are all it takes for this class: for blend_plane()
const uint layer_direct_chroma = 1u << 27;

const uint filter_nearest = 0, filter_bilinear = 1, filter_lanczos = 2;
const uint operator_source = 0, operator_over = 1, operator_add = 2;
const uint transform_same = 0, transform_affine = 1, transform_light = 2;
const uint tone_map_bt2390 = 1, tone_map_reinhard = 2, tone_map_clip = 3;

struct Layer {
  ivec4 boxes[2];      // left, top, right, bottom on the canvas, in samples of luma and of chroma
  ivec4 bounds[2];     // first and last sample of the picture that count, of luma and of chroma
  i64vec4 steps;       // 32.32: xx, xy, yx, yy
  u64vec4 planes;
  u64vec4 origins;     // of samples that meet the canvas's: where that would be that lies on the canvas's first
  i64vec2 start;       // 32.32: the picture's position that lies on the box's upper left corner
  ivec4 moved;         // and how far they lie from the canvas's: luma, chroma
  vec4 shrink[2];      // for the canvas's luma and chroma: the kernel's scale in luma x, y and chroma x, y
  uvec4 strides;
  uvec4 components;    // plane, channel << 4, offset << 8, step << 16, first bit << 24
  vec4 chroma;         // a luma position's place among chroma samples: scale x, y, offset x, y
  uint flags;
  uint mask;           // 2^depth - 1
  uint alpha_mask;
  uint images;         // the first of its planes' descriptors
  float scale;         // 1 / mask
  float alpha_scale;
  float image_maximum; // a texel's 1.0, as the integer in memory
  float alpha;
  vec4 decode[3];      // Affine: to the canvas's components; Light: to R'G'B'
  vec4 primaries[3];   // and the weights of luminance, of HLG
  vec4 transfer;       // gamma, peak
  vec4 shape_x;        // box's corner -> rectangle: xx, xy, x0; width
  vec4 shape_y;        // yx, yy, y0; height
  vec4 border;
  vec4 edge;           // corner radius, border width
  uvec4 taps_down[2];  // for shrink_plane(), luma and chroma: bytes, and how many times as large the picture is
  uvec4 taps_across[4];  // two each
  ivec4 shrunk;        // the picture's sample where that of the canvas's corner lies: luma, chroma
};

// Bits of canvas.flags.
const uint canvas_aligned = 1u << 0;  // addresses and strides are multiples of 4
const uint canvas_vectors = 1u << 1;  // of 16
const uint canvas_checker = 1u << 2;
const uint canvas_swapped = 1u << 3;  // packed: B, G, R, A in memory
const uint canvas_curve_shift = 4;    // 4 bits

// What blending light takes, and black.
struct CanvasColour {
  vec4 encode[3];       // R'G'B' -> components; the last column is black
  vec4 luminance;       // weights, for HLG; gamma
};

layout(buffer_reference, std430, buffer_reference_align = 32) readonly buffer CanvasColourRef { CanvasColour v; };
layout(buffer_reference, std430, buffer_reference_align = 32) readonly buffer LayerRef { Layer v; };
const uint canvas_colour_bytes = 64;
const uint layer_bytes = 608;

layout(push_constant, std430) uniform Canvas {
  u64vec4 planes;
  uvec4 strides;
  ivec2 size;           // luma samples
  uint layers;
  uint flags;
  vec4 background[2];
  vec2 chroma;          // luma position of chroma sample 0
  float maximum;        // 2^depth - 1
  uint shift;           // from a code to its word
  float image_maximum;  // as of a layer
  uint reserved;
  uint64_t params;      // a CanvasColour, and the layers from the top down
} canvas;

CanvasColour canvas_colour() { return CanvasColourRef(canvas.params).v; }

LayerRef layer_at(uint i) {
  return LayerRef(canvas.params + canvas_colour_bytes + uint64_t(i * layer_bytes));
}

// What pipelines differ in.
layout(local_size_x_id = 0, local_size_y_id = 1, local_size_z = 1) in;
layout(constant_id = 2) const uint canvas_kind = 0;
layout(constant_id = 3) const bool canvas_is_image = false;
layout(constant_id = 4) const uint features = 0;
layout(constant_id = 5) const uint tile_rows = 8;  // luma rows of a tile

const uint kind_pairs8 = 0;    // NV12
const uint kind_pairs16 = 1;   // P010
const uint kind_planar8 = 2;   // I420
const uint kind_planar16 = 3;  // I420_10LE
const uint kind_packed = 4;    // RGBA, BGRA

const uint feature_addresses = 1u << 0;     // sources by address
const uint feature_images = 1u << 1;        // sources that are images
const uint feature_planar = 1u << 2;        // sources of several planes, or YUY2
const uint feature_packed = 1u << 3;        // sources of one word a sample
const uint feature_filters = 1u << 4;       // not all one to one or nearest
const uint feature_kernels = 1u << 5;       // Lanczos, or shrunk
const uint feature_affine = 1u << 6;
const uint feature_light = 1u << 7;
const uint feature_shapes = 1u << 8;
const uint feature_linear_blend = 1u << 9;  // with feature_light
const uint feature_lists = 1u << 10;        // so many layers that each tile makes a list of its own
const uint feature_blend = 1u << 11;        // planes of tiles that are blended, and
const uint feature_resample = 1u << 12;     // filtered, and
const uint feature_general = 1u << 13;      // all that there can be
const uint feature_shrink = 1u << 14;       // none of these three: opaque pictures, halved or quartered, quad by quad

bool has(uint feature) { return (features & feature) != 0; }

const uint luma = 0, chroma = 1;
