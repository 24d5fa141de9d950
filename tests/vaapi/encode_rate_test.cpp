// SPDX-License-Identifier: LGPL-2.1-or-later
// What a VA driver is told of rates, presets and regions.
#include "vaapi/encode_rate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

namespace av1hw {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::IsEmpty;

template <typename T>
T read(const VaMiscParameter& misc) {
  T out = {};
  EXPECT_EQ(misc.size(), sizeof(VAEncMiscParameterBuffer) + sizeof out);
  std::memcpy(&out, misc.data() + sizeof(VAEncMiscParameterBuffer), sizeof out);
  return out;
}

VAEncMiscParameterType type_of(const VaMiscParameter& misc) {
  VAEncMiscParameterType type = {};
  std::memcpy(&type, misc.data(), sizeof type);
  return type;
}

template <typename T>
std::vector<T> all(const std::vector<VaMiscParameter>& list, VAEncMiscParameterType type) {
  std::vector<T> out;
  for (const VaMiscParameter& misc : list) {
    if (type_of(misc) == type) out.push_back(read<T>(misc));
  }
  return out;
}

auto rates(const std::vector<VaMiscParameter>& list) {
  return all<VAEncMiscParameterRateControl>(list, VAEncMiscParameterTypeRateControl);
}

EncodeStream stream(RateControl mode, uint64_t target, uint64_t maximum = 0) {
  EncodeStream out;
  gst_video_info_set_format(&out.info, GST_VIDEO_FORMAT_NV12, 320, 180);
  out.info.fps_n = 30;
  out.info.fps_d = 1;
  out.coded_width = 320;
  out.coded_height = 180;
  out.rate.mode = mode;
  out.rate.target = target;
  out.rate.maximum = maximum;
  return out;
}

double frames_a_second(uint32_t rate) { return (rate & 0xffff) / static_cast<double>(rate >> 16); }

TEST(VaFrameRate, IsAFractionOf16BitsEach) {
  EXPECT_EQ(va_frame_rate(30, 1), 1U << 16 | 30);
  EXPECT_EQ(va_frame_rate(30000, 1001), 1001U << 16 | 30000);
  EXPECT_EQ(va_frame_rate(50, 2), 1U << 16 | 25);
  // 120000 does not fit, and cut off it would be 54 frames a second.
  EXPECT_NEAR(frames_a_second(va_frame_rate(120000, 1001)), 120000 / 1001., 1e-5);
  EXPECT_NEAR(frames_a_second(va_frame_rate(1'000'000'000, 33'366'667)), 29.97, 1e-3);
}

TEST(VaFrameRate, IsNeverNone) {
  EXPECT_EQ(va_frame_rate(0, 1), 1U << 16 | 30);
  EXPECT_EQ(va_frame_rate(G_MAXINT, 1), 1U << 16 | 0xffff);
  EXPECT_EQ(va_frame_rate(1, G_MAXINT), 0xffffU << 16 | 1);
}

TEST(VaRate, OneQuantizerNeedsNone) {
  EXPECT_THAT(va_rate_parameters(stream(RateControl::Cqp, 0), {}, VA_RC_CQP), IsEmpty());
}

TEST(VaRate, TheTargetOfVbrIsExact) {
  for (const uint64_t maximum : {1'500'000ULL, 1'000'000ULL, 3'333'333ULL, 70'000'000ULL}) {
    const auto list =
        va_rate_parameters(stream(RateControl::Vbr, 1'000'000, maximum), {}, VA_RC_VBR);
    ASSERT_EQ(rates(list).size(), 1U);
    const auto rate = rates(list)[0];
    EXPECT_NEAR(static_cast<double>(rate.bits_per_second) * rate.target_percentage / 100, 1e6, 100);
    EXPECT_LE(rate.bits_per_second, maximum);
    EXPECT_GT(rate.bits_per_second, maximum / 2);
    EXPECT_EQ(rate.window_size, 1000U);
  }
}

TEST(VaRate, CbrIsItsTarget) {
  EncodeStream cbr = stream(RateControl::Cbr, 2'000'000, 9'000'000);
  cbr.rate.buffer_size = 1'000'000;
  cbr.rate.min_quantizer = 20;
  cbr.rate.max_quantizer = 220;
  const auto list = va_rate_parameters(cbr, {}, VA_RC_CBR);
  const auto rate = rates(list).at(0);
  EXPECT_EQ(rate.bits_per_second, 2'000'000U);
  EXPECT_EQ(rate.target_percentage, 100U);
  EXPECT_EQ(rate.window_size, 500U);
  EXPECT_EQ(rate.min_qp, 20U);
  EXPECT_EQ(rate.max_qp, 220U);
  const auto hrd = all<VAEncMiscParameterHRD>(list, VAEncMiscParameterTypeHRD);
  ASSERT_EQ(hrd.size(), 1U);
  EXPECT_EQ(hrd[0].buffer_size, 1'000'000U);
  EXPECT_EQ(hrd[0].initial_buffer_fullness, 500'000U);
  const auto frames = all<VAEncMiscParameterFrameRate>(list, VAEncMiscParameterTypeFrameRate);
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].framerate, 1U << 16 | 30);
}

TEST(VaRate, ConstantQualityIsAFactor) {
  EncodeStream cq = stream(RateControl::Cq, 0);
  cq.rate.quantizer = 255;
  const auto worst = rates(va_rate_parameters(cq, {}, VA_RC_ICQ)).at(0);
  // iHD reads the one for AV1, others the other.
  EXPECT_EQ(worst.quality_factor, 51U);
  EXPECT_EQ(worst.ICQ_quality_factor, 51U);
  EXPECT_EQ(worst.bits_per_second, 0U);
  cq.rate.quantizer = 1;
  EXPECT_EQ(rates(va_rate_parameters(cq, {}, VA_RC_ICQ)).at(0).quality_factor, 1U);
  // QVBR wants a bitrate besides, which shall not be what limits the quality.
  const auto qvbr = rates(va_rate_parameters(cq, {}, VA_RC_QVBR)).at(0);
  EXPECT_EQ(qvbr.quality_factor, 1U);
  EXPECT_GE(qvbr.bits_per_second, 2'000'000U);
  // Unless it is asked to.
  cq.rate.maximum = 300'000;
  const auto bounded = rates(va_rate_parameters(cq, {}, VA_RC_QVBR)).at(0);
  EXPECT_EQ(bounded.bits_per_second, 300'000U);
  EXPECT_EQ(bounded.target_percentage, 100U);
}

TEST(VaRate, LayersHaveBitratesWhereTheDriverKnowsThem) {
  EncodeStream layered = stream(RateControl::Cbr, 1'000'000);
  layered.temporal_layers = 3;
  EXPECT_EQ(rates(va_rate_parameters(layered, {}, VA_RC_CBR)).size(), 1U);
  VaEncodeFeatures features;
  features.layer_bitrates = true;
  const auto list = va_rate_parameters(layered, features, VA_RC_CBR);
  const auto structure = all<VAEncMiscParameterTemporalLayerStructure>(
      list, VAEncMiscParameterTypeTemporalLayerStructure);
  ASSERT_EQ(structure.size(), 1U);
  EXPECT_EQ(type_of(list[0]), VAEncMiscParameterTypeTemporalLayerStructure);
  EXPECT_EQ(structure[0].number_of_layers, 3U);
  EXPECT_EQ(structure[0].periodicity, 4U);
  EXPECT_THAT(std::vector(structure[0].layer_id, structure[0].layer_id + 4),
              ElementsAre(0, 2, 1, 2));
  const auto rate = rates(list);
  ASSERT_EQ(rate.size(), 3U);
  EXPECT_LT(rate[0].bits_per_second, rate[1].bits_per_second);
  EXPECT_EQ(rate[2].bits_per_second, 1'000'000U);
  EXPECT_EQ(rate[2].rc_flags.bits.temporal_id, 2U);
  const auto frames = all<VAEncMiscParameterFrameRate>(list, VAEncMiscParameterTypeFrameRate);
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_DOUBLE_EQ(frames_a_second(frames[0].framerate), 7.5);
  EXPECT_DOUBLE_EQ(frames_a_second(frames[2].framerate), 30);
}

// Which GStreamer says by 0/1, or by a denominator that can't be doubled.
TEST(VaRate, LayersHaveFrameRatesWhereTheRateVaries) {
  EncodeStream layered = stream(RateControl::Cbr, 1'000'000);
  layered.temporal_layers = 3;
  VaEncodeFeatures features;
  features.layer_bitrates = true;
  const auto of_layers = [&](int numerator, int denominator) {
    layered.info.fps_n = numerator;
    layered.info.fps_d = denominator;
    std::vector<double> out;
    for (const auto& rate : all<VAEncMiscParameterFrameRate>(
             va_rate_parameters(layered, features, VA_RC_CBR), VAEncMiscParameterTypeFrameRate))
      out.push_back(frames_a_second(rate.framerate));
    return out;
  };
  EXPECT_THAT(of_layers(0, 1), ElementsAre(7.5, 15, 30));
  EXPECT_THAT(of_layers(G_MAXINT, 1 << 30),
              ElementsAre(DoubleNear(0.5, 1e-4), DoubleNear(1, 1e-4), DoubleNear(2, 1e-4)));
}

TEST(VaQuality, PresetsAreTheDriversLevels) {
  VaEncodeFeatures features;
  EXPECT_EQ(va_quality_level(1, features), 0U);
  features.quality_levels = 7;
  EXPECT_EQ(va_quality_level(1, features), 1U);
  EXPECT_EQ(va_quality_level(6, features), 4U);
  EXPECT_EQ(va_quality_level(10, features), 7U);
  const auto quality = read<VAEncMiscParameterBufferQualityLevel>(va_quality_parameter(4));
  EXPECT_EQ(quality.quality_level, 4U);
}

TEST(VaQuality, OrItsBits) {
  VaEncodeFeatures features;
  features.quality_levels = 32;
  features.quality_is_bits = true;
  for (unsigned preset = 1; preset <= 10; preset++) {
    const uint32_t level = va_quality_level(preset, features);
    EXPECT_LT(level, 32U);
    EXPECT_TRUE(level & 1) << "the bits hold only with this one";
    EXPECT_NE(level, 1U) << "which stands for the driver's choice";
  }
  EXPECT_EQ(va_quality_level(1, features) >> 1 & 3, 3U);
  EXPECT_EQ(va_quality_level(10, features) >> 1 & 3, 0U);
}

TEST(VaRegions, AreRectanglesWithAQuantizer) {
  const std::array regions = {RegionOfInterest{16, 8, 64, 32, -300},
                              RegionOfInterest{0, 0, 8, 8, 5}, RegionOfInterest{}};
  std::vector<VAEncROI> out = va_regions(regions, 2);
  ASSERT_EQ(out.size(), 2U);
  EXPECT_EQ(out[0].roi_rectangle.x, 16);
  EXPECT_EQ(out[0].roi_rectangle.y, 8);
  EXPECT_EQ(out[0].roi_rectangle.width, 64);
  EXPECT_EQ(out[0].roi_rectangle.height, 32);
  EXPECT_EQ(out[0].roi_value, -128);
  EXPECT_EQ(out[1].roi_value, 5);
  const auto parameter = read<VAEncMiscParameterBufferROI>(va_regions_parameter(out));
  EXPECT_EQ(parameter.num_roi, 2U);
  EXPECT_EQ(parameter.roi, out.data());
  EXPECT_EQ(parameter.roi_flags.bits.roi_value_is_qp_delta, 1U);
}

}  // namespace
}  // namespace av1hw
