// SPDX-License-Identifier: LGPL-2.1-or-later
// The stateless decoder: the order of output, what is held back, layers and the driver's answers.
#include "stateless_fixture.h"

namespace av1hw {
namespace {

using test::FrameSpec;

TEST_F(Stateless, PicturesStayInFlightUntilAnOutputIsDue) {
  script_.max_in_flight = 4;
  unit({sequence(), key()});
  EXPECT_EQ(decoder_->latency_frames(), 3u);
  unit({inter()});
  unit({inter()});
  EXPECT_TRUE(client_.pictures.empty());
  EXPECT_EQ(script_.waits, 0u);
  unit({inter()});
  EXPECT_EQ(client_.numbers(), (Numbers{0}));
  EXPECT_EQ(script_.waits, 1u);
  unit({inter()});
  EXPECT_EQ(client_.numbers(), (Numbers{0, 1}));
  drain();
  EXPECT_EQ(client_.numbers(), (Numbers{0, 1, 2, 3, 4}));
  EXPECT_EQ(script_.configs.at(0).pictures_in_flight, 4u);
}

TEST_F(Stateless, LatencyFollowsSettingsAndDriver) {
  struct Case {
    bool live;
    unsigned delay, driver, latency;
  };
  for (const Case& c : std::initializer_list<Case>{{false, 0, 4, 3},
                                                   {true, 0, 4, 0},
                                                   {false, 1, 4, 0},
                                                   {true, 2, 4, 1},
                                                   {false, 9, 4, 3},
                                                   {false, 0, 0, 0},
                                                   {false, 0, 99, 15}}) {
    input_.live = c.live;
    settings_.max_frame_delay = c.delay;
    script_.max_in_flight = c.driver;
    open();
    EXPECT_EQ(decoder_->latency_frames(), c.latency);
  }
}

TEST_F(Stateless, LivePicturesComeOutAtOnce) {
  input_.live = true;
  unit({sequence(), key()});
  EXPECT_EQ(client_.numbers(), (Numbers{0}));
  unit({inter()});
  EXPECT_EQ(client_.numbers(), (Numbers{0, 1}));
}

TEST_F(Stateless, LateFramesThatNothingRefersToAreLeftOut) {
  const Bytes unused = frame({.type = FrameType::Inter, .refresh = 0});
  input_.live = true;
  unit({sequence(), key()});
  unit({unused});
  late_ = true;
  unit({unused});
  unit({inter()});
  unit({unused});
  late_ = false;
  unit({unused});
  EXPECT_EQ(client_.numbers(), (Numbers{0, 1, 3, 5}));
  EXPECT_EQ(script_.submitted.size(), 4u);
  EXPECT_EQ(client_.late, (Numbers{2, 4}));
  EXPECT_EQ(client_.complaints(), "");
}

TEST_F(Stateless, BusyDriverIsRelievedOfTheOldestPicture) {
  script_.acquire_errors = {{2, {ErrorCode::Busy, "none is free"}},
                            {3, {ErrorCode::Busy, "none is free"}}};
  unit({sequence(), key()});
  unit({inter()});
  EXPECT_TRUE(client_.pictures.empty());
  unit({inter()});
  EXPECT_EQ(client_.numbers(), (Numbers{0, 1}));
  drain();
  EXPECT_EQ(client_.numbers(), (Numbers{0, 1, 2}));
}

TEST_F(Stateless, BusyDriverWithNothingInFlightEndsDecoding) {
  script_.acquire_errors = {{0, {ErrorCode::Busy, "all sessions are taken"}}};
  const Result<> decoded = try_packet(test::unit_of({sequence(), key()}));
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, ErrorCode::Busy);
}

TEST_F(Stateless, FewestSurfacesSuffice) {
  script_.max_in_flight = 2;
  script_.surfaces = 8 + 2 + 1;
  unit({sequence(), key()});
  // Eight distinct references, none of them shown, and others that are.
  for (unsigned i = 0; i < 40; i++) {
    FrameSpec hidden{.type = FrameType::Inter, .show = false};
    hidden.refresh = static_cast<uint8_t>(1 << (i % 8));
    FrameSpec shown{.type = FrameType::Inter, .refresh = 0};
    unit({frame(hidden), frame(shown)});
  }
  drain();
  EXPECT_EQ(client_.complaints(), "");
  EXPECT_EQ(client_.pictures.size(), 41u);
  EXPECT_LE(script_.most_surfaces, 11u);
}

TEST_F(Stateless, PictureThatTheDriverFindsCorruptIsLost) {
  script_.submit_errors = {{1, {ErrorCode::InvalidData, "the driver refuses it"}}};
  unit({sequence(), key()});
  unit({inter()});
  unit({inter()});
  drain();
  ASSERT_EQ(client_.damages.size(), 2u);
  EXPECT_TRUE(client_.damages[0].message.ends_with(": the driver refuses it"));
  EXPECT_TRUE(client_.damages[1].message.ends_with("LAST_FRAME (slot 0) is missing"));
  EXPECT_EQ(client_.numbers(), (Numbers{0}));
  EXPECT_EQ(client_.without, (Numbers{1, 2}));
}

TEST_F(Stateless, PictureThatDecodedBadlyComesOutWithAWarning) {
  script_.wait_errors = {{1, {ErrorCode::InvalidData, "errors in 3 blocks"}}};
  unit({sequence(), key()});
  const uint64_t start = offset_;
  unit({inter()});
  unit({inter()});
  drain();
  ASSERT_EQ(client_.damages.size(), 1u);
  EXPECT_EQ(client_.damages[0].frame_number, 1u);
  EXPECT_EQ(client_.damages[0].message,
            "OBU_FRAME at byte " + std::to_string(start + 2) + ": errors in 3 blocks");
  EXPECT_EQ(client_.numbers(), (Numbers{0, 1, 2}));
}

TEST_F(Stateless, DriverErrorsEndDecoding) {
  const Error lost{ErrorCode::DeviceLost, "the device stopped answering"};
  std::map<unsigned, Error> test::BackendScript::* const calls[] = {
      &test::BackendScript::configure_errors, &test::BackendScript::acquire_errors,
      &test::BackendScript::submit_errors, &test::BackendScript::wait_errors,
      &test::BackendScript::output_errors};
  input_.live = true;
  for (const auto call : calls) {
    script_ = {};
    script_.*call = {{0, lost}};
    decoder_.reset();
    const Result<> decoded = try_packet(test::unit_of({sequence(), key()}));
    ASSERT_FALSE(decoded);
    EXPECT_EQ(decoded.error().code, ErrorCode::DeviceLost);
    decoder_.reset();
  }
}

TEST_F(Stateless, StreamThatTheDriverHasNoFormatFor) {
  script_.knows_no_format = true;
  const Result<> decoded = try_packet(test::unit_of({sequence(), key()}));
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, ErrorCode::NotSupported);
  EXPECT_EQ(script_.configures, 0u);
}

TEST_F(Stateless, NothingComesOutThatDownstreamDoesNotWant) {
  input_.live = true;
  client_.takes = 1;
  unit({sequence(), key(), inter()});
  EXPECT_EQ(client_.numbers(), (Numbers{0}));
  EXPECT_EQ(script_.submits, 1u);
}

TEST_F(Stateless, FlushForgetsWhatIsInFlight) {
  unit({sequence(), key()});
  unit({inter()});
  decoder_->flush();
  drain();
  EXPECT_TRUE(client_.pictures.empty());
}

class StatelessLayers : public Stateless {
 protected:
  // Two spatial and two temporal layers; point 1 is the lower spatial layer, point 2 the lower
  // temporal one.
  StatelessLayers() {
    seq_.operating_points_count = 3;
    seq_.operating_points[0].idc = 0x303;
    seq_.operating_points[1].idc = 0x103;
    seq_.operating_points[2].idc = 0x301;
  }

  Bytes layer(unsigned spatial_id, const FrameSpec& spec, unsigned temporal_id = 0) const {
    return frame(spec,
                 ObuLayer{static_cast<uint8_t>(temporal_id), static_cast<uint8_t>(spatial_id)});
  }
  static FrameSpec upper() {
    return {.type = FrameType::Inter, .refresh = 2, .references = {0, 1, 1, 1, 1, 1, 1}};
  }
  static FrameSpec lower() { return {.type = FrameType::Inter, .refresh = 1}; }
  void decode_three_units() {
    unit({sequence(), layer(0, {}), layer(1, upper())});
    unit({layer(0, lower(), 1), layer(1, upper(), 1)});
    unit({layer(0, lower()), layer(1, upper())});
    drain();
    EXPECT_EQ(client_.complaints(), "");
  }
};

TEST_F(StatelessLayers, HighestComesOut) {
  decode_three_units();
  EXPECT_EQ(client_.numbers(), (Numbers{0, 1, 2}));
  EXPECT_EQ(script_.put_out, (std::vector<unsigned>{2, 4, 6}));
  EXPECT_TRUE(client_.without.empty());
}

TEST_F(StatelessLayers, AllComeOut) {
  settings_.all_layers = true;
  decode_three_units();
  EXPECT_EQ(client_.numbers(), (Numbers{0, 0, 1, 1, 2, 2}));
}

TEST_F(StatelessLayers, OperatingPointLeavesLayersOut) {
  settings_.operating_point = 1;
  decode_three_units();
  EXPECT_EQ(script_.submits, 3u);
  EXPECT_EQ(client_.numbers(), (Numbers{0, 1, 2}));
}

TEST_F(StatelessLayers, TemporalLayersAreLeftOut) {
  settings_.operating_point = 2;
  decode_three_units();
  EXPECT_EQ(script_.submits, 4u);
  EXPECT_EQ(client_.numbers(), (Numbers{0, 2}));
  EXPECT_EQ(client_.without, (Numbers{1}));
}

TEST_F(StatelessLayers, OperatingPointThatIsNotThere) {
  settings_.operating_point = 31;
  decode_three_units();
  EXPECT_EQ(client_.numbers(), (Numbers{0, 1, 2}));
}

TEST_F(StatelessLayers, LowerLayerComesOutWhereTheHigherIsMissing) {
  input_.live = true;
  unit({sequence(), layer(0, {}), layer(1, upper())});
  unit({layer(0, lower())});
  EXPECT_EQ(client_.numbers(), (Numbers{0, 1}));
  EXPECT_EQ(script_.put_out, (std::vector<unsigned>{2, 3}));
}

TEST_F(StatelessLayers, LayersInPacketsOfTheirOwn) {
  packet(test::unit_of({sequence(), layer(0, {})}), false);
  packet(layer(1, upper()), false);
  packet(test::unit_of({layer(0, lower())}), false);
  // Ends with the next delimiter.
  packet(test::unit_of({layer(0, lower())}), false);
  packet(layer(1, upper()), false);
  drain();
  EXPECT_EQ(client_.numbers(), (Numbers{1, 2, 4}));
  EXPECT_EQ(client_.without, (Numbers{0, 3}));
}

}  // namespace
}  // namespace av1hw
