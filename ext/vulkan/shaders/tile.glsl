// SPDX-License-Identifier: LGPL-2.1-or-later
// What a workgroup computes: its part of each plane of the canvas, and which layers lie over it.

// Of the components of a plane's row four that lie side by side are a quad: four samples of Y, two of Cb and Cr,
// or one pixel.
const uint group_size = gl_WorkGroupSize.x * gl_WorkGroupSize.y;

bool is_wide() { return canvas_kind == kind_pairs16 || canvas_kind == kind_planar16; }
bool is_paired() { return canvas_kind == kind_pairs8 || canvas_kind == kind_pairs16; }
bool is_aligned() { return (canvas.flags & canvas_aligned) != 0; }

const uint canvas_planes = canvas_kind == kind_packed ? 1 : canvas_kind <= kind_pairs16 ? 2 : 3;
// Luma samples, as a power of two: where pixels are filtered, as many as have room.
const uint packed_width_log2 = (features & feature_resample) != 0 ? 5 : 7;
const uint tile_width_log2 = canvas_kind == kind_packed ? packed_width_log2 : 7;

struct Plane {
  uint index;
  uint plane_class;
  uint parts;        // components side by side
  uint width_log2;   // samples of a whole tile
  ivec2 size;        // of the canvas, in samples of the plane
  ivec2 first, end;  // this tile, cut at the canvas's edges
};

Plane plane_at(uint index) {
  Plane p;
  p.index = index;
  p.plane_class = index == 0 ? luma : chroma;
  p.parts = canvas_kind == kind_packed ? 4 : index > 0 && is_paired() ? 2 : 1;
  const int halved = index == 0 ? 0 : 1;
  p.width_log2 = tile_width_log2 - uint(halved);
  p.size = (canvas.size + halved) >> halved;
  const ivec2 tile = ivec2(1 << p.width_log2, int(tile_rows) >> halved);
  p.first = ivec2(gl_WorkGroupID.xy) * tile;
  p.end = min(p.first + tile, p.size);
  return p;
}

// Which of the plane's components each part of a quad is, and in which of the quad's samples.
uvec4 quad_components(Plane p) {
  if (p.parts == 4) return uvec4(0, 1, 2, 3);
  return p.parts == 2 ? uvec4(1, 2, 1, 2) : uvec4(p.index);
}
ivec4 quad_samples(Plane p) {
  if (p.parts == 4) return ivec4(0);
  return p.parts == 2 ? ivec4(0, 0, 1, 1) : ivec4(0, 1, 2, 3);
}
// The first sample of a tile's quad.
ivec2 quad_at(Plane p, uint i) {
  const uint row_log2 = p.width_log2 + (p.parts >> 1) - 2;
  return p.first + ivec2(int(i & ((1u << row_log2) - 1u)) * int(4 / p.parts), i >> row_log2);
}
uint quads_of(Plane p) { return (p.index == 0 ? tile_rows : tile_rows / 2) << (p.width_log2 + (p.parts >> 1) - 2); }

bool all_of(bvec2 a, bvec2 b) { return all(a) && all(b); }
bool meets(ivec4 box, ivec2 first, ivec2 end) {
  return all_of(lessThan(box.xy, end), greaterThan(box.zw, first));
}
bool covers(ivec4 box, ivec2 first, ivec2 end) {
  return all_of(lessThanEqual(box.xy, first), greaterThanEqual(box.zw, end));
}

// Bits of the layers that meet this tile: no more are looked at.
const uint most_layers = 1024;
shared uint tile_layers[most_layers / 32];

uint layer_words() { return has(feature_lists) ? (canvas.layers + 31) / 32 : 1; }
uint layer_word(uint i) { return has(feature_lists) ? tile_layers[i] : (1u << canvas.layers) - 1u; }

void find_layers() {
  const Plane p = plane_at(0);
  for (uint i = gl_LocalInvocationIndex; i < most_layers / 32; i += group_size) tile_layers[i] = 0;
  barrier();
  for (uint i = gl_LocalInvocationIndex; i < canvas.layers; i += group_size) {
    if (meets(layer_at(i).v.boxes[luma], p.first, p.end)) atomicOr(tile_layers[i / 32], 1u << (i % 32));
  }
  barrier();
}

const uint way_copy = 0, way_blend = 1, way_filter = 2, way_general = 3, way_shrink = 4;

// How the tile's part of a plane is computed: what the layers that may be seen there allow.
uint way_of(Plane p) {
  if (!has(feature_blend) && !has(feature_general) && !has(feature_shrink)) return way_copy;
  if (has(feature_linear_blend)) return way_general;
  const uint copies = p.plane_class == luma ? layer_copies_luma : layer_copies_chroma;
  const uint direct = p.plane_class == luma ? layer_direct_luma : layer_direct_chroma;
  uint way = way_copy;
  bool covered = false;
  for (uint w = 0; w < layer_words() && !covered; w++) {
    for (uint bits = layer_word(w); bits != 0 && !covered; bits &= bits - 1) {
      LayerRef l = layer_at(w * 32 + uint(findLSB(bits)));
      const ivec4 box = l.v.boxes[p.plane_class];
      const uint flags = l.v.flags;
      if (!meets(box, p.first, p.end)) continue;
      if (has(feature_shrink) && (flags & copies) == 0)
        way = way_shrink;
      else if ((flags & layer_separable) == 0)
        way = way_general;
      else if ((flags & direct) == 0)
        way = max(way, way_filter);
      else if ((flags & copies) == 0)
        way = max(way, way_blend);
      covered = (flags & layer_opaque) != 0 && covers(box, p.first, p.end);
    }
  }
  return way;
}
