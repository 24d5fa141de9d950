// SPDX-License-Identifier: LGPL-2.1-or-later
// Chooses quantizers so that a bitrate is about kept.
#include "refdrv/va/rate_control.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <format>
#include <optional>

namespace refdrv::va {

namespace {

// Bits halve when base_q_idx grows by this much, about.
constexpr double halving = 40;
constexpr double key_share = 4;  // of the bits that another picture may have
constexpr unsigned icq_factors = 51;

template <typename Parameters>
std::optional<Parameters> read(const Buffer& buffer) {
  constexpr size_t offset = offsetof(VAEncMiscParameterBuffer, data);
  if (buffer.size() < offset + sizeof(Parameters)) return std::nullopt;
  Parameters parameters;
  std::memcpy(&parameters, buffer.bytes.data() + offset, sizeof parameters);
  return parameters;
}

Result<> apply(const VAEncMiscParameterRateControl& from, RateSettings& to) {
  if (from.rc_flags.bits.temporal_id != 0) {
    return fault(Fault::Unsupported, "rate control of temporal layers");
  }
  if (from.target_percentage > 100) {
    return client_fault(std::format("target_percentage is {}", from.target_percentage));
  }
  const uint64_t percentage =
      from.target_percentage == 0 || to.mode == VA_RC_CBR ? 100 : from.target_percentage;
  to.bits_per_second = from.bits_per_second * percentage / 100;
  to.quality = to.mode == VA_RC_ICQ ? from.ICQ_quality_factor : from.quality_factor;
  if (from.min_qp != 0) to.min_quantizer = std::min(from.min_qp, 255U);
  if (from.max_qp != 0) to.max_quantizer = std::min(from.max_qp, 255U);
  if (to.min_quantizer > to.max_quantizer) {
    return client_fault(std::format("min_qp is {}, max_qp {}", from.min_qp, from.max_qp));
  }
  return {};
}

// The numerator is in the low 16 bits; no denominator is 1.
Result<> apply(const VAEncMiscParameterFrameRate& from, RateSettings& to) {
  const uint32_t numerator = from.framerate & 0xffff;
  const uint32_t denominator = std::max(from.framerate >> 16, 1U);
  if (numerator == 0) return client_fault(std::format("framerate is {:#x}", from.framerate));
  to.frames_per_second = static_cast<double>(numerator) / denominator;
  return {};
}

Result<> apply(const VAEncMiscParameterHRD& from, RateSettings&) {
  if (from.buffer_size != 0 && from.initial_buffer_fullness <= from.buffer_size) return {};
  return client_fault(std::format("a virtual buffer of {} bits, of which {} are full",
                                  from.buffer_size, from.initial_buffer_fullness));
}

// They hold until others are given, as drivers have it.
Result<> apply(const VAEncMiscParameterBufferROI& from, RateSettings& to) {
  if (from.num_roi != 0 && !from.roi)
    return client_fault(std::format("{} regions of interest, and no list", from.num_roi));
  to.regions = from.num_roi;
  return {};
}

template <typename Parameters>
Result<> read_and_apply(const Buffer& buffer, RateSettings& settings) {
  const auto parameters = read<Parameters>(buffer);
  if (!parameters) {
    return client_fault(
        std::format("miscellaneous parameters in {} bytes are cut off", buffer.size()));
  }
  if constexpr (requires { apply(*parameters, settings); }) return apply(*parameters, settings);
  return {};
}

}  // namespace

Result<> read_misc(const Buffer& buffer, RateSettings& settings) {
  VAEncMiscParameterType type = {};
  std::memcpy(&type, buffer.bytes.data(), sizeof type);
  switch (type) {
  case VAEncMiscParameterTypeRateControl:
    return read_and_apply<VAEncMiscParameterRateControl>(buffer, settings);
  case VAEncMiscParameterTypeFrameRate:
    return read_and_apply<VAEncMiscParameterFrameRate>(buffer, settings);
  case VAEncMiscParameterTypeHRD: return read_and_apply<VAEncMiscParameterHRD>(buffer, settings);
  case VAEncMiscParameterTypeQualityLevel:
    return read_and_apply<VAEncMiscParameterBufferQualityLevel>(buffer, settings);
  case VAEncMiscParameterTypeMaxFrameSize:
    return read_and_apply<VAEncMiscParameterBufferMaxFrameSize>(buffer, settings);
  case VAEncMiscParameterTypeEncQuality:
    return read_and_apply<VAEncMiscParameterEncQuality>(buffer, settings);
  case VAEncMiscParameterTypeTemporalLayerStructure:
    return read_and_apply<VAEncMiscParameterTemporalLayerStructure>(buffer, settings);
  case VAEncMiscParameterTypeROI:
    return read_and_apply<VAEncMiscParameterBufferROI>(buffer, settings);
  default:
    return client_fault(
        std::format("miscellaneous parameters of type {} are not for AV1", static_cast<int>(type)));
  }
}

double RateController::target_bits(const RateSettings& settings, bool key) const {
  const double average = static_cast<double>(settings.bits_per_second) / settings.frames_per_second;
  // What was too much or too little is made up for within half a second.
  const double correction = surplus_ / std::max(settings.frames_per_second / 2, 1.0);
  return std::max((key ? key_share : 1) * average - correction, average / 8);
}

uint8_t RateController::choose(const RateSettings& settings, bool key, unsigned initial) const {
  const Kind& kind = kinds_[key ? 0 : 1];
  double quantizer = initial;
  if (settings.mode == VA_RC_ICQ) {
    // Intel's factors are those of other codecs.
    quantizer = settings.quality <= icq_factors ? settings.quality * 5.0 : settings.quality;
  } else if (kind.complexity > 0) {
    quantizer = halving * std::log2(kind.complexity / target_bits(settings, key));
  }
  if (settings.mode == VA_RC_QVBR) quantizer = std::max<double>(quantizer, settings.quality);
  return static_cast<uint8_t>(
      std::clamp<double>(quantizer, std::max(settings.min_quantizer, 1U), settings.max_quantizer));
}

void RateController::coded(const RateSettings& settings, bool key, unsigned quantizer,
                           size_t bits) {
  Kind& kind = kinds_[key ? 0 : 1];
  kind.complexity = static_cast<double>(bits) * std::exp2(quantizer / halving);
  if (settings.bits_per_second == 0) return;
  surplus_ += static_cast<double>(bits) -
              static_cast<double>(settings.bits_per_second) / settings.frames_per_second;
  // What a device saves it does not spend forever after.
  surplus_ = std::max(surplus_, -static_cast<double>(settings.bits_per_second));
}

}  // namespace refdrv::va
