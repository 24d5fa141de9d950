// SPDX-License-Identifier: LGPL-2.1-or-later
// Words at addresses, and the samples of a layer's picture.

layout(buffer_reference, std430, buffer_reference_align = 1) buffer Bytes { uint8_t v; };
layout(buffer_reference, std430, buffer_reference_align = 2) buffer Halves { uint16_t v; };
layout(buffer_reference, std430, buffer_reference_align = 4) buffer Words { uint v; };
layout(buffer_reference, std430, buffer_reference_align = 16) buffer Vectors { uvec4 v; };

layout(set = 0, binding = 0) uniform texture2D source_images[];
layout(set = 0, binding = 1) uniform writeonly image2D canvas_images[4];

uint64_t address(uint64_t plane, uint stride, int y, uint x_bytes) {
  return plane + uint64_t(uint(y)) * uint64_t(stride) + uint64_t(x_bytes);
}

// Up to four bytes at any address: of the aligned words that they lie in, which no allocation ends within.
uint load_bytes(uint64_t at, uint count) {
  const uint odd = uint(at) & 3u;
  const uint64_t aligned = at - uint64_t(odd);
  const uint low = Words(aligned).v;
  if (odd + count <= 4) return low >> (8 * odd);
  const uint high = Words(aligned + 4).v;
  return (low >> (8 * odd)) | (high << (32 - 8 * odd));
}

// What it takes to read samples of one class of a layer's planes: luma, chroma, or all of a packed one. Read from the
// layer once, so that taps need nothing else.
struct Source {
  ivec4 bounds;
  uint flags;
  uint64_t first;     // where sample 0 of the plane of Y, or of Cb or a pair's first, is
  uint64_t second;    // of Cr, where that is a plane of its own
  uint first_stride, second_stride, step;
  uint first_image, second_image;
  uvec4 channels;     // of Y, or Cb and Cr, or all: of a texel,
  uvec4 shifts;       // or the lowest bit of a word
  uint mask, alpha_mask;
  float scale, alpha_scale, image_maximum;
};

bool is_packed(uint flags) { return has(feature_packed) && (!has(feature_planar) || (flags & layer_packed) != 0); }

bool is_image(uint flags) { return has(feature_images) && (!has(feature_addresses) || (flags & layer_image) != 0); }

uint plane_of(uint component) { return component & 15u; }
uint offset_of(uint component) { return (component >> 8) & 255u; }

Source source_of(LayerRef l, uint plane_class) {
  Source s;
  s.bounds = l.v.bounds[plane_class];
  s.flags = l.v.flags;
  s.mask = l.v.mask;
  s.alpha_mask = l.v.alpha_mask;
  s.scale = l.v.scale;
  s.alpha_scale = l.v.alpha_scale;
  s.image_maximum = l.v.image_maximum;
  const uvec4 all = l.v.components;
  const uvec4 own = plane_class == luma ? all : all.yzyz;
  s.channels = (own >> 4) & 15u;
  s.shifts = own >> 24;
  s.step = (own.x >> 16) & 255u;
  const uint first = plane_of(own.x), second = plane_of(own.y);
  s.first_image = l.v.images + first;
  s.second_image = l.v.images + second;
  s.first_stride = l.v.strides[first];
  s.second_stride = l.v.strides[second];
  // Of a pair the lower comes first, whichever it is; of a packed sample all of the word.
  uint offset = offset_of(own.x);
  if (plane_class == chroma && (s.flags & layer_paired) != 0) offset = min(offset, offset_of(own.y));
  if (is_packed(s.flags)) offset = 0;
  s.first = l.v.planes[first] + uint64_t(offset);
  s.second = l.v.planes[second] + uint64_t(offset_of(own.y));
  return s;
}

uint load_word(Source s, uint64_t plane, uint stride, ivec2 at) {
  const uint64_t word = address(plane, stride, at.y, uint(at.x) * s.step);
  return (s.flags & layer_wide) != 0 ? uint(Halves(word).v) : uint(Bytes(word).v);
}

uint load_texel(Source s, uint image, uint channel, ivec2 at) {
  return uint(texelFetch(source_images[nonuniformEXT(image)], at, 0)[channel] * s.image_maximum + 0.5);
}

// Of sources that are not packed: Y, or Cb and Cr.
uvec2 codes_of(Source s, uint plane_class, ivec2 at) {
  uvec2 words = uvec2(0);
  if (is_image(s.flags)) {
    words.x = load_texel(s, s.first_image, s.channels.x, at);
    if (plane_class == chroma) words.y = load_texel(s, s.second_image, s.channels.y, at);
  } else if (plane_class == luma) {
    words.x = load_word(s, s.first, s.first_stride, at);
  } else if ((s.flags & layer_paired) != 0) {
    const uint64_t pair = address(s.first, s.first_stride, at.y, uint(at.x) * s.step);
    const uint word = (s.flags & layer_wide) != 0 ? Words(pair).v : uint(Halves(pair).v);
    words = (s.flags & layer_wide) != 0 ? uvec2(word & 0xffffu, word >> 16) : uvec2(word & 0xffu, word >> 8);
  } else {
    words = uvec2(load_word(s, s.first, s.first_stride, at), load_word(s, s.second, s.second_stride, at));
  }
  return (words >> s.shifts.xy) & s.mask;
}

vec4 packed_components(Source s, uint word) {
  const uvec3 codes = (uvec3(word) >> s.shifts.xyz) & s.mask;
  const uint alpha = (word >> s.shifts.w) & s.alpha_mask;
  return vec4(vec3(codes) * s.scale, float(alpha) * s.alpha_scale);
}

// All of a packed sample: components of 0 to 1, and alpha.
vec4 packed_sample(Source s, ivec2 at) {
  if (is_image(s.flags)) {
    const vec4 texel = texelFetch(source_images[nonuniformEXT(s.first_image)], at, 0);
    return vec4(texel[s.channels.x], texel[s.channels.y], texel[s.channels.z], texel[s.channels.w]);
  }
  return packed_components(s, Words(address(s.first, s.first_stride, at.y, uint(at.x) * 4)).v);
}

// A sample of the planes of this class (luma or chroma; packed: all), colour times alpha.
vec4 fetch(Source s, uint plane_class, ivec2 at) {
  at = clamp(at, s.bounds.xy, s.bounds.zw);
  if (is_packed(s.flags)) {
    const vec4 sampled = packed_sample(s, at);
    if ((s.flags & layer_has_alpha) == 0) return vec4(sampled.rgb, 1.0);
    return vec4(sampled.rgb * sampled.a, sampled.a);
  }
  const vec2 codes = vec2(codes_of(s, plane_class, at)) * s.scale;
  return plane_class == luma ? vec4(codes.x, 0.0, 0.0, 1.0) : vec4(0.0, codes, 1.0);
}

// Filtered colour times alpha, and alpha: Lanczos may leave what is no alpha.
vec4 with_valid_alpha(vec4 v) {
  if (v.a <= 0.0) return vec4(0.0);
  return v.a > 1.0 ? v / v.a : v;
}

vec3 canvas_black() {
  const CanvasColour to = canvas_colour();
  return vec3(to.encode[0].w, to.encode[1].w, to.encode[2].w);
}
