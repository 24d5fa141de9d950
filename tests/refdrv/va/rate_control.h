// SPDX-License-Identifier: LGPL-2.1-or-later
// Chooses quantizers so that a bitrate is about kept.
#pragma once

#include <va/va.h>

#include <array>
#include <cstdint>

#include "refdrv/resynth/result.h"
#include "refdrv/va/objects.h"

namespace refdrv::va {

// What clients set with VAEncMiscParameterBuffer, and the picture's parameters.
struct RateSettings {
  uint32_t mode = VA_RC_CQP;
  uint64_t bits_per_second = 0;  // to keep; 0: nobody has said
  double frames_per_second = 30;
  unsigned quality = 0;  // of ICQ and QVBR
  unsigned min_quantizer = 1;
  unsigned max_quantizer = 255;
  unsigned regions = 0;  // of interest; they count and change nothing

  bool needs_bitrate() const {
    return mode == VA_RC_CBR || mode == VA_RC_VBR || mode == VA_RC_QVBR || mode == VA_RC_TCBRC;
  }
};

// Reads one buffer of miscellaneous parameters.
Result<> read_misc(const Buffer& buffer, RateSettings& settings);

class RateController {
 public:
  // base_q_idx of the next picture. `initial`: for the first one of its kind.
  uint8_t choose(const RateSettings& settings, bool key, unsigned initial) const;
  void coded(const RateSettings& settings, bool key, unsigned quantizer, size_t bits);

 private:
  // How many bits pictures of a kind take, told apart from the quantizer; 0: none was coded.
  struct Kind {
    double complexity = 0;
  };
  double target_bits(const RateSettings& settings, bool key) const;

  std::array<Kind, 2> kinds_;
  double surplus_ = 0;  // bits above what was allowed so far
};

}  // namespace refdrv::va
