// SPDX-License-Identifier: LGPL-2.1-or-later
// What a VA driver's answers about one encoder come to: pure, so that it is tested without a
// driver.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "codec/encode_backend.h"
#include "vaapi/va_answers.h"
#include "vaapi/va_quirks.h"

namespace av1hw {

struct VaEncodeFeatures {
  VAProfile profile = VAProfileNone;
  VAEntrypoint entrypoint = VAEntrypointEncSlice;
  uint32_t rate_controls = VA_RC_CQP;  // VA_RC_*
  // For any size, and any mode of rate control.
  EncodeLimits limits;
  unsigned max_tiles = 1;
  unsigned min_tile_superblocks = 1;
  bool chooses_tile_columns = false;
  unsigned quality_levels = 1;  // 1 is the best, and all that there is where this is 1
  bool quality_is_bits = false;
  unsigned max_regions = 0;           // of interest
  bool regions_with_bitrate = false;  // their quantizers count also where the driver chooses them
  bool layer_bitrates = false;        // each temporal layer has its own
};

bool is_va_encoder(VAEntrypoint entrypoint);

// Why a driver's encoder can't be used; empty: it can.
std::string va_encode_obstacle(const VaConfigAnswers& config);

// Of the encoders of this profile that can be used, that which does most; of equals, not the one of
// low power. nullptr: there is none.
const VaConfigAnswers* choose_va_encoder(const std::vector<VaConfigAnswers>& configs,
                                         VAProfile profile);

VaEncodeFeatures va_encode_features(const VaConfigAnswers& config, const VaQuirks& quirks);

// The mode of a driver that offers `offered` (VA_RC_*) for one of ours; 0: it has none. `bounded`:
// constant quality is to keep within a bitrate, where the driver has a mode that does.
uint32_t va_rate_control(RateControl mode, uint32_t offered, bool bounded = false);

// `features`, for a picture of this size in this mode.
EncodeLimits va_encode_limits(const VaEncodeFeatures& features, RateControl mode, unsigned width,
                              unsigned height);

// Whether regions of interest have their quantizers in this mode.
bool va_takes_regions(const VaEncodeFeatures& features, RateControl mode);

// What `features` are as words of a report: "low-power", "cbr", "references=3", "b-frames", ...
std::vector<std::string> va_feature_names(const VaEncodeFeatures& features);

}  // namespace av1hw
