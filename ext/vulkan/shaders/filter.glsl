// SPDX-License-Identifier: LGPL-2.1-or-later
// Planes of a tile for which pictures are filtered: layer by layer from the top down, each for all of the tile. An
// invocation has a quad.

Quad own_quad;

// Adds component `c` of what filter_rows() made of some rows of the tile.
void take_filtered(Plane p, vec4 weights, bool is_alpha, int first_row, int rows, inout Quad q) {
  const int row = q.at.y - first_row;
  if (row < 0 || row >= rows) return;
  const uvec4 i = (uint(row) << p.width_log2 | uint(q.at.x - p.first.x)) + uvec4(quad_samples(p));
  const vec4 v = vec4(filtered_rows[i.x], filtered_rows[i.y], filtered_rows[i.z], filtered_rows[i.w]);
  q.shown += weights * v;
  if (is_alpha) q.alpha += v;
}

// One plane of a picture: components [first, end) of it.
void resample_plane(LayerRef l, Plane p, Resampling r, uint first, uint end) {
  const bool packed = is_packed(r.source.flags);
  const uint words = l.v.components[first];
  const bool wide = (r.source.flags & layer_wide) != 0;
  r.plane = l.v.planes[plane_of(words)];
  r.stride = l.v.strides[plane_of(words)];
  r.image = l.v.images + plane_of(words);
  if (packed) {
    r.per_sample = 4;
  } else {
    r.per_sample = is_image(r.source.flags) ? end - first : ((words >> 16) & 255u) >> (wide ? 1 : 0);
  }
  find_row_taps(l, r);
  find_columns(l, r);
  const bool texels = packed || is_image(r.source.flags);
  r.base = r.lowest * int(r.per_sample);
  // From a whole word on, as rows are whole words.
  const int wide_log2 = wide ? 1 : 0;
  if (!texels) r.base -= int(uint(r.plane) + uint(r.base << wide_log2) & 3u) >> wide_log2;
  r.staged = (r.highest + 1) * int(r.per_sample) - r.base;
  r.pitch = uint(r.staged + 3) / 4;
  const int all_rows = r.end.y - r.first.y;
  int rows = all_rows;
  while (rows > 1 && uint(rows) * 4 * r.pitch > stage_size) rows = (rows + 1) / 2;
  barrier();
  for (int row = 0; row < all_rows; row += rows) {
    const int some = min(rows, all_rows - row);
    stage_rows(r, row, some);
    barrier();
    for (uint c = first; c < end; c++) {
      const uint word = l.v.components[c];
      const int offset = packed ? int(c) : texels ? int(c - first) : int(offset_of(word) >> (wide ? 1 : 0));
      filter_rows(l, r, p, some, offset, packed ? 1.0 : r.source.scale);
      barrier();
      const vec4 weights = c < 3 ? part_weights(l, p, c) : vec4(0.0);
      take_filtered(p, weights, c == 3, r.first.y + row, some, own_quad);
      barrier();
    }
  }
}

void resample(LayerRef l, Plane p, uint source_class) {
  const ivec4 box = l.v.boxes[p.plane_class];
  Resampling r;
  r.source = source_of(l, source_class);
  r.source_class = source_class;
  r.canvas_class = p.plane_class;
  r.kind = (l.v.flags >> layer_filter_shift) & 3u;
  const vec4 shrink = l.v.shrink[p.plane_class];
  r.scale = source_class == luma ? shrink.xy : shrink.zw;
  r.first = max(p.first, box.xy);
  r.end = min(p.end, box.zw);
  const bool packed = is_packed(r.source.flags);
  const uint all_first = source_class == luma ? 0 : 1;
  const uint all_end = packed ? ((l.v.flags & layer_has_alpha) != 0 ? 4 : 3) : source_class == luma ? 1 : 3;
  const bool together = packed || (l.v.flags & layer_paired) != 0;
  for (uint first = all_first; first < all_end;) {
    const uint end = together ? all_end : first + 1;
    bool used = packed;
    for (uint c = first; c < min(end, 3); c++) used = used || any(notEqual(part_weights(l, p, c), vec4(0.0)));
    if (used) resample_plane(l, p, r, first, end);
    first = end;
  }
}

// Has any invocation samples that this layer may still be seen in?
shared uint tile_wants;
bool is_wanted_at_all(Plane p, ivec4 box) {
  barrier();
  if (gl_LocalInvocationIndex == 0) tile_wants = 0;
  barrier();
  if (any(lessThan(vec4(0.0), where(covered_parts(p, box, own_quad.at), own_quad.through)))) atomicOr(tile_wants, 1);
  barrier();
  return tile_wants != 0;
}

void show_layer(LayerRef l, Plane p, ivec4 box) {
  start_quad(l, own_quad);
  const bool packed = is_packed(l.v.flags);
  for (uint source_class = luma; source_class <= (packed ? luma : chroma); source_class++) {
    const uint meeting = source_class == luma ? layer_meets_luma : layer_meets_chroma;
    if (source_class == p.plane_class && (l.v.flags & meeting) != 0) {
      take_quad(l, p, box, own_quad);
    } else {
      resample(l, p, source_class);
    }
  }
}

void filter_plane(Plane p) {
  const vec4 black = black_parts(p);
  own_quad.at = quad_at(p, gl_LocalInvocationIndex);
  own_quad.sum = vec4(0.0);
  const bool is_there = gl_LocalInvocationIndex < quads_of(p) && all(lessThan(own_quad.at, p.end));
  own_quad.through = vec4(is_there ? 1.0 : 0.0);
  bool hides = false;
  bool done = false;
  for (uint w = 0; w < layer_words() && !done; w++) {
    for (uint bits = layer_word(w); bits != 0 && !done; bits &= bits - 1) {
      LayerRef l = layer_at(w * 32 + uint(findLSB(bits)));
      const ivec4 box = l.v.boxes[p.plane_class];
      if (!meets(box, p.first, p.end) || (hides && !is_wanted_at_all(p, box))) continue;
      show_layer(l, p, box);
      blend_quad(l, p, box, black, own_quad);
      const uint flags = l.v.flags;
      hides = hides || (flags & layer_opaque) != 0 || ((flags >> layer_operator_shift) & 3u) == operator_source;
      done = (flags & layer_opaque) != 0 && covers(box, p.first, p.end);
    }
  }
  if (is_there) store_blended(p, black, own_quad);
}
