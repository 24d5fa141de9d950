// SPDX-License-Identifier: LGPL-2.1-or-later
// The formulas of each transfer function, both ways.
#include "composite/transfer.h"

#include <algorithm>
#include <cmath>
#include <format>

#include "composite/primaries.h"

namespace av1hw {
namespace {

// SMPTE ST 2084.
constexpr double pq_m1 = 2610.0 / 16384, pq_m2 = 2523.0 / 32;
constexpr double pq_c1 = 3424.0 / 4096, pq_c2 = 2413.0 / 128, pq_c3 = 2392.0 / 128;

// ITU-R BT.2100, table 5.
constexpr double hlg_a = 0.17883277, hlg_b = 0.28466892, hlg_c = 0.55991073;
constexpr double hlg_peak = 1000, hlg_gamma = 1.2;

double pq_to_light(double signal) {
  const double root = std::pow(std::min(signal, 1.0), 1 / pq_m2);
  const double ratio = std::max(root - pq_c1, 0.0) / (pq_c2 - pq_c3 * root);
  return std::pow(ratio, 1 / pq_m1) * pq_peak / reference_white;
}

double pq_from_light(double light) {
  const double power = std::pow(light * reference_white / pq_peak, pq_m1);
  return std::pow((pq_c1 + pq_c2 * power) / (1 + pq_c3 * power), pq_m2);
}

double hlg_to_scene(double signal) {
  if (signal <= 0.5) return signal * signal / 3;
  return (std::exp((signal - hlg_c) / hlg_a) + hlg_b) / 12;
}

double hlg_from_scene(double scene) {
  if (scene <= 1.0 / 12) return std::sqrt(3 * scene);
  return hlg_a * std::log(12 * scene - hlg_b) + hlg_c;
}

// Of one component, that is not below 0. HLG: scene light, whose components depend on each other
// from there on.
double component_to_light(const Transfer& transfer, double v) {
  switch (transfer.curve) {
  case TransferCurve::Linear: return v;
  case TransferCurve::Gamma: return std::pow(v, transfer.gamma);
  case TransferCurve::Bt709: return v < 0.081 ? v / 4.5 : std::pow((v + 0.099) / 1.099, 1 / 0.45);
  case TransferCurve::Srgb: return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
  case TransferCurve::Smpte240m:
    return v < 0.0912 ? v / 4 : std::pow((v + 0.1115) / 1.1115, 1 / 0.45);
  case TransferCurve::Pq: return pq_to_light(v);
  case TransferCurve::Hlg: return hlg_to_scene(v);
  }
  return v;
}

double component_from_light(const Transfer& transfer, double v) {
  switch (transfer.curve) {
  case TransferCurve::Linear: return v;
  case TransferCurve::Gamma: return std::pow(v, 1 / transfer.gamma);
  case TransferCurve::Bt709: return v < 0.018 ? v * 4.5 : 1.099 * std::pow(v, 0.45) - 0.099;
  case TransferCurve::Srgb:
    return v <= 0.0031308 ? v * 12.92 : 1.055 * std::pow(v, 1 / 2.4) - 0.055;
  case TransferCurve::Smpte240m: return v < 0.0228 ? v * 4 : 1.1115 * std::pow(v, 0.45) - 0.1115;
  case TransferCurve::Pq: return pq_from_light(v);
  case TransferCurve::Hlg: return hlg_from_scene(v);
  }
  return v;
}

double weighted(const std::array<double, 3>& weights, const std::array<double, 3>& rgb) {
  return weights[0] * rgb[0] + weights[1] * rgb[1] + weights[2] * rgb[2];
}

}  // namespace

Result<Transfer> transfer_of(GstVideoTransferFunction function, GstVideoColorPrimaries primaries) {
  auto gamma = [](double exponent) {
    return Transfer{.curve = TransferCurve::Gamma, .gamma = exponent};
  };
  switch (function) {
  case GST_VIDEO_TRANSFER_GAMMA10: return Transfer{.curve = TransferCurve::Linear};
  case GST_VIDEO_TRANSFER_GAMMA18: return gamma(1.8);
  case GST_VIDEO_TRANSFER_GAMMA20: return gamma(2.0);
  case GST_VIDEO_TRANSFER_GAMMA22: return gamma(2.2);
  case GST_VIDEO_TRANSFER_GAMMA28: return gamma(2.8);
  case GST_VIDEO_TRANSFER_ADOBERGB: return gamma(563.0 / 256);
  case GST_VIDEO_TRANSFER_SRGB: return Transfer{.curve = TransferCurve::Srgb};
  case GST_VIDEO_TRANSFER_SMPTE240M: return Transfer{.curve = TransferCurve::Smpte240m};
  case GST_VIDEO_TRANSFER_SMPTE2084: return Transfer{.curve = TransferCurve::Pq};
  case GST_VIDEO_TRANSFER_ARIB_STD_B67:
    return Transfer{.curve = TransferCurve::Hlg, .luminance = luminance_weights(primaries)};
  case GST_VIDEO_TRANSFER_UNKNOWN:
  case GST_VIDEO_TRANSFER_BT601:
  case GST_VIDEO_TRANSFER_BT709:
  case GST_VIDEO_TRANSFER_BT2020_10:
  case GST_VIDEO_TRANSFER_BT2020_12: return Transfer{.curve = TransferCurve::Bt709};
  case GST_VIDEO_TRANSFER_LOG100:
  case GST_VIDEO_TRANSFER_LOG316: break;
  }
  return fail(ErrorCode::NotSupported,
              std::format("pictures with the transfer function {} of GstVideoTransferFunction are "
                          "not composited; convert them first (videoconvert)",
                          static_cast<int>(function)));
}

std::array<double, 3> to_light(const Transfer& transfer, const std::array<double, 3>& signal) {
  std::array<double, 3> light = {};
  for (size_t i = 0; i < light.size(); i++) {
    light[i] = component_to_light(transfer, std::max(signal[i], 0.0));
  }
  if (transfer.curve != TransferCurve::Hlg) return light;
  const double luminance = weighted(transfer.luminance, light);
  const double gain = std::pow(luminance, hlg_gamma - 1) * hlg_peak / reference_white;
  for (double& value : light) {
    value *= gain;
  }
  return light;
}

std::array<double, 3> from_light(const Transfer& transfer, const std::array<double, 3>& light) {
  std::array<double, 3> signal = {};
  for (size_t i = 0; i < signal.size(); i++) {
    signal[i] = std::max(light[i], 0.0);
  }
  if (transfer.curve == TransferCurve::Hlg) {
    const double luminance = weighted(transfer.luminance, signal) * reference_white / hlg_peak;
    const double gain = luminance > 0 ? std::pow(luminance, 1 / hlg_gamma - 1) : 0;
    for (double& value : signal) {
      value *= gain * reference_white / hlg_peak;
    }
  }
  for (double& value : signal) {
    value = component_from_light(transfer, value);
  }
  return signal;
}

}  // namespace av1hw
