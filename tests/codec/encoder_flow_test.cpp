// SPDX-License-Identifier: LGPL-2.1-or-later
// What goes into the stateless encoder comes out, once and in order; and what becomes of it where
// the driver fails, is busy or is flushed.
#include <chrono>
#include <future>

#include "codec/stateless_encoder_fixture.h"
#include "support/no_threads.h"

namespace av1hw::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto moment = 50ms;

TEST_F(StatelessEncoderTest, EachFrameIsAUnitInOrder) {
  open();
  EXPECT_TRUE(encoder->is_asynchronous());
  EXPECT_EQ(encoder->latency_frames(), 0U);
  encode(20);
  drain();
  EXPECT_EQ(types(follow()), "kppppppppppppppppppp");
  EXPECT_THAT(client.warnings, ElementsAre());
}

TEST_F(StatelessEncoderTest, UnitsComeOutWithoutAFurtherFrame) {
  open();
  encode(1);
  client.wait_for_units(1);
  EXPECT_EQ(types(follow()), "k");
  encode(1);
  client.wait_for_units(1);
  EXPECT_EQ(types(follow()), "p");
}

TEST_F(StatelessEncoderTest, BFramesComeOutInTheOrderInWhichTheyAreShown) {
  settings.b_frames = 3;
  open();
  EXPECT_EQ(encoder->latency_frames(), 3U);
  encode(10);
  drain();
  const auto units = follow();
  // The anchor and the middle of a group are coded, hidden, with the first that is shown.
  ASSERT_EQ(units.size(), 10U);
  EXPECT_GT(units[1].frames, 1U);
  EXPECT_TRUE(units[4].shows_existing);
  bool backward = false;
  for (const SubmittedEncode& picture : script.submitted)
    backward = backward || picture.header.reference_select;
  EXPECT_TRUE(backward);
}

// Surfaces of frames that came in stand for the frames here.
TEST_F(StatelessEncoderTest, NoMoreFramesAreHeldThanItSays) {
  script.limits.max_in_flight = 3;
  for (const unsigned b_frames : {0U, 3U}) {
    SCOPED_TRACE(b_frames);
    settings.b_frames = b_frames;
    open();
    EXPECT_EQ(encoder->frames_in_use(), b_frames + 3 + 1);
    script.most_inputs = 0;
    script.hold_pictures();
    auto encoding = std::async(std::launch::async, [this] { encode(20); });
    EXPECT_EQ(encoding.wait_for(moment), std::future_status::timeout);
    script.let_pictures_go();
    encoding.get();
    drain();
    EXPECT_EQ(follow().size(), 20U);
    EXPECT_LE(script.most_inputs, encoder->frames_in_use());
    // Two of a group are coded when it has to wait for the key frame before it.
    EXPECT_GE(script.most_inputs, b_frames == 0 ? 4U : 5U);
  }
}

TEST_F(StatelessEncoderTest, EncodeWaitsForTheDriverOnlyWhereAllItTakesIsInFlight) {
  script.limits.max_in_flight = 3;
  open();
  script.hold_pictures();
  encode(3);
  auto fourth = std::async(std::launch::async, [this] { encode(1); });
  EXPECT_EQ(fourth.wait_for(moment), std::future_status::timeout);
  script.let_pictures_go();
  fourth.get();
  drain();
  EXPECT_EQ(follow().size(), 4U);
  EXPECT_EQ(script.most_unwaited, 3U);
}

class BusyDriver : public StatelessEncoderTest {
 protected:
  // Two frames fit, with as many surfaces as there are; the third has to wait.
  void expect_third_to_wait() {
    script.limits.slots = 1;
    open();
    script.hold_pictures();
    encode(2);
    auto third = std::async(std::launch::async, [this] { encode(1); });
    EXPECT_EQ(third.wait_for(moment), std::future_status::timeout);
    EXPECT_EQ(script.most_unwaited, 2U);
    script.let_pictures_go();
    third.get();
    encode(7);
    drain();
    EXPECT_EQ(types(follow()), "kppppppppp");
  }
};

TEST_F(BusyDriver, IsAskedForATargetAgainWhenAPictureIsFinished) {
  script.targets = 2;
  expect_third_to_wait();
  EXPECT_GT(script.acquires, 10U);
}

TEST_F(BusyDriver, IsAskedForAnInputAgainWhenAPictureIsFinished) {
  script.inputs = 2;
  expect_third_to_wait();
  EXPECT_GT(script.inputs_made, 10U);
}

TEST_F(BusyDriver, IsGivenAPictureAgain) {
  script.submit_errors[1] = {ErrorCode::Busy, "every coded buffer is in use"};
  open();
  script.hold_pictures();
  encode(1);
  auto second = std::async(std::launch::async, [this] { encode(1); });
  EXPECT_EQ(second.wait_for(moment), std::future_status::timeout);
  script.let_pictures_go();
  second.get();
  drain();
  EXPECT_EQ(types(follow()), "kp");
  EXPECT_EQ(script.submits, 3U);
}

TEST_F(StatelessEncoderTest, ADriverThatIsBusyWithNothingEndsEncoding) {
  script.acquire_errors[0] = {ErrorCode::Busy, "no surface"};
  open();
  const auto encoded = encode(frame());
  ASSERT_FALSE(encoded);
  EXPECT_EQ(encoded.error().code, ErrorCode::Busy);
  EXPECT_TRUE(client.failures().empty());
  const auto again = encode(frame());
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().message, "no surface");
}

TEST_F(StatelessEncoderTest, AnErrorOnTheWorkerIsSaidOnceAndThenByEveryCall) {
  script.wait_errors[1] = {ErrorCode::DeviceLost, "the device is gone"};
  open();
  script.hold_pictures();
  encode(3);
  script.let_pictures_go();
  client.wait_for_failure();
  const auto encoded = encode(frame());
  ASSERT_FALSE(encoded);
  EXPECT_EQ(encoded.error().code, ErrorCode::DeviceLost);
  EXPECT_FALSE(encoder->drain());
  EXPECT_FALSE(encoder->set_bitrate(1));
  encoder->flush();
  EXPECT_FALSE(encode(frame()));
  EXPECT_EQ(client.failures().size(), 1U);
  EXPECT_EQ(follow().size(), 1U);
  EXPECT_EQ(script.waited, 2U);
}

TEST_F(StatelessEncoderTest, AnEncoderThatFailedMayBeOpenedAgain) {
  script.wait_errors[0] = {ErrorCode::DeviceLost, "the device is gone"};
  open();
  encode(1);
  client.wait_for_failure();
  open();
  first_out = next;
  encode(2);
  drain();
  EXPECT_EQ(types(follow()), "kp");
}

TEST_F(StatelessEncoderTest, WhatADriverRefusesEndsEncoding) {
  script.submit_errors[1] = {ErrorCode::InvalidData, "refused"};
  open();
  encode(1);
  const auto encoded = encode(frame());
  ASSERT_FALSE(encoded);
  // Not InvalidData, which would say that the next frame is fine.
  EXPECT_EQ(encoded.error().code, ErrorCode::Failed);
  EXPECT_EQ(encoded.error().message, "refused");
  client.wait_for_units(1);
  EXPECT_EQ(types(follow()), "k");
}

TEST_F(StatelessEncoderTest, AFrameThatCannotBeReadIsLostAlone) {
  script.input_errors[1] = {ErrorCode::InvalidData, "not mapped"};
  open();
  encode(1);
  const InputFrame lost = frame();
  const auto encoded = encode(lost);
  ASSERT_FALSE(encoded);
  EXPECT_EQ(encoded.error().code, ErrorCode::InvalidData);
  encode(2);
  drain();
  auto units = client.take_units();
  ASSERT_EQ(units.size(), 3U);
  EXPECT_EQ(units[1].frame_number, lost.frame_number + 1);
}

TEST_F(StatelessEncoderTest, ErrorsOfOpening) {
  script.open_errors[0] = {ErrorCode::Busy, "no session"};
  auto opened = encoder->open(settings, input, client);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::Busy);
  script.configure_errors[0] = {ErrorCode::OutOfMemory, "no memory"};
  opened = encoder->open(settings, input, client);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().message, "no memory");
  EXPECT_FALSE(encode(frame()));
}

TEST_F(StatelessEncoderTest, WithoutAThreadItDoesNotOpen) {
  {
    const NoThreads none;
    const auto opened = encoder->open(settings, input, client);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::Busy);
    EXPECT_THAT(opened.error().message, HasSubstr("no thread"));
    EXPECT_FALSE(encode(frame()));
    encoder->flush();
  }
  open();
  first_out = next;
  encode(1);
  drain();
  EXPECT_EQ(types(follow()), "k");
}

TEST_F(StatelessEncoderTest, AfterDrainComesAKeyFrame) {
  settings.b_frames = 2;
  open();
  encode(5);
  drain();
  EXPECT_EQ(follow().size(), 5U);
  encode(2);
  drain();
  const auto units = follow();
  ASSERT_EQ(units.size(), 2U);
  EXPECT_TRUE(units[0].key_frame);
  drain();
  EXPECT_TRUE(follow().empty());
}

TEST_F(StatelessEncoderTest, FlushDropsWhatIsHeldAndWhatIsInFlight) {
  settings.b_frames = 3;
  script.limits.max_in_flight = 8;
  open();
  encode(1);
  client.wait_for_units(1);
  script.hold_pictures();
  encode(6);
  auto flushed = std::async(std::launch::async, [this] { encoder->flush(); });
  EXPECT_EQ(flushed.wait_for(moment), std::future_status::timeout);
  script.let_pictures_go();
  flushed.get();
  EXPECT_EQ(types(follow()), "k");
  first_out = next;
  encode(1);
  drain();
  EXPECT_EQ(types(follow()), "k");
}

TEST_F(StatelessEncoderTest, TheEndDropsWhatIsInFlight) {
  open();
  encode(4);
  encoder.reset();
  EXPECT_EQ(script.alive, 0U);
}

TEST_F(StatelessEncoderTest, AClientThatIsSlowHoldsNoSurfaces) {
  std::promise<void> gate;
  auto opened = gate.get_future().share();
  script.limits.slots = 1;
  open();
  client.on_output = [&] { opened.wait(); };
  encode(1);
  const auto until = std::chrono::steady_clock::now() + 10s;
  unsigned alive = 2;
  while (alive > 1 && std::chrono::steady_clock::now() < until) {
    const std::lock_guard guard(script.lock);
    alive = script.alive;
  }
  // The reference's alone.
  EXPECT_EQ(alive, 1U);
  gate.set_value();
  drain();
  EXPECT_EQ(follow().size(), 1U);
}

TEST_F(StatelessEncoderTest, ForcedKeyFrames) {
  open();
  for (unsigned i = 0; i < 8; ++i) {
    InputFrame one = frame();
    one.force_key_frame = i == 3 || i == 4;
    ASSERT_TRUE(encode(one));
  }
  drain();
  EXPECT_EQ(types(follow()), "kppkkppp");
}

TEST_F(StatelessEncoderTest, AForcedKeyFrameEndsAGroupOfBFrames) {
  settings.b_frames = 3;
  open();
  for (unsigned i = 0; i < 8; ++i) {
    InputFrame one = frame();
    one.force_key_frame = i == 3;
    ASSERT_TRUE(encode(one));
  }
  drain();
  const auto units = follow();
  ASSERT_EQ(units.size(), 8U);
  EXPECT_TRUE(units[3].key_frame);
}

TEST_F(StatelessEncoderTest, EncodingBeforeOpeningFails) {
  EXPECT_FALSE(encode(frame()));
  EXPECT_TRUE(encoder->drain());
  encoder->flush();
}

}  // namespace
}  // namespace av1hw::test
