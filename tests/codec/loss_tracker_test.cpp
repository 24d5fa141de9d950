// SPDX-License-Identifier: LGPL-2.1-or-later
// Which pictures count as corrupt after a loss.
#include "codec/loss_tracker.h"

#include <gtest/gtest.h>

namespace av1hw {
namespace {

TEST(LossTracker, NothingIsCorruptWithoutALoss) {
  LossTracker losses;
  EXPECT_FALSE(losses.is_corrupt(0, true));
  EXPECT_FALSE(losses.is_corrupt(1, false));
}

// With several frames in flight, a loss is known before what precedes it comes out.
TEST(LossTracker, PicturesBeforeTheLossAreGood) {
  LossTracker losses;
  losses.lost(5);
  EXPECT_FALSE(losses.is_corrupt(4, false));
  EXPECT_TRUE(losses.is_corrupt(5, false));
  EXPECT_TRUE(losses.is_corrupt(6, false));
  EXPECT_FALSE(losses.is_corrupt(7, true));
  EXPECT_FALSE(losses.is_corrupt(8, false));
}

TEST(LossTracker, ADamagedKeyFrameIsNoFreshStart) {
  LossTracker losses;
  losses.lost(5);
  EXPECT_TRUE(losses.is_corrupt(5, true));
  EXPECT_TRUE(losses.is_corrupt(6, false));
}

TEST(LossTracker, ADamagedKeyFrameAfterAnotherLossIsNone) {
  LossTracker losses;
  losses.lost(5);
  losses.lost(9);
  EXPECT_TRUE(losses.is_corrupt(5, false));
  EXPECT_TRUE(losses.is_corrupt(9, true));
  EXPECT_TRUE(losses.is_corrupt(10, false));
  EXPECT_FALSE(losses.is_corrupt(11, true));
}

TEST(LossTracker, AKeyFrameBetweenTwoLossesIsGood) {
  LossTracker losses;
  losses.lost(5);
  losses.lost(9);
  EXPECT_FALSE(losses.is_corrupt(7, true));
  EXPECT_FALSE(losses.is_corrupt(8, false));
  EXPECT_TRUE(losses.is_corrupt(9, false));
}

TEST(LossTracker, AnyNumberOfLosses) {
  LossTracker losses;
  for (uint64_t number = 0; number < 1000; number++) losses.lost(number);
  EXPECT_TRUE(losses.is_corrupt(0, false));
  EXPECT_TRUE(losses.is_corrupt(999, true));
  EXPECT_FALSE(losses.is_corrupt(1000, true));
}

TEST(LossTracker, AKeyFrameRightAfterAGapIsOne) {
  LossTracker losses;
  losses.lost_before(5);
  EXPECT_FALSE(losses.is_corrupt(5, true));
  EXPECT_FALSE(losses.is_corrupt(6, false));
}

}  // namespace
}  // namespace av1hw
