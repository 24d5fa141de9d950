// SPDX-License-Identifier: LGPL-2.1-or-later
// Plans of every structure, held to the rules that a decoder lives by.
#include "av1/gop_planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "gop_checker.h"

namespace av1hw {
namespace {

using ::testing::ElementsAre;
using testing::GopChecker;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Requests = std::function<void(GopFrameRequest&)>;

GopPlanner planner_of(const GopSettings& settings) {
  auto planner = GopPlanner::make(settings);
  EXPECT_TRUE(planner) << planner.error().message;
  return std::move(*planner);
}

std::vector<PlannedFrame> plan(
    const GopSettings& settings, uint64_t frames,
    const Requests& requests = [](GopFrameRequest&) {}) {
  GopPlanner planner = planner_of(settings);
  std::vector<PlannedFrame> out;
  for (uint64_t i = 0; i < frames; ++i) {
    GopFrameRequest request{.frame_number = i};
    requests(request);
    planner.push(request, out);
  }
  planner.drain(out);
  return out;
}

std::vector<std::string> faults_of(const GopSettings& settings,
                                   const std::vector<PlannedFrame>& planned, uint64_t frames,
                                   unsigned kept_layers = max_temporal_layers) {
  GopChecker checker(settings, kept_layers);
  for (const PlannedFrame& frame : planned) checker.take(frame);
  checker.finish(frames);
  return checker.faults();
}

// "K0 P1 ..." in coding order: K key, I intra-only, P inter; lower case hidden, x not kept, =
// show_existing_frame.
std::string text_of(const std::vector<PlannedFrame>& planned) {
  std::string text;
  for (const PlannedFrame& frame : planned) {
    if (!text.empty()) text += ' ';
    const std::string number = std::to_string(frame.frame_number);
    if (frame.show_existing_frame) {
      text += "=" + number;
      continue;
    }
    char type = frame.type == FrameType::Key ? 'K' : frame.type == FrameType::Inter ? 'P' : 'I';
    if (!frame.show_frame) type = static_cast<char>(type - 'A' + 'a');
    text += type + number + (frame.refresh_frame_flags == 0 ? "x" : "");
  }
  return text;
}

TEST(GopPlanner, LowDelayCodesInOrder) {
  GopSettings settings{.gop_size = 4};
  EXPECT_EQ(text_of(plan(settings, 6)), "K0 P1 P2 P3 K4 P5");
}

TEST(GopPlanner, TheNearestFramesAreReferredTo) {
  const auto planned = plan({.forward_references = 2}, 5);
  // Of frame 4: 3 is LAST_FRAME, and the key frame outlives what is between.
  const PlannedFrame& last = planned[4];
  EXPECT_EQ(last.forward_references, 2U);
  EXPECT_EQ(1U << last.ref_frame_idx[0], planned[3].refresh_frame_flags);
  EXPECT_EQ(last.backward_references, 0U);
}

TEST(GopPlanner, PyramidOfThreeBFrames) {
  const GopSettings settings{.b_frames = 3, .forward_references = 2, .backward_references = 2};
  EXPECT_EQ(text_of(plan(settings, 9)), "K0 p4 p2 P1x =2 P3x =4 p8 p6 P5x =6 P7x =8");
}

TEST(GopPlanner, FlatBFramesReferToAnchorsAlone) {
  const GopSettings settings{
      .b_frames = 3, .hierarchical = false, .forward_references = 1, .backward_references = 1};
  EXPECT_EQ(text_of(plan(settings, 6)), "K0 p4 P1x P2x P3x =4 P5");
}

TEST(GopPlanner, ProbabilitiesAreThoseOfTheSameLevel) {
  GopSettings settings{.b_frames = 3, .forward_references = 2, .backward_references = 2};
  const auto primary_of = [&](uint64_t number) {
    for (const PlannedFrame& frame : plan(settings, 9))
      if (frame.frame_number == number && !frame.show_existing_frame)
        return frame.primary_ref_frame;
    return primary_ref_none;
  };
  // Frame 2, between the anchors 0 and 4, goes on with those of the later one.
  EXPECT_GE(primary_of(2), max_forward_references);
  settings.primary_is_last = true;
  for (uint64_t number = 1; number < 9; ++number) EXPECT_EQ(primary_of(number), 0) << number;
}

TEST(GopPlanner, AForcedKeyFrameClosesTheGroup) {
  const GopSettings settings{.b_frames = 3, .forward_references = 2, .backward_references = 1};
  const auto planned =
      plan(settings, 7, [](GopFrameRequest& r) { r.force_key_frame = r.frame_number == 3; });
  EXPECT_EQ(text_of(planned), "K0 p2 P1x =2 K3 p6 P4 P5x =6");
}

TEST(GopPlanner, OpenGopsShowTheKeyFrameLast) {
  const GopSettings settings{.gop_size = 4,
                             .open_gop = true,
                             .b_frames = 3,
                             .forward_references = 2,
                             .backward_references = 1};
  const auto planned = plan(settings, 6);
  EXPECT_EQ(text_of(planned), "K0 k4 p2 P1x =2 P3x =4 P5");
  EXPECT_EQ(planned[6].type, FrameType::Key);
  EXPECT_EQ(planned[6].refresh_frame_flags, all_frames);
}

TEST(GopPlanner, TemporalLayersOfL1T3) {
  const GopSettings settings{.temporal_layers = 3};
  const auto planned = plan(settings, 6);
  std::vector<unsigned> layers;
  for (const auto& frame : planned) layers.push_back(frame.temporal_id);
  EXPECT_THAT(layers, ElementsAre(0, 2, 1, 2, 0, 2));
  EXPECT_EQ(text_of(planned), "K0 P1x P2 P3x P4 P5x");
}

TEST(GopPlanner, IntraRefreshLeavesNothingBeforeItToReferTo) {
  const GopSettings settings{.forward_references = 4, .intra_refresh_period = 3};
  const auto planned = plan(settings, 6);
  EXPECT_EQ(text_of(planned), "K0 P1 P2 I3 P4 P5");
  // Frame 4 refers to frame 3 alone, by whichever of its slots.
  EXPECT_EQ(planned[4].forward_references, 1U);
  for (const uint8_t slot : planned[4].ref_frame_idx)
    EXPECT_NE(planned[3].refresh_frame_flags >> slot & 1, 0);
}

TEST(GopPlanner, ALongTermReferenceIsKeptAndUsedAlone) {
  const GopSettings settings{.forward_references = 4, .long_term_references = 1};
  const auto planned = plan(settings, 40, [](GopFrameRequest& r) {
    if (r.frame_number == 2) r.mark_long_term = 0;
    if (r.frame_number == 39) r.use_long_term = 0;
  });
  EXPECT_THAT(faults_of(settings, planned, 40), IsEmpty());
  const PlannedFrame& user = planned[39];
  EXPECT_EQ(user.type, FrameType::Inter);
  EXPECT_EQ(user.forward_references, 1U);
  for (const uint8_t slot : user.ref_frame_idx)
    EXPECT_EQ(1U << slot, planned[2].refresh_frame_flags);
  for (size_t i = 3; i < 40; ++i)
    EXPECT_EQ(planned[i].refresh_frame_flags & planned[2].refresh_frame_flags, 0) << i;
}

TEST(GopPlanner, WithoutTheLongTermReferenceAKeyFrameIsCoded) {
  const GopSettings settings{.long_term_references = 2};
  const auto planned = plan(settings, 6, [](GopFrameRequest& r) {
    if (r.frame_number == 1) r.mark_long_term = 0;
    if (r.frame_number == 2) r.force_key_frame = true;
    if (r.frame_number == 4) r.use_long_term = 0;
  });
  EXPECT_EQ(text_of(planned), "K0 P1 K2 P3 K4 P5");
}

TEST(GopPlanner, NothingLooksPastARecovery) {
  const GopSettings settings{.forward_references = 4, .long_term_references = 1};
  const auto planned = plan(settings, 12, [](GopFrameRequest& r) {
    if (r.frame_number == 2) r.mark_long_term = 0;
    if (r.frame_number == 8) r.use_long_term = 0;
  });
  // Frame 9 has frame 8 and the long-term reference, and nothing of what came between.
  const unsigned allowed = planned[8].refresh_frame_flags | planned[2].refresh_frame_flags;
  for (const uint8_t slot : planned[9].ref_frame_idx) EXPECT_NE(allowed >> slot & 1, 0U);
  EXPECT_LE(planned[9].forward_references, 2U);
}

TEST(GopPlanner, ALongTermReferenceThatIsTooOldIsAKeyFrame) {
  const GopSettings settings{.long_term_references = 1, .order_hint_bits = 5};
  const auto planned = plan(settings, 20, [](GopFrameRequest& r) {
    if (r.frame_number == 1) r.mark_long_term = 0;
    if (r.frame_number == 16) r.use_long_term = 0;
    if (r.frame_number == 18) r.use_long_term = 0;
  });
  EXPECT_EQ(planned[16].type, FrameType::Inter);
  EXPECT_EQ(planned[18].type, FrameType::Key);
}

TEST(GopPlanner, ReferencesThatWereNotSetUpAreNotThere) {
  for (const unsigned count : {0U, 4U}) {
    const GopSettings settings{.long_term_references = count};
    const auto planned = plan(settings, 30, [](GopFrameRequest& r) {
      r.mark_long_term = static_cast<unsigned>(4 + r.frame_number % 8);
      if (r.frame_number == 20) r.use_long_term = 5;
    });
    EXPECT_THAT(faults_of(settings, planned, 30), IsEmpty());
    EXPECT_EQ(planned[20].type, FrameType::Key);
  }
}

TEST(GopPlanner, AKeyFrameMayBeALongTermReference) {
  const GopSettings settings{.long_term_references = 1};
  const auto planned = plan(settings, 30, [](GopFrameRequest& r) {
    if (r.frame_number == 0) r.mark_long_term = 0;
    if (r.frame_number == 29) r.use_long_term = 0;
  });
  EXPECT_THAT(faults_of(settings, planned, 30), IsEmpty());
  EXPECT_EQ(planned[29].type, FrameType::Inter);
}

TEST(GopPlanner, AfterAResetThereIsAKeyFrame) {
  GopPlanner planner =
      planner_of({.b_frames = 2, .forward_references = 1, .backward_references = 1});
  std::vector<PlannedFrame> out;
  for (uint64_t i = 0; i < 3; ++i) planner.push({.frame_number = i}, out);
  planner.reset();
  planner.push({.frame_number = 9}, out);
  EXPECT_EQ(text_of(out), "K0 K9");
}

TEST(GopPlanner, ContradictionsNameTheSetting) {
  const auto message_of = [](const GopSettings& settings) {
    auto planner = GopPlanner::make(settings);
    EXPECT_FALSE(planner);
    return planner ? std::string() : planner.error().message;
  };
  EXPECT_THAT(message_of({.b_frames = 32}), HasSubstr("b-frames is 32, outside of 0 to 31"));
  EXPECT_THAT(message_of({.b_frames = 3}), HasSubstr("can refer to later frames"));
  EXPECT_THAT(message_of({.open_gop = true}), HasSubstr("open GOPs need b-frames"));
  EXPECT_THAT(message_of({.b_frames = 1, .backward_references = 1, .temporal_layers = 2}),
              HasSubstr("temporal-layers and b-frames"));
  EXPECT_THAT(message_of({.b_frames = 7, .backward_references = 1, .slots = 3}),
              HasSubstr("take 4 reference slots, and the encoder has 3"));
  EXPECT_THAT(message_of({.b_frames = 4, .backward_references = 1, .order_hint_bits = 3}),
              HasSubstr("order hints have too few bits"));
}

// Every setting that is possible, held to the rules; random requests where a structure takes them.
TEST(GopPlanner, NoPlanBreaksARule) {
  std::mt19937 random(5);
  const auto below = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
  unsigned plans = 0;
  for (unsigned turn = 0; turn < 20000; ++turn) {
    GopSettings s;
    s.gop_size = below(3) == 0 ? 0 : 1 + below(40);
    s.b_frames = below(2) == 0 ? 0 : below(max_b_frames + 1);
    s.open_gop = below(2) == 0;
    s.hierarchical = below(3) != 0;
    s.low_delay_compound = below(2) == 0;
    s.forward_references = 1 + below(4);
    s.backward_references = below(4);
    s.slots = 1 + below(8);
    s.temporal_layers = 1 + below(3);
    s.long_term_references = below(5);
    s.intra_refresh_period = below(3) == 0 ? 1 + below(20) : 0;
    s.order_hint_bits = 3 + below(6);
    s.primary_is_last = below(2) == 0;
    if (!GopPlanner::make(s)) continue;
    ++plans;
    const uint64_t frames = 1 + below(150);
    const auto planned = plan(s, frames, [&](GopFrameRequest& r) {
      r.force_key_frame = below(50) == 0;
      if (s.long_term_references == 0) return;
      if (below(10) == 0) r.mark_long_term = below(s.long_term_references);
      if (below(10) == 0) r.use_long_term = below(s.long_term_references);
    });
    for (unsigned kept = 1; kept <= s.temporal_layers; ++kept) {
      ASSERT_THAT(faults_of(s, planned, frames, kept), IsEmpty())
          << "gop_size " << s.gop_size << " b " << s.b_frames << " open " << s.open_gop
          << " hierarchical " << s.hierarchical << " refs " << s.forward_references << "+"
          << s.backward_references << " slots " << s.slots << " layers " << s.temporal_layers
          << " (" << kept << " kept) long " << s.long_term_references << " intra "
          << s.intra_refresh_period << " bits " << s.order_hint_bits << ": " << text_of(planned);
    }
  }
  EXPECT_GT(plans, 1000U);
}

}  // namespace
}  // namespace av1hw
