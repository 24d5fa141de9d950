// SPDX-License-Identifier: LGPL-2.1-or-later
// The automatic rate control, and settings that contradict each other.
#include <gtest/gtest.h>

#include "codec/encoder.h"

namespace av1hw {
namespace {

TEST(EncoderSettings, AutomaticRateControlFollowsBitrateAndLatency) {
  EXPECT_EQ(effective_rate_control({}), RateControl::Cq);
  EXPECT_EQ(effective_rate_control({.bitrate = 500}), RateControl::Vbr);
  EXPECT_EQ(effective_rate_control({.bitrate = 500, .low_latency = true}), RateControl::Cbr);
  EXPECT_EQ(effective_rate_control({.bitrate = 500, .rate_control = RateControl::Cqp}),
            RateControl::Cqp);
}

TEST(EncoderSettings, DefaultsAreSane) { EXPECT_TRUE(check_settings({})); }

TEST(EncoderSettings, ContradictionsNameBothProperties) {
  const std::pair<EncoderSettings, const char*> cases[] = {
      {{.rate_control = RateControl::Vbr}, "bitrate"},
      {{.rate_control = RateControl::Cbr}, "bitrate"},
      {{.bitrate = 500, .max_bitrate = 400}, "max-bitrate"},
      {{.min_quantizer = 9, .max_quantizer = 8}, "max-quantizer"},
      {{.gop_size = 10, .min_gop_size = 11}, "min-gop-size"},
  };
  for (const auto& [settings, named] : cases) {
    const Result<> checked = check_settings(settings);
    ASSERT_FALSE(checked) << named;
    EXPECT_EQ(checked.error().code, ErrorCode::InvalidSettings);
    EXPECT_NE(checked.error().message.find(named), std::string::npos) << checked.error().message;
  }
}

}  // namespace
}  // namespace av1hw
