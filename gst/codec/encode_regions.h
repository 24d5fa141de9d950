// SPDX-License-Identifier: LGPL-2.1-or-later
// Regions of interest that come with frames.
#pragma once

#include <vector>

#include "codec/encode_backend.h"

namespace av1hw {

constexpr size_t max_regions_of_interest = 32;

// The GstVideoRegionOfInterestMeta of `frame` that say a quantizer, within the picture of `info`,
// at most max_regions_of_interest of them. A meta says it in a parameter "roi/...", of which
// "roi/av1hw" counts before others, as an int: `delta-q`, on the base_q_idx scale, or `delta-qp`,
// which other encoders have too, in steps of H.264's and H.265's quantizer.
std::vector<RegionOfInterest> collect_regions(GstBuffer* frame, const GstVideoInfo& info);

}  // namespace av1hw
