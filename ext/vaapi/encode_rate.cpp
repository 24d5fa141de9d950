// SPDX-License-Identifier: LGPL-2.1-or-later
// Turns rates, presets and regions into libva's parameters.
#include "vaapi/encode_rate.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <numeric>

namespace av1hw {
namespace {

constexpr uint64_t most_in_16_bits = 0xffff;
constexpr unsigned quality_factors = 51;  // of VA_RC_ICQ and VA_RC_QVBR, 1 is the best
constexpr uint64_t default_window_ms = 1000;

template <typename T>
VaMiscParameter misc(VAEncMiscParameterType type, const T& parameter) {
  VaMiscParameter out(sizeof(VAEncMiscParameterBuffer) + sizeof parameter);
  std::memcpy(out.data() + offsetof(VAEncMiscParameterBuffer, type), &type, sizeof type);
  std::memcpy(out.data() + offsetof(VAEncMiscParameterBuffer, data), &parameter, sizeof parameter);
  return out;
}

struct Fraction {
  uint64_t numerator;
  uint64_t denominator;
};

// The nearest of the fractions whose parts both fit into 16 bits: the last convergent of its
// continued fraction that does.
Fraction in_16_bits(Fraction exact) {
  Fraction before = {0, 1};
  Fraction last = {1, 0};
  while (exact.denominator != 0) {
    const uint64_t whole = exact.numerator / exact.denominator;
    const Fraction next = {whole * last.numerator + before.numerator,
                           whole * last.denominator + before.denominator};
    if (next.numerator > most_in_16_bits || next.denominator > most_in_16_bits) break;
    before = last;
    last = next;
    exact = {exact.denominator, exact.numerator % exact.denominator};
  }
  // More frames a second than 16 bits can say.
  if (last.denominator == 0) return {most_in_16_bits, 1};
  if (last.numerator == 0) return {1, most_in_16_bits};
  return last;
}

// Which part of all bits the layers up to each one get, in percent.
constexpr std::array<std::array<unsigned, max_temporal_layers>, max_temporal_layers> layer_shares =
    {{{100, 100, 100}, {60, 100, 100}, {40, 60, 100}}};

// Layers of pictures, in turn: L1T2 and L1T3.
VAEncMiscParameterTemporalLayerStructure layer_structure(unsigned layers) {
  VAEncMiscParameterTemporalLayerStructure out = {};
  out.number_of_layers = layers;
  out.periodicity = 1U << (layers - 1);
  for (unsigned i = 1; i < out.periodicity; i++) {
    // The more often a number can be halved, the lower its layer.
    unsigned halved = 0;
    while ((i >> halved & 1) == 0) halved++;
    out.layer_id[i] = layers - 1 - halved;
  }
  return out;
}

// A bitrate that only keeps QVBR from it, where the user set none.
uint64_t generous_bitrate(const EncodeStream& stream) {
  constexpr uint64_t least = 2'000'000;
  const GstVideoInfo& info = stream.info;
  const uint64_t samples = static_cast<uint64_t>(stream.coded_width) * stream.coded_height;
  const auto n = static_cast<uint64_t>(std::max(GST_VIDEO_INFO_FPS_N(&info), 0));
  const auto d = static_cast<uint64_t>(std::max(GST_VIDEO_INFO_FPS_D(&info), 1));
  return std::max(least, samples * (n == 0 ? 30 : n) / (n == 0 ? 1 : d));
}

struct Peak {
  uint64_t bits_per_second;
  unsigned target_percentage;
};

// Drivers take the target as a percentage of the peak. So the peak gives way, downwards, that the
// target is what was asked for.
Peak peak_of(const EncodeRate& rate, uint32_t mode) {
  if (mode == VA_RC_CBR || rate.maximum <= rate.target || rate.target == 0)
    return {rate.target, 100};
  const uint64_t percentage = (100 * rate.target + rate.maximum - 1) / rate.maximum;
  return {100 * rate.target / percentage, static_cast<unsigned>(percentage)};
}

uint32_t clamped(uint64_t value) {
  return static_cast<uint32_t>(std::min<uint64_t>(value, UINT32_MAX));
}

VAEncMiscParameterRateControl rate_control(const EncodeStream& stream, uint32_t mode) {
  const EncodeRate& rate = stream.rate;
  VAEncMiscParameterRateControl out = {};
  if (mode == VA_RC_ICQ || mode == VA_RC_QVBR) {
    const unsigned factor =
        1 + (std::min(rate.quantizer, 255U) * (quality_factors - 1) + 127) / 255;
    // Which of the two a driver reads is its choice.
    out.quality_factor = factor;
    if (mode == VA_RC_ICQ) out.ICQ_quality_factor = factor;
  }
  if (mode != VA_RC_ICQ) {
    EncodeRate bounded = rate;
    if (mode == VA_RC_QVBR && bounded.target == 0)
      bounded.target = rate.maximum != 0 ? rate.maximum : generous_bitrate(stream);
    const Peak peak = peak_of(bounded, mode);
    out.bits_per_second = clamped(peak.bits_per_second);
    out.target_percentage = peak.target_percentage;
    out.window_size = clamped(rate.buffer_size == 0 || peak.bits_per_second == 0
                                  ? default_window_ms
                                  : rate.buffer_size * 1000 / peak.bits_per_second);
  }
  out.min_qp = std::clamp(rate.min_quantizer, 1U, 255U);
  out.max_qp = std::clamp(rate.max_quantizer, 1U, 255U);
  // Fillers in a stream that is not sent at a constant rate are waste.
  out.rc_flags.bits.disable_bit_stuffing = 1;
  // Every frame that comes in goes out.
  out.rc_flags.bits.disable_frame_skip = 1;
  return out;
}

void add_layers(const EncodeStream& stream, uint32_t mode, std::vector<VaMiscParameter>& out) {
  const unsigned layers = std::min(stream.temporal_layers, max_temporal_layers);
  out.push_back(misc(VAEncMiscParameterTypeTemporalLayerStructure, layer_structure(layers)));
  for (unsigned layer = 0; layer < layers; layer++) {
    const unsigned share = layer_shares[layers - 1][layer];
    VAEncMiscParameterRateControl rate = rate_control(stream, mode);
    rate.bits_per_second = clamped(static_cast<uint64_t>(rate.bits_per_second) * share / 100);
    rate.rc_flags.bits.temporal_id = layer;
    out.push_back(misc(VAEncMiscParameterTypeRateControl, rate));
  }
}

void add_frame_rates(const EncodeStream& stream, unsigned layers,
                     std::vector<VaMiscParameter>& out) {
  const GstVideoInfo& info = stream.info;
  for (unsigned layer = 0; layer < layers; layer++) {
    VAEncMiscParameterFrameRate rate = {};
    // Each layer doubles the frames of those below.
    rate.framerate =
        va_frame_rate(GST_VIDEO_INFO_FPS_N(&info), GST_VIDEO_INFO_FPS_D(&info), layers - 1 - layer);
    rate.framerate_flags.bits.temporal_id = layer;
    out.push_back(misc(VAEncMiscParameterTypeFrameRate, rate));
  }
}

// A driver's bits: VaQualityBits of Mesa's va_private.h.
uint32_t quality_bits(unsigned preset) {
  constexpr uint32_t valid = 1;
  constexpr uint32_t pre_encoding = 8;
  constexpr uint32_t adaptive_quantization = 16;
  constexpr auto mode = [](uint32_t preset_mode) { return preset_mode << 1; };  // 0: speed
  if (preset <= 2) return valid | mode(3) | pre_encoding | adaptive_quantization;
  if (preset <= 4) return valid | mode(2) | pre_encoding | adaptive_quantization;
  if (preset <= 6) return valid | mode(1) | pre_encoding | adaptive_quantization;
  if (preset <= 8) return valid | mode(1) | adaptive_quantization;
  return valid | mode(0) | adaptive_quantization;
}

}  // namespace

uint32_t va_frame_rate(int numerator, int denominator, unsigned halved) {
  Fraction rate = {30, 1};
  if (numerator > 0 && denominator > 0)
    rate = {static_cast<uint64_t>(numerator), static_cast<uint64_t>(denominator)};
  rate.denominator <<= halved;
  rate = in_16_bits(rate);
  return static_cast<uint32_t>(rate.denominator << 16 | rate.numerator);
}

std::vector<VaMiscParameter> va_rate_parameters(const EncodeStream& stream,
                                                const VaEncodeFeatures& features, uint32_t mode) {
  std::vector<VaMiscParameter> out;
  if (mode == VA_RC_CQP) return out;
  const bool layered = features.layer_bitrates && stream.temporal_layers > 1 && mode != VA_RC_ICQ;
  if (layered) {
    add_layers(stream, mode, out);
  } else {
    out.push_back(misc(VAEncMiscParameterTypeRateControl, rate_control(stream, mode)));
  }
  if (stream.rate.buffer_size != 0 && (mode == VA_RC_CBR || mode == VA_RC_VBR)) {
    VAEncMiscParameterHRD hrd = {};
    hrd.buffer_size = clamped(stream.rate.buffer_size);
    hrd.initial_buffer_fullness = hrd.buffer_size / 2;
    out.push_back(misc(VAEncMiscParameterTypeHRD, hrd));
  }
  add_frame_rates(stream, layered ? stream.temporal_layers : 1, out);
  return out;
}

uint32_t va_quality_level(unsigned preset, const VaEncodeFeatures& features) {
  constexpr unsigned presets = 10;
  const unsigned step = std::clamp(preset, 1U, presets) - 1;
  if (features.quality_levels <= 1) return 0;
  if (features.quality_is_bits) return quality_bits(step + 1);
  return 1 + (step * (features.quality_levels - 1) + (presets - 1) / 2) / (presets - 1);
}

VaMiscParameter va_quality_parameter(uint32_t level) {
  VAEncMiscParameterBufferQualityLevel quality = {};
  quality.quality_level = level;
  return misc(VAEncMiscParameterTypeQualityLevel, quality);
}

std::vector<VAEncROI> va_regions(std::span<const RegionOfInterest> regions, unsigned most) {
  std::vector<VAEncROI> out;
  for (const RegionOfInterest& region : regions.first(std::min<size_t>(regions.size(), most))) {
    VAEncROI roi = {};
    roi.roi_rectangle.x = static_cast<int16_t>(std::min(region.x, 0x7fffU));
    roi.roi_rectangle.y = static_cast<int16_t>(std::min(region.y, 0x7fffU));
    roi.roi_rectangle.width = static_cast<uint16_t>(std::min(region.width, 0xffffU));
    roi.roi_rectangle.height = static_cast<uint16_t>(std::min(region.height, 0xffffU));
    roi.roi_value = static_cast<int8_t>(std::clamp(region.delta_q_idx, -128, 127));
    out.push_back(roi);
  }
  return out;
}

VaMiscParameter va_regions_parameter(std::vector<VAEncROI>& regions) {
  VAEncMiscParameterBufferROI parameter = {};
  parameter.num_roi = static_cast<uint32_t>(regions.size());
  parameter.max_delta_qp = INT8_MAX;
  parameter.min_delta_qp = INT8_MIN;
  parameter.roi = regions.data();
  parameter.roi_flags.bits.roi_value_is_qp_delta = 1;
  return misc(VAEncMiscParameterTypeROI, parameter);
}

}  // namespace av1hw
