// SPDX-License-Identifier: LGPL-2.1-or-later
// Quantiser, segmentation and filters in the frame header (AV1 specification, 5.9.11 to 5.9.20).
#include <algorithm>
#include <array>

#include "refdrv/resynth/header_parts.h"

namespace refdrv {
namespace {

constexpr unsigned seg_lvl_alt_q = 0;
constexpr std::array<uint8_t, seg_lvl_max> feature_bits = {8, 6, 6, 6, 6, 3, 0, 0};
constexpr unsigned num_signed_features = 5;  // the first ones

void write_delta(BitWriter& out, int value) {
  out.flag(value != 0);
  if (value != 0) out.su(7, value);
}

}  // namespace

bool is_coded_lossless(const Picture& picture) {
  const Quantization& q = picture.quantization;
  if (q.y_dc_delta || q.u_dc_delta || q.u_ac_delta || q.v_dc_delta || q.v_ac_delta) return false;
  const Segmentation& seg = picture.segmentation;
  for (unsigned i = 0; i < max_segments; ++i) {
    int qindex = q.base_q_idx;
    if (seg.enabled && (seg.feature_mask[i] & 1 << seg_lvl_alt_q))
      qindex = std::clamp(qindex + seg.feature_data[i][seg_lvl_alt_q], 0, 255);
    if (qindex != 0) return false;
  }
  return true;
}

void write_quantization(BitWriter& out, const Picture& picture) {
  const Quantization& q = picture.quantization;
  out.f(8, q.base_q_idx);
  write_delta(out, q.y_dc_delta);
  if (!picture.sequence.mono_chrome) {
    const bool differ = q.u_dc_delta != q.v_dc_delta || q.u_ac_delta != q.v_ac_delta;
    out.flag(differ);
    write_delta(out, q.u_dc_delta);
    write_delta(out, q.u_ac_delta);
    if (differ) {
      write_delta(out, q.v_dc_delta);
      write_delta(out, q.v_ac_delta);
    }
  }
  out.flag(q.using_qmatrix);
  if (!q.using_qmatrix) return;
  out.f(4, q.qm_y);
  out.f(4, q.qm_u);
  if (!picture.sequence.mono_chrome) out.f(4, q.qm_v);
}

void write_segmentation(BitWriter& out, const Picture& picture) {
  const Segmentation& seg = picture.segmentation;
  out.flag(seg.enabled);
  if (!seg.enabled) return;
  if (picture.primary_ref_frame != primary_ref_none) {
    out.flag(seg.update_map);
    if (seg.update_map) out.flag(seg.temporal_update);
    out.flag(true);  // segmentation_update_data: inherited values are coded again
  }
  for (unsigned i = 0; i < max_segments; ++i) {
    for (unsigned feature = 0; feature < seg_lvl_max; ++feature) {
      const bool enabled = seg.feature_mask[i] >> feature & 1;
      out.flag(enabled);
      if (!enabled) continue;
      if (feature < num_signed_features)
        out.su(feature_bits[feature] + 1, seg.feature_data[i][feature]);
      else
        out.f(feature_bits[feature], static_cast<uint32_t>(seg.feature_data[i][feature]));
    }
  }
}

void write_delta_params(BitWriter& out, const Picture& picture) {
  const DeltaParams& delta = picture.delta;
  if (picture.quantization.base_q_idx == 0) return;
  out.flag(delta.q_present);
  if (!delta.q_present) return;
  out.f(2, delta.q_res);
  if (picture.allow_intrabc) return;
  out.flag(delta.lf_present);
  if (!delta.lf_present) return;
  out.f(2, delta.lf_res);
  out.flag(delta.lf_multi);
}

void write_loop_filter(BitWriter& out, const Picture& picture) {
  if (is_coded_lossless(picture) || picture.allow_intrabc) return;
  const LoopFilter& filter = picture.loop_filter;
  out.f(6, filter.level[0]);
  out.f(6, filter.level[1]);
  if (!picture.sequence.mono_chrome && (filter.level[0] || filter.level[1])) {
    out.f(6, filter.level_u);
    out.f(6, filter.level_v);
  }
  out.f(3, filter.sharpness);
  out.flag(filter.delta_enabled);
  if (!filter.delta_enabled) return;
  out.flag(true);  // loop_filter_delta_update: inherited values are coded again
  for (const int8_t delta : filter.ref_deltas) {
    out.flag(true);
    out.su(7, delta);
  }
  for (const int8_t delta : filter.mode_deltas) {
    out.flag(true);
    out.su(7, delta);
  }
}

void write_cdef(BitWriter& out, const Picture& picture) {
  if (is_coded_lossless(picture) || picture.allow_intrabc || !picture.sequence.enable_cdef) return;
  const Cdef& cdef = picture.cdef;
  out.f(2, cdef.damping_minus_3);
  out.f(2, cdef.bits);
  for (unsigned i = 0; i < 1u << cdef.bits; ++i) {
    out.f(4, cdef.y_pri[i]);
    out.f(2, cdef.y_sec[i]);
    if (picture.sequence.mono_chrome) continue;
    out.f(4, cdef.uv_pri[i]);
    out.f(2, cdef.uv_sec[i]);
  }
}

void write_restoration(BitWriter& out, const Picture& picture) {
  const bool all_lossless = is_coded_lossless(picture) && !picture.use_superres;
  if (all_lossless || picture.allow_intrabc) return;
  constexpr std::array<uint8_t, 4> lr_type = {0, 2, 3, 1};  // by Restoration
  const LoopRestoration& restoration = picture.restoration;
  const unsigned planes = picture.sequence.mono_chrome ? 1 : 3;
  bool any = false;
  bool any_chroma = false;
  for (unsigned plane = 0; plane < planes; ++plane) {
    const Restoration type = restoration.type[plane];
    out.f(2, lr_type[static_cast<unsigned>(type)]);
    if (type == Restoration::None) continue;
    any = true;
    any_chroma |= plane > 0;
  }
  if (!any) return;
  const unsigned shift = restoration.unit_size_log2[0] - 6u;
  if (picture.sequence.use_128x128_superblock) {
    out.flag(shift == 2);
  } else {
    out.flag(shift > 0);
    if (shift > 0) out.flag(shift == 2);
  }
  if (any_chroma && picture.sequence.subsampling_x && picture.sequence.subsampling_y)
    out.flag(restoration.unit_size_log2[1] != restoration.unit_size_log2[0]);
}

}  // namespace refdrv
