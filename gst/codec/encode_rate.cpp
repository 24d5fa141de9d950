// SPDX-License-Identifier: LGPL-2.1-or-later
// Modes, bitrates, virtual buffers and quantizers.
#include "codec/encode_rate.h"

#include <algorithm>
#include <format>

#include "codec/frame_rate.h"

namespace av1hw {
namespace {

// Drivers count bits a second in 32 bits.
constexpr uint64_t most_bits_per_second = UINT32_MAX;
constexpr uint64_t least_default_bitrate = 100'000;
// base_q_idx 0 would ask for lossless coding, which is another mode than these encoders have.
constexpr unsigned least_quantizer = 1;

const char* mode_name(RateControl mode) {
  switch (mode) {
  case RateControl::Cqp: return "cqp";
  case RateControl::Cq: return "cq";
  case RateControl::Vbr: return "vbr";
  case RateControl::Cbr: return "cbr";
  default: return "auto";
  }
}

bool has_mode(RateControl mode, const EncodeLimits& limits) {
  switch (mode) {
  case RateControl::Cq: return limits.cq;
  case RateControl::Vbr: return limits.vbr;
  case RateControl::Cbr: return limits.cbr;
  default: return true;
  }
}

// The mode that is most like `wanted`.
RateControl nearest_mode(RateControl wanted, const EncodeLimits& limits) {
  if (has_mode(wanted, limits)) return wanted;
  const RateControl other = wanted == RateControl::Vbr ? RateControl::Cbr : RateControl::Vbr;
  return holds_bitrate(wanted) && has_mode(other, limits) ? other : RateControl::Cqp;
}

// Where nobody named a mode only what they did name is worth a warning: a bitrate.
void warn_of_mode(const EncoderSettings& settings, RateControl wanted, RateControl used,
                  std::vector<std::string>& warnings) {
  if (used == wanted) return;
  if (settings.rate_control != RateControl::Auto) {
    warnings.push_back(std::format("rate-control={}: this driver has no {}; using {}",
                                   mode_name(wanted), mode_name(wanted), mode_name(used)));
  } else if (holds_bitrate(wanted) && !holds_bitrate(used)) {
    warnings.push_back(
        std::format("bitrate={}: this driver holds no bitrate; using rate-control={}",
                    settings.bitrate, mode_name(used)));
  }
}

uint64_t bits_per_second(const char* property, unsigned kbit, std::vector<std::string>& warnings) {
  const uint64_t bits = uint64_t{kbit} * 1000;
  if (bits <= most_bits_per_second) return bits;
  warnings.push_back(std::format("{}={}: no driver counts more than {} kbit/s; using that",
                                 property, kbit, most_bits_per_second / 1000));
  return most_bits_per_second;
}

// 0.07 bits a sample: 4.4 Mbit/s for 1080p at 30 frames a second.
uint64_t default_bitrate(const GstVideoInfo& info) {
  const FrameRate rate = frame_rate_of(info);
  const uint64_t samples = static_cast<uint64_t>(GST_VIDEO_INFO_WIDTH(&info)) *
                           static_cast<uint64_t>(GST_VIDEO_INFO_HEIGHT(&info));
  return std::clamp(gst_util_uint64_scale(samples * 7, rate.n, rate.d * 100), least_default_bitrate,
                    most_bits_per_second);
}

// With low latency the buffer holds one frame, so that none takes longer to send than it is shown.
// CBR has one second otherwise: a key frame is several times as large as the frames after it, and
// with less room than that would look worse than they do. VBR is left to the driver.
uint64_t buffer_size(const EncoderSettings& settings, const GstVideoInfo& info,
                     const EncodeRate& rate) {
  if (settings.low_latency) {
    const FrameRate fps = frame_rate_of(info);
    return std::max<uint64_t>(gst_util_uint64_scale(rate.maximum, fps.d, fps.n), 1);
  }
  return rate.mode == RateControl::Cbr ? rate.target : 0;
}

uint64_t bound_of_cq(const EncoderSettings& settings, const EncodeLimits& limits,
                     std::vector<std::string>& warnings) {
  if (settings.max_bitrate == 0) return 0;
  if (limits.bounded_cq) return bits_per_second("max-bitrate", settings.max_bitrate, warnings);
  warnings.push_back(
      std::format("max-bitrate={}: this driver's constant quality keeps within no "
                  "bitrate",
                  settings.max_bitrate));
  return 0;
}

}  // namespace

bool holds_bitrate(RateControl mode) {
  return mode == RateControl::Vbr || mode == RateControl::Cbr;
}

EncodeRate choose_rate(const EncoderSettings& settings, const GstVideoInfo& info,
                       const EncodeLimits& limits, std::vector<std::string>& warnings) {
  const RateControl wanted = effective_rate_control(settings);
  EncodeRate rate;
  rate.mode = nearest_mode(wanted, limits);
  warn_of_mode(settings, wanted, rate.mode, warnings);
  rate.quantizer = std::clamp(settings.quantizer, least_quantizer, 255U);
  rate.min_quantizer = std::clamp(settings.min_quantizer, least_quantizer, 255U);
  rate.max_quantizer = std::clamp(settings.max_quantizer, rate.min_quantizer, 255U);
  if (rate.mode == RateControl::Cq) rate.maximum = bound_of_cq(settings, limits, warnings);
  if (!holds_bitrate(rate.mode)) return rate;
  rate.target = settings.bitrate != 0 ? bits_per_second("bitrate", settings.bitrate, warnings)
                                      : default_bitrate(info);
  rate.maximum = rate.target;
  if (rate.mode == RateControl::Vbr) {
    const uint64_t asked = bits_per_second("max-bitrate", settings.max_bitrate, warnings);
    const uint64_t own = std::min(rate.target + rate.target / 2, most_bits_per_second);
    rate.maximum = std::max(asked != 0 ? asked : own, rate.target);
  }
  rate.buffer_size = buffer_size(settings, info, rate);
  return rate;
}

uint64_t peak_bitrate(const EncodeRate& rate) { return rate.maximum; }

}  // namespace av1hw
