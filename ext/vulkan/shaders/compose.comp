// SPDX-License-Identifier: LGPL-2.1-or-later
// Composes a frame: a workgroup a tile, plane by plane, each as simply as the layers over it there allow.
#version 460
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_control_flow_attributes : require
#extension GL_EXT_nonuniform_qualifier : require
#extension GL_EXT_samplerless_texture_functions : require
#extension GL_EXT_spirv_intrinsics : require
#extension GL_EXT_shader_8bit_storage : require
#extension GL_EXT_shader_16bit_storage : require
#extension GL_EXT_shader_explicit_arithmetic_types_int8 : require
#extension GL_EXT_shader_explicit_arithmetic_types_int16 : require
#extension GL_EXT_shader_explicit_arithmetic_types_int64 : require

#include "params.glsl"
#include "memory.glsl"
#include "tile.glsl"
#include "store.glsl"
#include "copy.glsl"
#include "sampling.glsl"
#include "colour.glsl"
#include "general.glsl"
#include "direct.glsl"
#include "resample.glsl"
#include "filter.glsl"
#include "shrink.glsl"

void main() {
  if (has(feature_lists)) find_layers();
  [[unroll]] for (uint i = 0; i < canvas_planes; i++) {
    const Plane p = plane_at(i);
    const uint way = way_of(p);
    if (way == way_copy) copy_plane(p);
    // What can filter can blend: kernels are long enough.
    if (has(feature_resample) && (way == way_blend || way == way_filter)) filter_plane(p);
    if (has(feature_blend) && !has(feature_resample) && way == way_blend) blend_plane(p);
    if (has(feature_shrink) && way == way_shrink) shrink_plane(p);
    if (has(feature_general) && way == way_general) compose_plane(p);
  }
}
