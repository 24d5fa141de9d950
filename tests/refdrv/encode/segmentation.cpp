// SPDX-License-Identifier: LGPL-2.1-or-later
// What a frame's segmentation says (specification, sections 5.9.14, 5.11.9, 7.12.2).
#include "refdrv/encode/segmentation.h"

#include <algorithm>

namespace refdrv::encode {

namespace {

unsigned neg_deinterleave(unsigned diff, unsigned ref, unsigned max) {
  if (ref == 0) return diff;
  if (ref >= max - 1) return max - diff - 1;
  const bool low = 2 * ref < max;
  const unsigned around = low ? 2 * ref : 2 * (max - ref - 1);
  if (diff <= around) return diff & 1 ? ref + ((diff + 1) >> 1) : ref - (diff >> 1);
  return low ? diff : max - (diff + 1);
}

}  // namespace

Segmentation::Segmentation(const CUVIDAV1PICPARAMS& av1) : av1_(&av1) {
  if (!enabled()) return;
  for (unsigned segment = 0; segment < max_segments; segment++) {
    const unsigned mask = av1.segmentation_feature_mask[segment];
    if (mask != 0) last_active_ = segment;
    pre_skip_ = pre_skip_ || mask >> seg_lvl_ref_frame != 0;
  }
}

bool Segmentation::has(unsigned segment, SegmentFeature feature) const {
  return enabled() && (av1_->segmentation_feature_mask[segment] >> feature & 1);
}

int Segmentation::data(unsigned segment, SegmentFeature feature) const {
  return av1_->segmentation_feature_data[segment][feature];
}

unsigned Segmentation::qindex(unsigned segment) const {
  const int base = av1_->base_qindex;
  const int delta = has(segment, seg_lvl_alt_q) ? data(segment, seg_lvl_alt_q) : 0;
  return static_cast<unsigned>(std::clamp(base + delta, 0, 255));
}

bool Segmentation::lossless(unsigned segment) const {
  return qindex(segment) == 0 && av1_->qp_y_dc_delta_q == 0 && av1_->qp_u_dc_delta_q == 0 &&
         av1_->qp_u_ac_delta_q == 0 && av1_->qp_v_dc_delta_q == 0 && av1_->qp_v_ac_delta_q == 0;
}

unsigned neg_interleave(unsigned segment, unsigned predicted, unsigned segments) {
  unsigned diff = 0;
  while (diff + 1 < segments && neg_deinterleave(diff, predicted, segments) != segment) diff++;
  return diff;
}

}  // namespace refdrv::encode
