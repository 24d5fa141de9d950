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

// The word that component `c` of sample `at` of its plane is in.
uint load_component(LayerRef l, uint c, ivec2 at) {
  const uint where = l.v.components[c];
  const uint plane = where & 15u;
  if (has(feature_images) && (!has(feature_addresses) || (l.v.flags & layer_image) != 0)) {
    const vec4 texel = texelFetch(source_images[nonuniformEXT(l.v.images + plane)], at, 0);
    return uint(texel[(where >> 4) & 15u] * l.v.image_maximum + 0.5);
  }
  const uint64_t word = address(l.v.planes[plane], l.v.strides[plane], at.y,
                                uint(at.x) * ((where >> 16) & 255u) + ((where >> 8) & 255u));
  if ((l.v.flags & layer_wide) != 0) return uint(Halves(word).v);
  return uint(Bytes(word).v);
}

uint code_of(LayerRef l, uint c, ivec2 at) {
  return (load_component(l, c, at) >> (l.v.components[c] >> 24)) & l.v.mask;
}

uvec2 chroma_codes(LayerRef l, ivec2 at) {
  const bool image = has(feature_images) && (!has(feature_addresses) || (l.v.flags & layer_image) != 0);
  if (!image && (l.v.flags & layer_paired) != 0) {
    // The lower of the two comes first, whichever it is.
    const uint cb = l.v.components[1], cr = l.v.components[2];
    const uint cb_offset = (cb >> 8) & 255u, cr_offset = (cr >> 8) & 255u;
    const uint64_t word = address(l.v.planes[1], l.v.strides[1], at.y,
                                  uint(at.x) * ((cb >> 16) & 255u) + min(cb_offset, cr_offset));
    const uint bits = (l.v.flags & layer_wide) != 0 ? 16 : 8;
    const uint pair = bits == 16 ? Words(word).v : uint(Halves(word).v);
    const uvec2 both = uvec2(pair & ((1u << bits) - 1u), pair >> bits) >> (cb >> 24) & l.v.mask;
    return cb_offset < cr_offset ? both : both.yx;
  }
  return uvec2(code_of(l, 1, at), code_of(l, 2, at));
}

// All of a packed sample: components of 0 to 1, and alpha.
vec4 packed_sample(LayerRef l, ivec2 at) {
  const uvec4 where = l.v.components;
  if (has(feature_images) && (!has(feature_addresses) || (l.v.flags & layer_image) != 0)) {
    const vec4 texel = texelFetch(source_images[nonuniformEXT(l.v.images)], at, 0);
    const uvec4 channel = (where >> 4) & 15u;
    return vec4(texel[channel.x], texel[channel.y], texel[channel.z], texel[channel.w]);
  }
  const uint word = Words(address(l.v.planes.x, l.v.strides.x, at.y, uint(at.x) * 4)).v;
  const uvec3 codes = (uvec3(word) >> (where.xyz >> 24)) & l.v.mask;
  const uint alpha = (word >> (where.w >> 24)) & l.v.alpha_mask;
  return vec4(vec3(codes) * l.v.scale, float(alpha) * l.v.alpha_scale);
}

// A sample of the planes of this class (luma or chroma; packed: all), colour times alpha.
vec4 fetch(LayerRef l, uint plane_class, ivec2 at) {
  const ivec4 bounds = l.v.bounds[plane_class];
  at = clamp(at, bounds.xy, bounds.zw);
  if (has(feature_packed) && (!has(feature_planar) || (l.v.flags & layer_packed) != 0)) {
    vec4 sampled = packed_sample(l, at);
    if ((l.v.flags & layer_has_alpha) == 0) return vec4(sampled.rgb, 1.0);
    return vec4(sampled.rgb * sampled.a, sampled.a);
  }
  if (plane_class == luma) return vec4(float(code_of(l, 0, at)) * l.v.scale, 0.0, 0.0, 1.0);
  return vec4(0.0, vec2(chroma_codes(l, at)) * l.v.scale, 1.0);
}
