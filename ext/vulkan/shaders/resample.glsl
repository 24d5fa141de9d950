// SPDX-License-Identifier: LGPL-2.1-or-later
// The filters of upright layers, along one axis after the other by all invocations of a tile: down the columns of what
// the tile needs of a picture into shared memory, then along its rows.

// As compositor/layer_params.cpp has them.
const uint stage_size = (features & feature_resample) != 0 ? 2304 : 1;
const uint stage_taps = (features & feature_resample) != 0 ? 64 : 1;
const uint most_rows = 8;

// Components of a picture's row, filtered down: every fourth side by side, so that neither writing four nor reading
// every second or fourth is of one bank.
shared float stage[stage_size];
// One component at the samples of a tile, filtered along rows as well.
shared float filtered_rows[(features & feature_resample) != 0 ? 1024 : 1];
shared float row_weights[most_rows * stage_taps];
shared ivec2 row_taps[most_rows];  // first, and how many

// Where a sample of the canvas lies along an axis of a picture's plane.
struct Along {
  int whole;
  float rest;
};

Along along(LayerRef l, int axis, uint source_class, uint canvas_class, int at) {
  const int64_t step = axis == 0 ? l.v.steps.x : l.v.steps.w;
  const int pixel = canvas_class == luma ? at : at * 2;
  const float within = canvas_class == luma ? 0.5 : canvas.chroma[axis];
  const int64_t there = l.v.start[axis] + int64_t(pixel - l.v.boxes[luma][axis]) * step;
  Along a;
  a.whole = int(there >> 32);
  a.rest = float(uint(there & int64_t(0xffffffffu))) * (1.0 / 4294967296.0) +
           float(step) * (1.0 / 4294967296.0) * within;
  if (source_class == luma) return a;
  const float scale = l.v.chroma[axis];
  const int halved = scale < 1.0 ? 1 : 0;
  a.rest = (a.rest + float(a.whole & halved)) * scale + l.v.chroma[axis + 2];
  a.whole >>= halved;
  return a;
}

// First and last of the samples that count, from `whole` on.
ivec2 taps_at(uint kind, float rest, float scale) {
  if (kind == filter_nearest) return ivec2(floor(rest + edge));
  return taps(rest, scale * (kind == filter_bilinear ? 1.0 : 3.0)).xy;
}

float weight_of(uint kind, int tap, float rest, float scale) {
  return kind == filter_nearest ? 1.0 : kernel(kind, (float(tap) + 0.5 - rest) / scale);
}

// What one call of resample() filters: a plane of a picture for the tile's part of a plane of the canvas.
struct Resampling {
  Source source;
  uint source_class, canvas_class;
  uint64_t plane;      // address
  uint stride;
  uint image;
  uint per_sample;     // components of the plane's rows a sample
  uint kind;
  vec2 scale;
  ivec2 first, end;    // of the canvas's samples
  int lowest, highest; // samples of a row that count
  int base, staged;    // the first component that is staged, and how many
  uint pitch;          // quarter of the components that are staged of a row
};

void find_row_taps(LayerRef l, Resampling r) {
  const int rows = r.end.y - r.first.y;
  for (int i = int(gl_LocalInvocationIndex); i < rows; i += int(group_size)) {
    const Along a = along(l, 1, r.source_class, r.canvas_class, r.first.y + i);
    const ivec2 range = taps_at(r.kind, a.rest, r.scale.y);
    const int count = min(range.y - range.x + 1, int(stage_taps));
    float sum = 0.0;
    for (int t = 0; t < count; t++) {
      const float weight = weight_of(r.kind, range.x + t, a.rest, r.scale.y);
      row_weights[i * stage_taps + t] = weight;
      sum += weight;
    }
    // Taps are taken four at a time.
    for (int t = 0; t < (count + 3 & ~3); t++)
      row_weights[i * stage_taps + t] = t < count ? row_weights[i * stage_taps + t] / sum : 0.0;
    row_taps[i] = ivec2(a.whole + range.x, count);
  }
}

// Which samples of a row the tile needs.
void find_columns(LayerRef l, inout Resampling r) {
  const Along a = along(l, 0, r.source_class, r.canvas_class, r.first.x);
  const Along b = along(l, 0, r.source_class, r.canvas_class, r.end.x - 1);
  const ivec2 left = a.whole + taps_at(r.kind, a.rest, r.scale.x);
  const ivec2 right = b.whole + taps_at(r.kind, b.rest, r.scale.x);
  r.lowest = clamp(min(left.x, right.x), r.source.bounds.x, r.source.bounds.z);
  r.highest = clamp(max(left.y, right.y), r.source.bounds.x, r.source.bounds.z);
}

// Four components side by side: of four texels, of two, or of one.
vec4 load_texels(Resampling r, int item, int y) {
  const uvec4 channels = r.source.channels;
  const int step = int(4 / r.per_sample);
  const ivec4 x = min(r.lowest + item * step + ivec4(0, 1, 2, 3), ivec4(r.highest));
  const vec4 a = texelFetch(source_images[nonuniformEXT(r.image)], ivec2(x.x, y), 0);
  if (r.per_sample == 4) return vec4(a[channels.x], a[channels.y], a[channels.z], a[channels.w]);
  const vec4 b = texelFetch(source_images[nonuniformEXT(r.image)], ivec2(x.y, y), 0);
  if (r.per_sample == 2) return vec4(a[channels.x], a[channels.y], b[channels.x], b[channels.y]);
  const vec4 c = texelFetch(source_images[nonuniformEXT(r.image)], ivec2(x.z, y), 0);
  const vec4 d = texelFetch(source_images[nonuniformEXT(r.image)], ivec2(x.w, y), 0);
  return vec4(a.x, b.x, c.x, d.x);
}

// What a row has for one item, as it is loaded: four components side by side, of a packed sample as one word.
uvec4 load_item(Resampling r, int item, int y) {
  const Source s = r.source;
  if (is_image(s.flags)) return floatBitsToUint(load_texels(r, item, y));
  const bool wide = (s.flags & layer_wide) != 0;
  const uint64_t row = r.plane + uint64_t(uint(y)) * uint64_t(r.stride);
  if (is_packed(s.flags)) return uvec4(Words(row + uint64_t(uint(r.lowest + item) * 4)).v, 0, 0, 0);
  const int first = r.base + item * 4;
  const uint64_t at = row + uint64_t(int64_t(wide ? first * 2 : first));
  const int left = r.staged - item * 4;
  const uint word = Words(at).v;
  return uvec4(word, wide && left > 2 ? Words(at + 4).v : 0, 0, 0);
}

// Its components: codes, or of a packed sample colour times alpha, and alpha.
vec4 unpack_item(Resampling r, uvec4 words) {
  const Source s = r.source;
  if (is_packed(s.flags)) {
    const vec4 v = is_image(s.flags) ? uintBitsToFloat(words) : packed_components(s, words.x);
    return (s.flags & layer_has_alpha) != 0 ? vec4(v.rgb * v.a, v.a) : vec4(v.rgb, 1.0);
  }
  if (is_image(s.flags)) {
    const uvec4 codes = uvec4(uintBitsToFloat(words) * s.image_maximum + 0.5);
    return vec4(codes >> s.shifts.x & s.mask);
  }
  if ((s.flags & layer_wide) != 0)
    return vec4(uvec4(words.x & 0xffffu, words.x >> 16, words.y & 0xffffu, words.y >> 16) >> s.shifts.x & s.mask);
  return vec4(uvec4(words.x, words.x >> 8, words.x >> 16, words.x >> 24) & 0xffu);
}

// An item of a row of the tile. Four taps at a time, so that as many loads are on their way.
vec4 filter_down(Resampling r, int item, int row) {
  const ivec2 range = row_taps[row];
  const int low = r.source.bounds.y, high = r.source.bounds.w;
  vec4 sum = vec4(0.0);
  for (int t = 0; t < range.y; t += 4) {
    const int weights = row * int(stage_taps) + t, y = range.x + t;
    const uvec4 a = load_item(r, item, clamp(y, low, high));
    const uvec4 b = load_item(r, item, clamp(y + 1, low, high));
    uvec4 c = uvec4(0), d = uvec4(0);
    const bool more = range.y - t > 2;
    if (more) {
      c = load_item(r, item, clamp(y + 2, low, high));
      d = load_item(r, item, clamp(y + 3, low, high));
    }
    sum += row_weights[weights] * unpack_item(r, a) + row_weights[weights + 1] * unpack_item(r, b);
    if (more) sum += row_weights[weights + 2] * unpack_item(r, c) + row_weights[weights + 3] * unpack_item(r, d);
  }
  return sum;
}

uint stage_place(Resampling r, int row, uint component) {
  return (uint(row) * 4 + (component & 3u)) * r.pitch + (component >> 2);
}

// Rows `first_row` and on of the tile, as many as `rows`.
void stage_rows(Resampling r, int first_row, int rows) {
  const int items = int(r.pitch);
  int row = 0;
  int item = int(gl_LocalInvocationIndex);
  while (true) {
    while (item >= items && row < rows) {
      item -= items;
      row++;
    }
    if (row >= rows) break;
    const vec4 sum = filter_down(r, item, first_row + row);
    for (uint c = 0; c < 4; c++) stage[stage_place(r, row, uint(item) * 4 + c)] = sum[c];
    item += int(group_size);
  }
}

// Along rows, a column an invocation and up to four rows of it: component `offset` of each sample.
void filter_rows(LayerRef l, Resampling r, Plane p, int rows, int offset, float scale) {
  const int column = int(gl_LocalInvocationIndex) & ((1 << p.width_log2) - 1);
  const int first_row = int(gl_LocalInvocationIndex >> p.width_log2);
  const int step = int(group_size >> p.width_log2);
  const int x = p.first.x + column;
  if (x < r.first.x || x >= r.end.x || first_row >= rows) return;
  // Beyond the last of them that one again, which costs less than to ask.
  const ivec4 own_rows = first_row + step * ivec4(0, 1, 2, 3);
  const uvec4 row_places = uvec4(min(own_rows, rows - 1)) * 4 * r.pitch;
  const Along a = along(l, 0, r.source_class, r.canvas_class, x);
  const ivec2 range = taps_at(r.kind, a.rest, r.scale.x);
  const float inverse = 1.0 / r.scale.x;
  const bool one_row = step >= rows;
  vec4 sums = vec4(0.0);
  float weights = 0.0;
  for (int t = range.x; t <= range.y; t++) {
    const float weight = r.kind == filter_nearest ? 1.0 : kernel(r.kind, (float(t) + 0.5 - a.rest) * inverse);
    const int sample_x = clamp(a.whole + t, r.lowest, r.highest);
    const uint place = stage_place(r, 0, uint(sample_x * int(r.per_sample) + offset - r.base));
    weights += weight;
    sums.x += weight * stage[place + row_places.x];
    if (one_row) continue;
    sums.yzw += weight * vec3(stage[place + row_places.y], stage[place + row_places.z], stage[place + row_places.w]);
  }
  sums *= scale / weights;
  const ivec4 places = own_rows << p.width_log2 | column;
  filtered_rows[places.x] = sums.x;
  if (own_rows.y < rows) filtered_rows[places.y] = sums.y;
  if (own_rows.z < rows) filtered_rows[places.z] = sums.z;
  if (own_rows.w < rows) filtered_rows[places.w] = sums.w;
}
