// SPDX-License-Identifier: LGPL-2.1-or-later
// Codes become words of the canvas.

uvec4 to_codes(vec4 v) { return uvec4(clamp(v, 0.0, 1.0) * canvas.maximum + 0.5); }

uint element_bytes() { return is_wide() ? 2 : 1; }

// Where a sample's first component is.
uint64_t canvas_address(Plane p, ivec2 at) {
  return address(canvas.planes[p.index], canvas.strides[p.index], at.y, uint(at.x) * p.parts * element_bytes());
}

// A quad's codes side by side, as in memory: 4 bytes, or 8.
uvec2 quad_words(Plane p, uvec4 codes) {
  const uvec4 c = (p.parts == 4 && (canvas.flags & canvas_swapped) != 0 ? codes.bgra : codes) << canvas.shift;
  if (is_wide()) return uvec2(c.x | c.y << 16, c.z | c.w << 16);
  return uvec2(c.x | c.y << 8 | c.z << 16 | c.w << 24, 0);
}

void store_texel(Plane p, ivec2 at, vec4 texel) {
  if (p.index == 0) imageStore(canvas_images[0], at, texel);
  if (p.index == 1) imageStore(canvas_images[1], at, texel);
  if (p.index == 2) imageStore(canvas_images[2], at, texel);
}

void store_texels(Plane p, ivec2 at, uvec4 codes) {
  const vec4 texels = vec4(codes << canvas.shift) / canvas.image_maximum;
  if (p.parts == 4) {
    store_texel(p, at, texels);
    return;
  }
  const int count = min(int(4 / p.parts), p.size.x - at.x);
  for (int i = 0; i < count; i++) {
    const vec4 texel = p.parts == 2 ? vec4(texels[2 * i], texels[2 * i + 1], 0.0, 1.0) : vec4(texels[i]);
    store_texel(p, at + ivec2(i, 0), texel);
  }
}

// What of four words lies before the end of a row.
void store_words(uint64_t at, uvec4 words, uint bytes) {
  if (bytes == 16 && (canvas.flags & canvas_vectors) != 0) {
    Vectors(at).v = words;
    return;
  }
  for (uint i = 0; i < bytes; i += 4) {
    const uint word = words.x;
    const uint64_t there = at + uint64_t(i);
    if (is_aligned() && i + 4 <= bytes) {
      Words(there).v = word;
    } else if (is_wide()) {
      Halves(there).v = uint16_t(word);
      if (i + 4 <= bytes) Halves(there + 2).v = uint16_t(word >> 16);
    } else {
      for (uint k = 0; k < min(bytes - i, 4); k++) Bytes(there + uint64_t(k)).v = uint8_t(word >> (8 * k));
    }
    words = words.yzwx;
  }
}

void store_quad(Plane p, ivec2 at, uvec4 codes) {
  if (canvas_is_image) {
    store_texels(p, at, codes);
    return;
  }
  const uvec2 words = quad_words(p, codes);
  const uint left = uint(p.size.x - at.x) * p.parts;
  store_words(canvas_address(p, at), uvec4(words, 0, 0), min(left, 4) * element_bytes());
}
