// SPDX-License-Identifier: LGPL-2.1-or-later
// Weights of a triangle of a whole radius at quarters of a sample are whole 64ths: sums are exact.
#include "vulkan/compositor/shrink_taps.h"

#include <cmath>

#include "vulkan/compositor/layer_ways.h"

namespace av1hw {
namespace {

constexpr int one = 128;
constexpr int most_times = 4;

// Weights of the 3 * times samples from `times` before `first` on.
struct Axis {
  int first = 0;
  std::array<uint32_t, 3 * most_times> weights = {};
};

// `centre`: of the canvas's sample 0, among the picture's samples, whose centres are at halves.
// `granule`: `first` shall be a multiple of this many samples away from sample 0.
std::optional<Axis> axis_of(double centre, int times, int granule) {
  Axis axis;
  // The nearest before and after, as where chroma is sited moves it by less than a granule.
  const double nearest = (centre - times / 2.0) / granule;
  for (const double multiple : {std::floor(nearest), std::ceil(nearest)}) {
    axis.first = static_cast<int>(multiple) * granule;
    const double from_first = centre - axis.first;
    double sum = 0;
    for (int i = 0; i < 3 * times; i++) {
      const double away = std::abs(i - times + 0.5 - from_first);
      const double weight = std::max(1 - away / times, 0.0) * one / times;
      axis.weights[static_cast<size_t>(i)] = static_cast<uint32_t>(weight);
      if (weight != std::floor(weight)) return std::nullopt;
      sum += weight;
    }
    if (sum == one) return axis;
  }
  return std::nullopt;
}

uint32_t bytes(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  return a | b << 8 | c << 16 | d << 24;
}

void put_down(const Axis& axis, int times, std::array<uint32_t, 4>& down) {
  for (size_t i = 0; i < axis.weights.size(); i++) down[i / 4] |= axis.weights[i] << (8 * (i % 4));
  down[3] = static_cast<uint32_t>(times);
}

// As filter_row() takes them.
void put_across(const Axis& axis, int times, bool paired, std::array<uint32_t, 4>* across) {
  const auto& w = axis.weights;
  if (paired) {
    // A word has two of the samples; the second of each pair is met a byte on.
    for (size_t i = 0; i < static_cast<size_t>(3 * times / 2); i++)
      across[i / 4][i % 4] = bytes(w[2 * i], 0, w[2 * i + 1], 0);
  } else if (times == 4) {
    across[0] = {bytes(w[0], w[1], w[2], w[3]), bytes(w[4], w[5], w[6], w[7]),
                 bytes(w[8], w[9], w[10], w[11]), 0};
  } else {
    // Every second sample begins in the middle of a word.
    across[0] = {bytes(0, 0, w[0], w[1]), bytes(w[2], w[3], w[4], w[5]),
                 bytes(w[0], w[1], w[2], w[3]), bytes(w[4], w[5], 0, 0)};
  }
}

// 0: it is something else.
int times_of(const LayerPlan& layer) {
  const Affine& map = layer.to_source;
  const bool whole = map.xx == map.yy && (map.xx == 2 || map.xx == 4);
  return whole && map.xy == 0 && map.yx == 0 ? static_cast<int>(map.xx) : 0;
}

bool is_plain(const LayerPlan& layer, const SampleLayout& canvas, const FrameAccess& source) {
  const SampleLayout& layout = layer.layout;
  return !source.is_image && layer.opaque && !layer.soft && layout.word_bytes == 1 &&
         layout.depth == 8 && !is_packed(layout) && layout.format == canvas.format &&
         layer.colour.kind == ColourTransform::Kind::Same &&
         layer.filter == ScaleFilter::Bilinear && ends_between_quads(layer, canvas);
}

}  // namespace

std::optional<ShrinkTaps> shrink_taps(const LayerPlan& layer, const SampleLayout& canvas,
                                      const FrameAccess& source) {
  const int times = times_of(layer);
  if (times == 0 || !is_plain(layer, canvas, source)) return std::nullopt;
  const SampleLayout& layout = layer.layout;
  ShrinkTaps taps;
  for (const bool chroma : {false, true}) {
    const size_t which = chroma ? 1 : 0;
    const bool paired = chroma && is_paired(layout);
    const int components = paired ? 2 : 1;
    for (size_t plane = which; plane < (chroma ? layout.planes : 1u); plane++) {
      if (source.address[plane] % 16 != 0 || source.stride[plane] % 16 != 0) return std::nullopt;
    }
    // Where the canvas's first sample is, in luma of the picture, and in its plane.
    const double x_on_canvas = chroma && canvas.sub_x ? canvas.chroma_x : 0.5;
    const double y_on_canvas = chroma && canvas.sub_y ? canvas.chroma_y : 0.5;
    double x = layer.to_source.x0 + times * x_on_canvas;
    double y = layer.to_source.y0 + times * y_on_canvas;
    if (chroma && layout.sub_x) x = (x - layout.chroma_x) / 2 + 0.5;
    if (chroma && layout.sub_y) y = (y - layout.chroma_y) / 2 + 0.5;
    const int quad = 4 * times / components;  // samples of the picture
    const std::optional<Axis> across = axis_of(x, times, quad);
    const std::optional<Axis> down = axis_of(y, times, 1);
    const std::array<int32_t, 4> bounds = bounds_of(layer, chroma);
    if (!across || !down || bounds[0] % quad != 0 || (bounds[2] + 1) % quad != 0)
      return std::nullopt;
    put_down(*down, times, taps.down[which]);
    put_across(*across, times, paired, &taps.across[2 * which]);
    taps.first[2 * which] = across->first;
    taps.first[2 * which + 1] = down->first;
  }
  return taps;
}

}  // namespace av1hw
