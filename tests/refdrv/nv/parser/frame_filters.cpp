// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads the in-loop filters of a frame (specification, sections 5.9.11, 5.9.19 and 5.9.20).
#include <algorithm>
#include <iterator>

#include "refdrv/nv/parser/frame_header.h"

namespace refdrv::nv {

namespace {

// FrameRestorationType by lr_type (table in 6.10.15).
constexpr std::array<unsigned char, 4> restoration_types = {0, 3, 1, 2};
// As CUVID counts unit sizes: 0 is 32 samples.
constexpr unsigned unit_64 = 1;
constexpr unsigned unit_256 = 3;

}  // namespace

void set_default_deltas(CUVIDAV1PICPARAMS& av1) {
  constexpr std::array<char, 8> defaults = {1, 0, 0, 0, -1, 0, -1, -1};
  std::ranges::copy(defaults, av1.loop_filter_ref_deltas);
  std::ranges::fill(av1.loop_filter_mode_deltas, 0);
}

void read_loop_filter(HeaderContext& context) {
  auto& [in, sequence, slots, frame] = context;
  CUVIDAV1PICPARAMS& av1 = frame.av1;
  if (av1.coded_lossless || av1.allow_intrabc) {
    set_default_deltas(av1);
    return;
  }
  av1.loop_filter_level[0] = static_cast<unsigned char>(in.f(6));
  av1.loop_filter_level[1] = static_cast<unsigned char>(in.f(6));
  if (!sequence.mono_chrome && (av1.loop_filter_level[0] || av1.loop_filter_level[1])) {
    av1.loop_filter_level_u = static_cast<unsigned char>(in.f(6));
    av1.loop_filter_level_v = static_cast<unsigned char>(in.f(6));
  }
  av1.loop_filter_sharpness = static_cast<unsigned char>(in.f(3));
  av1.loop_filter_delta_enabled = in.flag();
  // loop_filter_delta_update itself is not told: the deltas are those in force.
  if (!av1.loop_filter_delta_enabled || !in.flag()) return;
  for (char& delta : av1.loop_filter_ref_deltas) {
    if (in.flag()) delta = static_cast<char>(in.su(7));
  }
  for (char& delta : av1.loop_filter_mode_deltas) {
    if (in.flag()) delta = static_cast<char>(in.su(7));
  }
}

void read_cdef(HeaderContext& context) {
  auto& [in, sequence, slots, frame] = context;
  CUVIDAV1PICPARAMS& av1 = frame.av1;
  if (av1.coded_lossless || av1.allow_intrabc || !sequence.enable_cdef) return;
  const auto strength = [&reader = in] {
    const uint32_t primary = reader.f(4);
    return static_cast<unsigned char>(primary | reader.f(2) << 4);
  };
  av1.cdef_damping_minus_3 = in.f(2) & 3;
  av1.cdef_bits = in.f(2) & 3;
  for (unsigned i = 0; i < 1U << av1.cdef_bits; i++) {
    av1.cdef_y_strength[i] = strength();
    if (!sequence.mono_chrome) av1.cdef_uv_strength[i] = strength();
  }
}

void read_restoration(HeaderContext& context) {
  auto& [in, sequence, slots, frame] = context;
  CUVIDAV1PICPARAMS& av1 = frame.av1;
  const bool all_lossless = av1.coded_lossless && frame.frame_width == av1.width;
  if (all_lossless || av1.allow_intrabc || !sequence.enable_restoration) return;
  bool uses = false, uses_chroma = false;
  for (unsigned plane = 0; plane < sequence.planes(); plane++) {
    av1.lr_type[plane] = restoration_types[in.f(2)];
    uses = uses || av1.lr_type[plane] != 0;
    uses_chroma = uses_chroma || (plane > 0 && av1.lr_type[plane] != 0);
  }
  unsigned unit = unit_256;
  unsigned chroma_shift = 0;
  if (uses) {
    unit = unit_64 + in.f(1);
    if (sequence.use_128x128_superblock) {
      unit++;
    } else if (unit > unit_64) {
      unit += in.f(1);
    }
    if (sequence.subsampling_x && sequence.subsampling_y && uses_chroma) chroma_shift = in.f(1);
  }
  for (unsigned plane = 0; plane < sequence.planes(); plane++) {
    av1.lr_unit_size[plane] = static_cast<unsigned char>(unit - (plane > 0 ? chroma_shift : 0));
  }
}

}  // namespace refdrv::nv
