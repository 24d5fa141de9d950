// SPDX-License-Identifier: LGPL-2.1-or-later
// A layer's picture at positions of the canvas: where that is in the picture, and the filters.

// A position is a whole number of samples and a small rest, so that large pictures lose nothing.
struct Position {
  ivec2 whole;
  vec2 rest;
};

// A position that is this close below a sample's edge lies in the sample.
const float edge = 1.0 / 65536.0;
const int most_taps = 64;
const float pi = 3.14159265358979;

// Of `within` (0 to 1) of the canvas's pixel `pixel`.
Position to_source(LayerRef l, ivec2 pixel, vec2 within) {
  const i64vec2 d = i64vec2(pixel - l.v.boxes[luma].xy);
  const i64vec4 steps = l.v.steps;
  const i64vec2 at = l.v.start + i64vec2(d.x * steps.x + d.y * steps.y, d.x * steps.z + d.y * steps.w);
  const vec4 slope = vec4(steps) * (1.0 / 4294967296.0);
  const vec2 rest = vec2(u64vec2(at) & uint64_t(0xffffffffu)) * (1.0 / 4294967296.0);
  return Position(ivec2(at >> 32), rest + vec2(dot(slope.xy, within), dot(slope.zw, within)));
}

// Among the samples of chroma planes.
Position to_chroma(LayerRef l, Position at) {
  const vec4 map = l.v.chroma;
  const ivec2 halved = ivec2(lessThan(map.xy, vec2(1.0)));
  return Position(at.whole >> halved, (at.rest + vec2(at.whole & halved)) * map.xy + map.zw);
}

float sinc(float x) {
  const float a = pi * x;
  return abs(a) < 1e-4 ? 1.0 - a * a / 6.0 : sin(a) / a;
}

float kernel(uint kind, float x) {
  if (kind == filter_bilinear) return max(1.0 - abs(x), 0.0);
  return abs(x) < 3.0 ? sinc(x) * sinc(x / 3.0) : 0.0;
}

// First sample, last sample, and of how many to take one.
ivec3 taps(float centre, float radius) {
  const int first = int(floor(centre - radius - 0.5)) + 1;
  const int last = int(ceil(centre + radius - 0.5)) - 1;
  return ivec3(first, last, (last - first + most_taps) / most_taps);
}

vec4 filtered(Source s, uint plane_class, uint kind, Position at, vec2 scale) {
  const vec2 radius = scale * (kind == filter_bilinear ? 1.0 : 3.0);
  const ivec3 across = taps(at.rest.x, radius.x);
  const ivec3 down = taps(at.rest.y, radius.y);
  vec4 sum = vec4(0.0);
  vec2 weights = vec2(0.0);
  for (int y = down.x; y <= down.y; y += down.z) {
    vec4 row = vec4(0.0);
    float row_weights = 0.0;
    for (int x = across.x; x <= across.y; x += across.z) {
      const float weight = kernel(kind, (float(x) + 0.5 - at.rest.x) / scale.x);
      row += weight * fetch(s, plane_class, at.whole + ivec2(x, y));
      row_weights += weight;
    }
    const float weight = kernel(kind, (float(y) + 0.5 - at.rest.y) / scale.y);
    sum += weight * row;
    weights = vec2(row_weights, weights.y + weight);
  }
  return sum / (weights.x * weights.y);
}

vec4 between_four(Source s, uint plane_class, Position at) {
  const vec2 from = at.rest - 0.5;
  const vec2 first = floor(from);
  const vec2 part = from - first;
  vec4 sum = vec4(0.0);
  for (int i = 0; i < 4; i++) {
    const ivec2 corner = ivec2(i & 1, i >> 1);
    const vec2 weight = mix(1.0 - part, part, vec2(corner));
    sum += weight.x * weight.y * fetch(s, plane_class, at.whole + ivec2(first) + corner);
  }
  return sum;
}

// The planes of `plane_class` at a position among their samples, for a sample of the canvas's `canvas_class`.
vec4 sample_planes(LayerRef l, uint plane_class, uint canvas_class, Position at) {
  const Source s = source_of(l, plane_class);
  const uint kind = (s.flags >> layer_filter_shift) & 3u;
  if (!has(feature_filters) || kind == filter_nearest || (s.flags & layer_one_to_one) != 0) {
    return fetch(s, plane_class, at.whole + ivec2(floor(at.rest + edge)));
  }
  if (has(feature_kernels)) {
    const vec4 shrink = l.v.shrink[canvas_class];
    const vec2 scale = plane_class == luma ? shrink.xy : shrink.zw;
    if (kind != filter_bilinear || any(greaterThan(scale, vec2(1.0)))) {
      return filtered(s, plane_class, kind, at, scale);
    }
  }
  return between_four(s, plane_class, at);
}
