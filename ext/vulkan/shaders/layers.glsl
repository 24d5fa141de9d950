// SPDX-License-Identifier: LGPL-2.1-or-later
// A tile of upright layers: layer by layer from the top down, each for all of the tile, an invocation a few quads.

const uint most_quads = tile_rows * quads_across / (gl_WorkGroupSize.x * gl_WorkGroupSize.y);

// An invocation's quads of a plane, and what is blended of them: colour from black on, and what is let through.
ivec2 own_at[most_quads];
vec4 own_sum[most_quads];
vec4 own_through[most_quads];
// What a layer shows there: components times alpha, and alpha.
vec4 own_shown[most_quads];
vec4 own_alpha[most_quads];

// What component `c` of a picture adds to each part of a quad; 3: what its alpha does.
vec4 part_weights(LayerRef l, Plane p, uint c) {
  const uvec4 own = quad_components(p);
  const uint transform = (l.v.flags >> layer_transform_shift) & 3u;
  if (!has(feature_affine) || transform != transform_affine)
    return c < 3 ? vec4(equal(own, uvec4(c))) : vec4(0.0);
  return vec4(l.v.decode[own.x][c], l.v.decode[own.y][c], l.v.decode[own.z][c], own.w < 3 ? l.v.decode[own.w][c] : 0.0);
}

vec4 where(bvec4 condition, vec4 v) { return mix(vec4(0.0), v, condition); }

bvec4 covered_parts(Plane p, ivec4 box, ivec2 at) {
  const ivec4 x = at.x + quad_samples(p);
  const bool row = at.y >= box.y && at.y < box.w;
  const bvec4 left = greaterThanEqual(x, ivec4(box.x)), right = lessThan(x, ivec4(box.z));
  return bvec4(row && left.x && right.x, row && left.y && right.y, row && left.z && right.z,
               row && left.w && right.w);
}

// Of a picture whose planes are as the canvas's: the words themselves.
vec4 load_quad(LayerRef l, Plane p, uint plane, ivec2 at) {
  const bool wide = is_wide();
  const uint64_t first = address(l.v.planes[plane], l.v.strides[plane], at.y, uint(at.x) * p.parts * (wide ? 2 : 1));
  if (!wide) {
    const uint word = load_bytes(first, 4);
    return vec4(uvec4(word, word >> 8, word >> 16, word >> 24) & 0xffu) * l.v.scale;
  }
  const uvec2 words = uvec2(load_bytes(first, 4), load_bytes(first + 4, 4));
  const uvec4 codes = uvec4(words.x & 0xffffu, words.x >> 16, words.y & 0xffffu, words.y >> 16);
  return vec4((codes >> canvas.shift) & l.v.mask) * l.v.scale;
}

// The same for colours that are converted.
vec4 load_converted_quad(LayerRef l, Plane p, ivec2 at) {
  if (p.plane_class == luma) return part_weights(l, p, 0) * load_quad(l, p, 0, at);
  const vec4 x = part_weights(l, p, 1), y = part_weights(l, p, 2);
  const vec4 first = load_quad(l, p, 1, at);
  if (p.parts == 2) return x * first.xxzz + y * first.yyww;
  return x * first + y * load_quad(l, p, 2, at);
}

// Of a picture whose samples meet the canvas's: sample by sample.
void fetch_quad(LayerRef l, Plane p, Source s, ivec2 at, bvec4 covered, inout vec4 shown, inout vec4 alphas) {
  const ivec4 samples = quad_samples(p);
  const vec4 x = part_weights(l, p, 0), y = part_weights(l, p, 1), z = part_weights(l, p, 2);
  for (int i = 0; i < int(4 / p.parts); i++) {
    const bvec4 own = equal(samples, ivec4(i));
    if (!any(bvec4(own.x && covered.x, own.y && covered.y, own.z && covered.z, own.w && covered.w))) continue;
    const vec4 v = fetch(s, p.plane_class, at + ivec2(i, 0));
    shown += where(own, x * v.x + y * v.y + z * v.z);
    if (is_packed(s.flags)) alphas += where(own, vec4(v.a));
  }
}

bool is_wanted(ivec4 box, Plane p, uint j) {
  return any(lessThan(vec4(0.0), where(covered_parts(p, box, own_at[j]), own_through[j])));
}

void fetch_quads(LayerRef l, Plane p) {
  const ivec4 box = l.v.boxes[p.plane_class];
  const ivec2 moved = copy_offset(l, p.plane_class);
  const uint transform = (l.v.flags >> layer_transform_shift) & 3u;
  const bool words = (l.v.flags & layer_same_words) != 0;
  const Source s = source_of(l, p.plane_class);
  for (uint j = 0; j < most_quads; j++) {
    if (!is_wanted(box, p, j)) continue;
    const ivec2 at = own_at[j];
    const bvec4 covered = covered_parts(p, box, at);
    if (words && all(covered))
      own_shown[j] += transform == transform_same ? load_quad(l, p, p.index, at + moved)
                                                  : load_converted_quad(l, p, at + moved);
    else
      fetch_quad(l, p, s, at + moved, covered, own_shown[j], own_alpha[j]);
  }
}

// Adds component `c` of what filter_rows() made of some rows of the tile.
void take_filtered(LayerRef l, Plane p, uint c, int first_row, int rows) {
  const vec4 weights = c < 3 ? part_weights(l, p, c) : vec4(0.0);
  const uvec4 samples = uvec4(quad_samples(p));
  for (uint j = 0; j < most_quads; j++) {
    const int row = own_at[j].y - first_row;
    if (row < 0 || row >= rows) continue;
    const uvec4 i = (uint(row) << p.width_log2 | uint(own_at[j].x - p.first.x)) + samples;
    const vec4 v = vec4(filtered_rows[i.x], filtered_rows[i.y], filtered_rows[i.z], filtered_rows[i.w]);
    own_shown[j] += weights * v;
    if (c == 3) own_alpha[j] += v;
  }
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
  // From a whole word on, so that few are read twice.
  if (!texels) r.base -= wide ? int(uint(r.plane) + uint(r.base * 2) & 3u) >> 1 : int(uint(r.plane) + uint(r.base) & 3u);
  r.in_words = (uint(r.plane + uint64_t(int64_t(wide ? r.base * 2 : r.base))) & 3u) == 0 && (r.stride & 3u) == 0;
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
      take_filtered(l, p, c, r.first.y + row, some);
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
bool is_wanted_at_all(ivec4 box, Plane p) {
  barrier();
  if (gl_LocalInvocationIndex == 0) tile_wants = 0;
  barrier();
  bool wanted = false;
  for (uint j = 0; j < most_quads; j++) wanted = wanted || is_wanted(box, p, j);
  if (wanted) atomicOr(tile_wants, 1);
  barrier();
  return tile_wants != 0;
}

// own_shown and own_alpha of a layer, for what is `covered` of the tile's part of a plane.
void show_layer(LayerRef l, Plane p) {
  const bool packed = is_packed(l.v.flags);
  const bool has_alpha = packed && (l.v.flags & layer_has_alpha) != 0;
  for (uint j = 0; j < most_quads; j++) {
    own_shown[j] = vec4(0.0);
    own_alpha[j] = vec4(packed ? 0.0 : 1.0);
  }
  for (uint source_class = luma; source_class <= (packed ? luma : chroma); source_class++) {
    const uint meeting = source_class == luma ? layer_meets_luma : layer_meets_chroma;
    if (source_class == p.plane_class && (!has(feature_resample) || (l.v.flags & meeting) != 0)) {
      fetch_quads(l, p);
    } else if (has(feature_resample)) {
      resample(l, p, source_class);
    }
  }
  const bool affine = has(feature_affine) && ((l.v.flags >> layer_transform_shift) & 3u) == transform_affine;
  const vec4 offset = affine ? part_weights(l, p, 3) : vec4(0.0);
  for (uint j = 0; j < most_quads; j++) {
    if (packed && !has_alpha) own_alpha[j] = vec4(1.0);
    if (has_alpha && has(feature_kernels)) {
      const vec4 valid = clamp(own_alpha[j], 0.0, 1.0);
      own_shown[j] = where(greaterThan(own_alpha[j], vec4(0.0)), own_shown[j] / max(own_alpha[j], vec4(1.0)));
      own_alpha[j] = valid;
    }
    own_shown[j] += offset * own_alpha[j];
    if (p.parts == 4) own_shown[j].w = own_alpha[j].x;
  }
}

// Codes of what was blended, over the background.
uvec4 blended_codes(Plane p, vec4 black, uint j) {
  const uvec4 own = quad_components(p);
  const ivec4 x = own_at[j].x + quad_samples(p);
  vec4 sum = own_sum[j];
  for (int k = 0; k < 4; k++) {
    if (own_through[j][k] == 0.0) continue;
    const vec4 below = background(sample_position(p, ivec2(x[k], own_at[j].y)));
    const float value = own[k] < 3 ? below[own[k]] - black[k] : 1.0;
    sum[k] += own_through[j][k] * below.a * value;
  }
  if (p.parts == 4) return to_codes(vec4(black.xyz + (sum.w > 0.0 ? sum.xyz / min(sum.w, 1.0) : vec3(0.0)), sum.w));
  return to_codes(black + sum);
}

void blend_plane(Plane p) {
  for (uint j = 0; j < most_quads; j++) {
    const uint i = gl_LocalInvocationIndex + j * group_size;
    own_at[j] = quad_at(p, i);
    own_sum[j] = vec4(0.0);
    own_through[j] = vec4(i < quads_of(p) && all(lessThan(own_at[j], p.end)) ? 1.0 : 0.0);
  }
  const vec3 all_black = canvas_black();
  const uvec4 own = quad_components(p);
  const vec4 black = vec4(all_black[own.x], all_black[own.y], all_black[own.z], own.w < 3 ? all_black[own.w] : 0.0);
  bool hides = false;
  bool done = false;
  for (uint w = 0; w < layer_words() && !done; w++) {
    for (uint bits = layer_word(w); bits != 0 && !done; bits &= bits - 1) {
      LayerRef l = layer_at(w * 32 + uint(findLSB(bits)));
      const ivec4 box = l.v.boxes[p.plane_class];
      const uint flags = l.v.flags;
      if (!meets(box, p.first, p.end)) continue;
      const uint operator = (flags >> layer_operator_shift) & 3u;
      if (has(feature_resample) && hides && !is_wanted_at_all(box, p)) continue;
      show_layer(l, p);
      for (uint j = 0; j < most_quads; j++) {
        const bvec4 covered = covered_parts(p, box, own_at[j]);
        const vec4 lent = where(covered, own_alpha[j] * l.v.alpha);
        own_sum[j] += own_through[j] * where(covered, own_shown[j] * l.v.alpha - lent * black);
        if (operator == operator_over) own_through[j] *= 1.0 - lent;
        if (operator == operator_source) own_through[j] *= where(not(covered), vec4(1.0));
      }
      hides = hides || (flags & layer_opaque) != 0 || operator == operator_source;
      done = (flags & layer_opaque) != 0 && covers(box, p.first, p.end);
    }
  }
  for (uint j = 0; j < most_quads; j++) {
    const uint i = gl_LocalInvocationIndex + j * group_size;
    if (i < quads_of(p) && all(lessThan(own_at[j], p.end))) store_quad(p, own_at[j], blended_codes(p, black, j));
  }
}
