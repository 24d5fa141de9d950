// SPDX-License-Identifier: LGPL-2.1-or-later
// What is taken of a VA driver's coded buffer, and what is not believed.
#include "vaapi/coded_frame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "av1/obu_writer.h"
#include "vaapi/plane_copy.h"

namespace av1hw {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr size_t capacity = 1000;

class CodedFrame : public testing::Test {
 protected:
  void add(std::vector<uint8_t> bytes, uint32_t status = 0) {
    bytes_.push_back(std::make_unique<std::vector<uint8_t>>(std::move(bytes)));
    auto segment = std::make_unique<VACodedBufferSegment>();
    *segment = {};
    segment->size = static_cast<uint32_t>(bytes_.back()->size());
    segment->buf = bytes_.back()->data();
    segment->status = status;
    if (!segments_.empty()) segments_.back()->next = segment.get();
    segments_.push_back(std::move(segment));
  }
  void expect_failure(const char* why) const {
    const auto frame = va_coded_frame(segments_.front().get(), capacity);
    ASSERT_FALSE(frame);
    EXPECT_THAT(frame.error().message, HasSubstr(why));
  }

  std::vector<std::unique_ptr<std::vector<uint8_t>>> bytes_;
  std::vector<std::unique_ptr<VACodedBufferSegment>> segments_;
};

std::vector<uint8_t> obu(ObuType type, size_t size = 5) {
  return write_obu(type, std::vector<uint8_t>(size, 0x80));
}

std::vector<uint8_t> joined(std::vector<uint8_t> a, const std::vector<uint8_t>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

TEST_F(CodedFrame, IsTheFramesObusAlone) {
  add(joined(obu(ObuType::TemporalDelimiter, 0), obu(ObuType::SequenceHeader)));
  add(joined(obu(ObuType::FrameHeader), obu(ObuType::TileGroup)));
  const auto frame = va_coded_frame(segments_.front().get(), capacity);
  ASSERT_TRUE(frame);
  EXPECT_EQ(*frame, joined(obu(ObuType::FrameHeader), obu(ObuType::TileGroup)));
}

TEST_F(CodedFrame, MayGoAcrossSegments) {
  std::vector<uint8_t> whole = obu(ObuType::Frame, 20);
  add({whole.begin(), whole.begin() + 7});
  add({});
  add({whole.begin() + 7, whole.end()});
  const auto frame = va_coded_frame(segments_.front().get(), capacity);
  ASSERT_TRUE(frame);
  EXPECT_EQ(*frame, whole);
}

TEST_F(CodedFrame, MayEndWithZeros) {
  add(joined(obu(ObuType::Frame), std::vector<uint8_t>(9, 0)));
  EXPECT_EQ(va_coded_frame(segments_.front().get(), capacity), obu(ObuType::Frame));
}

TEST_F(CodedFrame, IsNothingWithoutTiles) {
  add(obu(ObuType::SequenceHeader));
  expect_failure("made nothing of a picture");
}

TEST_F(CodedFrame, IsNothingWithoutSegments) { EXPECT_FALSE(va_coded_frame(nullptr, capacity)); }

TEST_F(CodedFrame, TheDriverSaysWhatFailed) {
  add(obu(ObuType::Frame), VA_CODED_BUF_STATUS_BAD_BITSTREAM);
  expect_failure("corrupt");
  segments_.front()->status = VA_CODED_BUF_STATUS_SLICE_OVERFLOW_MASK;
  expect_failure("larger than the buffer");
}

TEST_F(CodedFrame, IsNoLargerThanItsBuffer) {
  add(obu(ObuType::Frame));
  segments_.front()->size = capacity + 1;
  expect_failure("claims 1001 bytes of a picture in a buffer of 1000");
}

TEST_F(CodedFrame, AListThatEndsNowhereIsNotFollowed) {
  add(obu(ObuType::Frame));
  segments_.front()->next = segments_.front().get();
  EXPECT_FALSE(va_coded_frame(segments_.front().get(), capacity));
}

TEST_F(CodedFrame, NorIsOneOfSegmentsWithNothing) {
  add({});
  segments_.front()->next = segments_.front().get();
  expect_failure("more than 1024 segments");
}

TEST_F(CodedFrame, DamagedObusAreFound) {
  std::vector<uint8_t> cut = obu(ObuType::Frame, 20);
  cut.resize(10);
  add(joined(obu(ObuType::FrameHeader), cut));
  expect_failure("OBU_FRAME at byte 7");
}

TEST(PlaneCopy, RepeatsEdges) {
  const std::vector<uint8_t> in = {1, 2, 3, 4, 99, 99, 5, 6, 7, 8};
  std::vector<uint8_t> out(24, 0);
  EXPECT_EQ(copy_with_edges({in, 6, 4, 2}, {out.data(), 8, 8, 3}, 2), 24U);
  EXPECT_THAT(out, ElementsAre(1, 2, 3, 4, 3, 4, 3, 4,  //
                               5, 6, 7, 8, 7, 8, 7, 8,  //
                               5, 6, 7, 8, 7, 8, 7, 8));
}

TEST(PlaneCopy, LeavesOutWhatThereIsNoRoomFor) {
  const std::vector<uint8_t> in = {1, 2, 3, 4, 5, 6};
  std::vector<uint8_t> out(4, 0);
  EXPECT_EQ(copy_with_edges({in, 3, 3, 2}, {out.data(), 4, 2, 1}, 1), 2U);
  EXPECT_THAT(out, ElementsAre(1, 2, 0, 0));
}

}  // namespace
}  // namespace av1hw
