// SPDX-License-Identifier: LGPL-2.1-or-later
// How NVENC's stand-in reads pictures of each format.
#include "refdrv/nv/nvenc_input.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace refdrv::nv {
namespace {

using testing::Each;
using testing::ElementsAre;

InputSurface surface(NV_ENC_BUFFER_FORMAT format, unsigned width, unsigned height, unsigned pitch) {
  InputSurface made;
  made.format = format;
  made.width = width;
  made.height = height;
  made.pitch = pitch;
  made.own.resize(surface_size(format, pitch, height));
  return made;
}

PlanarPicture read(const InputSurface& from, unsigned bit_depth = 8) {
  return read_picture(from, from.own, from.width, from.height, bit_depth);
}

void put_word(InputSurface& to, size_t place, uint32_t word) {
  for (unsigned i = 0; i < 4; i++) to.own[4 * place + i] = static_cast<uint8_t>(word >> (8 * i));
}

TEST(NvEncInput, ReadsSemiPlanarRowsOfOddSizes) {
  auto from = surface(NV_ENC_BUFFER_FORMAT_NV12, 3, 3, 8);
  ASSERT_EQ(from.own.size(), 8U * (3 + 2));
  for (size_t i = 0; i < from.own.size(); i++) from.own[i] = static_cast<uint8_t>(i);
  const auto picture = read(from);
  EXPECT_THAT(picture.planes[0], ElementsAre(0, 1, 2, 8, 9, 10, 16, 17, 18));
  EXPECT_THAT(picture.planes[1], ElementsAre(24, 26, 32, 34));
  EXPECT_THAT(picture.planes[2], ElementsAre(25, 27, 33, 35));
}

TEST(NvEncInput, TellsTheOrderOfChromaPlanes) {
  for (const auto format : {NV_ENC_BUFFER_FORMAT_IYUV, NV_ENC_BUFFER_FORMAT_YV12}) {
    auto from = surface(format, 2, 2, 4);
    from.own = {1, 2, 0, 0, 3, 4, 0, 0, 5, 0, 6, 0};
    const auto picture = read(from);
    const bool v_first = format == NV_ENC_BUFFER_FORMAT_YV12;
    EXPECT_THAT(picture.planes[0], ElementsAre(1, 2, 3, 4));
    EXPECT_THAT(picture.planes[1], ElementsAre(v_first ? 6 : 5));
    EXPECT_THAT(picture.planes[2], ElementsAre(v_first ? 5 : 6));
  }
}

TEST(NvEncInput, TakesTenBitsFromTheHighBits) {
  auto from = surface(NV_ENC_BUFFER_FORMAT_YUV420_10BIT, 2, 2, 4);
  from.own.assign(from.own.size(), 0);
  from.own[1] = 0xff;
  from.own[0] = 0xc0;  // 1023
  const auto picture = read(from, 10);
  EXPECT_EQ(picture.planes[0][0], 0xff);
  EXPECT_EQ(picture.planes[0][1], 0x03);
}

TEST(NvEncInput, WidensEightBits) {
  auto from = surface(NV_ENC_BUFFER_FORMAT_NV12, 2, 2, 4);
  from.own.assign(from.own.size(), 0x81);
  const auto picture = read(from, 10);
  EXPECT_EQ(picture.planes[0][0], 0x04);
  EXPECT_EQ(picture.planes[0][1], 0x02);
}

TEST(NvEncInput, ConvertsRgb) {
  for (const auto format : {NV_ENC_BUFFER_FORMAT_ARGB, NV_ENC_BUFFER_FORMAT_ABGR}) {
    auto from = surface(format, 2, 2, 8);
    const uint32_t red = format == NV_ENC_BUFFER_FORMAT_ARGB ? 0xffff0000 : 0xff0000ff;
    for (size_t i = 0; i < 4; i++) put_word(from, i, red);
    const auto picture = read(from);
    EXPECT_THAT(picture.planes[0], Each(63));
    EXPECT_THAT(picture.planes[1], ElementsAre(102));
    EXPECT_THAT(picture.planes[2], ElementsAre(240));
  }
}

TEST(NvEncInput, NoticesAnotherContent) {
  std::vector<uint8_t> bytes(4096, 1);
  const auto before = fingerprint(bytes);
  std::ranges::fill(bytes, uint8_t{2});
  EXPECT_NE(fingerprint(bytes), before);
}

}  // namespace
}  // namespace refdrv::nv
