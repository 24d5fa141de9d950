// SPDX-License-Identifier: LGPL-2.1-or-later
// The table of measured speeds, and what is made of it.
//
// Measured in November 2026 on 2 cores of an AMD EPYC virtual machine with AVX-512, Debian 13:
// rav1e 0.7.1 (--quantizer 100 --threads 2), SvtAv1EncApp 2.3.0 (--crf 35 --lp 2) and aomenc 3.12
// (2 threads, row-mt; --end-usage=q below preset 8, --rt from there), on 6 to 60 frames of natural
// content, 8 bits, scaled to 1920x1080. A figure is luma megapixels divided by the processor
// seconds (user and system) that the whole program took, so it holds for one thread however many
// ran. Other machines differ, and so does a busy one, but what counts is which encoder keeps up,
// and those are far apart.
//
// Small frames take more time a pixel: there is more in each block, and less to share between them.
// Ratios between sizes were measured on one clip scaled to 640x360, 320x180, 228x128 and 64x64,
// against 640x360 (from there to 1920x1080 they lie between 0.6 and 1.6, in no order):
//   rav1e --speed 10: 0.60 0.60 0.53; --speed 6: 0.63 0.61 0.38
//   SVT-AV1 preset 12: 0.73 0.42 0.14; preset 8: 0.66 0.50 0.18
//   libaom real-time 10: 0.41 0.65 0.36; good quality 6: 0.60 0.57 0.47
#include "registry/encoder_speed.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <string_view>

namespace av1hw {
namespace {

// One measured preset (EncoderSettings::preset) and its megapixels a second on one thread.
struct Point {
  unsigned preset;
  double megapixels;
};

constexpr Point rav1e[] = {{2, 0.68}, {4, 1.86}, {6, 2.81}, {8, 3.94}, {10, 6.32}};
// Presets 3 to 10 are SVT-AV1's 2, 4, 5, 6, 7, 8, 10 and 12.
constexpr Point svt_av1[] = {{3, 1.84}, {4, 4.81}, {5, 11.6}, {6, 16.1},
                             {8, 31.7}, {9, 71.9}, {10, 90.1}};
// Preset p is libaom's cpu-used p - 1; from 8 on it is p of the real-time mode.
constexpr Point libaom[] = {{5, 1.80}, {7, 3.91}, {8, 79.4}, {10, 90.0}};

struct Encoder {
  std::string_view element;
  std::span<const Point> points;
  // Without tiles, rav1e works on one thread and libaom on little more; SVT-AV1 on all that it
  // gets.
  double threads_without_tiles;
  // Below full_speed_size, megapixels a second fall with this power of the size.
  double small_size_exponent;
};

constexpr double full_speed_size = 640 * 360 / 1e6;  // megapixels

constexpr std::array<Encoder, 4> encoders = {{
    {"cpuav1enc", rav1e, 1.0, 0.25},
    {"cpusvtav1enc", svt_av1, 16.0, 0.4},
    {"svtav1enc", svt_av1, 16.0, 0.4},
    {"av1enc", libaom, 1.2, 0.25},
}};

// What is left of the speed on large frames.
double small_size_factor(double megapixels, double exponent) {
  return std::pow(std::min(megapixels / full_speed_size, 1.0), exponent);
}

// Between two measured presets, speeds lie on a geometric scale; beyond the ends, the end's holds.
double at_preset(std::span<const Point> points, unsigned preset) {
  if (preset <= points.front().preset) return points.front().megapixels;
  for (size_t i = 1; i < points.size(); i++) {
    const Point &a = points[i - 1], &b = points[i];
    if (preset > b.preset) continue;
    const double along = static_cast<double>(preset - a.preset) / (b.preset - a.preset);
    return a.megapixels * std::pow(b.megapixels / a.megapixels, along);
  }
  return points.back().megapixels;
}

}  // namespace

double encoder_speed(const Candidate& encoder, const Request& request, const Policy& policy) {
  const auto known = std::ranges::find(encoders, encoder.element, &Encoder::element);
  if (known == encoders.end() || request.width == 0 || request.height == 0) return 0;
  const double megapixels = static_cast<double>(request.width) * request.height / 1e6;
  const double usable = std::max(known->threads_without_tiles, static_cast<double>(policy.tiles));
  const double threads = std::min(usable, static_cast<double>(std::max(policy.threads, 1U)));
  const double rate = at_preset(known->points, policy.preset) *
                      small_size_factor(megapixels, known->small_size_exponent);
  return rate * threads / megapixels;
}

}  // namespace av1hw
