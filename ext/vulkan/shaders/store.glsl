// SPDX-License-Identifier: LGPL-2.1-or-later
// Blocks of the canvas, written in words of 32 bits where they are whole: blended ones, and copies.

const ivec2 block = ivec2(4, 2);

bool all_of(bvec2 a, bvec2 b) { return all(a) && all(b); }

bool is_wide() { return canvas_kind == kind_pairs16 || canvas_kind == kind_planar16; }
bool is_paired() { return canvas_kind == kind_pairs8 || canvas_kind == kind_pairs16; }
bool is_aligned() { return (canvas.flags & canvas_aligned) != 0; }

uvec4 to_codes(vec4 v) { return uvec4(clamp(v, 0.0, 1.0) * canvas.maximum + 0.5); }

vec4 to_texel(uvec4 words) { return vec4(words) / canvas.image_maximum; }

// Some of four words side by side, which go on for `count`.
void store_samples(uint64_t at, uvec4 words, int count) {
  const bool whole = count == 4 && is_aligned();
  if (is_wide() && whole) {
    Words(at).v = words.x | words.y << 16;
    Words(at + 4).v = words.z | words.w << 16;
  } else if (is_wide()) {
    for (int i = 0; i < count; i++) Halves(at + uint64_t(i * 2)).v = uint16_t(words[i]);
  } else if (whole) {
    Words(at).v = words.x | words.y << 8 | words.z << 16 | words.w << 24;
  } else {
    for (int i = 0; i < count; i++) Bytes(at + uint64_t(i)).v = uint8_t(words[i]);
  }
}

void store_two(uint64_t at, uvec2 words, int count) {
  const bool whole = count == 2 && is_aligned();
  if (is_wide() && whole) {
    Words(at).v = words.x | words.y << 16;
  } else if (!is_wide() && whole) {
    Halves(at).v = uint16_t(words.x | words.y << 8);
  } else {
    store_samples(at, words.xyxy, count);
  }
}

void store_luma(ivec2 at, uvec4 codes) {
  const int count = min(4, canvas.size.x - at.x);
  const uvec4 words = codes << canvas.shift;
  if (canvas_is_image) {
    const vec4 texels = to_texel(words);
    for (int i = 0; i < count; i++) imageStore(canvas_images[0], at + ivec2(i, 0), vec4(texels[i]));
    return;
  }
  const uint bytes = is_wide() ? 2 : 1;
  store_samples(address(canvas.planes.x, canvas.strides.x, at.y, uint(at.x) * bytes), words, count);
}

// Two chroma samples: Cb, Cr, Cb, Cr.
void store_chroma(ivec2 at, uvec4 codes) {
  const int count = min(2, (canvas.size.x + 1) / 2 - at.x);
  const uvec4 words = codes << canvas.shift;
  if (canvas_is_image) {
    const vec4 texels = to_texel(words);
    for (int i = 0; i < count; i++) {
      if (is_paired()) {
        imageStore(canvas_images[1], at + ivec2(i, 0), vec4(texels[2 * i], texels[2 * i + 1], 0.0, 1.0));
      } else {
        imageStore(canvas_images[1], at + ivec2(i, 0), vec4(texels[2 * i]));
        imageStore(canvas_images[2], at + ivec2(i, 0), vec4(texels[2 * i + 1]));
      }
    }
    return;
  }
  const uint bytes = is_wide() ? 2 : 1;
  if (is_paired()) {
    store_samples(address(canvas.planes.y, canvas.strides.y, at.y, uint(at.x) * 2 * bytes), words, count * 2);
    return;
  }
  store_two(address(canvas.planes.y, canvas.strides.y, at.y, uint(at.x) * bytes), words.xz, count);
  store_two(address(canvas.planes.z, canvas.strides.z, at.y, uint(at.x) * bytes), words.yw, count);
}

uint to_word(uvec4 pixel) {
  const uvec4 p = (canvas.flags & canvas_swapped) != 0 ? pixel.bgra : pixel;
  return p.r | p.g << 8 | p.b << 16 | p.a << 24;
}

// Four pixels, or as many as the canvas has there.
void store_packed(ivec2 at, uvec4 words) {
  const int count = min(4, canvas.size.x - at.x);
  const uint64_t first = address(canvas.planes.x, canvas.strides.x, at.y, uint(at.x) * 4);
  if (count == 4 && (canvas.flags & canvas_vectors) != 0) {
    Vectors(first).v = words;
    return;
  }
  for (int i = 0; i < count; i++) Words(first + uint64_t(i * 4)).v = words[i];
}

// A sample's codes: what the block shows there, or the layer that it copies. Y, or Cb and Cr, or R, G, B and A.
uvec4 codes_at(LayerRef copied, uint canvas_class, ivec2 pixel, ivec2 from) {
  if (uint64_t(copied) == 0) {
    const vec4 v = shade(canvas_class, pixel, canvas_class == luma ? vec2(0.5) : canvas.chroma);
    return to_codes(canvas_class == luma ? v : vec4(v.yz, 0.0, 0.0));
  }
  const Source s = source_of(copied, canvas_class);
  if (canvas_kind == kind_packed) return to_codes(vec4(packed_sample(s, from).rgb, 1.0));
  return uvec4(codes_of(s, canvas_class, canvas_class == luma ? from : from >> 1), 0, 0);
}

// All of a block, sample by sample in one loop, so that there is one copy of what blends. `copied`: the
// layer whose integers are taken, whose sample at `from` lies on `first`; null: the layers are blended.
void write_block(LayerRef copied, ivec2 from, ivec2 first) {
  const int luma_samples = block.x * block.y;
  const int samples = canvas_kind == kind_packed ? luma_samples : luma_samples + 2;
  uvec4 last = uvec4(0);
  for (int k = 0; k < samples; k++) {
    const bool is_luma = k < luma_samples;
    const ivec2 offset = is_luma ? ivec2(k & 3, k >> 2) : ivec2((k - luma_samples) * 2, 0);
    if (first.y + offset.y >= canvas.size.y) continue;
    const uvec4 codes = codes_at(copied, is_luma ? luma : chroma, first + offset, from + offset);
    if (canvas_kind == kind_packed) {
      if (canvas_is_image) {
        if (first.x + offset.x < canvas.size.x) imageStore(canvas_images[0], first + offset, to_texel(codes));
        continue;
      }
      last = uvec4(last.yzw, to_word(codes));
      if (offset.x == 3) store_packed(first + ivec2(0, offset.y), last);
    } else if (is_luma) {
      last = uvec4(last.yzw, codes.x);
      if (offset.x == 3) store_luma(first + ivec2(0, offset.y), last);
    } else {
      last = uvec4(last.zw, codes.xy);
      if (k == samples - 1) store_chroma(first >> 1, last);
    }
  }
}

bool is_whole_words(ivec2 first) { return is_aligned() && all(lessThanEqual(first + block, canvas.size)); }

void copy_run(LayerRef l, uint plane, ivec2 from, ivec2 to, uint sample_bytes, uint bytes) {
  const uint64_t source = address(l.v.planes[plane], l.v.strides[plane], from.y, uint(from.x) * sample_bytes);
  const uint64_t target = address(canvas.planes[plane], canvas.strides[plane], to.y, uint(to.x) * sample_bytes);
  if (bytes == 2) {
    Halves(target).v = uint16_t(load_bytes(source, 2));
    return;
  }
  for (uint i = 0; i < bytes; i += 4) Words(target + uint64_t(i)).v = load_bytes(source + uint64_t(i), 4);
}

// A layer of the canvas's format.
void copy_words(LayerRef l, ivec2 from, ivec2 first) {
  const uint sample_bytes = canvas_kind == kind_packed ? 4 : is_wide() ? 2 : 1;
  for (int y = 0; y < block.y; y++) {
    copy_run(l, 0, from + ivec2(0, y), first + ivec2(0, y), sample_bytes, 4 * sample_bytes);
  }
  if (canvas_kind == kind_packed) return;
  const ivec2 half_from = from >> 1, half_to = first >> 1;
  if (is_paired()) {
    copy_run(l, 1, half_from, half_to, 2 * sample_bytes, 4 * sample_bytes);
    return;
  }
  copy_run(l, 1, half_from, half_to, sample_bytes, 2 * sample_bytes);
  copy_run(l, 2, half_from, half_to, sample_bytes, 2 * sample_bytes);
}

// Where sample `at` of a plane's row is; the row of a plane of pairs has two components a sample.
uint64_t plane_address(u64vec4 planes, uvec4 strides, uint plane, ivec2 at, uint sample_bytes) {
  return address(planes[plane], strides[plane], at.y, uint(at.x) * sample_bytes);
}

// A whole tile of a layer of the canvas's format, 16 bytes at a time, by all invocations of the workgroup. False, for
// all of them: something is not aligned.
bool copy_tile(LayerRef l, ivec2 from, ivec2 first, ivec2 size) {
  const uint luma_bytes = canvas_kind == kind_packed ? 4 : is_wide() ? 2 : 1;
  const uint chroma_bytes = is_paired() ? 2 * luma_bytes : luma_bytes;
  const uint planes = canvas_kind == kind_packed ? 1 : is_paired() ? 2 : 3;
  uint64_t odd = 0;
  for (uint p = 0; p < planes; p++) {
    odd |= uint64_t(l.v.strides[p]) | plane_address(l.v.planes, l.v.strides, p, p == 0 ? from : from >> 1,
                                                    p == 0 ? luma_bytes : chroma_bytes);
  }
  if ((uint(odd) & 15u) != 0 || (canvas.flags & canvas_vectors) == 0) return false;
  const uint luma_row = uint(size.x) * luma_bytes / 16, chroma_row = uint(size.x) / 2 * chroma_bytes / 16;
  const uint luma_units = uint(size.y) * luma_row, chroma_units = uint(size.y) / 2 * chroma_row;
  const uint units = luma_units + (planes - 1) * chroma_units;
  for (uint i = gl_LocalInvocationIndex; i < units; i += gl_WorkGroupSize.x * gl_WorkGroupSize.y) {
    const bool is_luma = i < luma_units;
    const uint plane = is_luma ? 0 : 1 + (i - luma_units) / chroma_units;
    const uint unit = is_luma ? i : (i - luma_units) % chroma_units;
    const uint row = is_luma ? luma_row : chroma_row;
    const uint bytes = is_luma ? luma_bytes : chroma_bytes;
    const ivec2 down = ivec2(0, unit / row);
    const uint64_t across = uint64_t(unit % row * 16);
    const ivec2 half_from = is_luma ? from : from >> 1, half_to = is_luma ? first : first >> 1;
    Vectors(plane_address(canvas.planes, canvas.strides, plane, half_to + down, bytes) + across).v =
        Vectors(plane_address(l.v.planes, l.v.strides, plane, half_from + down, bytes) + across).v;
  }
  return true;
}
