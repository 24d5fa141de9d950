// SPDX-License-Identifier: LGPL-2.1-or-later
// Composes a frame: a workgroup a tile, an invocation a block of 4 x 2 luma samples and the chroma among them.
#version 460
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_nonuniform_qualifier : require
#extension GL_EXT_samplerless_texture_functions : require
#extension GL_EXT_shader_8bit_storage : require
#extension GL_EXT_shader_16bit_storage : require
#extension GL_EXT_shader_explicit_arithmetic_types_int8 : require
#extension GL_EXT_shader_explicit_arithmetic_types_int16 : require
#extension GL_EXT_shader_explicit_arithmetic_types_int64 : require

#include "params.glsl"
#include "memory.glsl"
#include "sampling.glsl"
#include "colour.glsl"
#include "blend.glsl"
#include "store.glsl"

void find_layers() {
  const uint me = gl_LocalInvocationIndex;
  const uint all = gl_WorkGroupSize.x * gl_WorkGroupSize.y;
  const uint layers = canvas.layers;
  const ivec2 size = ivec2(gl_WorkGroupSize.xy) * block;
  const ivec2 first = ivec2(gl_WorkGroupID.xy) * size;
  for (uint i = me; i < most_layers / 32; i += all) tile_layers[i] = 0;
  barrier();
  for (uint i = me; i < layers; i += all) {
    const ivec4 box = layer_at(i).v.box;
    if (all_of(lessThan(box.xy, first + size), greaterThan(box.zw, first))) {
      atomicOr(tile_layers[i / 32], 1u << (i % 32));
    }
  }
  barrier();
}

// The uppermost layer that touches a rectangle, if all of that shows its samples unchanged; else null.
LayerRef copied_layer(ivec2 first, ivec2 size) {
  for (uint w = 0; w < layer_words(); w++) {
    for (uint bits = layer_word(w); bits != 0; bits &= bits - 1) {
      LayerRef l = layer_at(w * 32 + uint(findLSB(bits)));
      const ivec4 box = l.v.box;
      if (!all_of(lessThan(box.xy, first + size), greaterThan(box.zw, first))) continue;
      const bool copies = (l.v.flags & layer_copies) != 0 &&
                          all_of(lessThanEqual(box.xy, first), greaterThanEqual(box.zw, first + size));
      return copies ? l : LayerRef(uint64_t(0));
    }
  }
  return LayerRef(uint64_t(0));
}

// The sample of a copied layer that lies on a pixel.
ivec2 copied_from(LayerRef l, ivec2 pixel) { return ivec2(l.v.start >> 32) + pixel - l.v.box.xy; }

bool is_raw(LayerRef l) { return !canvas_is_image && (l.v.flags & layer_raw_copies) != 0; }

void main() {
  if (has(feature_lists)) find_layers();
  const ivec2 tile = ivec2(gl_WorkGroupSize.xy) * block;
  const ivec2 tile_first = ivec2(gl_WorkGroupID.xy) * tile;
  LayerRef copied = copied_layer(tile_first, tile);
  if (uint64_t(copied) != 0 && is_raw(copied) &&
      copy_tile(copied, copied_from(copied, tile_first), tile_first, tile)) {
    return;
  }
  const ivec2 first = ivec2(gl_GlobalInvocationID.xy) * block;
  if (any(greaterThanEqual(first, canvas.size))) return;
  copied = copied_layer(first, block);
  ivec2 from = first;
  if (uint64_t(copied) != 0) {
    from = copied_from(copied, first);
    if (is_raw(copied) && is_whole_words(first)) {
      copy_words(copied, from, first);
      return;
    }
  }
  write_block(copied, from, first);
}
