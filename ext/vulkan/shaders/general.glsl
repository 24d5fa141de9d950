// SPDX-License-Identifier: LGPL-2.1-or-later
// Any sample of the canvas: the layers over it, from the top down, until nothing is let through.

// What is blended: components of the canvas, or light.
vec3 black() { return has(feature_linear_blend) ? vec3(0.0) : canvas_black(); }

// Signed distance to the layer's rounded rectangle, canvas pixels.
float distance_to_shape(LayerRef l, vec2 from_corner) {
  const vec4 x = l.v.shape_x, y = l.v.shape_y;
  const vec2 half_size = vec2(x.w, y.w) * 0.5;
  const vec2 at = vec2(dot(x.xy, from_corner) + x.z, dot(y.xy, from_corner) + y.z) - half_size;
  const float radius = l.v.edge.x;
  const vec2 beyond = abs(at) - (half_size - radius);
  return length(max(beyond, vec2(0.0))) + min(max(beyond.x, beyond.y), 0.0) - radius;
}

// Colour times alpha, and alpha, of the picture alone.
vec4 picture(LayerRef l, uint canvas_class, ivec2 pixel, vec2 within) {
  const Position at = to_source(l, pixel, within);
  const uint transform = (l.v.flags >> layer_transform_shift) & 3u;
  const bool packed = is_packed(l.v.flags);
  // Unchanged values of planes are those of the canvas's class of planes alone.
  const bool as_is = transform == transform_same && !packed;
  vec4 all = vec4(0.0, 0.0, 0.0, 1.0);
  for (uint plane_class = luma; plane_class <= (packed ? luma : chroma); plane_class++) {
    if (as_is && plane_class != canvas_class) continue;
    const Position there = plane_class == luma ? at : to_chroma(l, at);
    const vec4 part = sample_planes(l, plane_class, canvas_class, there);
    all = packed ? part : plane_class == luma ? vec4(part.x, all.yzw) : vec4(all.x, part.yz, all.w);
  }
  if (has(feature_kernels)) all = with_valid_alpha(all);
  if (has(feature_affine) && transform == transform_affine) {
    const vec3 colour = vec3(dot(l.v.decode[0], all), dot(l.v.decode[1], all), dot(l.v.decode[2], all));
    return vec4(colour, all.a);
  }
  if (has(feature_light) && transform == transform_light && all.a > 0.0) {
    const vec3 light = layer_light(l, all.rgb / all.a);
    return vec4((has(feature_linear_blend) ? light : encode(light)) * all.a, all.a);
  }
  return all;
}

// Blends layer `l` under `sum`, of which `through` is let through.
void blend(LayerRef l, vec4 shown, float coverage, inout vec4 sum, inout float through) {
  const uint operator = (l.v.flags >> layer_operator_shift) & 3u;
  const vec4 lent = shown * (l.v.alpha * coverage);
  sum += through * lent;
  if (operator == operator_over) through *= 1.0 - lent.a;
  if (operator == operator_source) through *= 1.0 - coverage;
}

// Adds the layer at this position, if it covers it.
void add_layer(LayerRef l, uint canvas_class, ivec2 pixel, vec2 within, inout vec4 sum, inout float through) {
  const vec2 position = covered_position(pixel, within);
  const ivec4 box = l.v.boxes[luma];
  if (any(lessThan(position, vec2(box.xy))) || any(greaterThanEqual(position, vec2(box.zw)))) return;
  float coverage = 1.0;
  float border = 0.0;
  if (has(feature_shapes) && (l.v.flags & layer_soft) != 0) {
    const float d = distance_to_shape(l, position - vec2(box.xy));
    coverage = clamp(0.5 - d, 0.0, 1.0);
    if (coverage == 0.0) return;
    if (l.v.edge.y > 0.0) border = clamp(0.5 + d + l.v.edge.y, 0.0, 1.0) * l.v.border.a;
  }
  vec4 shown = vec4(0.0);
  if (border < 1.0) shown = picture(l, canvas_class, pixel, within);
  if (border > 0.0) shown = vec4(l.v.border.rgb, 1.0) * border + shown * (1.0 - border);
  blend(l, shown, coverage, sum, through);
}

// The blended components at `within` of a pixel, and alpha.
vec4 shade(uint canvas_class, ivec2 pixel, vec2 within) {
  vec4 sum = vec4(0.0);
  float through = 1.0;
  for (uint w = 0; w < layer_words() && through > 0.0; w++) {
    for (uint bits = layer_word(w); bits != 0 && through > 0.0; bits &= bits - 1) {
      add_layer(layer_at(w * 32 + uint(findLSB(bits))), canvas_class, pixel, within, sum, through);
    }
  }
  if (through > 0.0) {
    const vec4 below = background(covered_position(pixel, within));
    sum += through * vec4(below.rgb * below.a, below.a);
  }
  // Components are counted from black, so that `add` adds no offset of theirs.
  vec3 colour = black();
  if (sum.a > 0.0) colour += (sum.rgb - sum.a * colour) / min(sum.a, 1.0);
  if (has(feature_linear_blend)) colour = encode(colour);
  return vec4(colour, min(sum.a, 1.0));
}

// A quad's codes, sample by sample; `cr` those of Cr where that is a plane of its own.
uvec4 general_codes(Plane p, ivec2 at, out uvec4 cr) {
  uvec4 codes = uvec4(0);
  cr = uvec4(0);
  for (uint i = 0; i < 4; i += p.parts) {
    const ivec2 pixel = p.plane_class == luma ? at : at * 2;
    const uvec4 all = to_codes(shade(p.plane_class, pixel, p.plane_class == luma ? vec2(0.5) : canvas.chroma));
    if (p.parts == 4) return all;
    codes = p.parts == 2 ? uvec4(codes.zw, all.yz) : uvec4(codes.yzw, all[p.index]);
    cr = uvec4(cr.yzw, all.z);
    at.x++;
  }
  return codes;
}

// Of Cb and Cr in planes of their own both are made with the first.
void compose_plane(Plane p) {
  if (p.index == 2) return;
  for (uint i = gl_LocalInvocationIndex; i < quads_of(p); i += group_size) {
    const ivec2 at = quad_at(p, i);
    if (any(greaterThanEqual(at, p.end))) continue;
    uvec4 cr;
    store_quad(p, at, general_codes(p, at, cr));
    if (p.index == 0 || p.parts == 2) continue;
    Plane other = p;
    other.index = 2;
    store_quad(other, at, cr);
  }
}
