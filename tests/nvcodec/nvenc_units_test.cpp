// SPDX-License-Identifier: LGPL-2.1-or-later
// What NVENC gives becomes temporal units, however it hands out frames that are not shown.
#include "nvcodec/nvenc_units.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "av1/coded_headers.h"
#include "av1/metadata.h"
#include "av1/obu_writer.h"

namespace av1hw {
namespace {

using Bytes = std::vector<uint8_t>;
using ::testing::HasSubstr;

constexpr uint64_t first_number = 100;

void append(Bytes& to, const Bytes& from) { to.insert(to.end(), from.begin(), from.end()); }

Bytes delimiter() { return write_obu(ObuType::TemporalDelimiter, {}); }

// One output a shown frame, as NVENC's documentation has it: those that are not shown in front.
std::vector<Bytes> outputs_of(const testing::CodedHeaders& coded) {
  std::vector<Bytes> outputs;
  Bytes output;
  for (const auto& frame : coded.frames) {
    if (output.empty()) append(output, delimiter());
    if (outputs.empty() && output.size() == delimiter().size()) append(output, coded.sequence_obu);
    append(output, frame.obu);
    if (!frame.params.plan.is_shown()) continue;
    outputs.push_back(std::move(output));
    output.clear();
  }
  return outputs;
}

std::vector<NvencUnit> cut(NvencUnits& units, const std::vector<Bytes>& outputs) {
  std::vector<NvencUnit> all;
  uint64_t number = first_number;
  for (const Bytes& output : outputs) {
    auto some = units.add({number++, {}}, output);
    EXPECT_TRUE(some) << some.error().message;
    if (!some) break;
    std::ranges::copy(*some, std::back_inserter(all));
  }
  return all;
}

void expect_units(const std::vector<NvencUnit>& units, const std::vector<Bytes>& expected) {
  ASSERT_EQ(units.size(), expected.size());
  FrameHeaderParser headers;
  for (size_t i = 0; i < units.size(); i++) {
    EXPECT_EQ(units[i].number, first_number + i);
    EXPECT_EQ(units[i].data, expected[i]) << i;
    const auto info = inspect_temporal_unit(units[i].data, ObuFraming::Section5, headers);
    ASSERT_TRUE(info) << info.error().message;
    EXPECT_EQ(info->shown_frames, 1U);
    EXPECT_EQ(units[i].key_frame, info->random_access_point);
  }
}

class NvencUnitsTest : public ::testing::TestWithParam<unsigned> {
 protected:
  NvencUnitsTest() : random_(GetParam()), coded_(testing::random_headers(random_)) {}

  // Only the first key frame of these streams has a sequence header.
  static std::vector<Bytes> with_headers(const testing::CodedHeaders& coded) {
    std::vector<Bytes> outputs = outputs_of(coded);
    size_t shown = 0;
    for (const auto& frame : coded.frames) {
      const PlannedFrame& plan = frame.params.plan;
      if (shown > 0 && plan.type == FrameType::Key && plan.show_frame && !plan.show_existing_frame)
        outputs[shown].insert(outputs[shown].begin() + 2, coded.sequence_obu.begin(),
                              coded.sequence_obu.end());
      if (plan.is_shown()) shown++;
    }
    return outputs;
  }

  std::mt19937 random_;
  const testing::CodedHeaders coded_;
  NvencUnits units_{{}};
};

TEST_P(NvencUnitsTest, OneAShownFrame) {
  expect_units(cut(units_, outputs_of(coded_)), with_headers(coded_));
}

TEST_P(NvencUnitsTest, HiddenFramesMayComeWithTheFrameBefore) {
  std::vector<Bytes> outputs;
  Bytes output;
  bool shown = false;
  for (const auto& frame : coded_.frames) {
    const bool shows = frame.params.plan.is_shown();
    if (shows && shown) outputs.push_back(std::exchange(output, delimiter()));
    if (outputs.empty() && output.empty()) append(output, coded_.sequence_obu);
    shown = shown || shows;
    append(output, frame.obu);
  }
  outputs.push_back(output);
  expect_units(cut(units_, outputs), with_headers(coded_));
}

TEST_P(NvencUnitsTest, AllMayComeWithTheLastFrame) {
  const std::vector<Bytes> expected = with_headers(coded_);
  std::vector<Bytes> outputs(expected.size());
  outputs.back() = coded_.stream();
  expect_units(cut(units_, outputs), expected);
}

INSTANTIATE_TEST_SUITE_P(Streams, NvencUnitsTest, ::testing::Range(1U, 40U));

TEST(NvencUnitsOf, MetadataStandsWhereDecodersLookForIt) {
  std::mt19937 random(7);
  const testing::CodedHeaders coded = testing::random_headers(random);
  const Bytes of_stream = write_metadata(HdrCll{1000, 400});
  const Bytes of_frame = write_itu_t35_metadata(Bytes{0xb5, 1, 2, 3});
  NvencUnits units(of_stream);
  const auto first = units.add({1, of_frame}, outputs_of(coded).front());
  ASSERT_TRUE(first);
  ASSERT_EQ(first->size(), 1U);
  Bytes expected = delimiter();
  append(expected, coded.sequence_obu);
  append(expected, of_stream);
  append(expected, of_frame);
  append(expected, coded.frames.front().obu);
  EXPECT_EQ(first->front().data, expected);
  EXPECT_TRUE(first->front().key_frame);
}

// A driver that is told of the end and gives fewer frames than it took must not shift the numbers
// of those that come next.
TEST(NvencUnitsOf, FramesThatNeverCameAreForgottenAtReset) {
  std::mt19937 random(7);
  const testing::CodedHeaders coded = testing::random_headers(random);
  const std::vector<Bytes> outputs = outputs_of(coded);
  NvencUnits units({});
  ASSERT_TRUE(units.add({1, {}}, outputs.front()));
  const Bytes of_lost = write_itu_t35_metadata(Bytes{0xb5, 1, 2, 3});
  for (const uint64_t lost : {2, 3}) ASSERT_TRUE(units.add({lost, of_lost}, Bytes{}));
  // Hidden, and never shown.
  Bytes hidden = delimiter();
  append(hidden, of_lost);
  ASSERT_TRUE(units.add({4, {}}, hidden));
  EXPECT_EQ(units.reset(), 3U);
  EXPECT_EQ(units.reset(), 0U);
  const auto next = units.add({5, {}}, outputs.front());
  ASSERT_TRUE(next);
  ASSERT_EQ(next->size(), 1U);
  EXPECT_EQ(next->front().number, 5U);
  EXPECT_EQ(next->front().data, outputs.front());
  EXPECT_TRUE(next->front().key_frame);
}

TEST(NvencUnitsOf, WhatIsNoAv1IsAnError) {
  NvencUnits units({});
  const auto added = units.add({1, {}}, Bytes{0x32, 0xff, 0xff});
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().code, ErrorCode::Failed);
  EXPECT_THAT(added.error().message, HasSubstr("no AV1"));
}

TEST(NvencUnitsOf, AFrameTooManyIsAnError) {
  std::mt19937 random(7);
  const testing::CodedHeaders coded = testing::random_headers(random);
  ASSERT_GT(coded.frames.size(), 2U);
  NvencUnits units({});
  const auto added = units.add({1, {}}, coded.stream());
  ASSERT_FALSE(added);
  EXPECT_THAT(added.error().message, HasSubstr("too many"));
}

}  // namespace
}  // namespace av1hw
