// SPDX-License-Identifier: LGPL-2.1-or-later
// One sample after another: docs/compositor.md, "Filters".
#include "model_picture.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <vector>

namespace av1hw::test {
namespace {

bool is_chroma(unsigned c) { return c == 1 || c == 2; }

struct Axis {
  unsigned sub = 0;
  double first = 0.5;  // luma position of sample 0
  double from_luma(double position) const { return (position - first) / (1 << sub) + 0.5; }
};

Axis axis_x(const SampleLayout& layout, unsigned c) {
  return is_chroma(c) ? Axis{layout.sub_x, layout.chroma_x} : Axis{};
}

Axis axis_y(const SampleLayout& layout, unsigned c) {
  return is_chroma(c) ? Axis{layout.sub_y, layout.chroma_y} : Axis{};
}

uint8_t* word_of(const GstVideoFrame& frame, const SampleLayout& layout, unsigned c, int x, int y) {
  const ComponentLayout& at = layout.components[c];
  return static_cast<uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, at.plane)) +
         ptrdiff_t{y} * GST_VIDEO_FRAME_PLANE_STRIDE(&frame, at.plane) + ptrdiff_t{x} * at.step +
         at.offset;
}

unsigned mask_of(const SampleLayout& layout, unsigned c) {
  return (1u << (c == 3 ? layout.alpha_depth : layout.depth)) - 1;
}

double kernel(ScaleFilter filter, double x) {
  if (filter == ScaleFilter::Bilinear) return std::max(0.0, 1 - std::abs(x));
  if (std::abs(x) >= 3) return 0;
  if (x == 0) return 1;
  const double a = std::numbers::pi * x;
  return std::sin(a) / a * std::sin(a / 3) / (a / 3);
}

struct Tap {
  int sample = 0;
  double weight = 1;
};

// Along one axis. `begin` and `end` bound the crop, in luma samples; `count` is the plane's.
std::vector<Tap> taps_of(const Axis& axis, ScaleFilter filter, double position, double gradient,
                         double begin, double end, int count) {
  const int first = std::max(static_cast<int>(std::floor(axis.from_luma(begin))), 0);
  const int last = std::min(static_cast<int>(std::ceil(axis.from_luma(end))) - 1, count - 1);
  auto counting = [=](double k) { return static_cast<int>(std::clamp<double>(k, first, last)); };
  const double centre = axis.from_luma(position);
  if (filter == ScaleFilter::Nearest) return {{counting(std::floor(centre + 1.0 / 65536)), 1}};
  const double scale = std::max(1.0, gradient / (1 << axis.sub));
  const double reach = scale * (filter == ScaleFilter::Bilinear ? 1 : 3);
  const double low = std::floor(centre - reach - 0.5) + 1;
  const double high = std::ceil(centre + reach - 0.5) - 1;
  const double every = std::ceil((high - low + 1) / 64);
  std::vector<Tap> taps;
  double sum = 0;
  for (double k = low; k <= high; k += every) {
    taps.push_back({counting(k), kernel(filter, (k + 0.5 - centre) / scale)});
    sum += taps.back().weight;
  }
  for (Tap& tap : taps) {
    tap.weight /= sum;
  }
  return taps;
}

}  // namespace

unsigned code_at(const GstVideoFrame& frame, const SampleLayout& layout, unsigned c, int x, int y) {
  uint32_t word = 0;
  std::memcpy(&word, word_of(frame, layout, c, x, y), layout.word_bytes);
  return word >> layout.components[c].shift & mask_of(layout, c);
}

void set_code(GstVideoFrame& frame, const SampleLayout& layout, unsigned c, int x, int y,
              unsigned code) {
  uint8_t* at = word_of(frame, layout, c, x, y);
  const unsigned shift = layout.components[c].shift;
  uint32_t word = 0;
  std::memcpy(&word, at, layout.word_bytes);
  word = (word & ~(mask_of(layout, c) << shift)) | code << shift;
  std::memcpy(at, &word, layout.word_bytes);
}

int plane_width(const SampleLayout& layout, unsigned c) {
  const unsigned sub = axis_x(layout, c).sub;
  return (layout.width + (1 << sub) - 1) >> sub;
}

int plane_height(const SampleLayout& layout, unsigned c) {
  const unsigned sub = axis_y(layout, c).sub;
  return (layout.height + (1 << sub) - 1) >> sub;
}

Position sample_position(const SampleLayout& layout, unsigned c, int x, int y) {
  const Axis across = axis_x(layout, c), down = axis_y(layout, c);
  return {x * double(1 << across.sub) + across.first, y * double(1 << down.sub) + down.first};
}

FilteredSample filtered(const GstVideoFrame& frame, const SampleLayout& layout, const Extent& crop,
                        ScaleFilter filter, Position at, Position step_x, Position step_y) {
  const double gradient_x = std::hypot(step_x.x - at.x, step_y.x - at.x);
  const double gradient_y = std::hypot(step_x.y - at.y, step_y.y - at.y);
  FilteredSample result;
  double alpha = 0;
  for (unsigned c = 0; c < 3; c++) {
    const auto across = taps_of(axis_x(layout, c), filter, at.x, gradient_x, crop.left, crop.right,
                                plane_width(layout, c));
    const auto down = taps_of(axis_y(layout, c), filter, at.y, gradient_y, crop.top, crop.bottom,
                              plane_height(layout, c));
    double sum = 0;
    alpha = 0;
    for (const Tap& row : down) {
      for (const Tap& column : across) {
        double share = row.weight * column.weight;
        // Pictures with alpha have no subsampled planes: its sample is the component's.
        if (layout.alpha_depth > 0)
          share *=
              code_at(frame, layout, 3, column.sample, row.sample) / double(mask_of(layout, 3));
        alpha += share;
        sum += share * code_at(frame, layout, c, column.sample, row.sample) /
               double(mask_of(layout, c));
      }
    }
    result.colour[c] = alpha == 0 ? 0 : sum / alpha;
  }
  result.alpha = layout.alpha_depth == 0 ? 1 : std::clamp(alpha, 0.0, 1.0);
  return result;
}

}  // namespace av1hw::test
