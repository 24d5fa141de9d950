// SPDX-License-Identifier: LGPL-2.1-or-later
// Planes of a tile where all samples meet the canvas's, and some are blended: quad by quad.

struct Quad {
  ivec2 at;       // its first sample
  vec4 sum;       // what is blended: components from black on, and alpha
  vec4 through;   // what is let through
  vec4 shown;     // what a layer shows: components times alpha,
  vec4 alpha;     // and alpha
};

vec4 where(bvec4 condition, vec4 v) { return mix(vec4(0.0), v, condition); }

bool any_of(bvec4 a, bvec4 b) { return (a.x && b.x) || (a.y && b.y) || (a.z && b.z) || (a.w && b.w); }

bvec4 covered_parts(Plane p, ivec4 box, ivec2 at) {
  const ivec4 x = at.x + quad_samples(p);
  const bool row = at.y >= box.y && at.y < box.w;
  const bvec4 left = greaterThanEqual(x, ivec4(box.x)), right = lessThan(x, ivec4(box.z));
  return bvec4(row && left.x && right.x, row && left.y && right.y, row && left.z && right.z,
               row && left.w && right.w);
}

// What component `c` of a picture adds to each part of a quad; 3: what its alpha does.
vec4 part_weights(LayerRef l, Plane p, uint c) {
  const uvec4 own = quad_components(p);
  const uint transform = (l.v.flags >> layer_transform_shift) & 3u;
  if (!has(feature_affine) || transform != transform_affine)
    return c < 3 ? vec4(equal(own, uvec4(c))) : vec4(0.0);
  return vec4(l.v.decode[own.x][c], l.v.decode[own.y][c], l.v.decode[own.z][c], own.w < 3 ? l.v.decode[own.w][c] : 0.0);
}

// Four texels of a component, or two of a pair.
vec4 fetch_texels(LayerRef l, Plane p, ivec2 at) {
  const ivec4 bounds = l.v.bounds[p.plane_class];
  const uint image = l.v.images + p.index;
  const int y = clamp(at.y, bounds.y, bounds.w);
  const ivec4 x = clamp(at.x + ivec4(0, 1, 2, 3), ivec4(bounds.x), ivec4(bounds.z));
  const vec4 a = texelFetch(source_images[nonuniformEXT(image)], ivec2(x.x, y), 0);
  const vec4 b = texelFetch(source_images[nonuniformEXT(image)], ivec2(x.y, y), 0);
  vec4 texels = vec4(a.xy, b.xy);
  if (p.parts == 1) {
    texels.yz = vec2(b.x, texelFetch(source_images[nonuniformEXT(image)], ivec2(x.z, y), 0).x);
    texels.w = texelFetch(source_images[nonuniformEXT(image)], ivec2(x.w, y), 0).x;
  }
  return texels;
}

// Components of a picture of the canvas's layout.
vec4 load_quad(LayerRef l, Plane p, ivec2 at, bool inside) {
  uvec4 codes;
  const uint64_t first = origin_address(l, p, at);
  if (is_image(l.v.flags)) {
    codes = uvec4(fetch_texels(l, p, at + moved_by(l, p.plane_class)) * l.v.image_maximum + 0.5);
  } else if (inside && is_wide()) {
    const uvec2 words = uvec2(load_bytes(first, 4), load_bytes(first + 4, 4));
    codes = uvec4(words.x & 0xffffu, words.x >> 16, words.y & 0xffffu, words.y >> 16);
  } else if (inside) {
    const uint word = load_bytes(first, 4);
    return vec4(uvec4(word, word >> 8, word >> 16, word >> 24) & 0xffu) * l.v.scale;
  } else {
    const ivec4 box = l.v.boxes[p.plane_class];
    for (uint k = 0; k < 4; k++) {
      const int sample_x = clamp(at.x + int(k / p.parts), box.x, box.z - 1);
      const uint64_t there = origin_address(l, p, ivec2(sample_x, at.y)) + uint64_t(k % p.parts * element_bytes());
      codes = uvec4(codes.yzw, is_wide() ? uint(Halves(there).v) : uint(Bytes(there).v));
    }
  }
  return vec4((codes >> canvas.shift) & l.v.mask) * l.v.scale;
}

// Of a picture of any layout: sample by sample.
void fetch_quad(LayerRef l, Plane p, Source s, bvec4 covered, inout Quad q) {
  const ivec2 at = q.at + moved_by(l, p.plane_class);
  const vec4 x = part_weights(l, p, 0), y = part_weights(l, p, 1), z = part_weights(l, p, 2);
  if (p.parts == 4) {
    const vec4 v = fetch(s, p.plane_class, at);
    q.shown += x * v.x + y * v.y + z * v.z;
    if (is_packed(s.flags)) q.alpha += v.a;
    return;
  }
  const ivec4 samples = quad_samples(p);
  for (int i = 0; i < int(4 / p.parts); i++) {
    const bvec4 own = equal(samples, ivec4(i));
    if (!any_of(own, covered)) continue;
    const vec4 v = fetch(s, p.plane_class, at + ivec2(i, 0));
    q.shown += where(own, x * v.x + y * v.y + z * v.z);
    if (is_packed(s.flags)) q.alpha += where(own, vec4(v.a));
  }
}

// Adds what a layer's planes of this class show, of what is not hidden.
void take_quad(LayerRef l, Plane p, ivec4 box, inout Quad q) {
  const bvec4 covered = covered_parts(p, box, q.at);
  if (!any(lessThan(vec4(0.0), where(covered, q.through)))) return;
  const uint flags = l.v.flags;
  const bool same = ((flags >> layer_transform_shift) & 3u) == transform_same;
  if ((flags & layer_same_layout) == 0 || (has(feature_affine) && !same && p.plane_class != luma)) {
    fetch_quad(l, p, source_of(l, p.plane_class), covered, q);
  } else {
    const vec4 v = load_quad(l, p, q.at, all(covered));
    q.shown += has(feature_affine) && !same ? part_weights(l, p, 0) * v : v;
  }
}

void start_quad(LayerRef l, inout Quad q) {
  q.shown = vec4(0.0);
  q.alpha = vec4(is_packed(l.v.flags) ? 0.0 : 1.0);
}

void blend_quad(LayerRef l, Plane p, ivec4 box, vec4 black, inout Quad q) {
  const uint flags = l.v.flags;
  if (is_packed(flags)) {
    if ((flags & layer_has_alpha) == 0) {
      q.alpha = vec4(1.0);
    } else if (has(feature_kernels)) {
      q.shown = where(greaterThan(q.alpha, vec4(0.0)), q.shown / max(q.alpha, vec4(1.0)));
      q.alpha = clamp(q.alpha, 0.0, 1.0);
    }
  }
  if (has(feature_affine) && ((flags >> layer_transform_shift) & 3u) == transform_affine)
    q.shown += part_weights(l, p, 3) * q.alpha;
  if (p.parts == 4) q.shown.w = q.alpha.x;
  const uint operator = (flags >> layer_operator_shift) & 3u;
  const bvec4 covered = covered_parts(p, box, q.at);
  const vec4 lent = where(covered, q.alpha * l.v.alpha);
  q.sum += q.through * (where(covered, q.shown * l.v.alpha) - lent * black);
  if (operator == operator_over) q.through *= 1.0 - lent;
  if (operator == operator_source) q.through *= where(not(covered), vec4(1.0));
}

vec4 black_parts(Plane p) {
  const vec4 black = vec4(canvas_black(), 0.0);
  if (p.parts == 4) return black;
  return p.parts == 2 ? black.yzyz : vec4(black[p.index]);
}

// Parts of the background of a quad, and its alpha.
vec4 background_parts(Plane p, ivec2 at, out vec4 alpha) {
  const ivec4 x = at.x + quad_samples(p);
  const vec4 a = background(sample_position(p, at));
  alpha = vec4(a.a);
  if (p.parts == 4) return a;
  if ((canvas.flags & canvas_checker) == 0) return p.parts == 2 ? a.yzyz : vec4(a[p.index]);
  if (p.parts == 2) return vec4(a.yz, background(sample_position(p, ivec2(x.z, at.y))).yz);
  return vec4(a[p.index], background(sample_position(p, ivec2(x.y, at.y)))[p.index],
              background(sample_position(p, ivec2(x.z, at.y)))[p.index],
              background(sample_position(p, ivec2(x.w, at.y)))[p.index]);
}

// What was blended, over the background.
void store_blended(Plane p, vec4 black, Quad q) {
  vec4 sum = q.sum;
  if (any(notEqual(q.through, vec4(0.0)))) {
    vec4 alpha;
    vec4 below = background_parts(p, q.at, alpha) - black;
    if (p.parts == 4) below.w = 1.0;
    sum += q.through * alpha * below;
  }
  if (p.parts == 4) {
    const vec3 colour = black.xyz + (sum.w > 0.0 ? sum.xyz / min(sum.w, 1.0) : vec3(0.0));
    store_quad(p, q.at, to_codes(vec4(colour, sum.w)));
  } else {
    store_quad(p, q.at, to_codes(black + sum));
  }
}

void blend_plane(Plane p) {
  const vec4 black = black_parts(p);
  for (uint i = gl_LocalInvocationIndex; i < quads_of(p); i += group_size) {
    Quad q;
    q.at = quad_at(p, i);
    q.sum = vec4(0.0);
    q.through = vec4(1.0);
    if (any(greaterThanEqual(q.at, p.end))) continue;
    const ivec2 end = q.at + ivec2(int(4 / p.parts), 1);
    bool done = false;
    for (uint w = 0; w < layer_words() && !done; w++) {
      for (uint bits = layer_word(w); bits != 0 && !done; bits &= bits - 1) {
        LayerRef l = layer_at(w * 32 + uint(findLSB(bits)));
        const ivec4 box = l.v.boxes[p.plane_class];
        if (!meets(box, q.at, end)) continue;
        start_quad(l, q);
        take_quad(l, p, box, q);
        blend_quad(l, p, box, black, q);
        done = all(equal(q.through, vec4(0.0)));
      }
    }
    store_blended(p, black, q);
  }
}
