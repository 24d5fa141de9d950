// SPDX-License-Identifier: LGPL-2.1-or-later
// Tiles of which every sample is one of a layer's, or the background: 16 bytes at a time, wherever layers' edges lie.

// Where a layer's sample lies that a sample of the canvas is, from that.
ivec2 moved_by(LayerRef l, uint plane_class) { return plane_class == luma ? l.v.moved.xy : l.v.moved.zw; }

// Where the bytes of a layer of the canvas's layout lie for a sample of the canvas, of this layer or not.
uint64_t origin_address(LayerRef l, Plane p, ivec2 at) {
  const uint sample_bytes = p.parts * element_bytes();
  const int64_t moved = int64_t(at.y) * int64_t(l.v.strides[p.index]) + int64_t(at.x) * int64_t(sample_bytes);
  return l.v.origins[p.index] + uint64_t(moved);
}

// A mask of bytes for four bits.
uint byte_mask(uint bits) { return ((bits * 0x00204081u) & 0x01010101u) * 255u; }

// 16 bytes of which bit i of `wanted` wants byte i, and of which [from, to) may be read; the others are 0.
uvec4 load_some(uint64_t at, uint from, uint to, uint wanted) {
  uvec4 words = uvec4(0);
  for (uint i = 0; i < 4; i++) {
    const uint bits = (wanted >> (4 * i)) & 15u;
    const uint first = max(from, 4 * i), end = min(to, 4 * i + 4);
    uint word = 0;
    if (bits != 0) word = load_bytes(at + uint64_t(first), end - first) << (8 * (first & 3u)) & byte_mask(bits);
    words = uvec4(words.yzw, word);
  }
  return words;
}

uvec4 load_all(uint64_t at) {
  const uint odd = uint(at) & 15u;
  if (odd == 0) return Vectors(at).v;
  const uint64_t first = at - uint64_t(odd & 3u);
  uvec4 low = uvec4(Words(first).v, Words(first + 4).v, Words(first + 8).v, Words(first + 12).v);
  if ((odd & 3u) == 0) return low;
  const uint shift = 8 * (odd & 3u);
  return low >> shift | uvec4(low.yzw, Words(first + 16).v) << (32 - shift);
}

// The background of one sample's components, and alpha.
vec4 background(vec2 position) {
  uint which = 0;
  if ((canvas.flags & canvas_checker) != 0) {
    const ivec2 square = ivec2(floor(position)) >> 3;
    which = uint(square.x + square.y) & 1u;
  }
  return canvas.background[which];
}

// Chroma of the last column and row of an odd canvas may lie on its edge, and still belongs to them.
vec2 covered_position(ivec2 pixel, vec2 within) { return min(vec2(pixel) + within, vec2(canvas.size) - 0.5); }

// Where a plane's sample lies, for the background.
vec2 sample_position(Plane p, ivec2 at) {
  return p.plane_class == luma ? vec2(at) + 0.5 : covered_position(at * 2, canvas.chroma);
}

// 16 bytes of background, or as much as is left of the row.
uvec4 background_words(Plane p, ivec2 at) {
  uvec4 words = uvec4(0);
  const uint quads = is_wide() ? 2 : 4;
  const uvec4 components = quad_components(p);
  for (uint i = 0; i < quads; i++) {
    const ivec4 x = at.x + int(i * (4 / p.parts)) + quad_samples(p);
    vec4 codes;
    for (int k = 0; k < 4; k++) codes[k] = background(sample_position(p, ivec2(x[k], at.y)))[components[k]];
    const uvec2 quad = quad_words(p, to_codes(codes));
    words = is_wide() ? uvec4(words.zw, quad) : uvec4(words.yzw, quad.x);
  }
  return words;
}

uvec4 copied_words(Plane p, ivec2 at, uint bytes) {
  const int samples = int(bytes / (p.parts * element_bytes()));
  const uint all = (1u << bytes) - 1u;
  uint rest = all;
  uvec4 words = uvec4(0);
  for (uint w = 0; w < layer_words(); w++) {
    for (uint bits = layer_word(w); bits != 0; bits &= bits - 1) {
      LayerRef l = layer_at(w * 32 + uint(findLSB(bits)));
      const ivec4 box = l.v.boxes[p.plane_class];
      if (at.y < box.y || at.y >= box.w) continue;
      const uint from = uint(clamp(box.x - at.x, 0, samples)) * p.parts * element_bytes();
      const uint to = uint(clamp(box.z - at.x, 0, samples)) * p.parts * element_bytes();
      if (from >= to) continue;
      const uint span = ((1u << to) - 1u) & ~((1u << from) - 1u);
      if ((span & rest) == 0) continue;
      const uint64_t source = origin_address(l, p, at);
      if (to - from == 16 && rest == all) return load_all(source);
      words |= load_some(source, from, to, span & rest);
      rest &= ~span;
      if (rest == 0) return words;
    }
  }
  const uvec4 below = background_words(p, at);
  return words | below & uvec4(byte_mask(rest & 15u), byte_mask(rest >> 4 & 15u), byte_mask(rest >> 8 & 15u),
                               byte_mask(rest >> 12));
}

void copy_bytes(Plane p) {
  const uint sample_bytes = p.parts * element_bytes();
  // As a power of two: how many times 16 bytes a tile's row is.
  const uint row_log2 = p.width_log2 + findMSB(sample_bytes) - 4;
  const uint vectors = uint(p.end.y - p.first.y) << row_log2;
  for (uint i = gl_LocalInvocationIndex; i < vectors; i += group_size) {
    const ivec2 at = p.first + ivec2((i & ((1u << row_log2) - 1u)) * (16 / sample_bytes), i >> row_log2);
    if (at.x >= p.end.x) continue;
    const uint bytes = min(uint(p.end.x - at.x) * sample_bytes, 16);
    store_words(canvas_address(p, at), copied_words(p, at, bytes), bytes);
  }
}

// What a texel of the canvas is.
vec4 copied_texel(Plane p, ivec2 at) {
  for (uint w = 0; w < layer_words(); w++) {
    for (uint bits = layer_word(w); bits != 0; bits &= bits - 1) {
      LayerRef l = layer_at(w * 32 + uint(findLSB(bits)));
      if (covers(l.v.boxes[p.plane_class], at, at + 1))
        return texelFetch(source_images[nonuniformEXT(l.v.images + p.index)], at + moved_by(l, p.plane_class), 0);
    }
  }
  const vec4 below = background(sample_position(p, at));
  const vec4 own = p.parts == 4 ? below : p.parts == 2 ? vec4(below.yz, 0.0, 1.0) : vec4(below[p.index]);
  return vec4(to_codes(own) << canvas.shift) / canvas.image_maximum;
}

// Four texels side by side an invocation, all on their way before the first is stored.
void copy_texels(Plane p) {
  const uint row_log2 = p.width_log2 - 2;
  const uint all = uint(p.end.y - p.first.y) << row_log2;
  for (uint i = gl_LocalInvocationIndex; i < all; i += group_size) {
    const ivec2 at = p.first + ivec2((i & ((1u << row_log2) - 1u)) * 4, i >> row_log2);
    const int count = p.end.x - at.x;
    if (count <= 0) continue;
    LayerRef whole = LayerRef(uint64_t(0));
    bool mixed = count < 4;
    for (uint w = 0; w < layer_words() && !mixed && uint64_t(whole) == 0; w++) {
      for (uint bits = layer_word(w); bits != 0 && !mixed && uint64_t(whole) == 0; bits &= bits - 1) {
        LayerRef l = layer_at(w * 32 + uint(findLSB(bits)));
        const ivec4 box = l.v.boxes[p.plane_class];
        if (!meets(box, at, at + ivec2(4, 1))) continue;
        if (covers(box, at, at + ivec2(4, 1)))
          whole = l;
        else
          mixed = true;
      }
    }
    if (mixed || uint64_t(whole) == 0) {
      for (int k = 0; k < min(count, 4); k++) store_texel(p, at + ivec2(k, 0), copied_texel(p, at + ivec2(k, 0)));
      continue;
    }
    const uint image = whole.v.images + p.index;
    const ivec2 from = at + moved_by(whole, p.plane_class);
    const vec4 a = texelFetch(source_images[nonuniformEXT(image)], from, 0);
    const vec4 b = texelFetch(source_images[nonuniformEXT(image)], from + ivec2(1, 0), 0);
    const vec4 c = texelFetch(source_images[nonuniformEXT(image)], from + ivec2(2, 0), 0);
    const vec4 d = texelFetch(source_images[nonuniformEXT(image)], from + ivec2(3, 0), 0);
    store_texel(p, at, a);
    store_texel(p, at + ivec2(1, 0), b);
    store_texel(p, at + ivec2(2, 0), c);
    store_texel(p, at + ivec2(3, 0), d);
  }
}

void copy_plane(Plane p) {
  if (canvas_is_image)
    copy_texels(p);
  else
    copy_bytes(p);
}
