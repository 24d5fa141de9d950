// SPDX-License-Identifier: LGPL-2.1-or-later
// How NVENC's stand-in groups pictures.
#include "refdrv/nv/picture_order.h"

#include <gtest/gtest.h>

#include <string>

namespace refdrv::nv {
namespace {

// One letter a picture: K, P, B; a space between calls.
std::string letters(const std::vector<PlannedPicture>& planned) {
  std::string text;
  for (const auto& picture : planned) {
    text += picture.role == PictureRole::Key       ? 'K'
            : picture.role == PictureRole::Forward ? 'P'
                                                   : 'B';
  }
  return text + ' ';
}

std::string plan(const PictureOrder::Settings& settings, unsigned count, int forced_key = -1) {
  PictureOrder order;
  order.configure(settings);
  std::string text;
  for (unsigned i = 0; i < count; i++) {
    text += letters(order.add(i, static_cast<int>(i) == forced_key));
  }
  return text + '|' + letters(order.flush());
}

TEST(PictureOrder, HasNoDelayWithoutBidirectionalPictures) {
  EXPECT_EQ(plan({.key_period = 3, .interval = 1}, 5), "K P P K P | ");
}

TEST(PictureOrder, CodesKeyFramesOnly) { EXPECT_EQ(plan({.interval = 0}, 3), "K K K | "); }

TEST(PictureOrder, WaitsForAGroup) { EXPECT_EQ(plan({.interval = 3}, 6), "K   BBP   |BP "); }

TEST(PictureOrder, EndsAGroupBeforeAKeyFrame) {
  EXPECT_EQ(plan({.interval = 3}, 5, 3), "K   BPK  |P ");
}

TEST(PictureOrder, LooksAhead) {
  EXPECT_EQ(plan({.interval = 2, .lookahead = 2}, 6), "  K  BP  |BPP ");
}

}  // namespace
}  // namespace refdrv::nv
