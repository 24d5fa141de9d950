// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads quantizers, segmentation and block-level deltas (specification, sections 5.9.12 to 5.9.18).
#include <algorithm>

#include "refdrv/nv/parser/frame_header.h"

namespace refdrv::nv {

namespace {

constexpr unsigned segment_count = 8;
constexpr unsigned feature_count = 8;

struct Feature {
  unsigned bits;
  bool is_signed;
  int limit;
};
constexpr std::array<Feature, feature_count> features = {{{8, true, 255},
                                                          {6, true, 63},
                                                          {6, true, 63},
                                                          {6, true, 63},
                                                          {6, true, 63},
                                                          {3, false, 7},
                                                          {0, false, 0},
                                                          {0, false, 0}}};

char read_delta(BitReader& in) { return static_cast<char>(in.flag() ? in.su(7) : 0); }

void read_features(BitReader& in, CUVIDAV1PICPARAMS& av1) {
  for (unsigned segment = 0; segment < segment_count; segment++) {
    av1.segmentation_feature_mask[segment] = 0;
    for (unsigned i = 0; i < feature_count; i++) {
      const Feature& feature = features[i];
      int value = 0;
      if (in.flag()) {
        av1.segmentation_feature_mask[segment] |= static_cast<unsigned char>(1U << i);
        value = feature.is_signed ? in.su(feature.bits + 1) : static_cast<int>(in.f(feature.bits));
        value = std::clamp(value, feature.is_signed ? -feature.limit : 0, feature.limit);
      }
      av1.segmentation_feature_data[segment][i] = static_cast<short>(value);
    }
  }
}

}  // namespace

void read_quantization(HeaderContext& context) {
  auto& [in, sequence, slots, frame] = context;
  CUVIDAV1PICPARAMS& av1 = frame.av1;
  av1.base_qindex = static_cast<unsigned char>(in.f(8));
  av1.qp_y_dc_delta_q = read_delta(in);
  if (!sequence.mono_chrome) {
    const bool apart = sequence.separate_uv_delta_q && in.flag();
    av1.qp_u_dc_delta_q = read_delta(in);
    av1.qp_u_ac_delta_q = read_delta(in);
    av1.qp_v_dc_delta_q = apart ? read_delta(in) : av1.qp_u_dc_delta_q;
    av1.qp_v_ac_delta_q = apart ? read_delta(in) : av1.qp_u_ac_delta_q;
  }
  av1.using_qmatrix = in.flag();
  if (!av1.using_qmatrix) return;
  av1.qm_y = static_cast<unsigned char>(in.f(4));
  av1.qm_u = static_cast<unsigned char>(in.f(4));
  av1.qm_v = sequence.separate_uv_delta_q ? static_cast<unsigned char>(in.f(4)) : av1.qm_u;
}

void read_segmentation(HeaderContext& context) {
  auto& [in, sequence, slots, frame] = context;
  CUVIDAV1PICPARAMS& av1 = frame.av1;
  av1.segmentation_enabled = in.flag();
  if (!av1.segmentation_enabled) {
    std::ranges::fill(av1.segmentation_feature_mask, 0);
    for (auto& data : av1.segmentation_feature_data) std::ranges::fill(data, 0);
    return;
  }
  const bool alone = frame.primary_ref_frame == no_primary_reference;
  av1.segmentation_update_map = alone || in.flag();
  av1.segmentation_temporal_update = !alone && av1.segmentation_update_map && in.flag();
  av1.segmentation_update_data = alone || in.flag();
  if (av1.segmentation_update_data) read_features(in, av1);
}

void read_block_deltas(HeaderContext& context) {
  auto& [in, sequence, slots, frame] = context;
  CUVIDAV1PICPARAMS& av1 = frame.av1;
  av1.delta_q_present = av1.base_qindex > 0 && in.flag();
  if (!av1.delta_q_present) return;
  av1.delta_q_res = in.f(2) & 3;
  av1.delta_lf_present = !av1.allow_intrabc && in.flag();
  if (!av1.delta_lf_present) return;
  av1.delta_lf_res = in.f(2) & 3;
  av1.delta_lf_multi = in.flag();
}

bool is_coded_lossless(const FrameHeader& frame) {
  const CUVIDAV1PICPARAMS& av1 = frame.av1;
  if (av1.qp_y_dc_delta_q || av1.qp_u_dc_delta_q || av1.qp_u_ac_delta_q || av1.qp_v_dc_delta_q ||
      av1.qp_v_ac_delta_q) {
    return false;
  }
  for (unsigned segment = 0; segment < segment_count; segment++) {
    int index = av1.base_qindex;
    if (av1.segmentation_enabled && av1.segmentation_feature_mask[segment] & 1) {
      index = std::clamp(index + av1.segmentation_feature_data[segment][0], 0, 255);
    }
    if (index != 0) return false;
  }
  return true;
}

}  // namespace refdrv::nv
