// SPDX-License-Identifier: LGPL-2.1-or-later
// Tiles of frames of 8 bits all of whose pictures are opaque, of the canvas's layout, with edges between quads, and as
// they are or exactly halved or quartered: an invocation a quad, in whole numbers. Nobody waits for anybody.

// Sums of products of four bytes each: SPIR-V's OpUDot, which Vulkan 1.3 has everywhere.
const int packed_4x8 = 0;
spirv_instruction(extensions = ["SPV_KHR_integer_dot_product"], capabilities = [6018, 6019], id = 4451)
uint dot_of_bytes(uint a, uint b, spirv_literal int kind);

uint dot4(uint word, uint weights) { return dot_of_bytes(word, weights, packed_4x8); }

layout(buffer_reference, std430, buffer_reference_align = 8) readonly buffer Pairs { uvec2 v; };

// Words of a picture's row about those that a quad covers, which begin at the third.
struct RowWords {
  uvec2 before;
  uvec4 own;     // two of them where the picture is halved
  uvec2 after;
};

RowWords load_row(Plane p, uint64_t at, int times, bool first, bool last) {
  RowWords row;
  if (times == 4)
    row.own = Vectors(at).v;
  else
    row.own = uvec4(Pairs(at).v, 0, 0);
  const uint end = times == 4 ? row.own.w : row.own.y;
  // Beyond its edges the outermost samples go on.
  const uint low = p.parts == 2 ? (row.own.x & 0xffffu) * 0x10001u : (row.own.x & 0xffu) * 0x1010101u;
  const uint high = p.parts == 2 ? (end >> 16) * 0x10001u : (end >> 24) * 0x1010101u;
  row.before = uvec2(low);
  row.after = uvec2(high);
  const bool two = p.parts == 2 && times == 4;
  if (!first) {
    row.before.y = Words(at - 4).v;
    if (two) row.before.x = Words(at - 8).v;
  }
  if (!last) {
    row.after.x = Words(at + uint64_t(4 * times)).v;
    if (two) row.after.y = Words(at + uint64_t(4 * times + 4)).v;
  }
  return row;
}

// One row of a picture, filtered along it: the parts of a quad, times 128.
uvec4 filter_row(Plane p, RowWords r, int times, uvec4 weights, uvec4 more) {
  if (p.parts == 1 && times == 4) {
    return uvec4(dot4(r.before.y, weights.x) + dot4(r.own.x, weights.y) + dot4(r.own.y, weights.z),
                 dot4(r.own.x, weights.x) + dot4(r.own.y, weights.y) + dot4(r.own.z, weights.z),
                 dot4(r.own.y, weights.x) + dot4(r.own.z, weights.y) + dot4(r.own.w, weights.z),
                 dot4(r.own.z, weights.x) + dot4(r.own.w, weights.y) + dot4(r.after.x, weights.z));
  }
  if (p.parts == 1) {
    return uvec4(dot4(r.before.y, weights.x) + dot4(r.own.x, weights.y),
                 dot4(r.own.x, weights.z) + dot4(r.own.y, weights.w),
                 dot4(r.own.x, weights.x) + dot4(r.own.y, weights.y),
                 dot4(r.own.y, weights.z) + dot4(r.after.x, weights.w));
  }
  // Of a pair the second lies a byte on.
  const uvec4 second = weights << 8;
  if (times == 2) {
    return uvec4(dot4(r.before.y, weights.x) + dot4(r.own.x, weights.y) + dot4(r.own.y, weights.z),
                 dot4(r.before.y, second.x) + dot4(r.own.x, second.y) + dot4(r.own.y, second.z),
                 dot4(r.own.x, weights.x) + dot4(r.own.y, weights.y) + dot4(r.after.x, weights.z),
                 dot4(r.own.x, second.x) + dot4(r.own.y, second.y) + dot4(r.after.x, second.z));
  }
  const uvec2 more_second = more.xy << 8;
  return uvec4(dot4(r.before.x, weights.x) + dot4(r.before.y, weights.y) + dot4(r.own.x, weights.z) +
                   dot4(r.own.y, weights.w) + dot4(r.own.z, more.x) + dot4(r.own.w, more.y),
               dot4(r.before.x, second.x) + dot4(r.before.y, second.y) + dot4(r.own.x, second.z) +
                   dot4(r.own.y, second.w) + dot4(r.own.z, more_second.x) + dot4(r.own.w, more_second.y),
               dot4(r.own.x, weights.x) + dot4(r.own.y, weights.y) + dot4(r.own.z, weights.z) +
                   dot4(r.own.w, weights.w) + dot4(r.after.x, more.x) + dot4(r.after.y, more.y),
               dot4(r.own.x, second.x) + dot4(r.own.y, second.y) + dot4(r.own.z, second.z) +
                   dot4(r.own.w, second.w) + dot4(r.after.x, more_second.x) + dot4(r.after.y, more_second.y));
}

// A quad's codes.
uvec4 shrunk_quad(LayerRef l, Plane p, ivec2 at, int times) {
  const uint own = p.plane_class;
  const ivec2 first = own == luma ? l.v.shrunk.xy : l.v.shrunk.zw;
  const ivec4 bounds = l.v.bounds[own];
  const uvec4 down = l.v.taps_down[own];
  const uvec4 weights = l.v.taps_across[own * 2], more = l.v.taps_across[own * 2 + 1];
  const ivec2 there = times * at + first;
  const int byte = there.x * int(p.parts);
  const bool is_first = there.x == bounds.x;
  const bool is_last = byte + 4 * times == (bounds.z + 1) * int(p.parts);
  const uint64_t column = l.v.planes[p.index] + uint64_t(uint(byte));
  const uint stride = l.v.strides[p.index];
  uvec4 sums = uvec4(1u << 13);
  [[unroll]] for (int t = 0; t < 3 * times; t++) {
    const uint weight = (down[t >> 2] >> (8 * (t & 3))) & 255u;
    if (weight == 0) continue;
    const uint row = uint(clamp(there.y + t - times, bounds.y, bounds.w));
    const RowWords words = load_row(p, column + uint64_t(row) * uint64_t(stride), times, is_first, is_last);
    sums += weight * filter_row(p, words, times, weights, more);
  }
  return sums >> 14;
}

void shrink_plane(Plane p) {
  const uint copies = p.plane_class == luma ? layer_copies_luma : layer_copies_chroma;
  for (uint i = gl_LocalInvocationIndex; i < quads_of(p); i += group_size) {
    const ivec2 at = quad_at(p, i);
    if (any(greaterThanEqual(at, p.end))) continue;
    bool shown = false;
    for (uint word = 0; word < layer_words() && !shown; word++) {
      for (uint bits = layer_word(word); bits != 0 && !shown; bits &= bits - 1) {
        LayerRef l = layer_at(word * 32 + uint(findLSB(bits)));
        const ivec4 box = l.v.boxes[p.plane_class];
        if (!meets(box, at, at + 1)) continue;
        shown = true;
        uvec4 codes;
        if ((l.v.flags & copies) != 0)
          codes = uvec4(load_quad(l, p, at, all(covered_parts(p, box, at))) * canvas.maximum + 0.5);
        else if (l.v.taps_down[p.plane_class].w == 4)
          codes = shrunk_quad(l, p, at, 4);
        else
          codes = shrunk_quad(l, p, at, 2);
        store_quad(p, at, codes);
      }
    }
    if (shown) continue;
    vec4 alpha;
    const vec4 below = background_parts(p, at, alpha);
    const vec4 black = black_parts(p);
    store_quad(p, at, to_codes(black + alpha * (below - black)));
  }
}
