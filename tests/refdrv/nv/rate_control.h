// SPDX-License-Identifier: LGPL-2.1-or-later
// Chooses quantizers so that a bitrate is about kept.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace refdrv::nv {

struct BitrateSettings {
  uint32_t bitrate = 0;  // bits a second
  double frame_rate = 30;
  unsigned min_quantizer = 0;  // base_q_idx
  unsigned max_quantizer = 255;
};

// Pictures of a kind take about as many bits as each other.
enum class PictureKind : uint8_t { Key, Reference, Other };

// What NVENC's own does, nobody outside of NVIDIA knows. This one knows no content and no buffer: a
// picture is expected to take the bits that the last of its kind would have.
class RateController {
 public:
  // base_q_idx of the next picture.
  unsigned choose(const BitrateSettings& settings, PictureKind kind) const;
  void coded(const BitrateSettings& settings, PictureKind kind, unsigned quantizer, size_t bits);

 private:
  struct Last {
    double complexity = 0;  // bits that it would have taken at quantizer 0; 0: there was none
    double quantizer = 0;
  };
  Last last_of(PictureKind kind) const;

  std::array<Last, 3> last_ = {};  // of each kind
  double surplus_ = 0;             // bits above what was allowed so far
};

}  // namespace refdrv::nv
