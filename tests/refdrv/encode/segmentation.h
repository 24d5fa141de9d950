// SPDX-License-Identifier: LGPL-2.1-or-later
// What a frame's segmentation says, and of which segment blocks are made.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "refdrv/nv/parser/frame_header.h"

namespace refdrv::encode {

constexpr unsigned max_segments = 8;  // MAX_SEGMENTS
enum SegmentFeature : uint8_t {
  seg_lvl_alt_q = 0,
  seg_lvl_ref_frame = 5,
  seg_lvl_skip = 6,
  seg_lvl_globalmv = 7,
};

class Segmentation {
 public:
  Segmentation() = default;
  explicit Segmentation(const CUVIDAV1PICPARAMS& av1);

  bool enabled() const { return av1_ && av1_->segmentation_enabled; }
  bool update_map() const { return av1_->segmentation_update_map; }
  bool temporal_update() const { return av1_->segmentation_temporal_update; }
  bool pre_skip() const { return pre_skip_; }            // SegIdPreSkip
  unsigned last_active() const { return last_active_; }  // LastActiveSegId

  // seg_feature_active_idx() and FeatureData.
  bool has(unsigned segment, SegmentFeature feature) const;
  int data(unsigned segment, SegmentFeature feature) const;

  // get_qindex(), where no block changes CurrentQIndex.
  unsigned qindex(unsigned segment) const;
  bool lossless(unsigned segment) const;  // LosslessArray

 private:
  const CUVIDAV1PICPARAMS* av1_ = nullptr;
  bool pre_skip_ = false;
  unsigned last_active_ = 0;
};

// What segment_id has to be, for neg_deinterleave() to give `segment`.
unsigned neg_interleave(unsigned segment, unsigned predicted, unsigned segments);

}  // namespace refdrv::encode
