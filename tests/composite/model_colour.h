// SPDX-License-Identifier: LGPL-2.1-or-later
// The model's colour: written from docs/compositor.md and the standards that it names, and sharing
// nothing with gst/composite.
#pragma once

#include <gst/video/video.h>

#include <array>
#include <cstdint>

#include "composite/planner.h"

namespace av1hw::test {

using Vec3 = std::array<double, 3>;

// The meaning of a picture's components, which are normalised: code value / (2^depth - 1).
class ModelColour {
 public:
  explicit ModelColour(const GstVideoInfo& info);

  Vec3 to_signal(const Vec3& components) const;  // R'G'B'
  Vec3 to_components(const Vec3& signal) const;  // and back
  Vec3 to_light(const Vec3& signal) const;       // reference white: 1
  Vec3 from_light(const Vec3& light) const;
  bool hdr() const;
  bool same_light(const ModelColour& other) const;
  bool same_code(const ModelColour& other) const;
  // Light of these primaries as that of another's.
  Vec3 light_for(const ModelColour& other, const Vec3& light) const;
  Vec3 black() const { return to_components({0, 0, 0}); }

 private:
  struct Chromaticities {
    double red[2], green[2], blue[2], white[2];
    bool operator==(const Chromaticities&) const = default;
  };
  static Chromaticities chromaticities(GstVideoColorPrimaries primaries);
  static std::array<Vec3, 3> xyz_of(const Chromaticities& of);
  double hlg_luminance(const Vec3& rgb) const;

  bool rgb_ = false, full_ = false;
  int depth_ = 8;
  double kr_ = 0, kb_ = 0;
  GstVideoTransferFunction curve_ = GST_VIDEO_TRANSFER_UNKNOWN;
  Chromaticities primaries_ = {};
};

// cd/m2 of a stream's peak, as units of reference white.
double model_peak(const HdrLuminance& luminance);
Vec3 model_tone_map(ToneMap kind, double peak, const Vec3& light);

}  // namespace av1hw::test
