// SPDX-License-Identifier: LGPL-2.1-or-later
// What encoder settings mean together: the automatic rate control, and contradictions.
#include <format>

#include "codec/encoder.h"

namespace av1hw {

RateControl effective_rate_control(const EncoderSettings& settings) {
  if (settings.lossless) return RateControl::Cqp;
  if (settings.rate_control != RateControl::Auto) return settings.rate_control;
  if (settings.bitrate == 0) return RateControl::Cq;
  return is_low_latency(settings) ? RateControl::Cbr : RateControl::Vbr;
}

Result<> check_settings(const EncoderSettings& settings) {
  auto contradiction = [](std::string message) {
    return fail(ErrorCode::InvalidSettings, std::move(message));
  };
  if (settings.lossless && settings.rate_control != RateControl::Auto &&
      settings.rate_control != RateControl::Cqp) {
    return contradiction(
        "lossless=true has no rate and no quality to control: set rate-control=auto");
  }
  const RateControl mode = effective_rate_control(settings);
  if ((mode == RateControl::Vbr || mode == RateControl::Cbr) && settings.bitrate == 0) {
    return contradiction(std::format("rate-control={} needs a bitrate: set the bitrate property",
                                     mode == RateControl::Vbr ? "vbr" : "cbr"));
  }
  if (settings.max_bitrate != 0 && settings.max_bitrate < settings.bitrate) {
    return contradiction(
        std::format("max-bitrate={} is below bitrate={}", settings.max_bitrate, settings.bitrate));
  }
  if (settings.min_quantizer > settings.max_quantizer) {
    return contradiction(std::format("min-quantizer={} is above max-quantizer={}",
                                     settings.min_quantizer, settings.max_quantizer));
  }
  if (settings.gop_size != 0 && settings.min_gop_size > settings.gop_size) {
    return contradiction(std::format("min-gop-size={} is above gop-size={}", settings.min_gop_size,
                                     settings.gop_size));
  }
  if (settings.intra_refresh != 0 && settings.b_frames != 0) {
    return contradiction(std::format(
        "intra-refresh={} needs each frame to follow from the one before: set b-frames=0",
        settings.intra_refresh));
  }
  if (settings.gop_size != 0 && settings.intra_refresh >= settings.gop_size) {
    return contradiction(std::format("intra-refresh={} does not end within gop-size={}",
                                     settings.intra_refresh, settings.gop_size));
  }
  return {};
}

}  // namespace av1hw
