// SPDX-License-Identifier: LGPL-2.1-or-later
// The reference NVENC's rate control, with pictures that take what a formula says.
#include "refdrv/nv/rate_control.h"

#include <gtest/gtest.h>

#include <cmath>

namespace refdrv::nv {
namespace {

class Pictures {
 public:
  explicit Pictures(const BitrateSettings& settings) : settings_(settings) {}

  // Bits of a second of pictures, the first of which is a key frame.
  double second() {
    double sum = 0;
    for (int i = 0; i < 30; i++) sum += code(i == 0 ? PictureKind::Key : PictureKind::Reference);
    return sum;
  }
  double code(PictureKind kind) {
    quantizer = control_.choose(settings_, kind);
    const double complexity = kind == PictureKind::Key ? 4e6 : 1e6;
    // Not what the control reckons with.
    const double bits = complexity * std::exp2(-static_cast<double>(quantizer) / 30);
    control_.coded(settings_, kind, quantizer, static_cast<size_t>(bits));
    return bits;
  }

  BitrateSettings settings_;
  unsigned quantizer = 0;

 private:
  RateController control_;
};

TEST(RateControl, KeepsABitrate) {
  Pictures pictures({.bitrate = 3'000'000});
  pictures.second();
  EXPECT_NEAR(pictures.second(), 3e6, 3e5);
  pictures.settings_.bitrate = 600'000;
  pictures.second();
  EXPECT_NEAR(pictures.second(), 6e5, 6e4);
}

TEST(RateControl, StaysWithinItsBounds) {
  Pictures coarse({.bitrate = 1, .min_quantizer = 40, .max_quantizer = 120});
  for (int i = 0; i < 20; i++) {
    coarse.code(PictureKind::Other);
    EXPECT_LE(coarse.quantizer, 120U);
  }
  EXPECT_EQ(coarse.quantizer, 120U);
  Pictures fine({.bitrate = 100'000'000, .min_quantizer = 40, .max_quantizer = 120});
  for (int i = 0; i < 20; i++) {
    fine.code(PictureKind::Reference);
    EXPECT_GE(fine.quantizer, 40U);
  }
  EXPECT_EQ(fine.quantizer, 40U);
}

}  // namespace
}  // namespace refdrv::nv
