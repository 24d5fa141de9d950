// SPDX-License-Identifier: LGPL-2.1-or-later
// Between signals and light, in which reference white is 1: as gst/composite/transfer.cpp, in single precision.

const uint curve_linear = 0, curve_gamma = 1, curve_bt709 = 2, curve_srgb = 3, curve_smpte240m = 4, curve_pq = 5,
           curve_hlg = 6;

const float reference_white = 203.0;  // cd/m2
const float pq_peak = 10000.0;
const float pq_m1 = 2610.0 / 16384.0, pq_m2 = 2523.0 / 32.0;
const float pq_c1 = 3424.0 / 4096.0, pq_c2 = 2413.0 / 128.0, pq_c3 = 2392.0 / 128.0;
const float hlg_a = 0.17883277, hlg_b = 0.28466892, hlg_c = 0.55991073;
const float hlg_peak = 1000.0, hlg_gamma = 1.2;

vec3 select(vec3 otherwise, vec3 where_true, bvec3 condition) { return mix(otherwise, where_true, condition); }

// pow() of 0 is not sure to be 0.
vec3 power(vec3 x, float exponent) {
  return select(pow(max(x, vec3(1e-30)), vec3(exponent)), vec3(0.0), lessThanEqual(x, vec3(0.0)));
}

vec3 pq_to_light(vec3 signal) {
  const vec3 root = power(min(signal, vec3(1.0)), 1.0 / pq_m2);
  const vec3 ratio = max(root - pq_c1, vec3(0.0)) / (pq_c2 - pq_c3 * root);
  return power(ratio, 1.0 / pq_m1) * (pq_peak / reference_white);
}

vec3 pq_from_light(vec3 light) {
  const vec3 p = power(light * (reference_white / pq_peak), pq_m1);
  return power((pq_c1 + pq_c2 * p) / (1.0 + pq_c3 * p), pq_m2);
}

vec3 hlg_to_light(vec3 signal, vec3 weights) {
  const vec3 scene = select((exp((signal - hlg_c) / hlg_a) + hlg_b) / 12.0, signal * signal / 3.0,
                            lessThanEqual(signal, vec3(0.5)));
  const float luminance = dot(weights, scene);
  return scene * (luminance > 0.0 ? pow(luminance, hlg_gamma - 1.0) * hlg_peak / reference_white : 0.0);
}

vec3 hlg_from_light(vec3 light, vec3 weights) {
  const float luminance = dot(weights, light) * (reference_white / hlg_peak);
  const float gain = luminance > 0.0 ? pow(luminance, 1.0 / hlg_gamma - 1.0) : 0.0;
  const vec3 scene = light * (gain * reference_white / hlg_peak);
  return select(hlg_a * log(max(12.0 * scene - hlg_b, vec3(1e-30))) + hlg_c, sqrt(3.0 * scene),
                lessThanEqual(scene, vec3(1.0 / 12.0)));
}

vec3 to_light(uint curve, float gamma, vec3 weights, vec3 signal) {
  const vec3 v = max(signal, vec3(0.0));
  switch (curve) {
  case curve_gamma: return power(v, gamma);
  case curve_bt709: return select(power((v + 0.099) / 1.099, 1.0 / 0.45), v / 4.5, lessThan(v, vec3(0.081)));
  case curve_srgb: return select(power((v + 0.055) / 1.055, 2.4), v / 12.92, lessThanEqual(v, vec3(0.04045)));
  case curve_smpte240m:
    return select(power((v + 0.1115) / 1.1115, 1.0 / 0.45), v / 4.0, lessThan(v, vec3(0.0912)));
  case curve_pq: return pq_to_light(v);
  case curve_hlg: return hlg_to_light(v, weights);
  }
  return v;
}

vec3 from_light(uint curve, float gamma, vec3 weights, vec3 light) {
  const vec3 v = max(light, vec3(0.0));
  switch (curve) {
  case curve_gamma: return power(v, 1.0 / gamma);
  case curve_bt709: return select(1.099 * power(v, 0.45) - 0.099, v * 4.5, lessThan(v, vec3(0.018)));
  case curve_srgb: return select(1.055 * power(v, 1.0 / 2.4) - 0.055, v * 12.92, lessThanEqual(v, vec3(0.0031308)));
  case curve_smpte240m: return select(1.1115 * power(v, 0.45) - 0.1115, v * 4.0, lessThan(v, vec3(0.0228)));
  case curve_pq: return pq_from_light(v);
  case curve_hlg: return hlg_from_light(v, weights);
  }
  return v;
}

// ITU-R BT.2390-11, 5.4, with a target black of 0: on PQ signals that the source's peak makes 1.
float bt2390(float light, float peak) {
  const vec3 signals = pq_from_light(vec3(light, peak, 1.0));
  const float most = signals.z / signals.y;
  const float knee = 1.5 * most - 0.5;
  const float e = min(signals.x / signals.y, 1.0);
  if (most >= 1.0 || e < knee) return light;
  const float t = (e - knee) / (1.0 - knee);
  const float t2 = t * t, t3 = t2 * t;
  const float mapped = (2.0 * t3 - 3.0 * t2 + 1.0) * knee + (t3 - 2.0 * t2 + t) * (1.0 - knee) +
                       (-2.0 * t3 + 3.0 * t2) * most;
  return pq_to_light(vec3(mapped * signals.y)).x;
}

vec3 tone_map(uint kind, float peak, vec3 light) {
  if (kind == tone_map_clip) return min(light, vec3(1.0));
  const float greatest = max(max(light.r, light.g), light.b);
  if (greatest <= 0.0) return light;
  const float mapped = kind == tone_map_bt2390
                           ? bt2390(greatest, peak)
                           : greatest * (1.0 + greatest / (peak * peak)) / (1.0 + greatest);
  return light * (mapped / greatest);
}

vec3 apply(vec4 m[3], vec3 v) {
  return vec3(dot(m[0].xyz, v) + m[0].w, dot(m[1].xyz, v) + m[1].w, dot(m[2].xyz, v) + m[2].w);
}

// A layer's components to light of the canvas's primaries.
vec3 layer_light(LayerRef l, vec3 components) {
  const uint flags = l.v.flags;
  const vec3 weights = vec3(l.v.primaries[0].w, l.v.primaries[1].w, l.v.primaries[2].w);
  const vec3 own = to_light((flags >> layer_curve_shift) & 15u, l.v.transfer.x, weights, apply(l.v.decode, components));
  vec3 light = vec3(dot(l.v.primaries[0].xyz, own), dot(l.v.primaries[1].xyz, own), dot(l.v.primaries[2].xyz, own));
  light = max(light, vec3(0.0));
  const uint mapping = (flags >> layer_tone_map_shift) & 3u;
  return mapping == 0 ? light : tone_map(mapping, l.v.transfer.y, light);
}

vec3 encode(vec3 light) {
  const CanvasColour to = canvas_colour();
  const vec3 signal = from_light((canvas.flags >> canvas_curve_shift) & 15u, to.luminance.w, to.luminance.xyz, light);
  return apply(to.encode, signal);
}
